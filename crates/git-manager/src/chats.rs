//! Chats, from the moment somebody typed a task until opencode has it.
//!
//! Creating one takes a clone, a fetch, a worktree, a session and a prompt, which can take minutes; the
//! phone has long been locked by then. So a chat is a record on the disk, written before the answer, and
//! a worker that takes it step by step. Each step is recorded before it is taken and is safe to take
//! again: a service that is killed at any point goes on at the next start, and the prompt arrives once.

mod chat;
mod delivery;
mod worker;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ocweb_opencode_client::{Client, SessionId as ChatId};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use chat::{Chat, NewChat, State};

use crate::{
    clones::Clones,
    error::{Error, Missing},
    names::{RepositoryName, SessionId},
    records::Records,
    worktrees::Worktrees,
};

/// All chats of this volume, and what creating one needs.
pub struct Chats {
    records: Records<Chat>,
    known: Mutex<BTreeMap<ChatId, Chat>>,
    workers: Mutex<HashMap<ChatId, Worker>>,
    pub(super) clones: Arc<Clones>,
    pub(super) worktrees: Arc<Worktrees>,
    pub(super) opencode: Client,
    /// How long a prompt may take from being sent to being stored.
    pub(super) settle: Duration,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A creation that is going on.
struct Worker {
    cancel: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Chats {
    /// The chats whose records lie in `records`.
    pub fn open(
        records: PathBuf,
        clones: Arc<Clones>,
        worktrees: Arc<Worktrees>,
        opencode: Client,
        settle: Duration,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, Error> {
        let records = Records::<Chat>::open(records)?;
        let known = records.all()?.into_iter().map(|(_, chat)| (chat.id.clone(), chat)).collect();
        let (known, workers) = (Mutex::new(known), Mutex::default());
        Ok(Self { records, known, workers, clones, worktrees, opencode, settle, tasks, stop })
    }

    /// Goes on with every chat that an earlier run did not finish.
    pub fn resume(self: &Arc<Self>) {
        for chat in self.list().into_iter().filter(|chat| !chat.state.is_final()) {
            tracing::info!(chat = %chat.id, state = ?chat.state, "going on with a chat");
            self.go_on(&chat.id);
        }
    }

    /// Every chat, the newest first: that is how their ids sort.
    pub fn list(&self) -> Vec<Chat> {
        lock(&self.known).values().cloned().collect()
    }

    /// One chat.
    pub fn get(&self, id: &ChatId) -> Result<Chat, Error> {
        lock(&self.known).get(id).cloned().ok_or_else(|| Error::Missing(Missing::Chat(id.to_string())))
    }

    /// Takes in a chat. When this returns, it is on the disk and will be created.
    pub fn create(self: &Arc<Self>, new: NewChat) -> Result<Chat, Error> {
        let repository = self.clones.canonical(&new.repo);
        let chat = Chat::new(new, repository);
        self.save(&chat)?;
        self.go_on(&chat.id);
        Ok(chat)
    }

    /// Begins the creation of a failed chat anew, with the same id.
    pub fn retry(self: &Arc<Self>, id: &ChatId) -> Result<Chat, Error> {
        let mut chat = self.get(id)?;
        if !matches!(chat.state, State::Failed) {
            return Err(Error::Conflict(format!(
                "The chat {id} did not fail, so there is nothing to retry."
            )));
        }
        chat.begin_anew();
        self.save(&chat)?;
        self.go_on(id);
        Ok(chat)
    }

    /// Whether the creation of this chat goes on.
    pub fn is_being_created(&self, session: &SessionId) -> bool {
        self.list().iter().any(|chat| SessionId::from(&chat.id) == *session && !chat.state.is_final())
    }

    /// The chats of a repository whose creation goes on.
    pub fn being_created_in(&self, repository: &RepositoryName) -> Vec<SessionId> {
        let chats = self.list().into_iter();
        let of_it = chats.filter(|chat| chat.repo.key() == repository.key() && !chat.state.is_final());
        of_it.map(|chat| SessionId::from(&chat.id)).collect()
    }

    /// Starts the worker of a chat that has none.
    pub fn go_on(self: &Arc<Self>, id: &ChatId) {
        let mut workers = lock(&self.workers);
        workers.retain(|_, worker| !worker.task.is_finished());
        // A worker notes the failure as its last act, and may not be quite gone when a retry comes.
        let previous = workers.remove(id);
        let cancel = self.stop.child_token();
        let (chats, token, key) = (Arc::clone(self), cancel.clone(), id.clone());
        let task = self.tasks.spawn(async move {
            if let Some(previous) = previous {
                // A panic in it was logged.
                let _ = previous.task.await;
            }
            // Cancelled between two steps or in one: the record tells where to go on.
            let _ = token.run_until_cancelled(Box::pin(chats.work(&key))).await;
        });
        workers.insert(id.clone(), Worker { cancel, task });
    }

    /// Ends the worker of a chat, and leaves the chat where it is.
    pub async fn stop(&self, id: &ChatId) {
        let worker = lock(&self.workers).remove(id);
        if let Some(worker) = worker {
            worker.cancel.cancel();
            // A panic in it was logged; the worker is gone in any case.
            let _ = worker.task.await;
        }
    }

    /// Ends the creation of a chat, whose task stays to be retried.
    pub async fn give_up(self: &Arc<Self>, session: &SessionId) {
        let Some(chat) = self.list().into_iter().find(|chat| SessionId::from(&chat.id) == *session) else {
            return;
        };
        self.stop(&chat.id).await;
        self.fail(&chat.id, Error::Cancelled).await;
    }

    /// Removes the record of a chat.
    pub fn forget(&self, id: &ChatId) -> Result<(), Error> {
        self.records.remove(id.as_str())?;
        lock(&self.known).remove(id);
        Ok(())
    }

    /// Removes the record of the chat that a collected worktree belonged to, if there is one.
    pub fn forget_session(&self, session: &SessionId) {
        let found = self.list().into_iter().find(|chat| SessionId::from(&chat.id) == *session);
        if let Some(Err(error)) = found.map(|chat| self.forget(&chat.id)) {
            tracing::warn!(%session, %error, "the record of a collected chat stays");
        }
    }

    /// Writes a chat down, first on the disk.
    pub(super) fn save(&self, chat: &Chat) -> Result<(), Error> {
        self.records.put(chat.id.as_str(), chat)?;
        lock(&self.known).insert(chat.id.clone(), chat.clone());
        Ok(())
    }

    /// Notes a failure even when the disk is too full to take it: then until the next start.
    pub(super) fn save_failed(&self, chat: &Chat) {
        if let Err(error) = self.save(chat) {
            tracing::error!(chat = %chat.id, %error, "the failure of a chat could not be written down");
            lock(&self.known).insert(chat.id.clone(), chat.clone());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is one statement, so a panic cannot leave a half.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
