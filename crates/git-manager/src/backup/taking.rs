//! Takes what a backup holds of the clones and working copies.

use std::{
    collections::HashSet,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    clones::{Exclusive, Extent, RepositoryState},
    error::Error,
    git::Git,
    loss::{self, Loss, Remote},
    names::{BranchName, RepositoryName, SessionId},
    reasons::ReasonKind,
    removal::Removal,
    saved::{Saved, SavedWork, Subject},
    worktrees::Worktree,
};

/// How often a working copy is taken that changes under our hands: its agent may be at work.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// What a backup holds of the clones.
#[derive(Debug, Serialize)]
pub struct Holding {
    /// Where the work lies, until it is let go.
    pub folder: PathBuf,
    /// What will be cloned again.
    pub clones: Vec<HeldClone>,
    /// What only the working copies and clones have.
    pub work: Vec<SavedWork>,
    /// What could not be taken.
    pub not_held: Vec<NotHeld>,
}

/// A clone as it will be made again.
#[derive(Debug, Serialize)]
pub struct HeldClone {
    /// The repository.
    pub repo: RepositoryName,
    /// How much of it is cloned.
    pub extent: Extent,
    /// The branch that the remote's HEAD names.
    pub default_branch: Option<BranchName>,
    /// When it was cloned.
    #[serde(with = "time::serde::rfc3339::option")]
    pub cloned_at: Option<OffsetDateTime>,
}

/// Work that could not be taken.
#[derive(Debug, Serialize)]
pub struct NotHeld {
    /// The repository.
    pub repo: RepositoryName,
    /// The chat whose working copy it is; `null` for the clone itself.
    pub session_id: Option<SessionId>,
    /// Why.
    pub reason: String,
}

/// Takes backups, one at a time.
pub struct Backups {
    removal: Removal,
    folder: PathBuf,
    turn: tokio::sync::Mutex<()>,
}

impl Backups {
    /// Those that are made in `folder`. What an earlier run left there is removed.
    pub fn open(removal: Removal, folder: PathBuf) -> io::Result<Self> {
        clear(&folder)?;
        Ok(Self { removal, folder, turn: tokio::sync::Mutex::default() })
    }

    /// Takes everything. It lies in the folder until the next one is taken, or it is let go.
    pub async fn take(&self) -> Result<Holding, Error> {
        let _turn = self.turn.lock().await;
        clear(&self.folder)?;
        let saved = self.removal.saved.elsewhere(self.folder.join("work"))?;
        let mut holding = Holding {
            folder: self.folder.clone(),
            clones: Vec::new(),
            work: Vec::new(),
            not_held: Vec::new(),
        };
        for repository in self.removal.clones.list() {
            if matches!(repository.state, RepositoryState::Ready) {
                self.take_repository(&saved, &repository.name, &mut holding).await;
                holding.clones.push(HeldClone {
                    repo: repository.name,
                    extent: repository.extent,
                    default_branch: repository.default_branch,
                    cloned_at: repository.cloned_at,
                });
            }
        }
        self.note_lost_clones(&mut holding);
        Ok(holding)
    }

    /// Working copies whose clone is none at the moment: nothing can be taken of them.
    fn note_lost_clones(&self, holding: &mut Holding) {
        let held: HashSet<_> = holding.clones.iter().map(|clone| clone.repo.key()).collect();
        for worktree in self.removal.worktrees.list() {
            if !held.contains(&worktree.repo.key()) {
                let lost = Error::Unreadable("Its clone has lost its .git folder.".into());
                holding.note(&worktree.repo, Some(worktree.session_id), Err(lost));
            }
        }
    }

    /// Removes what was taken.
    pub async fn let_go(&self) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        Ok(clear(&self.folder)?)
    }

    async fn take_repository(&self, saved: &Saved, name: &RepositoryName, holding: &mut Holding) {
        let Removal { clones, worktrees, .. } = &self.removal;
        let remote = worktrees.remote(name);
        let mut of_it = worktrees.list();
        of_it.retain(|worktree| worktree.repo.key() == name.key());
        let branches: Vec<_> = of_it.iter().map(|worktree| worktree.branch.clone()).collect();
        for worktree in of_it {
            // Between two of them others may have the clone.
            let clone = clones.exclusive(name).await;
            if worktrees.get(name, &worktree.session_id).is_err() {
                continue;
            }
            let taken = patiently(|| self.take_worktree(saved, &clone, &worktree, &remote)).await;
            holding.note(name, Some(worktree.session_id), taken.map(Some));
        }
        let clone = clones.exclusive(name).await;
        let taken = patiently(|| self.take_clone(saved, &clone, &branches, &remote)).await;
        holding.note(name, None, taken);
    }

    async fn take_worktree(
        &self,
        saved: &Saved,
        clone: &Exclusive,
        worktree: &Worktree,
        remote: &Remote<'_>,
    ) -> Result<SavedWork, Error> {
        let loss = self.removal.worktrees.loss(worktree, remote).await;
        readable(&loss)?;
        let chat = worktree.session_id.as_str().parse().ok();
        let chat = chat.and_then(|id| self.removal.chats.get(&id).ok());
        let subject = self.removal.subject(worktree, chat.as_ref()).await;
        saved.save(&self.removal.git, subject, self.extent(clone), &loss).await
    }

    /// What the clone itself has besides the working copies of chats, if it is anything.
    async fn take_clone(
        &self,
        saved: &Saved,
        clone: &Exclusive,
        elsewhere: &[BranchName],
        remote: &Remote<'_>,
    ) -> Result<Option<SavedWork>, Error> {
        let Removal { git, .. } = &self.removal;
        let loss = loss::of_clone(git, clone.path(), remote).await;
        readable(&loss)?;
        let besides = loss.reasons.clone().without(ReasonKind::UnpushedCommits);
        if besides.is_empty() && !has_own_branch(git, clone.path(), elsewhere, remote).await? {
            return Ok(None);
        }
        let subject = Subject { elsewhere: elsewhere.to_vec(), ..Subject::of_clone(clone) };
        saved.save(git, subject, self.extent(clone), &loss).await.map(Some)
    }

    fn extent(&self, clone: &Exclusive) -> Extent {
        self.removal.clones.extent(clone.name())
    }
}

impl Holding {
    fn note(
        &mut self,
        repo: &RepositoryName,
        session_id: Option<SessionId>,
        taken: Result<Option<SavedWork>, Error>,
    ) {
        match taken {
            Ok(work) => self.work.extend(work),
            Err(error) => {
                tracing::warn!(repository = %repo, session = ?session_id, %error, "a backup is made without this work");
                self.not_held.push(NotHeld { repo: repo.clone(), session_id, reason: error.to_string() });
            }
        }
    }
}

/// Repeats what may have failed because an agent wrote in the meantime. A full disk does not become empty.
async fn patiently<T, F: Future<Output = Result<T, Error>>>(take: impl Fn() -> F) -> Result<T, Error> {
    for _ in 1..ATTEMPTS {
        match take().await {
            Err(error) if !matches!(error, Error::DiskFull | Error::NotSaved(_)) => {
                tracing::debug!(%error, "taking this work again");
                tokio::time::sleep(PAUSE).await;
            }
            taken => return taken,
        }
    }
    take().await
}

/// Whether a clone has a branch with something that no remote has, those that are saved elsewhere aside.
async fn has_own_branch(
    git: &Git,
    clone: &Path,
    elsewhere: &[BranchName],
    remote: &Remote<'_>,
) -> Result<bool, Error> {
    let elsewhere: HashSet<_> = elsewhere.iter().map(BranchName::as_str).collect();
    for branch in crate::clones::local_branches(clone)? {
        if !elsewhere.contains(branch.as_str())
            && !loss::of_branch(git, clone, &branch, remote).await?.is_nothing()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn readable(loss: &Loss) -> Result<(), Error> {
    match loss.reasons.count(ReasonKind::Unreadable) {
        0 => Ok(()),
        _ => Err(Error::Unreadable(loss.reasons.names(ReasonKind::Unreadable).join(" "))),
    }
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
