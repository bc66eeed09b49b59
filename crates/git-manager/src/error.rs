//! What can go wrong, as far as somebody acts differently.
//!
//! [`Error`] is what every part of the domain answers with. It can be written down, because a chat that
//! failed in the background keeps its reason; `api/problem.rs` turns it into a problem document.

use ocweb_opencode_client::{MessageId, SessionId as ChatId};
use serde::{Deserialize, Serialize};

use crate::{
    git::GitError,
    names::{BranchName, RepositoryName, SessionId},
    reasons::Reason,
    shipping::Refusal,
};

/// A thing that was asked for and is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// No clone of it.
    #[error("{0} is not cloned")]
    Clone(RepositoryName),
    /// No worktree of it.
    #[error("There is no worktree of {0} for {1}")]
    Worktree(RepositoryName, SessionId),
    /// No chat of this id.
    #[error("There is no chat {0}")]
    Chat(String),
    /// No prompt of this id waits there.
    #[error("No prompt {0} is waiting in this chat")]
    Prompt(MessageId),
    /// The remote has no such branch.
    #[error("{0} has no branch {1}")]
    Branch(RepositoryName, BranchName),
    /// A chat has no working copy any more.
    #[error("The working copy of the chat {0} is gone")]
    WorkingCopy(ChatId),
    /// No such file or folder in a working copy.
    #[error("There is no {} in the working copy", .0.escape_debug())]
    Path(String),
    /// No notice of a repair of this id.
    #[error("There is no such notice")]
    Notice,
    /// No such saved work.
    #[error("There is no such saved work: it was restored, removed, or has expired")]
    Saved,
    /// No such commit.
    #[error("There is no commit {0} here, or more than one that begins so")]
    Commit(String),
}

/// What went wrong at GitHub or on the way to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoteFailure {
    /// No such repository, or not for this token.
    NotFound,
    /// It asks for a token, or does not take ours.
    Unauthorized,
    /// The token may not do this.
    Forbidden,
    /// Too many requests.
    RateLimited,
    /// It answered 5xx.
    ServerError,
    /// It stood still for too long.
    TimedOut,
    /// No connection.
    Unreachable,
    /// The github-gateway, through which everything goes to GitHub, is not running.
    GatewayDown,
    /// The github-gateway does not let it through: its sentence.
    Refused(String),
    /// Its certificate is not trusted.
    Untrusted,
    /// The transfer was cut.
    Interrupted,
    /// Objects are missing or damaged at the remote.
    Damaged,
    /// Something else, in its own words.
    Other(String),
}

impl RemoteFailure {
    /// Whether trying again soon may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::ServerError | Self::TimedOut | Self::Unreachable | Self::Interrupted)
    }
}

/// Any failure of the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Error {
    /// It is not there.
    #[error("{0}.")]
    Missing(Missing),
    /// It is there already, or has begun.
    #[error("{0}")]
    Conflict(String),
    /// The id of a new chat is that of a chat in another repository.
    #[error("There is a chat {chat} already, in {repository}.")]
    ChatExists {
        /// The chat that is there.
        chat: ChatId,
        /// Its repository.
        repository: RepositoryName,
    },
    /// A chat is asked for again, or sent a prompt, although it was deleted.
    #[error("The chat {0} was deleted. Begin a new chat.")]
    ChatDeleted(ChatId),
    /// A prompt that was to be taken back is on its way to opencode or there.
    #[error("The prompt {0} has gone to opencode already.")]
    PromptDelivered(MessageId),
    /// A prompt comes again although it was taken back.
    #[error("The prompt {0} was taken back.")]
    PromptTakenBack(MessageId),
    /// A prompt that opencode does not take: one sentence with the reason and what to do.
    #[error("{0}")]
    Undeliverable(String),
    /// opencode does not read the conversation that a chat is to begin with: one sentence with the reason and what to do.
    #[error("{0}")]
    NotImported(String),
    /// A command was handed over when everything stopped, and left no trace: it is not run a second time unasked.
    #[error("It is not known whether it ran.")]
    MayHaveRun,
    /// No model proposes anything: one sentence with the reason.
    #[error("{0}")]
    NoProposal(String),
    /// git did not do what a person asked for.
    #[error("{}", .0.detail)]
    GitRefused(Refusal),
    /// Something speaks against deleting it.
    #[error("{what} is not deleted")]
    NotDeleted {
        /// What was to be deleted: the beginning of a sentence.
        what: String,
        /// All that speaks against it.
        reasons: Vec<Reason>,
    },
    /// What is to be deleted could not be saved before, so it was not deleted: the end of a sentence with the reason.
    #[error("It is not deleted, because it cannot be saved first: {0}.")]
    NotSaved(String),
    /// GitHub, or the way to it.
    #[error("GitHub failed: {failure:?}")]
    Remote {
        /// The repository, if the call was about one.
        repository: Option<RepositoryName>,
        /// Why.
        failure: RemoteFailure,
        /// Whether a token was shown to it.
        with_token: bool,
        /// After how many seconds to try again, if it said so.
        retry_after: Option<u64>,
    },
    /// `GITHUB_TOKEN` is not set.
    #[error("GITHUB_TOKEN is not set.")]
    TokenMissing,
    /// A working copy or something in it cannot be read: one sentence with the reason.
    #[error("{0}")]
    Unreadable(String),
    /// Reading took longer than anybody waits.
    #[error("Reading this working copy takes too long. Try again in a moment.")]
    TookTooLong,
    /// No room left on the volume.
    #[error("The disk is full.")]
    DiskFull,
    /// opencode does not answer, so it cannot be known whether something runs.
    #[error("opencode does not answer.")]
    OpencodeUnavailable,
    /// opencode answered something unexpected.
    #[error("{0}")]
    Opencode(String),
    /// What was waited for was ended on request.
    #[error("It was cancelled.")]
    Cancelled,
    /// git or the system failed in a way that nobody foresaw.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// An error of a git command that talked to the remote of `repository`.
    pub fn remote(error: &GitError, repository: &RepositoryName, with_token: bool) -> Self {
        if error.is_disk_full() {
            return Self::DiskFull;
        }
        tracing::warn!(%repository, said = error.said(), "a remote git command failed");
        Self::Remote {
            repository: Some(repository.clone()),
            failure: error.at_remote(),
            with_token,
            retry_after: None,
        }
    }

    /// Whether a damaged clone may be behind it.
    pub fn may_be_damage(&self) -> bool {
        match self {
            Self::Internal(_) | Self::Unreadable(_) => true,
            Self::Remote { failure, .. } => {
                matches!(
                    failure,
                    RemoteFailure::Damaged | RemoteFailure::Interrupted | RemoteFailure::Other(_)
                )
            }
            _ => false,
        }
    }

    /// Whether trying again soon may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Remote { failure, .. } if failure.is_transient())
    }
}

impl From<GitError> for Error {
    fn from(error: GitError) -> Self {
        if error.is_disk_full() { Self::DiskFull } else { Self::Internal(error.to_string()) }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::DiskFull,
            _ => Self::Internal(error.to_string()),
        }
    }
}

impl From<git2::Error> for Error {
    fn from(error: git2::Error) -> Self {
        Self::Internal(format!("reading a repository: {}", error.message()))
    }
}

impl From<ocweb_opencode_client::Error> for Error {
    fn from(error: ocweb_opencode_client::Error) -> Self {
        if error.is_unavailable() { Self::OpencodeUnavailable } else { Self::Opencode(error.to_string()) }
    }
}
