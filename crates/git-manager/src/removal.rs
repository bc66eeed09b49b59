//! Deleting worktrees, repositories and chats, without losing work unless told to.
//!
//! The order is the same each time: find out all that speaks against it, bring the agent to rest, have opencode
//! let go of the folder, look once more, delete. All of it under the clone's lock.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ocweb_opencode_client::{Client, SessionId as ChatId};

use crate::{
    agent,
    changes::Changes,
    chats::{Chat, Chats},
    clones::{Clones, Exclusive},
    delivery::Delivery,
    error::{Error, Missing},
    git::Git,
    loss,
    names::{RepositoryName, SessionId},
    processes,
    reasons::{Accepted, ReasonKind, Reasons},
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
    /// The folder in which the supervisor lists what it runs.
    pub run: PathBuf,
}

impl Removal {
    /// Deletes a worktree with its branch.
    pub async fn worktree(
        &self,
        name: &RepositoryName,
        session: &SessionId,
        accepted: &Accepted,
    ) -> Result<(), Error> {
        let name = self.clones.canonical(name);
        if self.chats.is_being_created(session) {
            let reasons = self.waiting(session).with(ReasonKind::ChatBeingCreated, 1);
            accepted.require(&format!("The working copy of {name}"), reasons)?;
            self.chats.give_up(session).await;
        }
        // Not asked under the lock first: while the repository is being cloned that would take minutes.
        self.worktrees.get(&name, session)?;
        let clone = self.clones.exclusive(&name).await;
        let worktree = self.worktrees.get(&name, session)?;
        self.worktree_of(&clone, &worktree, accepted).await
    }

    async fn worktree_of(
        &self,
        clone: &Exclusive,
        worktree: &Worktree,
        accepted: &Accepted,
    ) -> Result<(), Error> {
        let Worktree { path, session_id, repo, .. } = worktree;
        let what = format!("The working copy of {repo}");
        let chat = session_id.as_str().parse::<ChatId>().ok();
        let _hold = match &chat {
            Some(chat) => Some(self.delivery.hold(chat).await),
            None => None,
        };
        accepted.require(&what, self.reasons(worktree).await?)?;
        agent::bring_to_rest(&self.opencode, path).await?;
        agent::let_go(&self.opencode, path).await?;
        // What a last tool wrote while it was being stopped counts too.
        accepted.require(&what, self.lost_with(worktree).await?)?;
        self.worktrees.remove(clone, worktree).await?;
        if let Some(chat) = &chat {
            self.changes.note(chat);
        }
        Ok(())
    }

    /// All that speaks against deleting a worktree.
    async fn reasons(&self, worktree: &Worktree) -> Result<Reasons, Error> {
        let chat = worktree.session_id.as_str().parse().ok();
        let in_use = self.in_use(&worktree.path, chat.as_ref()).await?;
        Ok(in_use.and(self.lost_with(worktree).await?))
    }

    /// What opencode does in a folder and keeps there.
    async fn in_use(&self, folder: &Path, chat: Option<&ChatId>) -> Result<Reasons, Error> {
        let at_work = agent::is_at_work(&self.opencode, folder).await?;
        let others = agent::conversations(&self.opencode, folder, chat).await?;
        let reasons = Reasons::default().with(ReasonKind::ChatRunning, usize::from(at_work));
        Ok(reasons.with_names(ReasonKind::FolderShared, others))
    }

    /// What goes with a worktree, whatever opencode does.
    async fn lost_with(&self, worktree: &Worktree) -> Result<Reasons, Error> {
        let running = processes::in_folder(&worktree.path, &self.run).await?;
        let lost = self.worktrees.loss(worktree).await;
        Ok(lost.and(self.waiting(&worktree.session_id)).with_names(ReasonKind::ProcessesRunning, running))
    }

    /// The prompts that a chat's agent will not get.
    fn waiting(&self, session: &SessionId) -> Reasons {
        let chat = session.as_str().parse::<ChatId>();
        let waiting = chat.map_or(0, |chat| self.chats.prompts().list(&chat).len());
        Reasons::default().with(ReasonKind::PromptsWaiting, waiting)
    }

    /// Deletes a clone, and its worktrees and the creation of its chats if that is accepted.
    pub async fn repository(&self, name: &RepositoryName, accepted: &Accepted) -> Result<(), Error> {
        let name = self.clones.canonical(name);
        if self.clones.describe(&name).is_none() {
            return Err(Error::Missing(Missing::Clone(name)));
        }
        let what = format!("The clone of {name}");
        let creating = self.chats.being_created_in(&name);
        let unmade = Reasons::default().with(ReasonKind::ChatBeingCreated, creating.len());
        let unmade = creating.iter().fold(unmade, |reasons, session| reasons.and(self.waiting(session)));
        accepted.require(&what, unmade)?;
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
        accepted.require(&what, self.reasons_of_clone(&clone, &worktrees).await?)?;
        for worktree in worktrees {
            self.worktree_of(&clone, &worktree, accepted).await?;
        }
        agent::bring_to_rest(&self.opencode, clone.path()).await?;
        agent::let_go(&self.opencode, clone.path()).await?;
        accepted.require(&what, loss::of_clone(&self.git, clone.path()).await)?;
        self.clones.remove(&clone).await
    }

    /// All that speaks against deleting a clone, its worktrees included.
    async fn reasons_of_clone(&self, clone: &Exclusive, worktrees: &[Worktree]) -> Result<Reasons, Error> {
        // The agent may have added some beside ours, which end with the clone as well.
        let count = working_copies(clone.path()).filter(|(_, path)| path.exists()).count();
        let mut reasons = self
            .in_use(clone.path(), None)
            .await?
            .and(loss::of_clone(&self.git, clone.path()).await)
            .with(ReasonKind::WorktreesExist, count.max(worktrees.len()))
            .with_names(ReasonKind::ProcessesRunning, processes::in_folder(clone.path(), &self.run).await?);
        for worktree in worktrees {
            // Its commits are the clone's.
            reasons = reasons.and(self.reasons(worktree).await?.without(ReasonKind::UnpushedCommits));
        }
        Ok(reasons)
    }

    /// Deletes a chat: its creation if that goes on, its worktree, its session and its record.
    pub async fn chat(&self, id: &ChatId, accepted: &Accepted) -> Result<(), Error> {
        let chat = self.chats.get(id)?;
        // Nothing is deleted before it is known that everything can be.
        if chat.may_have_session {
            self.opencode.session_exists(id.as_str()).await?;
        }
        let was_being_created = self.chats.is_being_created(&SessionId::from(id));
        self.chats.stop(id).await;
        let _hold = self.delivery.hold(id).await;
        match self.parts_of_chat(&chat, accepted).await {
            Ok(()) => self.chats.forget(id),
            Err(error) => {
                if was_being_created {
                    self.chats.go_on(id);
                }
                Err(error)
            }
        }
    }

    async fn parts_of_chat(&self, chat: &Chat, accepted: &Accepted) -> Result<(), Error> {
        let Chat { id, repo, may_have_session, .. } = chat;
        let session = SessionId::from(id);
        accepted.require("The chat", self.waiting_alone(repo, &session))?;
        // While the clone is being made or fetched, its lock is held for minutes: nobody waits for it without need.
        if self.worktrees.is_begun(repo, &session) {
            let clone = self.clones.exclusive(repo).await;
            self.worktrees.repair(&clone, &session).await?;
            if let Ok(worktree) = self.worktrees.get(repo, &session) {
                self.worktree_of(&clone, &worktree, accepted).await?;
            }
        }
        if *may_have_session {
            self.opencode.delete_session(id.as_str()).await?;
        }
        Ok(())
    }

    /// The prompts of a chat that has no worktree, with whose reasons they would be told.
    fn waiting_alone(&self, repo: &RepositoryName, session: &SessionId) -> Reasons {
        match self.worktrees.get(repo, session) {
            Ok(_) => Reasons::default(),
            Err(_) => self.waiting(session),
        }
    }
}
