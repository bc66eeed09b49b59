//! Deleting worktrees, repositories and chats, without losing work unless told to.
//!
//! The order is the same each time: bring the agent to rest, find out what would be lost, have opencode
//! let go of the folder, look once more, delete. All of it under the clone's lock.

use std::{path::Path, sync::Arc};

use ocweb_opencode_client::{Client, SessionId as ChatId};

use crate::{
    agent,
    changes::Changes,
    chats::Chats,
    clones::{Clones, Exclusive},
    delivery::Delivery,
    error::{Error, Loss, Missing},
    git::Git,
    loss,
    names::{RepositoryName, SessionId},
    worktrees::{Worktree, Worktrees, working_copies},
};

/// What may delete.
#[derive(Clone)]
pub struct Removal {
    /// The clones.
    pub clones: Arc<Clones>,
    /// The worktrees.
    pub worktrees: Arc<Worktrees>,
    /// The chats.
    pub chats: Arc<Chats>,
    /// Who is told that a worktree is gone.
    pub changes: Arc<Changes>,
    /// The delivery of prompts, which has to rest meanwhile.
    pub delivery: Arc<Delivery>,
    /// git.
    pub git: Arc<Git>,
    /// opencode.
    pub opencode: Client,
}

impl Removal {
    /// Deletes a worktree with its branch.
    pub async fn worktree(
        &self,
        name: &RepositoryName,
        session: &SessionId,
        force: bool,
    ) -> Result<(), Error> {
        let name = self.clones.canonical(name);
        if self.chats.is_being_created(session) {
            if !force {
                return Err(Error::ChatRunning(format!("{name} ({session} is still being created)")));
            }
            self.chats.give_up(session).await;
        }
        // Not asked under the lock first: while the repository is being cloned that would take minutes.
        self.worktrees.get(&name, session)?;
        let clone = self.clones.exclusive(&name).await;
        self.worktree_of(&clone, session, force).await
    }

    async fn worktree_of(&self, clone: &Exclusive, session: &SessionId, force: bool) -> Result<(), Error> {
        let worktree = self.worktrees.get(clone.name(), session)?;
        let chat = session.as_str().parse::<ChatId>().ok();
        let _hold = match &chat {
            Some(chat) => Some(self.delivery.hold(chat).await),
            None => None,
        };
        agent::come_to_rest(&self.opencode, &worktree.path, force).await?;
        if !force {
            self.refuse_loss(&worktree).await?;
        }
        agent::let_go(&self.opencode, &worktree.path).await?;
        if !force {
            // What a last tool wrote while it was being stopped counts too.
            self.refuse_loss(&worktree).await?;
        }
        self.worktrees.remove(clone, &worktree).await?;
        if let Some(chat) = &chat {
            self.changes.note(chat);
        }
        Ok(())
    }

    async fn refuse_loss(&self, worktree: &Worktree) -> Result<(), Error> {
        let loss = self.worktrees.loss(worktree).await;
        refuse(format!("the worktree of {} for {}", worktree.repo, worktree.session_id), loss)
    }

    /// Deletes a clone; with `force` its worktrees and the creation of its chats too.
    pub async fn repository(&self, name: &RepositoryName, force: bool) -> Result<(), Error> {
        let name = self.clones.canonical(name);
        if self.clones.describe(&name).is_none() {
            return Err(Error::Missing(Missing::Clone(name)));
        }
        let creating = self.chats.being_created_in(&name);
        if !force && !creating.is_empty() {
            return Err(Error::ChatRunning(format!("{name} (still being created)")));
        }
        for session in creating {
            self.chats.give_up(&session).await;
        }
        let was_being_made = self.clones.find(&name).is_none() && self.clones.describe(&name).is_some();
        if was_being_made {
            self.clones.cancel(&name).await;
        }
        let clone = self.clones.exclusive(&name).await;
        if was_being_made && self.clones.find(&name).is_none() {
            return Ok(());
        }
        self.clones.get(&name)?;
        let mut worktrees = self.worktrees.list();
        worktrees.retain(|worktree| worktree.repo.key() == name.key());
        // The agent may have added some beside ours, which end with the clone as well.
        let count = working_copies(clone.path()).filter(|(_, path)| path.exists()).count();
        if !force && count.max(worktrees.len()) > 0 {
            return Err(Error::WorktreesExist { repository: name, count: count.max(worktrees.len()) });
        }
        for worktree in worktrees {
            self.worktree_of(&clone, &worktree.session_id, true).await?;
        }
        self.rest_and_check(&clone, force).await?;
        self.clones.remove(&clone).await
    }

    async fn rest_and_check(&self, clone: &Exclusive, force: bool) -> Result<(), Error> {
        let path: &Path = clone.path();
        agent::come_to_rest(&self.opencode, path, force).await?;
        if !force {
            refuse(format!("the clone of {}", clone.name()), loss::of_clone(&self.git, path).await)?;
        }
        agent::let_go(&self.opencode, path).await
    }

    /// Deletes a chat: its creation if that goes on, its worktree, its session and its record.
    pub async fn chat(&self, id: &ChatId, force: bool) -> Result<(), Error> {
        let chat = self.chats.get(id)?;
        let session = SessionId::from(id);
        // Nothing is deleted before it is known that everything can be.
        if chat.may_have_session {
            self.opencode.session_exists(id.as_str()).await?;
        }
        let was_being_created = self.chats.is_being_created(&session);
        self.chats.stop(id).await;
        let _hold = self.delivery.hold(id).await;
        let deleted = self.parts_of_chat(&chat.repo, &session, id, chat.may_have_session, force).await;
        match deleted {
            Ok(()) => self.chats.forget(id),
            Err(error) => {
                if was_being_created {
                    self.chats.go_on(id);
                }
                Err(error)
            }
        }
    }

    async fn parts_of_chat(
        &self,
        name: &RepositoryName,
        session: &SessionId,
        id: &ChatId,
        has_session: bool,
        force: bool,
    ) -> Result<(), Error> {
        // Without a clone there is no worktree; and while it is being made, its lock is held for minutes.
        if self.clones.find(name).is_some() || self.worktrees.get(name, session).is_ok() {
            let clone = self.clones.exclusive(name).await;
            self.worktrees.repair(&clone, session).await?;
            match self.worktree_of(&clone, session, force).await {
                Ok(()) | Err(Error::Missing(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if has_session {
            self.opencode.delete_session(id.as_str()).await?;
        }
        Ok(())
    }
}

fn refuse(what: String, loss: Option<Loss>) -> Result<(), Error> {
    match loss {
        Some(loss) => Err(Error::WouldLose { what, loss }),
        None => Ok(()),
    }
}
