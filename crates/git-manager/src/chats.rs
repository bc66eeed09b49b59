//! Chats, from the moment somebody typed a task until opencode has a session for it.
//!
//! Creating one takes a clone, a fetch, a worktree and a session, which can take minutes; the phone has
//! long been locked by then. So a chat is a record on the disk, written before the answer, and a worker
//! that takes it step by step. Each step is recorded before it is taken and is safe to take again: a
//! service that is killed at any point goes on at the next start. Its prompts wait in their outbox.

mod archive;
mod chat;
mod deleted;
mod earlier;
mod foreign;
mod permissions;
mod stopping;
mod worker;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ocweb_opencode_client::{Client, SessionId as ChatId};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use chat::{Chat, InvalidChat, NewChat, State};
pub use foreign::ForeignSession;
pub use permissions::{PermissionSettings, Permissions};

use self::{deleted::Deleted, foreign::ForeignSessions, permissions::PermissionDefault};
use crate::{
    backup::Returning,
    changes::Changes,
    clones::Clones,
    conversations::Conversations,
    error::{Error, Missing},
    names::{BranchName, RepositoryName, SessionId},
    prompts::{NewPrompt, Prompt, Prompts},
    records::Records,
    repair::Repairs,
    setup::Setups,
    worktrees::Worktrees,
};

/// All chats of this volume, and what creating one needs.
pub struct Chats {
    records: Records<Chat>,
    known: Mutex<BTreeMap<ChatId, Chat>>,
    deleted: Deleted,
    foreign: ForeignSessions,
    permission_default: PermissionDefault,
    /// Held while the permissions of a chat change, so that opencode and the record say the same.
    changing_permissions: tokio::sync::Mutex<()>,
    workers: Mutex<HashMap<ChatId, Worker>>,
    prompts: Prompts,
    conversations: Conversations,
    changes: Arc<Changes>,
    /// Held while a chat is taken in, so that two requests for one chat make one.
    taking_in: tokio::sync::Mutex<()>,
    pub(super) clones: Arc<Clones>,
    pub(super) worktrees: Arc<Worktrees>,
    pub(super) repairs: Arc<Repairs>,
    pub(super) setups: Setups,
    pub(super) returning: Option<Arc<Returning>>,
    pub(super) opencode: Client,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A creation that is going on.
struct Worker {
    cancel: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Chats {
    /// The chats and prompts whose records lie in `folder`.
    #[expect(clippy::too_many_arguments, reason = "each is a part of its own, and this is called once")]
    pub fn open(
        folder: &Path,
        changes: Arc<Changes>,
        clones: Arc<Clones>,
        worktrees: Arc<Worktrees>,
        repairs: Arc<Repairs>,
        setups: Setups,
        conversations: Conversations,
        returning: Option<Arc<Returning>>,
        opencode: Client,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, Error> {
        let records = Records::<Chat>::open(folder.join("chats"))?;
        let mut known: BTreeMap<_, _> =
            records.all()?.into_iter().map(|(_, chat)| (chat.id.clone(), chat)).collect();
        let foreign = ForeignSessions::open(folder.join("foreign"))?;
        let permission_default = PermissionDefault::open(folder.join("permissions.json"))?;
        let is_chat = |id: &ChatId| known.contains_key(id) || foreign.get(id).is_some();
        conversations.retain(|name| known.keys().any(|id| id.as_str() == name))?;
        let prompts = Prompts::open(&folder.join("prompts"), is_chat, Arc::clone(&changes))?;
        for chat in known.values_mut().filter(|_| returning.is_some()) {
            if !worktrees.path(&chat.repo, &SessionId::from(&chat.id)).exists() {
                chat.extent = clones.extent(&chat.repo);
                chat.return_from_backup();
                // Ignored files were not in the backup.
                setups.forget(&chat.id)?;
                records.put(chat.id.as_str(), chat)?;
            }
        }
        for chat in known.values_mut() {
            if let Some(prompt) = chat.take_earlier_prompt() {
                prompts.adopt(&chat.id, prompt)?;
                records.put(chat.id.as_str(), chat)?;
            }
        }
        Ok(Self {
            records,
            known: Mutex::new(known),
            deleted: Deleted::open(folder.join("deleted"))?,
            foreign,
            permission_default,
            changing_permissions: tokio::sync::Mutex::default(),
            workers: Mutex::default(),
            prompts,
            conversations,
            changes,
            taking_in: tokio::sync::Mutex::default(),
            clones,
            worktrees,
            repairs,
            setups,
            returning,
            opencode,
            tasks,
            stop,
        })
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

    /// Notes that a chat's work belongs to another branch than the one that it began at.
    pub fn set_base(&self, id: &ChatId, base: &BranchName) -> Result<(), Error> {
        let chat = self.get(id)?;
        if !chat.state.is_final() {
            return Err(Error::Conflict("This chat is still being prepared.".into()));
        }
        self.save(&Chat { base: Some(base.clone()), ..chat })
    }

    /// The prompts of all chats.
    pub fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    /// Conversations as files.
    pub fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    /// How working copies are set up.
    pub fn setups(&self) -> &Setups {
        &self.setups
    }

    /// Takes in a chat with its first prompt. When this returns, both are on the disk, and it will be
    /// created. A chat of that id in that repository stays as it is, and takes a prompt that is new to it.
    pub async fn create(self: &Arc<Self>, mut new: NewChat) -> Result<Chat, Error> {
        let repository = self.clones.canonical(&new.repo);
        let _taking_in = self.taking_in.lock().await;
        let there = new.id.as_ref().and_then(|id| self.get(id).ok());
        if let Some(Chat { id, repo, .. }) = there.as_ref().filter(|chat| chat.repo.key() != repository.key())
        {
            return Err(Error::ChatExists { chat: id.clone(), repository: repo.clone() });
        }
        if let Some(chat) = there {
            // Without an id of its own it may be the one that the chat came with.
            if let Some(prompt) = new.prompt.filter(NewPrompt::is_repeatable) {
                self.take_prompt(&chat.id, prompt).await?;
            }
            return Ok(chat);
        }
        if let Some(id) = new.id.as_ref().filter(|id| self.deleted.contains(id)) {
            return Err(Error::ChatDeleted(id.clone()));
        }
        let permissions = new.permissions.or(self.permission_settings().default);
        let conversation = new.conversation.take();
        let (chat, prompt) = Chat::new(new.with_permissions(permissions), repository);
        // These first: a chat that is there has all it came with.
        if let Some(conversation) = conversation {
            self.conversations.keep(&chat.id, conversation)?;
        }
        if let Some(prompt) = prompt {
            self.prompts.take(&chat.id, prompt).await?;
        }
        self.save(&chat)?;
        self.go_on(&chat.id);
        Ok(chat)
    }

    /// Takes in a further prompt of a chat, or of a session that was begun elsewhere. When this returns, it
    /// is on the disk and will be delivered.
    pub async fn take_prompt(&self, id: &ChatId, new: NewPrompt) -> Result<Prompt, Error> {
        match self.get_undeleted(id) {
            Err(Error::Missing(_)) => {
                let session = self.find_foreign(id).await?;
                let archived = self.foreign.get(id).and_then(|known| known.archived).map(|_| false);
                self.foreign.put(ForeignSession { archived, ..session })?;
                return self.prompts.take(id, new).await;
            }
            chat => drop(chat?),
        }
        let prompt = self.prompts.take(id, new).await?;
        if let Err(error) = self.get_undeleted(id) {
            // Deleted in the meantime.
            self.prompts.forget(id)?;
            return Err(error);
        }
        // What is worked on is not put away.
        self.set_archived(id, false)?;
        Ok(prompt)
    }

    /// One chat for which something was sent, whose sender is to know when it was deleted.
    fn get_undeleted(&self, id: &ChatId) -> Result<Chat, Error> {
        self.get(id).map_err(
            |error| {
                if self.deleted.contains(id) { Error::ChatDeleted(id.clone()) } else { error }
            },
        )
    }

    /// The folder in which prompts of a chat or a foreign session run, once it can take any.
    pub fn ready_directory(&self, id: &ChatId) -> Option<PathBuf> {
        match self.get(id) {
            Ok(chat) if chat.state == State::Ready => {
                Some(self.worktrees.path(&chat.repo, &SessionId::from(id)))
            }
            Ok(_) => None,
            Err(_) => self.foreign.get(id).map(|session| session.directory),
        }
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

    /// Ends the creation of a chat, whose prompts stay for a retry.
    pub async fn give_up(self: &Arc<Self>, session: &SessionId) {
        let Some(chat) = self.list().into_iter().find(|chat| SessionId::from(&chat.id) == *session) else {
            return;
        };
        self.stop(&chat.id).await;
        self.fail(&chat.id, Error::Cancelled).await;
    }

    /// Ends the creation of a chat because its person does not want to wait for it. The clone that is being made for it ends
    /// too, unless another chat waits for it.
    pub async fn cancel(self: &Arc<Self>, id: &ChatId) -> Result<Chat, Error> {
        let chat = self.get(id)?;
        if chat.state.is_final() {
            return Err(Error::Conflict(format!("The chat {id} is not being prepared any more.")));
        }
        self.give_up(&SessionId::from(id)).await;
        if chat.state == State::Cloning && self.being_created_in(&chat.repo).is_empty() {
            self.clones.cancel(&chat.repo).await;
        }
        self.get(id)
    }

    /// Removes the records of a chat and its prompts. It does not come back.
    pub fn forget(&self, id: &ChatId) -> Result<(), Error> {
        self.deleted.add(id);
        self.records.remove(id.as_str())?;
        lock(&self.known).remove(id);
        self.changes.note(id);
        self.setups.forget(id)?;
        self.conversations.forget(id)?;
        self.prompts.forget(id)
    }

    /// Brings a deleted chat back, whose working copy is there again on `branch`. It is set up like a fresh one, for ignored files
    /// did not come back, and opencode is told of its session anew.
    pub fn bring_back(
        self: &Arc<Self>,
        mut chat: Chat,
        title: Option<String>,
        branch: BranchName,
    ) -> Result<(), Error> {
        let id = chat.id.clone();
        chat.title = title;
        chat.branch = branch;
        chat.archived = false;
        chat.repo = self.clones.canonical(&chat.repo);
        let needed = self.setups.is_needed(&self.place(&chat));
        chat.enter(if needed { State::SettingUp } else { State::CreatingSession });
        self.deleted.remove(&id)?;
        self.save(&chat)?;
        self.go_on(&id);
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
        self.changes.note(&chat.id);
        Ok(())
    }

    /// Notes a failure even when the disk is too full to take it: then until the next start.
    pub(super) fn save_failed(&self, chat: &Chat) {
        if let Err(error) = self.save(chat) {
            tracing::error!(chat = %chat.id, %error, "the failure of a chat could not be written down");
            lock(&self.known).insert(chat.id.clone(), chat.clone());
            self.changes.note(&chat.id);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is one statement, so a panic cannot leave a half.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
