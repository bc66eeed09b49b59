//! What a bundle of saved work holds: which commit is what.

use std::path::{Path, PathBuf};

use git2::Repository;
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    git::{Git, Workshop},
};

/// All that was saved together.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Contents {
    /// The repository itself, then those within it, outer ones first.
    pub(super) copies: Vec<Copy>,
}

impl Contents {
    /// A workshop for opening the bundle, which sees the repository at `path`: the clone, or a working copy of it.
    pub(super) fn workshop(&self, git: &Git, path: &Path) -> Result<Workshop, Error> {
        let workshop = git.workshop()?;
        workshop.lend(Repository::open(path)?.commondir())?;
        for shallow in self.copies.iter().filter_map(|copy| copy.shallow.as_deref()) {
            workshop.cut_off(shallow.as_bytes())?;
        }
        Ok(workshop)
    }
}

/// One repository with its working copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Copy {
    /// Where, from the outermost working copy.
    pub(super) path: PathBuf,
    pub(super) kind: CopyKind,
    pub(super) head: Head,
    /// The commit of [`super::snapshot`]; none where only references were saved.
    pub(super) snapshot: Option<String>,
    /// References with their objects.
    pub(super) references: Vec<Named>,
    /// The stash with the words of its entries, the latest first.
    pub(super) stashes: Vec<Named>,
    /// Remotes with their addresses.
    pub(super) remotes: Vec<Named>,
    /// Where its history was cut off.
    pub(super) shallow: Option<String>,
}

impl Copy {
    /// The commits (and annotated tags) that lead to all of it.
    pub(super) fn tips(&self) -> impl Iterator<Item = &str> {
        let named = self.references.iter().chain(&self.stashes).map(|named| named.value.as_str());
        named.chain(self.head.commit()).chain(self.snapshot.as_deref())
    }
}

/// Whose the objects and references of a working copy are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CopyKind {
    /// The one that was deleted: its history is the clone's.
    Outermost,
    /// A submodule or another repository of its own.
    Nested,
    /// A further worktree of the same clone.
    Linked,
}

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Head {
    /// A branch, in full, and its commit unless it has none yet.
    Branch(String, Option<String>),
    /// A commit without a branch.
    Detached(String),
}

impl Head {
    pub(super) fn commit(&self) -> Option<&str> {
        match self {
            Self::Branch(_, commit) => commit.as_deref(),
            Self::Detached(commit) => Some(commit),
        }
    }
}

/// Something with a name: a reference and its object, a stash entry's words and its commit, a remote and its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) value: String,
}

impl Named {
    pub(super) fn new(name: impl Into<String>, value: &impl ToString) -> Self {
        Self { name: name.into(), value: value.to_string() }
    }
}

/// The commits of the remote's branches, as of the last fetch.
pub(super) fn remote_commits(repository: &Repository) -> Result<Vec<String>, git2::Error> {
    let references = repository.references_glob("refs/remotes/*")?.flatten();
    let commits = references.filter_map(|reference| reference.peel_to_commit().ok());
    Ok(commits.map(|commit| commit.id().to_string()).collect())
}
