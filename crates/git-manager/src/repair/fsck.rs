//! `git fsck`, read: which files are damaged, which objects are missing, and how far it is.

use std::{
    collections::HashSet,
    path::{Component, Path, PathBuf},
};

use serde::Serialize;
use utoipa::ToSchema;

use super::patient::Patient;
use crate::git::{Git, GitError};

/// How far a check is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CheckProgress)]
pub struct Progress {
    /// What it is busy with, in git's words.
    pub phase: String,
    /// Of this phase, 0 to 100.
    pub percent: u8,
}

impl Progress {
    /// `Checking objects:  45% (9/20)`.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (phase, rest) = line.split_once(':')?;
        // A phase is a few words; what git complains about can have any name.
        let is_phase = phase.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' ')
            && !["error", "fatal", "missing"].iter().any(|word| phase.starts_with(word));
        let percent = rest.trim_start().split_once('%')?.0.parse().ok()?;
        let is_progress = is_phase && percent <= 100;
        is_progress.then(|| Self { phase: phase.trim().to_owned(), percent })
    }
}

/// An object that is referred to and not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MissingObject {
    /// `blob`, `tree`, `commit` or `tag`.
    pub(super) kind: String,
    pub(super) id: String,
    /// How it is reached, `refs/heads/x:src/main.rs`, where git knows.
    pub(super) name: Option<String>,
}

/// What a check found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) is_clean: bool,
    /// Files to be set aside: loose objects, and packs by their `.pack`.
    pub(super) files: Vec<PathBuf>,
    pub(super) missing: Vec<MissingObject>,
    /// What else it says is wrong.
    pub(super) complaints: Vec<String>,
    /// What is in the lists: git names some things more than once.
    seen: HashSet<String>,
    /// Whether objects are there as they were made, and were made against git's rules: nobody can mend an old commit.
    has_flaws: bool,
}

/// Checks everything that a clone and its working copies refer to. With `histories` also what only their reflogs do.
pub(super) async fn check(
    git: &Git,
    patient: &Patient,
    histories: bool,
    mut on_progress: impl FnMut(Progress),
) -> Result<Checked, GitError> {
    let mut checked = Checked::default();
    let command = git
        .reading(&patient.clone)
        .args(["fsck", "--full", "--no-dangling", "--name-objects", "--progress"])
        .args((!histories).then_some("--no-reflogs"))
        .unlimited();
    let finished = command
        .finished(|line| match Progress::read(line) {
            Some(progress) => on_progress(progress),
            None => checked.read(line, &patient.clone),
        })
        .await?;
    for line in finished.text.lines() {
        checked.read(line, &patient.clone);
    }
    checked.end(finished.succeeded);
    Ok(checked)
}

impl Checked {
    /// Whether something is not there, or will not be once the damaged files are set aside.
    pub(super) fn lacks_something(&self) -> bool {
        !self.files.is_empty() || !self.missing.is_empty()
    }

    fn end(&mut self, succeeded: bool) {
        let says_nothing_else = !self.lacks_something() && self.complaints.is_empty();
        self.is_clean = succeeded || says_nothing_else && self.has_flaws;
        if !self.is_clean && says_nothing_else {
            self.complaints.push("the check ended before it had looked at everything".into());
        }
    }

    pub(super) fn read(&mut self, line: &str, clone: &Path) {
        const ENDS_IN_A_PATH: [&str; 3] =
            ["object corrupt or missing: ", "object could not be parsed: ", "hash-path mismatch, found at: "];
        if let Some(missing) = line.strip_prefix("missing ") {
            let (kind, rest) = missing.split_once(' ').unwrap_or((missing, ""));
            let (id, name) = rest.split_once(' ').unwrap_or((rest, ""));
            let name = name.trim_start_matches('(').trim_end_matches(')');
            let missing = MissingObject {
                kind: kind.into(),
                id: id.into(),
                name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            };
            if self.seen.insert(line.to_owned()) {
                self.missing.push(missing);
            }
            return;
        }
        // `error in commit 68…: badTimezone: …`
        self.has_flaws |= line.starts_with("error in ");
        let Some(complaint) = line.strip_prefix("error: ").or_else(|| line.strip_prefix("fatal: ")) else {
            return;
        };
        let loose = ENDS_IN_A_PATH.iter().find_map(|words| Some(complaint.split_once(words)?.1));
        let pack = || complaint.split(' ').find(|word| word.contains("/pack/pack-"));
        let auxiliary =
            || complaint.split([' ', '\'']).find(|word| word.contains("objects/info/commit-graph"));
        if let Some(path) = loose.or_else(pack).or_else(auxiliary) {
            let path = clone.join(path.trim_matches(['\'', ':', ',']));
            let path = if path.display().to_string().contains("/pack/pack-") {
                path.with_extension("pack")
            } else {
                path
            };
            if is_of_objects(&path, clone) && self.seen.insert(path.display().to_string()) {
                self.files.push(path);
            }
        }
        if self.complaints.len() < 20 {
            self.complaints.push(complaint.to_owned());
        }
    }
}

/// Whether a path lies where a clone keeps its objects. git prints the names of files as they are, line ends included: a
/// repository can make it say that any file is damaged.
fn is_of_objects(path: &Path, clone: &Path) -> bool {
    let Ok(inner) = path.strip_prefix(clone.join(".git/objects")) else { return false };
    inner.components().count() > 0 && inner.components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Checked {
        let mut checked = Checked::default();
        for line in lines {
            checked.read(line, Path::new("/c"));
        }
        checked
    }

    #[test]
    fn damaged_files_are_found_in_what_git_says() {
        let checked = read(&[
            "error: object file .git/objects/22/68 is empty",
            "error: 2268: object corrupt or missing: .git/objects/22/68",
            "error: /c/.git/objects/pack/pack-98.pack pack checksum mismatch",
            "error: index CRC mismatch for object 76c3 from .git/objects/pack/pack-99.pack at offset 352",
            "error: index file .git/objects/pack/pack-99.idx is too small",
            "missing blob 2268fd (:d5/f)",
            "missing blob 2268fd (:d5/f)",
            "missing commit 11",
        ]);
        let files: Vec<_> = checked.files.iter().map(|path| path.display().to_string()).collect();
        assert_eq!(
            files,
            [
                "/c/.git/objects/22/68",
                "/c/.git/objects/pack/pack-98.pack",
                "/c/.git/objects/pack/pack-99.pack"
            ]
        );
        assert_eq!(checked.missing.len(), 2);
        assert_eq!(checked.missing[0].name.as_deref(), Some(":d5/f"));
        assert_eq!(checked.missing[1].name, None);
    }

    /// Such lines come of a tree with a name like `x\nerror: y: object corrupt or missing: /etc/hosts`.
    #[test]
    fn no_file_elsewhere_is_taken_for_a_damaged_one() {
        let checked = read(&[
            "error: y: object corrupt or missing: /etc/hosts",
            "error: y: object corrupt or missing: .git/config",
            "error: y: object corrupt or missing: .git/objects/../config",
            "error: y: object corrupt or missing: .git/objects",
            "error: /elsewhere/pack/pack-98.pack pack checksum mismatch",
            "error: y: object corrupt or missing: .git/objects/22/68",
        ]);
        assert_eq!(checked.files, [PathBuf::from("/c/.git/objects/22/68")]);
    }

    #[test]
    fn what_was_made_against_the_rules_is_no_damage_and_a_silent_end_is() {
        let flaw = "error in commit 68: badTimezone: invalid author/committer line - bad time zone";
        let ended = |lines: &[&str], succeeded| {
            let mut checked = read(lines);
            checked.end(succeeded);
            checked
        };
        assert!(ended(&[], true).is_clean && ended(&[flaw], false).is_clean);
        assert!(!ended(&[flaw, "missing commit 11"], false).is_clean);
        assert!(!ended(&[flaw, "error: refs/heads/x: invalid sha1 pointer 0"], false).is_clean);
        let cut_off = ended(&[], false);
        assert!(!cut_off.is_clean && !cut_off.lacks_something() && cut_off.complaints.len() == 1);
    }

    #[test]
    fn progress_is_read() {
        let progress = Progress { phase: "Checking objects".into(), percent: 45 };
        assert_eq!(Progress::read("Checking objects:  45% (9/20)"), Some(progress));
        for line in
            ["error: x: object corrupt", "error: 7% x", "missing blob 2268fd (:7% x)", "Checking: 101% (1/1)"]
        {
            assert_eq!(Progress::read(line), None, "{line}");
        }
    }
}
