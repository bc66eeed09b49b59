//! What a backup brought back, until it is in its place.
//!
//! `ocweb restore` lays the records of git-manager, and the work beside them, where they were; clones and working copies are
//! not there. A chat gets its working copy when its creation comes to that step. The rest is cloned in the background.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    chats::Chats,
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

/// The work of a restored backup.
pub struct Returning {
    folder: PathBuf,
    home: Home,
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
        let home = Home {
            clones: Arc::clone(clones),
            worktrees: Arc::clone(worktrees),
            saved: Saved::open(folder.join("work"), config)?,
            git: Arc::clone(git),
        };
        Ok(Some(Arc::new(Self { folder, home })))
    }

    /// Makes the working copy of a chat again. False where the backup has none of it.
    pub async fn bring(&self, session: &SessionId) -> Result<bool, Error> {
        match self.home.saved.of_chat(session) {
            Some(work) => self.home.restore_work(&work.id).await.map(|_| true),
            None => Ok(false),
        }
    }

    /// Forgets the work of a chat that is whole again.
    pub fn is_back(&self, session: &SessionId) -> Result<(), Error> {
        match self.home.saved.of_chat(session) {
            Some(work) => self.home.saved.remove(&work.id),
            None => Ok(()),
        }
    }

    /// Brings back what belongs to no chat, in the background: the other clones, their own work, and working copies without a
    /// chat. What fails is tried again at the next start.
    pub fn go_on(self: Arc<Self>, chats: &Arc<Chats>, tasks: &TaskTracker, stop: &CancellationToken) {
        let (chats, stop) = (Arc::clone(chats), stop.clone());
        tasks.spawn(async move { stop.run_until_cancelled(Box::pin(self.bring_the_rest(&chats))).await });
    }

    async fn bring_the_rest(&self, chats: &Chats) {
        match self.try_the_rest(chats).await {
            Ok(true) => {
                tracing::info!("all that a backup held is in its place again");
                if let Err(error) = fs::remove_dir_all(&self.folder) {
                    tracing::warn!(%error, "the folder of the restored backup stays");
                }
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "not everything of the backup is in its place yet"),
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
            let is_chats = work
                .session_id
                .as_ref()
                .is_some_and(|session| session.as_str().parse().is_ok_and(|id| chats.get(&id).is_ok()));
            if is_chats {
                // Its own steps bring it.
                is_whole = false;
            } else if let Err(error) = self.bring_work(&work.id, work.kind).await {
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
