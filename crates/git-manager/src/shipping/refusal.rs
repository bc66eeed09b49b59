//! Why git did not do what a person asked for: a sentence that says what to do, and git's own words.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How much of git's words is told, in bytes.
const SAID: usize = 4 << 10;

/// What kind of refusal it is, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// An agent is at work there.
    AgentAtWork,
    /// Another git holds a lock.
    Locked,
    /// git does not know who commits.
    AuthorUnknown,
    /// There is nothing to commit.
    NothingToCommit,
    /// Files are in conflict, or something that was begun has to be finished first.
    Unfinished,
    /// Changes are not committed.
    NotCommitted,
    /// A hook, or git itself, refused a commit.
    Commit,
    /// A push would lose commits of the remote's branch.
    Diverged,
    /// The gateway's rules, or GitHub's, refused a push.
    Push,
    /// A hook of the repository refused a push.
    PushHook,
    /// A merge or rebase was not begun or not ended.
    Update,
}

impl RefusalKind {
    /// As a problem document names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AgentAtWork => "agent-at-work",
            Self::Locked => "git-locked",
            Self::AuthorUnknown => "author-unknown",
            Self::NothingToCommit => "nothing-to-commit",
            Self::Unfinished => "unfinished-operation",
            Self::NotCommitted => "not-committed",
            Self::Commit => "commit-refused",
            Self::Diverged => "push-diverged",
            Self::Push => "push-refused",
            Self::PushHook => "push-hook-refused",
            Self::Update => "update-refused",
        }
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind.
    pub kind: RefusalKind,
    /// One sentence or two: why, and what to do.
    pub detail: String,
    /// What git, a hook or the remote said; may be empty.
    pub said: String,
}

impl Refusal {
    pub(super) fn new(kind: RefusalKind, detail: String) -> Self {
        Self { kind, detail, said: String::new() }
    }

    /// With the end of what was said.
    pub(super) fn saying(self, said: &str) -> Self {
        let said = said.trim();
        let from = said.ceil_char_boundary(said.len().saturating_sub(SAID));
        Self { said: said[from..].into(), ..self }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::GitRefused(refusal)
    }
}
