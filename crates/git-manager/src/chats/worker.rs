//! The worker that takes a chat from step to step.

use std::{sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable};
use ocweb_opencode_client::{Error as ClientError, SessionId as ChatId};

use super::{Chat, Chats, State};
use crate::{
    agent,
    clones::{Extent, FRESH},
    error::Error,
    loss::Loss,
    names::SessionId,
    reasons::{Accepted, ReasonKind},
    setup::Place,
    worktrees::Worktree,
};

impl Chats {
    /// Takes a chat to its end. Dropping this at any point is safe.
    pub(super) async fn work(self: Arc<Self>, id: &ChatId) {
        loop {
            let Ok(mut chat) = self.get(id) else { return };
            if chat.state.is_final() {
                return;
            }
            let next = match self.step_mending(&mut chat).await {
                Ok(next) => next,
                // The service is stopping, and the clone with it.
                Err(Error::Cancelled) if self.stop.is_cancelled() => return,
                Err(error) => return self.fail(id, error).await,
            };
            chat.enter(next);
            if let Err(error) = self.save(&chat) {
                return self.fail(id, error).await;
            }
            tracing::info!(chat = %id, state = ?next, "chat");
        }
    }

    /// Takes a step, and once more where damage to the clone that could be repaired was in its way.
    async fn step_mending(self: &Arc<Self>, chat: &mut Chat) -> Result<State, Error> {
        match self.step(chat).await {
            Err(error) if error.may_be_damage() && self.repairs.after_failure(&chat.repo).await => {
                tracing::info!(chat = %chat.id, %error, "trying a step again after a repair");
                self.step(chat).await
            }
            next => next,
        }
    }

    /// Takes the step that the record names, and tells the next one.
    async fn step(self: &Arc<Self>, chat: &mut Chat) -> Result<State, Error> {
        match chat.state {
            State::Queued if self.clones.find(&chat.repo).is_none() => Ok(State::Cloning),
            State::Queued => Ok(State::Fetching),
            State::Cloning => {
                let (name, made) = self.clones.ensure(&chat.repo, chat.extent).await?;
                chat.repo = name;
                // A clone that was just made is as fresh as a fetch, but may not have another branch than the default one.
                let is_whole =
                    self.clones.extent(&chat.repo) != Extent::LatestOnly || chat.wanted_base.is_none();
                Ok(if made && is_whole { State::AddingWorktree } else { State::Fetching })
            }
            State::Fetching => {
                self.clones.get(&chat.repo)?;
                drop(self.clones.fetch(&chat.repo, chat.wanted_base.as_ref(), FRESH).await?);
                Ok(State::AddingWorktree)
            }
            State::AddingWorktree => {
                let worktree = self.ensure_worktree(chat).await?;
                (chat.base, chat.branch) = (worktree.base, worktree.branch);
                let needed = self.setups.is_needed(&self.place(chat));
                Ok(if needed { State::SettingUp } else { State::CreatingSession })
            }
            State::SettingUp => {
                self.setups.run(&self.place(chat)).await;
                Ok(State::CreatingSession)
            }
            State::CreatingSession => {
                self.ensure_session(chat).await?;
                let directory = self.worktrees.path(&chat.repo, &SessionId::from(&chat.id));
                self.conversations.bring(&chat.id, &directory).await?;
                self.conversations.forget(&chat.id)?;
                if let Some(returning) = &self.returning {
                    returning.is_back(&SessionId::from(&chat.id))?;
                }
                Ok(State::Ready)
            }
            State::Ready | State::Failed => Ok(chat.state),
        }
    }

    async fn ensure_worktree(&self, chat: &Chat) -> Result<Worktree, Error> {
        let session = SessionId::from(&chat.id);
        self.clones.get(&chat.repo)?;
        if let Some(returning) = &self.returning
            && returning.bring(&session).await?
        {
            return self.worktrees.get(&self.clones.canonical(&chat.repo), &session);
        }
        let clone = self.clones.exclusive(&chat.repo).await;
        if let Ok(worktree) = self.worktrees.get(clone.name(), &session) {
            return Ok(worktree);
        }
        let report = self.worktrees.report(clone.name(), &session);
        self.clones.fetch_base(&clone, chat.wanted_base.as_ref(), &report).await?;
        let base = clone.base(chat.wanted_base.as_ref())?;
        self.clones.complete(&clone, &base, &report).await?;
        self.worktrees.add(&clone, &session, &chat.branch, &base, &report).await
    }

    pub(super) fn place(&self, chat: &Chat) -> Place {
        let session = SessionId::from(&chat.id);
        Place {
            chat: chat.id.clone(),
            repository: chat.repo.clone(),
            clone: self.clones.path(&chat.repo),
            working_copy: self.worktrees.path(&chat.repo, &session),
            began_at: self.worktrees.began_at(&chat.repo, &session),
        }
    }

    async fn ensure_session(&self, chat: &Chat) -> Result<(), Error> {
        let clone = self.clones.path(&chat.repo);
        let directory = self.worktrees.path(&chat.repo, &SessionId::from(&chat.id));
        // The clone first: the directory that opencode opens first becomes its project's root.
        self.patiently(|| self.opencode.open_directory(&clone)).await?;
        self.patiently(|| self.opencode.create_session(&chat.id, &directory)).await?;
        // Opening takes long with plugins to install; the first prompt is then answered soon.
        self.patiently(|| self.opencode.open_directory(&directory)).await?;
        self.patiently(|| self.ensure_permissions(&chat.id, &directory, chat.agent.as_deref())).await?;
        if let Some(title) = chat.title.as_ref().filter(|_| !chat.had_conversation) {
            self.patiently(|| self.opencode.set_title(&chat.id, title)).await?;
        }
        Ok(())
    }

    /// Repeats a call until opencode is there to answer it, however long that takes.
    async fn patiently<T, F>(&self, call: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let delays = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(1))
            .with_jitter()
            .without_max_times();
        Ok(call.retry(delays).when(ClientError::is_unavailable).await?)
    }

    /// Undoes what was made for a chat and notes why it failed. Its prompts wait for a retry.
    pub(super) async fn fail(&self, id: &ChatId, error: Error) {
        let Ok(mut chat) = self.get(id) else { return };
        tracing::warn!(chat = %id, state = ?chat.state, %error, "creating a chat failed");
        match self.undo(&chat).await {
            Ok(()) => {
                chat.was_undone();
                // What was done to the working copy is gone with it: the next one is set up from the beginning.
                if let Err(error) = self.setups.forget(id) {
                    tracing::warn!(chat = %id, %error, "how an undone setup went is not forgotten");
                }
            }
            Err(error) => {
                tracing::warn!(chat = %id, %error, "not everything of a failed chat could be undone");
            }
        }
        chat.error = Some(error);
        chat.enter(State::Failed);
        self.save_failed(&chat);
    }

    /// Removes worktree, branch and session again. A worktree in which something has begun stays.
    async fn undo(&self, chat: &Chat) -> Result<(), Error> {
        let session = SessionId::from(&chat.id);
        // The clone may be held by somebody else's fetch: nobody waits for it without need.
        let is_begun = chat.may_have_session || self.worktrees.is_begun(&chat.repo, &session);
        if self.clones.find(&chat.repo).is_none() || !is_begun {
            return Ok(());
        }
        let clone = self.clones.exclusive(&chat.repo).await;
        self.worktrees.repair(&clone, &session).await?;
        if let Ok(worktree) = self.worktrees.get(clone.name(), &session) {
            let at_work = agent::is_at_work(&self.opencode, &worktree.path).await?;
            let Loss { reasons, unasked, .. } =
                self.worktrees.loss(&worktree, &self.worktrees.remote(&chat.repo)).await;
            // Nothing is saved here.
            let reasons = reasons
                .with(ReasonKind::ChatRunning, usize::from(at_work))
                .with(ReasonKind::UnpushedCommits, unasked);
            Accepted::default().require("The working copy", reasons)?;
            agent::let_go(&self.opencode, &worktree.path).await?;
            self.worktrees.remove(&clone, &worktree).await?;
        }
        if chat.may_have_session && !chat.had_conversation {
            self.opencode.delete_session(chat.id.as_str()).await?;
        }
        Ok(())
    }
}
