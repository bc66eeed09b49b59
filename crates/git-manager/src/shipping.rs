//! What a person has done with a chat's changes, on the way to a pull request: commit, push, update.
//!
//! git runs here as the agent itself would run it ([`Git::as_agent`]), so the repository's hooks and filters count and
//! nothing can be reached that the agent cannot reach. One thing at a time in each working copy, no prompt is delivered
//! meanwhile, and what would run over an agent at work is refused. Whatever git refuses becomes one sentence that says
//! what to do ([`Refusal`]).

mod authorship;
mod base;
mod commit;
mod push;
mod refusal;
mod update;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use git2::Repository;
use ocweb_opencode_client::{Client, SessionId as ChatId};

pub use authorship::{Authorship, InvalidPerson, Person};
pub use commit::{Committed, NewCommit};
pub use push::{PushRequest, Pushed};
pub use refusal::{Refusal, RefusalKind};
pub use update::{Source, Update, UpdateResult};

use self::{authorship::AuthorshipFile, commit::capital};
use crate::{
    agent,
    chats::Chats,
    clones::Clones,
    delivery::{Delivery, Hold},
    error::{Error, Missing},
    git::{Git, GitError, Invocation},
    names::SessionId,
    view::Operation,
    worktrees::{Worktree, Worktrees},
};

/// What it takes.
pub struct Parts {
    /// git.
    pub git: Arc<Git>,
    /// The clones.
    pub clones: Arc<Clones>,
    /// The worktrees.
    pub worktrees: Arc<Worktrees>,
    /// The chats.
    pub chats: Arc<Chats>,
    /// The delivery of prompts, which rests meanwhile.
    pub delivery: Arc<Delivery>,
    /// opencode.
    pub opencode: Client,
}

/// Commits, pushes and updates.
pub struct Shipping {
    parts: Parts,
    authorship: AuthorshipFile,
    /// Working copies in which something is being done.
    busy: Arc<Mutex<HashSet<PathBuf>>>,
}

/// The right to do something in one working copy.
struct Turn {
    worktree: Worktree,
    busy: Arc<Mutex<HashSet<PathBuf>>>,
    /// Keeps prompts from being delivered.
    hold: Option<Hold>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.hold.take());
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.worktree.path);
    }
}

/// How a working copy is, as far as it decides what may be done.
struct Condition {
    operation: Option<Operation>,
    conflicts: usize,
    head: Option<String>,
}

impl Condition {
    /// Refuses what would mix with something that git has begun and not finished.
    fn require_finished(&self) -> Result<(), Error> {
        let Some(operation) = self.operation else { return Ok(()) };
        let detail =
            format!("{} is not finished. Go on with it or abort it first.", capital(operation.named()));
        Err(Refusal::new(RefusalKind::Unfinished, detail).into())
    }
}

impl Shipping {
    /// Keeps its settings in `folder`.
    pub fn open(parts: Parts, folder: &Path) -> Result<Self, Error> {
        let authorship = AuthorshipFile::open(folder.join("authorship.json"))?;
        Ok(Self { parts, authorship, busy: Arc::default() })
    }

    /// Takes the working copy of a chat, or that which a session begun elsewhere shares.
    async fn turn(&self, chat: &ChatId) -> Result<Turn, Error> {
        let worktree = self.worktree(chat).await?;
        let is_free = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(worktree.path.clone());
        if !is_free {
            let detail = "Something else is being done in this working copy. Try again when it is over.";
            return Err(Error::Conflict(detail.into()));
        }
        let owner = worktree.session_id.as_str().parse().unwrap_or_else(|_| chat.clone());
        // Made before the wait, so that it is given back whatever comes of that.
        let mut turn = Turn { worktree, busy: Arc::clone(&self.busy), hold: None };
        turn.hold = Some(self.parts.delivery.hold(&owner).await);
        Ok(turn)
    }

    async fn worktree(&self, chat: &ChatId) -> Result<Worktree, Error> {
        let gone = || Error::Missing(Missing::WorkingCopy(chat.clone()));
        let Parts { chats, worktrees, .. } = &self.parts;
        if let Ok(own) = chats.get(chat) {
            let worktree = worktrees.get(&own.repo, &SessionId::from(chat)).map_err(|_| gone())?;
            return Ok(Worktree { base: own.base.or_else(|| worktree.base.clone()), ..worktree });
        }
        let directory = chats.foreign_directory(chat).await?.canonicalize().map_err(|_| gone())?;
        worktrees.around(&directory).ok_or_else(gone)
    }

    /// Refuses while an agent is at work in a folder.
    async fn require_rest(&self, worktree: &Worktree, otherwise: &str) -> Result<(), Error> {
        if agent::is_at_work(&self.parts.opencode, &worktree.path).await? {
            let detail =
                format!("The agent is at work here, and may be in the middle of a change. {otherwise}");
            return Err(Refusal::new(RefusalKind::AgentAtWork, detail).into());
        }
        Ok(())
    }

    fn git(&self, worktree: &Worktree) -> Invocation {
        self.parts.git.as_agent(&worktree.path)
    }
}

async fn condition(worktree: &Worktree) -> Result<Condition, Error> {
    let path = worktree.path.clone();
    let read = tokio::task::spawn_blocking(move || {
        let repository = Repository::open(path)?;
        let head = repository.head().ok().and_then(|head| head.target());
        Ok::<_, git2::Error>(Condition {
            operation: Operation::of(&repository),
            conflicts: repository.index()?.conflicts()?.count(),
            head: head.map(|id| id.to_string()),
        })
    });
    Ok(read.await.map_err(|error| Error::Internal(error.to_string()))??)
}

/// What any git command in a working copy can be refused for; else the words of git.
fn refused(error: &GitError, kind: RefusalKind, what: &str) -> Error {
    if error.is_disk_full() {
        return Error::DiskFull;
    }
    let said = error.said();
    if said.contains(".lock': File exists") {
        let detail =
            "Another git is at work in this working copy, perhaps the agent's. Try again in a moment.";
        return Refusal::new(RefusalKind::Locked, detail.into()).saying(said).into();
    }
    if said.contains("tell me who you are") || said.contains("empty ident name") {
        let detail = "git does not know who commits. Name an author (Settings, Commits), or set GITHUB_USER.";
        return Refusal::new(RefusalKind::AuthorUnknown, detail.into()).into();
    }
    Refusal::new(kind, format!("{what}: {}", error.reason())).saying(said).into()
}
