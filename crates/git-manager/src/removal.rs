//! Deleting worktrees, repositories and chats, without losing work unless told to.
//!
//! The order is the same each time: find out all that speaks against it, bring the agent to rest, have opencode
//! let go of the folder, look once more, save what would be lost, delete. All of it under the clone's lock.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ocweb_opencode_client::{Client, SessionId as ChatId};
use serde::Deserialize;

use crate::{
    agent,
    changes::Changes,
    chats::{Chat, Chats},
    clones::{Clones, Exclusive},
    delivery::Delivery,
    error::{Error, Missing},
    git::Git,
    loss::{self, Loss, Remote},
    names::{RepositoryName, SessionId},
    processes,
    reasons::{ReasonKind, Reasons, Terms},
    repair::Repairs,
    saved::{Home, Saved, SavedKind, SavedWork, Subject},
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
    /// What repairs a working copy that cannot be read.
    pub repairs: Arc<Repairs>,
    /// The delivery of prompts, which has to rest meanwhile.
    pub delivery: Arc<Delivery>,
    /// What was saved before it was deleted.
    pub saved: Arc<Saved>,
    /// git.
    pub git: Arc<Git>,
    /// opencode.
    pub opencode: Client,
    /// The folder in which the supervisor lists what it runs.
    pub run: PathBuf,
}

impl Removal {
    /// Deletes a worktree with its branch. Gives what was saved.
    pub async fn worktree(
        &self,
        name: &RepositoryName,
        session: &SessionId,
        terms: &Terms,
    ) -> Result<Vec<SavedWork>, Error> {
        let name = self.clones.canonical(name);
        let mut deleted = self.try_worktree(&name, session, terms).await;
        if self.is_repaired(&name, &deleted).await {
            deleted = self.try_worktree(&name, session, terms).await;
        }
        deleted.map_err(not_saved)
    }

    async fn try_worktree(
        &self,
        name: &RepositoryName,
        session: &SessionId,
        terms: &Terms,
    ) -> Result<Vec<SavedWork>, Error> {
        if self.chats.is_being_created(session) {
            let reasons = self.waiting(session).with(ReasonKind::ChatBeingCreated, 1);
            terms.accepted.require(&format!("The working copy of {name}"), reasons)?;
            self.chats.give_up(session).await;
        }
        // Not asked under the lock first: while the repository is being cloned that would take minutes.
        self.worktrees.get(name, session)?;
        let clone = self.clones.exclusive(name).await;
        let worktree = self.worktrees.get(name, session)?;
        let remote = self.worktrees.remote(name);
        Ok(self.worktree_of(&clone, &worktree, None, terms, &remote).await?.into_iter().collect())
    }

    async fn worktree_of(
        &self,
        clone: &Exclusive,
        worktree: &Worktree,
        of: Option<&Chat>,
        terms: &Terms,
        remote: &Remote<'_>,
    ) -> Result<Option<SavedWork>, Error> {
        let Worktree { path, session_id, repo, .. } = worktree;
        let what = format!("The working copy of {repo}");
        let chat = session_id.as_str().parse::<ChatId>().ok();
        let _hold = match &chat {
            Some(chat) => Some(self.delivery.hold(chat).await),
            None => None,
        };
        terms.accepted.require(&what, self.reasons(worktree, remote).await?)?;
        agent::bring_to_rest(&self.opencode, path).await?;
        agent::let_go(&self.opencode, path).await?;
        // What a last tool wrote while it was being stopped counts too.
        let (loss, reasons) = self.lost_with(worktree, remote).await?;
        terms.accepted.require(&what, reasons)?;
        let subject = self.subject(worktree, of).await;
        let saved = if loss.reasons.count(ReasonKind::Unreadable) > 0 {
            self.save_unreadable(clone, subject, &loss, terms, remote).await?
        } else {
            self.save(subject, &loss, terms).await?
        };
        self.worktrees.remove(clone, worktree).await?;
        if let Some(chat) = &chat {
            self.changes.note(chat);
        }
        Ok(saved)
    }

    /// A working copy as something to save, with its chat where that goes with it.
    pub(crate) async fn subject(&self, worktree: &Worktree, of: Option<&Chat>) -> Subject {
        let Worktree { path, session_id, repo, branch, base, .. } = worktree;
        Subject {
            kind: if of.is_some() { SavedKind::Chat } else { SavedKind::Worktree },
            repo: repo.clone(),
            path: path.clone(),
            session_id: Some(session_id.clone()),
            title: self.title(session_id).await,
            branch: Some(branch.clone()),
            base: base.clone(),
            began_at: self.worktrees.began_at(repo, session_id),
            chat: of.cloned(),
            elsewhere: Vec::new(),
        }
    }

    /// Where saved work lies, and where it goes back to.
    pub(crate) fn home(&self) -> Home {
        let Self { clones, worktrees, saved, git, .. } = self;
        Home {
            clones: Arc::clone(clones),
            worktrees: Arc::clone(worktrees),
            saved: Arc::clone(saved),
            git: Arc::clone(git),
        }
    }

    /// Saves a working copy that could not be read before, which may fail again. Where somebody is content with that, its branch
    /// is saved alone.
    async fn save_unreadable(
        &self,
        clone: &Exclusive,
        subject: Subject,
        loss: &Loss,
        terms: &Terms,
        remote: &Remote<'_>,
    ) -> Result<Option<SavedWork>, Error> {
        let Some(branch) = subject.branch.clone().filter(|_| terms.unsaved) else {
            return self.save(subject, loss, terms).await.map_err(|error| match error {
                Error::NotSaved(reason) => Error::Unreadable(reason),
                error => error,
            });
        };
        let alone = Subject { kind: SavedKind::Branch, path: clone.path().to_owned(), chat: None, ..subject };
        let saved = match loss::of_branch(&self.git, clone.path(), &branch, remote).await {
            Ok(loss) => self.save(alone, &loss, &Terms::default()).await,
            Err(error) => Err(error),
        };
        Ok(saved.unwrap_or_else(|error| {
            tracing::warn!(repository = %clone.name(), %branch, %error, "not even the branch is saved");
            None
        }))
    }

    /// Whether something could not be read and is repaired, so that its deletion may be tried again. Not under a clone's lock.
    async fn is_repaired<T>(&self, name: &RepositoryName, deleted: &Result<T, Error>) -> bool {
        let is_unreadable = match deleted {
            Err(Error::NotDeleted { reasons, .. }) => {
                reasons.iter().any(|reason| reason.kind == ReasonKind::Unreadable)
            }
            Err(Error::Unreadable(_)) => true,
            _ => false,
        };
        is_unreadable && self.repairs.after_failure(name).await
    }

    /// Saves what is about to be lost, if it is anything.
    pub(crate) async fn save(
        &self,
        subject: Subject,
        loss: &Loss,
        terms: &Terms,
    ) -> Result<Option<SavedWork>, Error> {
        if loss.is_nothing() || terms.unsaved {
            return Ok(None);
        }
        let extent = self.clones.extent(&subject.repo);
        match self.saved.save(&self.git, subject, extent, loss).await {
            Ok(saved) => Ok(Some(saved)),
            Err(Error::DiskFull) => Err(Error::NotSaved("the disk is full".into())),
            Err(Error::NotSaved(reason)) => Err(Error::NotSaved(reason)),
            Err(error) => Err(Error::NotSaved(error.to_string())),
        }
    }

    /// What opencode or its record calls a chat.
    async fn title(&self, session: &SessionId) -> Option<String> {
        #[derive(Deserialize)]
        struct Titled {
            title: String,
        }
        let chat = session.as_str().parse::<ChatId>().ok()?;
        let known = || self.chats.get(&chat).ok().and_then(|chat| chat.title);
        match self.opencode.session::<Titled>(session.as_str()).await {
            Ok(Titled { title }) => Some(title),
            Err(_) => known(),
        }
    }

    /// All that speaks against deleting a worktree.
    async fn reasons(&self, worktree: &Worktree, remote: &Remote<'_>) -> Result<Reasons, Error> {
        let in_use = self.in_use_of(worktree).await?;
        Ok(in_use.and(self.lost_with(worktree, remote).await?.1))
    }

    /// What opencode does in a worktree and keeps there, its own chat aside.
    async fn in_use_of(&self, worktree: &Worktree) -> Result<Reasons, Error> {
        self.in_use(&worktree.path, worktree.session_id.as_str().parse().ok().as_ref()).await
    }

    /// What opencode does in a folder and keeps there.
    async fn in_use(&self, folder: &Path, chat: Option<&ChatId>) -> Result<Reasons, Error> {
        let at_work = agent::is_at_work(&self.opencode, folder).await?;
        let others = agent::conversations(&self.opencode, folder, chat).await?;
        let reasons = Reasons::default().with(ReasonKind::ChatRunning, usize::from(at_work));
        Ok(reasons.with_names(ReasonKind::FolderShared, others))
    }

    /// What goes with a worktree, whatever opencode does, and all that speaks against it then.
    async fn lost_with(&self, worktree: &Worktree, remote: &Remote<'_>) -> Result<(Loss, Reasons), Error> {
        let running = processes::in_folder(&worktree.path, &self.run).await?;
        let loss = self.worktrees.loss(worktree, remote).await;
        let reasons = loss.reasons.clone().and(self.waiting(&worktree.session_id));
        Ok((loss, reasons.with_names(ReasonKind::ProcessesRunning, running)))
    }

    /// The prompts that a chat's agent will not get.
    fn waiting(&self, session: &SessionId) -> Reasons {
        let chat = session.as_str().parse::<ChatId>();
        let waiting = chat.map_or(0, |chat| self.chats.prompts().list(&chat).len());
        Reasons::default().with(ReasonKind::PromptsWaiting, waiting)
    }

    /// Deletes a clone, and its worktrees and the creation of its chats if that is accepted. Gives what was saved: each
    /// worktree, and the clone.
    pub async fn repository(&self, name: &RepositoryName, terms: &Terms) -> Result<Vec<SavedWork>, Error> {
        let name = self.clones.canonical(name);
        let mut deleted = self.try_repository(&name, terms).await;
        if self.is_repaired(&name, &deleted).await {
            deleted = self.try_repository(&name, terms).await;
        }
        deleted.map_err(not_saved)
    }

    async fn try_repository(&self, name: &RepositoryName, terms: &Terms) -> Result<Vec<SavedWork>, Error> {
        if self.clones.describe(name).is_none() {
            return Err(Error::Missing(Missing::Clone(name.clone())));
        }
        let what = format!("The clone of {name}");
        let creating = self.chats.being_created_in(name);
        let unmade = Reasons::default().with(ReasonKind::ChatBeingCreated, creating.len());
        let unmade = creating.iter().fold(unmade, |reasons, session| reasons.and(self.waiting(session)));
        terms.accepted.require(&what, unmade)?;
        for session in creating {
            self.chats.give_up(&session).await;
        }
        let was_being_made = self.clones.find(name).is_none() && self.clones.describe(name).is_some();
        if was_being_made {
            self.clones.cancel(name).await;
        }
        let clone = self.clones.exclusive(name).await;
        if was_being_made && self.clones.find(name).is_none() {
            return Ok(Vec::new());
        }
        self.clones.get(name)?;
        let mut worktrees = self.worktrees.list();
        worktrees.retain(|worktree| worktree.repo.key() == name.key());
        let remote = self.worktrees.remote(clone.name());
        terms.accepted.require(&what, self.reasons_of_clone(&clone, &worktrees, &remote).await?)?;
        let mut saved = Vec::new();
        for worktree in worktrees {
            saved.extend(self.worktree_of(&clone, &worktree, None, terms, &remote).await?);
        }
        agent::bring_to_rest(&self.opencode, clone.path()).await?;
        agent::let_go(&self.opencode, clone.path()).await?;
        let loss = loss::of_clone(&self.git, clone.path(), &remote).await;
        terms.accepted.require(&what, loss.reasons.clone())?;
        saved.extend(self.save(Subject::of_clone(&clone), &loss, terms).await?);
        self.clones.remove(&clone).await?;
        Ok(saved)
    }

    /// All that speaks against deleting a clone, its worktrees included.
    async fn reasons_of_clone(
        &self,
        clone: &Exclusive,
        worktrees: &[Worktree],
        remote: &Remote<'_>,
    ) -> Result<Reasons, Error> {
        // The agent may have added some beside ours, which end with the clone as well.
        let count = working_copies(clone.path()).filter(|(_, path)| path.exists()).count();
        let mut reasons = self
            .in_use(clone.path(), None)
            .await?
            .and(loss::of_clone(&self.git, clone.path(), remote).await.reasons)
            .with(ReasonKind::WorktreesExist, count.max(worktrees.len()))
            .with_names(ReasonKind::ProcessesRunning, processes::in_folder(clone.path(), &self.run).await?);
        for worktree in worktrees {
            let (loss, all) = self.lost_with(worktree, remote).await?;
            // Its commits are the clone's, but not those of its submodules.
            let more = all
                .without(ReasonKind::UnpushedCommits)
                .with(ReasonKind::UnpushedCommits, loss.commits_within);
            reasons = reasons.and(self.in_use_of(worktree).await?).and(more);
        }
        Ok(reasons)
    }

    /// Deletes a chat: its creation if that goes on, its worktree, its session and its record. Gives what was saved.
    pub async fn chat(&self, id: &ChatId, terms: &Terms) -> Result<Vec<SavedWork>, Error> {
        let chat = self.chats.get(id)?;
        let mut deleted = self.try_chat(&chat, terms).await;
        if self.is_repaired(&chat.repo, &deleted).await {
            deleted = self.try_chat(&chat, terms).await;
        }
        deleted.map_err(not_saved)
    }

    async fn try_chat(&self, chat: &Chat, terms: &Terms) -> Result<Vec<SavedWork>, Error> {
        let id = &chat.id;
        // Nothing is deleted before it is known that everything can be.
        if chat.may_have_session {
            self.opencode.session_exists(id.as_str()).await?;
        }
        let session = SessionId::from(id);
        let was_being_created = self.chats.is_being_created(&session);
        if was_being_created {
            // Most deletions are refused at first: nothing is cut off for one that is.
            match self.worktrees.get(&chat.repo, &session) {
                Ok(worktree) => {
                    let reasons = self.reasons(&worktree, &self.worktrees.remote(&chat.repo)).await?;
                    terms.accepted.require(&format!("The working copy of {}", chat.repo), reasons)?;
                }
                Err(_) => terms.accepted.require("The chat", self.waiting(&session))?,
            }
        }
        self.chats.stop(id).await;
        let _hold = self.delivery.hold(id).await;
        match self.parts_of_chat(chat, terms).await {
            Ok(saved) => {
                self.chats.forget(id)?;
                Ok(saved.into_iter().collect())
            }
            Err(error) => {
                if was_being_created {
                    if let Err(error) = self.chats.setups().uncount(id) {
                        tracing::warn!(chat = %id, %error, "a setup counts as cut off that was stopped");
                    }
                    self.chats.go_on(id);
                }
                Err(error)
            }
        }
    }

    async fn parts_of_chat(&self, chat: &Chat, terms: &Terms) -> Result<Option<SavedWork>, Error> {
        let Chat { id, repo, may_have_session, .. } = chat;
        let session = SessionId::from(id);
        terms.accepted.require("The chat", self.waiting_alone(repo, &session))?;
        let mut saved = None;
        // While the clone is being made or fetched, its lock is held for minutes: nobody waits for it without need.
        if self.worktrees.is_begun(repo, &session) {
            let clone = self.clones.exclusive(repo).await;
            self.worktrees.repair(&clone, &session).await?;
            if let Ok(worktree) = self.worktrees.get(repo, &session) {
                let remote = self.worktrees.remote(repo);
                saved = self.worktree_of(&clone, &worktree, Some(chat), terms, &remote).await?;
            }
        }
        if *may_have_session {
            self.opencode.delete_session(id.as_str()).await?;
        }
        Ok(saved)
    }

    /// The prompts of a chat that has no worktree, with whose reasons they would be told.
    fn waiting_alone(&self, repo: &RepositoryName, session: &SessionId) -> Reasons {
        match self.worktrees.get(repo, session) {
            Ok(_) => Reasons::default(),
            Err(_) => self.waiting(session),
        }
    }
}

/// What cannot be read cannot be saved.
fn not_saved(error: Error) -> Error {
    match error {
        Error::Unreadable(reason) => Error::NotSaved(reason),
        error => error,
    }
}
