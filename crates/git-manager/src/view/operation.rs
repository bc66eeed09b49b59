//! What git has begun in a working copy and not finished.

use git2::{Repository, RepositoryState};
use serde::Serialize;
use utoipa::ToSchema;

/// The files by which git notes it, in the working copy's own git directory.
pub(super) const NOTES: [&str; 6] =
    ["MERGE_HEAD", "rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG"];

/// Something that git has begun and not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A merge.
    Merge,
    /// A rebase.
    Rebase,
    /// A cherry-pick.
    CherryPick,
    /// A revert.
    Revert,
    /// A search for the commit that broke something.
    Bisect,
    /// The applying of patches.
    ApplyPatches,
}

impl Operation {
    /// What goes on in a working copy.
    pub(crate) fn of(repository: &Repository) -> Option<Self> {
        use RepositoryState as S;
        match repository.state() {
            S::Clean => None,
            S::Merge => Some(Self::Merge),
            S::Rebase | S::RebaseInteractive | S::RebaseMerge => Some(Self::Rebase),
            S::CherryPick | S::CherryPickSequence => Some(Self::CherryPick),
            S::Revert | S::RevertSequence => Some(Self::Revert),
            S::Bisect => Some(Self::Bisect),
            S::ApplyMailbox | S::ApplyMailboxOrRebase => Some(Self::ApplyPatches),
        }
    }

    /// For a sentence: "a merge".
    pub(crate) fn named(self) -> &'static str {
        match self {
            Self::Merge => "a merge",
            Self::Rebase => "a rebase",
            Self::CherryPick => "a cherry-pick",
            Self::Revert => "a revert",
            Self::Bisect => "a bisect",
            Self::ApplyPatches => "the applying of patches",
        }
    }
}
