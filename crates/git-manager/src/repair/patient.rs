//! A clone with its working copies, as our records and the folders tell of them: what git's own files may not.

use std::{
    fs,
    path::{Path, PathBuf},
};

use git2::Repository;

use crate::{
    names::{BranchName, RepositoryName},
    worktrees::working_copies,
};

/// A working copy that was made here.
#[derive(Debug, Clone)]
pub struct RecordedCopy {
    /// Where it is.
    pub path: PathBuf,
    /// The chat's branch.
    pub branch: BranchName,
    /// The remote's branch that it began at.
    pub base: Option<BranchName>,
    /// The commit that it began at; nothing in an empty repository.
    pub began_at: Option<String>,
}

impl RecordedCopy {
    /// Whether its folder is there.
    pub(super) fn is_there(&self) -> bool {
        self.path.symlink_metadata().is_ok_and(|found| found.is_dir())
    }

    /// Its git directory as its `.git` says.
    pub(super) fn named_entry(&self) -> Option<PathBuf> {
        named_entry(&self.path)
    }
}

fn named_entry(working_copy: &Path) -> Option<PathBuf> {
    let said = fs::read_to_string(working_copy.join(".git")).ok()?;
    Some(PathBuf::from(said.strip_prefix("gitdir: ")?.trim_end()))
}

/// What is looked at and treated.
#[derive(Debug, Clone)]
pub(super) struct Patient {
    pub(super) name: RepositoryName,
    pub(super) clone: PathBuf,
    pub(super) copies: Vec<RecordedCopy>,
}

impl Patient {
    /// The clone's git directory.
    pub(super) fn git_directory(&self) -> PathBuf {
        self.clone.join(".git")
    }

    /// The entry of a working copy: the one that points to it, else the one that it points to, else one of its name.
    pub(super) fn entry(&self, copy: &RecordedCopy) -> Option<PathBuf> {
        let pointing = working_copies(&self.clone).find(|(_, path)| *path == copy.path);
        let ours = self.git_directory().join("worktrees");
        let named = || copy.named_entry().filter(|entry| entry.parent() == Some(&ours) && entry.is_dir());
        let same_name = || Some(ours.join(copy.path.file_name()?)).filter(|entry| entry.is_dir());
        pointing.map(|(entry, _)| entry).or_else(named).or_else(same_name)
    }

    /// Whether a working copy lives at another place by now: `git worktree move` keeps the name of its entry.
    pub(super) fn has_moved(&self, copy: &RecordedCopy) -> bool {
        working_copies(&self.clone).any(|(entry, path)| {
            path != copy.path
                && entry.file_name() == copy.path.file_name()
                && named_entry(&path).as_ref() == Some(&entry)
        })
    }

    /// The clone, opened for reading.
    pub(super) fn repository(&self) -> Option<Repository> {
        Repository::open(&self.clone).ok()
    }

    /// The remote's default branch as the clone's files say, however damaged the rest is.
    pub(super) fn default_branch(&self) -> String {
        let prefix = "ref: refs/remotes/origin/";
        let said =
            fs::read_to_string(self.git_directory().join("refs/remotes/origin/HEAD")).unwrap_or_default();
        let of_remote = said.trim().strip_prefix(prefix).and_then(|name| name.parse::<BranchName>().ok());
        let of_chats = || self.copies.iter().find_map(|copy| copy.base.clone());
        of_remote.or_else(of_chats).map_or_else(|| "main".into(), |name| name.to_string())
    }
}

/// The path of something for a person: from the folder of all projects.
pub(super) fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    text.rsplit_once("/projects/").map_or(text.clone(), |(_, rest)| rest.to_owned())
}
