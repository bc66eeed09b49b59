//! Finding files by their names, and lines by their text.

use std::{
    cmp::Reverse,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::Path,
    time::Duration,
};

use git2::Delta;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Failure, Patience,
    comparison::unstaged,
    fuzzy::rank,
    place::{Place, lossy},
};
use crate::{
    error::Error,
    git::{FirstLines, Git},
};

/// How long a search for text may take: somebody is typing. What was found by then is shown.
const TIME: Duration = Duration::from_secs(5);
/// The longest path and the number of a line, which stand before it, in bytes.
const PLACE: usize = 4096 + 24;
/// How much of a line is shown, in bytes.
const LINE: usize = 500;
const SUBMODULE: u32 = 0o160_000;

/// A file, or a line in it, that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SearchMatch)]
pub struct Match {
    /// The file's path below the working copy.
    pub path: String,
    /// The line's number, from 1.
    pub line: Option<u64>,
    /// The line, cut if it is long.
    pub text: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SearchMatches)]
pub struct Matches {
    /// At most as many as asked for.
    pub matches: Vec<Match>,
    /// Whether there are more, or may be: not all was searched in time.
    pub truncated: bool,
}

impl Matches {
    fn cut(mut matches: Vec<Match>, limit: usize) -> Self {
        let truncated = matches.len() > limit;
        matches.truncate(limit);
        Self { matches, truncated }
    }
}

/// The files whose paths have the letters of `query` in order, the best first. Without any: those that changed
/// last. Ignored files are not looked at.
pub(super) fn names(
    place: &Place,
    query: &str,
    limit: usize,
    patience: &Patience,
) -> Result<Matches, Failure> {
    let paths = paths(place)?;
    patience.check()?;
    let query: String =
        query.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect();
    let found = if query.is_empty() {
        let changed_at = |path: &[u8]| {
            let found = place.path.join(Path::new(std::ffi::OsStr::from_bytes(path))).symlink_metadata();
            found.map_or((0, 0), |found| (found.mtime(), found.mtime_nsec()))
        };
        let mut found: Vec<_> = paths.iter().map(|path| (Reverse(changed_at(path)), lossy(path))).collect();
        found.sort();
        found.into_iter().map(|(_, path)| path).collect::<Vec<_>>()
    } else {
        let paths = paths.iter().map(|path| lossy(path));
        let mut found: Vec<_> = paths.filter_map(|path| Some((rank(&query, &path)?, path))).collect();
        found.sort();
        found.into_iter().map(|(_, path)| path).collect()
    };
    let named = found.into_iter().take(limit + 1).map(|path| Match { path, line: None, text: None });
    Ok(Matches::cut(named.collect(), limit))
}

/// The files that git knows or was not told of, and that are there.
fn paths(place: &Place) -> Result<Vec<Vec<u8>>, Failure> {
    let repository = place.open()?;
    let unstaged = unstaged(&repository)?;
    let of = |status: Delta| {
        let deltas = unstaged.deltas().filter(move |delta| delta.status() == status);
        deltas.filter_map(|delta| delta.new_file().path_bytes().map(<[u8]>::to_vec))
    };
    let gone: std::collections::HashSet<_> = of(Delta::Deleted).collect();
    let index = repository.index()?;
    let tracked = index.iter().filter(|entry| entry.mode != SUBMODULE).map(|entry| entry.path);
    let mut paths: Vec<_> = tracked.filter(|path| !gone.contains(path)).collect();
    // A file in conflict has several entries.
    paths.dedup();
    // What ends so is a repository in the repository.
    paths.extend(of(Delta::Untracked).filter(|path| !path.ends_with(b"/")));
    Ok(paths)
}

/// The lines that hold `query`, whatever the case of its letters: as many as are wanted and found in time.
pub(super) async fn text(git: &Git, path: &Path, query: &str, limit: usize) -> Result<Matches, Error> {
    if query.is_empty() {
        return Ok(Matches { matches: Vec::new(), truncated: false });
    }
    let found = git
        .reading(path)
        .args(["grep", "-I", "-n", "-F", "-i", "-z", "--untracked", "--full-name", "--no-color"])
        .args(["--no-column", "--no-heading", "--no-break", "--no-textconv", "--no-recurse-submodules"])
        .arg(format!("--max-count={}", limit + 1))
        .args(["-e", query, "--"])
        .limit(TIME)
        .first_lines(limit + 1, PLACE + LINE)
        .await;
    let FirstLines { lines, complete } = match found {
        Err(error) if error.found_nothing() => FirstLines { lines: Vec::new(), complete: true },
        Err(error) => {
            return Err(Error::Unreadable(format!(
                "git cannot search this working copy: {}",
                error.reason()
            )));
        }
        Ok(found) => found,
    };
    let found = Matches::cut(lines.iter().filter_map(|line| found_line(line)).collect(), limit);
    Ok(Matches { truncated: found.truncated || !complete, ..found })
}

/// One line of what `git grep -n -z` prints.
fn found_line(line: &str) -> Option<Match> {
    let mut parts = line.splitn(3, '\0');
    let (path, number, text) = (parts.next()?, parts.next()?, parts.next()?);
    let text = text.trim_end_matches('\r');
    Some(Match {
        path: path.to_owned(),
        line: Some(number.parse().ok()?),
        text: Some(text[..text.floor_char_boundary(LINE)].to_owned()),
    })
}
