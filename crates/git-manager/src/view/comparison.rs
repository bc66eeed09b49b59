//! What changed, file by file: the working tree against something, or one commit.
//!
//! The numbers of the list are counted here too, so that they are those of the diff.

use std::{
    collections::HashSet,
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::Path,
    str::FromStr,
    time::{Duration, Instant},
};

use git2::{
    Delta, Diff, DiffDelta, DiffFindOptions, DiffFlags, DiffLineType, DiffOptions, Oid, Patch, Repository,
    Tree,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Failure, Patience,
    place::{Place, head, lossy, merge_base},
    tree::Inside,
};
use crate::{
    error::{Error, Missing},
    names::{CommitId, InvalidName},
};

/// How many files are told of, and how many have their lines counted.
const FILES: usize = 3000;
/// The most that all patches together may have, in bytes.
const PATCHES: usize = 2 << 20;
/// The most that one patch may have, in bytes.
const PATCH: usize = 512 << 10;
/// Larger files are not read, and count as binary. In bytes.
const LARGEST: i64 = 8 << 20;
/// Among more changed files only renames without a change are found.
const SIMILAR: usize = 1000;
/// For how long patches are made; the files after that come without.
const TIME: Duration = Duration::from_secs(8);

/// What to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// All that the chat did: its working tree against where it parted from its base.
    Base,
    /// What no commit has: its working tree against its last commit.
    Head,
    /// What one commit did.
    Commit(CommitId),
}

impl FromStr for Against {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text {
            "base" => Ok(Self::Base),
            "head" => Ok(Self::Head),
            _ => text.parse().map(Self::Commit),
        }
    }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeStatus {
    /// It is new, and git knows it.
    Added,
    /// Its content, mode or kind changed.
    Modified,
    /// It is gone.
    Deleted,
    /// It has another path, and may have changed too.
    Renamed,
    /// It is new, and git was not told.
    Untracked,
    /// It is in conflict.
    Conflicted,
}

/// A file that changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Change {
    /// Where it is, or was if it is gone.
    pub path: String,
    /// Where a renamed file was.
    pub old_path: Option<String>,
    /// What became of it.
    #[schema(inline)]
    pub status: ChangeStatus,
    /// Lines that are new.
    pub additions: usize,
    /// Lines that are gone.
    pub deletions: usize,
    /// Whether it is no text, or more than 8 MiB.
    pub binary: bool,
    /// Hunks with three lines of context, without git's headers; `null` where there is nothing to show.
    pub patch: Option<String>,
    /// Whether the patch was cut, or left out, because there is too much.
    pub truncated: bool,
}

/// What changed between two states.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Diff)]
pub struct Comparison {
    /// As asked for: `base`, `head` or a commit's id.
    pub against: String,
    /// The remote's branch that the chat began at.
    pub base: Option<String>,
    /// The commit that is compared with; `null` when it is compared with nothing.
    pub from: Option<String>,
    /// By path.
    pub files: Vec<Change>,
    /// Whether there are more files, or patches that were cut or left out.
    pub truncated: bool,
}

impl Comparison {
    pub(super) fn read(place: &Place, against: &Against, patience: &Patience) -> Result<Self, Failure> {
        let repository = place.open()?;
        let (from, to) = commits(place, &repository, against)?;
        let asked = match against {
            Against::Head => "head".to_owned(),
            Against::Base => "base".to_owned(),
            Against::Commit(_) => to.map(|id| id.to_string()).unwrap_or_default(),
        };
        let changes = match to {
            None => Changes::of_working_tree(&repository, from)?,
            Some(to) => Changes::of_commit(&repository, from, to)?,
        };
        let mut files = Vec::new();
        let (mut left, mut truncated) = (PATCHES, changes.len() > FILES);
        let until = Instant::now() + TIME;
        for index in changes.indices().take(FILES) {
            patience.check()?;
            let room = if Instant::now() < until { left.min(PATCH) } else { 0 };
            let Some(change) = changes.change(place, index, Some(room))? else { continue };
            left -= change.patch.as_ref().map_or(0, String::len).min(left);
            truncated |= change.truncated;
            files.push(change);
        }
        let base = place.base.as_ref().map(ToString::to_string);
        Ok(Self { against: asked, base, from: from.map(|id| id.to_string()), files, truncated })
    }
}

/// What is compared: a commit, or nothing, with another one, or else with the working tree.
fn commits(
    place: &Place,
    repository: &Repository,
    against: &Against,
) -> Result<(Option<Oid>, Option<Oid>), Failure> {
    let head = head(repository)?.map(|head| head.id());
    Ok(match against {
        Against::Head => (head, None),
        Against::Base => (merge_base(repository, head, place.base_commit(repository))?, None),
        Against::Commit(id) => {
            let missing = |_| Error::Missing(Missing::Commit(id.to_string()));
            let commit = repository.find_commit_by_prefix(id.as_str()).map_err(missing)?;
            (commit.parent_id(0).ok(), Some(commit.id()))
        }
    })
}

/// The commits whose files are compared, where the working tree counts as the commit that is checked out; nothing where one
/// of the two is none.
pub(super) fn ends(place: &Place, against: &Against) -> Result<Option<(String, String)>, Failure> {
    let repository = place.open()?;
    let (from, to) = commits(place, &repository, against)?;
    let to = match to {
        Some(to) => Some(to),
        None => head(&repository)?.map(|head| head.id()),
    };
    Ok(from.zip(to).map(|(from, to)| (from.to_string(), to.to_string())))
}

/// How much changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) files: usize,
    pub(super) additions: usize,
    pub(super) deletions: usize,
}

/// The files that differ between two states, whose lines were not yet looked at.
pub(super) struct Changes<'r> {
    repository: &'r Repository,
    from: Option<Tree<'r>>,
    diff: Diff<'r>,
}

impl<'r> Changes<'r> {
    /// The working tree against a commit, or against nothing.
    fn of_working_tree(repository: &'r Repository, from: Option<Oid>) -> Result<Self, git2::Error> {
        Self::with_unstaged(repository, from, &unstaged(repository)?)
    }

    /// The same, where it is known how the working tree differs from the index.
    pub(super) fn with_unstaged(
        repository: &'r Repository,
        from: Option<Oid>,
        unstaged: &Diff<'r>,
    ) -> Result<Self, git2::Error> {
        let from = tree(repository, from)?;
        let mut diff = repository.diff_tree_to_index(from.as_ref(), None, Some(&mut options()))?;
        diff.merge(unstaged)?;
        find_renames(&mut diff)?;
        Ok(Self { repository, from, diff })
    }

    fn of_commit(repository: &'r Repository, from: Option<Oid>, to: Oid) -> Result<Self, git2::Error> {
        let (from, to) = (tree(repository, from)?, tree(repository, Some(to))?);
        let mut diff = repository.diff_tree_to_tree(from.as_ref(), to.as_ref(), Some(&mut options()))?;
        find_renames(&mut diff)?;
        Ok(Self { repository, from, diff })
    }

    fn len(&self) -> usize {
        self.indices().count()
    }

    /// The places of what changed, in the order of the paths.
    fn indices(&self) -> impl Iterator<Item = usize> {
        let nothing = [Delta::Unmodified, Delta::Ignored, Delta::Unreadable];
        let deltas = self.diff.deltas().enumerate();
        deltas.filter(move |(_, delta)| !nothing.contains(&delta.status())).map(|(index, _)| index)
    }

    /// Counts the lines.
    pub(super) fn numbers(&self, place: &Place, patience: &Patience) -> Result<Numbers, Failure> {
        let mut numbers = Numbers::default();
        for index in self.indices() {
            patience.check()?;
            if numbers.files >= FILES {
                numbers.files += 1;
                continue;
            }
            let Some(change) = self.change(place, index, None)? else { continue };
            numbers.files += 1;
            numbers.additions += change.additions;
            numbers.deletions += change.deletions;
        }
        Ok(numbers)
    }

    /// One file, with a patch of at most `room` bytes if one is wanted. Nothing if it turns out to be as it was.
    fn change(&self, place: &Place, index: usize, room: Option<usize>) -> Result<Option<Change>, Failure> {
        let Some(delta) = self.diff.get_delta(index) else { return Ok(None) };
        let mut change = Change {
            path: lossy(bytes_of(&delta).unwrap_or_default()),
            old_path: old_path_of(&delta),
            status: status_of(&delta),
            additions: 0,
            deletions: 0,
            binary: false,
            patch: None,
            truncated: false,
        };
        if let Some(folder) = change.path.strip_suffix('/') {
            // A repository of the agent's own inside the working copy.
            change.path.truncate(folder.len());
            return Ok(Some(change));
        }
        if matches!(delta.status(), Delta::Conflicted | Delta::Typechange) {
            // The library shows nothing for these.
            let (before, now) = self.contents(place, &delta);
            let mut lines = Patch::from_buffers(&before, None, &now, None, Some(&mut options()))?;
            describe(&mut change, &mut lines, room)?;
            return Ok(Some(change));
        }
        let Some(mut lines) = Patch::from_diff(&self.diff, index)? else { return Ok(Some(change)) };
        describe(&mut change, &mut lines, room)?;
        // Changed in the index, and changed back in the working tree.
        let as_it_was = lines.delta().status() == Delta::Unmodified
            || delta.status() == Delta::Modified
                && delta.old_file().mode() == delta.new_file().mode()
                && !change.binary
                && lines.num_hunks() == 0;
        Ok((!as_it_was).then_some(change))
    }

    /// What was in a file and what is there now: of a conflict with git's marks, of a link what it points to. What
    /// is not there or cannot be read is empty.
    fn contents(&self, place: &Place, delta: &DiffDelta<'_>) -> (Vec<u8>, Vec<u8>) {
        let path = Path::new(OsStr::from_bytes(bytes_of(delta).unwrap_or_default()));
        let blob = |id| self.repository.find_blob(id).map(|blob| blob.content().to_vec()).ok();
        let before = self.from.as_ref().and_then(|tree| tree.get_path(path).ok());
        let known = Some(delta.new_file().id()).filter(|_| delta.status() == Delta::Typechange);
        let there = || Inside::open(&place.path).ok()?.read(path, LARGEST.unsigned_abs()).ok();
        (
            before.and_then(|entry| blob(entry.id())).unwrap_or_default(),
            known.and_then(blob).or_else(there).unwrap_or_default(),
        )
    }
}

/// How the working tree differs from the index, with the files that git was not told of.
pub(super) fn unstaged(repository: &Repository) -> Result<Diff<'_>, git2::Error> {
    repository.diff_index_to_workdir(None, Some(&mut options()))
}

/// The paths that `git status` tells of.
pub(super) fn uncommitted(
    repository: &Repository,
    head: Option<Oid>,
    unstaged: &Diff<'_>,
) -> Result<HashSet<Vec<u8>>, git2::Error> {
    let head = tree(repository, head)?;
    let mut staged = repository.diff_tree_to_index(head.as_ref(), None, Some(&mut options()))?;
    find_renames(&mut staged)?;
    let changed = |delta: &DiffDelta<'_>| !matches!(delta.status(), Delta::Unmodified | Delta::Ignored);
    let deltas = staged.deltas().chain(unstaged.deltas()).filter(changed);
    Ok(deltas.filter_map(|delta| bytes_of(&delta).map(<[u8]>::to_vec)).collect())
}

fn options() -> DiffOptions {
    let mut options = DiffOptions::new();
    options
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .show_untracked_content(true)
        .include_typechange(true)
        .indent_heuristic(true)
        .context_lines(3)
        .max_size(LARGEST);
    options
}

fn find_renames(diff: &mut Diff<'_>) -> Result<(), git2::Error> {
    let mut options = DiffFindOptions::new();
    options.renames(true).for_untracked(true).exact_match_only(diff.deltas().len() > SIMILAR);
    diff.find_similar(Some(&mut options))
}

fn tree(repository: &Repository, commit: Option<Oid>) -> Result<Option<Tree<'_>>, git2::Error> {
    commit.map(|id| repository.find_commit(id)?.tree()).transpose()
}

fn bytes_of<'d>(delta: &DiffDelta<'d>) -> Option<&'d [u8]> {
    delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes())
}

fn old_path_of(delta: &DiffDelta<'_>) -> Option<String> {
    (delta.status() == Delta::Renamed).then(|| lossy(delta.old_file().path_bytes().unwrap_or_default()))
}

fn status_of(delta: &DiffDelta<'_>) -> ChangeStatus {
    match delta.status() {
        Delta::Added | Delta::Copied => ChangeStatus::Added,
        Delta::Deleted => ChangeStatus::Deleted,
        Delta::Renamed => ChangeStatus::Renamed,
        Delta::Untracked => ChangeStatus::Untracked,
        Delta::Conflicted => ChangeStatus::Conflicted,
        _ => ChangeStatus::Modified,
    }
}

/// Fills in what only a look at the lines tells.
fn describe(change: &mut Change, patch: &mut Patch<'_>, room: Option<usize>) -> Result<(), git2::Error> {
    change.binary = patch.delta().flags().contains(DiffFlags::BINARY);
    let (_, additions, deletions) = patch.line_stats()?;
    (change.additions, change.deletions) = (additions, deletions);
    let Some(room) = room.filter(|_| !change.binary && patch.num_hunks() > 0) else { return Ok(()) };
    let mut hunks = Vec::new();
    let mut cut = false;
    patch.print(&mut |_, _, line| {
        let sign: &[u8] = match line.origin_value() {
            DiffLineType::FileHeader | DiffLineType::Binary => return true,
            DiffLineType::Addition => b"+",
            DiffLineType::Deletion => b"-",
            DiffLineType::Context => b" ",
            _ => b"",
        };
        cut |= hunks.len() + sign.len() + line.content().len() > room;
        if !cut {
            hunks.extend_from_slice(sign);
            hunks.extend_from_slice(line.content());
        }
        true
    })?;
    change.truncated = cut;
    change.patch = (!hunks.is_empty()).then(|| lossy(&hunks));
    Ok(())
}
