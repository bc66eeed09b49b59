//! What a backup brought back, until it is in its place.
//!
//! `ocweb restore` lays the records of git-manager, and the work beside them, where they were; clones and working copies are
//! not there. A chat gets its working copy when its creation comes to that step. The rest is cloned in the background.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    changes::{Changes, Follower},
    chats::{Chats, State},
    clones::Clones,
    config::Config,
    error::Error,
    git::Git,
    names::SessionId,
    saved::{Home, Saved, SavedKind},
    worktrees::Worktrees,
};

/// Where a restoration lays the work, in git-manager's own folder.
const FOLDER: &str = "restored";
/// What failed is tried again after so long, or when something becomes of a chat.
const PAUSE: Duration = Duration::from_mins(10);

/// The work of a restored backup.
pub struct Returning {
    folder: PathBuf,
    home: Home,
    /// What is kept for a while, to be brought back when somebody asks for it.
    kept: Saved,
}

impl Returning {
    /// What a restoration laid into `own`, if it did. Records of working copies that are not there are forgotten: the work has
    /// what they said.
    pub fn open(
        own: &Path,
        config: &Config,
        clones: &Arc<Clones>,
        worktrees: &Arc<Worktrees>,
        git: &Arc<Git>,
    ) -> Result<Option<Arc<Self>>, Error> {
        let folder = own.join(FOLDER);
        if !folder.is_dir() {
            return Ok(None);
        }
        for (repository, session, _) in worktrees.without_folder()? {
            worktrees.forget(&repository, &session)?;
        }
        let saved = Saved::open(folder.join("work"), config)?;
        let kept = saved.elsewhere(own.join("saved"))?;
        let (clones, worktrees, git) = (Arc::clone(clones), Arc::clone(worktrees), Arc::clone(git));
        Ok(Some(Arc::new(Self { folder, home: Home { clones, worktrees, saved, git }, kept })))
    }

    /// Makes the working copy of a chat again. False where the backup has none of it.
    pub async fn bring(&self, session: &SessionId) -> Result<bool, Error> {
        match self.home.saved.of_chat(session) {
            Some(work) => self.home.restore_work(&work.id).await.map(|_| true),
            None => Ok(false),
        }
    }

    /// Forgets the work of a chat that is whole again: all of it, for a backup that was made while it came back has it twice.
    pub fn is_back(&self, session: &SessionId) -> Result<(), Error> {
        while let Some(work) = self.home.saved.of_chat(session) {
            self.home.saved.remove(&work.id)?;
        }
        Ok(())
    }

    /// Brings back what belongs to no chat, in the background: the other clones, their own work, and working copies without a
    /// chat. What fails is tried again until all is in its place.
    pub fn go_on(
        self: Arc<Self>,
        chats: &Arc<Chats>,
        changes: &Arc<Changes>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) {
        let (chats, changes, stop) = (Arc::clone(chats), changes.follow(), stop.clone());
        tasks.spawn(
            async move { stop.run_until_cancelled(Box::pin(self.bring_the_rest(&chats, changes))).await },
        );
    }

    async fn bring_the_rest(&self, chats: &Chats, mut changes: Follower) {
        loop {
            match self.try_the_rest(chats).await {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "not everything of the backup is in its place yet"),
            }
            // Either will do.
            let _ = tokio::time::timeout(PAUSE, changes.next()).await;
        }
        tracing::info!("all that a backup held is in its place again");
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "the folder of the restored backup stays");
        }
    }

    async fn try_the_rest(&self, chats: &Chats) -> Result<bool, Error> {
        let Home { clones, saved, .. } = &self.home;
        let mut is_whole = true;
        for (name, extent) in clones.lacking()? {
            if let Err(error) = clones.ensure(&name, extent).await {
                tracing::warn!(repository = %name, %error, "a repository of the backup could not be cloned again");
                is_whole = false;
            }
        }
        for work in saved.list().saved {
            let id = work.session_id.as_ref().and_then(|session| session.as_str().parse().ok());
            let brought = match id.and_then(|id| chats.get(&id).ok()) {
                None => self.bring_work(&work.id, work.kind).await,
                // Its working copy was there all the time, and stays: who wants the backup's asks for it.
                Some(chat) if chat.state == State::Ready => self.kept.adopt(&self.home.saved, &work.id),
                // Its own steps bring it.
                Some(_) => {
                    is_whole = false;
                    Ok(())
                }
            };
            if let Err(error) = brought {
                tracing::warn!(saved = %work.id, repository = %work.repo, %error, "work of the backup is not back yet");
                is_whole = false;
            }
        }
        Ok(is_whole)
    }

    async fn bring_work(&self, id: &str, kind: SavedKind) -> Result<(), Error> {
        let restored = self.home.restore_work(id).await?;
        tracing::info!(repository = %restored.repo, ?kind, "work of the backup is back");
        self.home.saved.remove(id)
    }
}
