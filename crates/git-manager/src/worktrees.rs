//! One working copy for each chat, on a branch of its own.
//!
//! What is being done to a worktree is written down first: a record that says `adding` or `deleting`
//! after a start tells that the service was killed in between. An unfinished addition is undone (git
//! itself leaves a lock that `git worktree prune` skips, and the branch), an unfinished deletion is
//! finished. What exists is read from the folders; the record adds what git does not know.

mod entry;
mod making;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

pub use entry::{is_checked_out_elsewhere, lock_reason, working_copies};
pub use making::Again;

use crate::{
    access::{Access, Workplace},
    clones::{Base, Exclusive},
    error::{Error, Missing},
    git::{Git, Progress, clearing_stale_locks},
    loss::{self, Loss, Remote},
    names::{BranchName, RepositoryName, SessionId, worktree_folder, worktree_of_folder},
    records::{Records, sync_folder},
    repair::RecordedCopy,
    underway::{Report, Underway},
};

/// All worktrees of this volume.
pub struct Worktrees {
    folder: PathBuf,
    git: Arc<Git>,
    records: Records<Record>,
    /// What git is configured with in each of them.
    access: Access,
    underway: Arc<Underway>,
}

/// What is written down about a worktree.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    repo: RepositoryName,
    session_id: SessionId,
    branch: BranchName,
    base: Option<BranchName>,
    /// The commit that the branch began at; nothing in an empty repository.
    commit: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    phase: Phase,
    /// The saved work that it was made again from.
    #[serde(default)]
    restored_from: Option<String>,
}

impl Record {
    /// Of a worktree that is about to be added.
    fn new(clone: &Exclusive, session: &SessionId, branch: BranchName, base: &Base) -> Self {
        Self {
            repo: clone.name().clone(),
            session_id: session.clone(),
            branch,
            base: base.branch.clone(),
            commit: base.commit.clone(),
            created_at: OffsetDateTime::now_utc(),
            phase: Phase::Adding,
            restored_from: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Adding,
    Ready,
    Deleting,
}

/// A worktree as it is listed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Worktree {
    /// The repository.
    pub repo: RepositoryName,
    /// The chat that works here.
    pub session_id: SessionId,
    /// The working copy.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Its branch.
    pub branch: BranchName,
    /// The remote's branch that it began at; `null` when not known or when there was none.
    pub base: Option<BranchName>,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl Worktrees {
    /// The worktrees in `folder`, with their records in `records`.
    pub fn open(
        folder: &Path,
        records: PathBuf,
        git: Arc<Git>,
        access: Access,
        underway: Arc<Underway>,
    ) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        // git writes the real path into its entries, by which they are found again.
        let folder = folder.canonicalize()?;
        Ok(Self { folder, git, records: Records::open(records)?, access, underway })
    }

    /// The folder that holds the worktrees.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the worktree of a chat is or will be.
    pub fn path(&self, repository: &RepositoryName, session: &SessionId) -> PathBuf {
        self.folder.join(worktree_folder(repository, session))
    }

    /// The commit that a worktree's branch began at, where it is known.
    pub fn began_at(&self, repository: &RepositoryName, session: &SessionId) -> Option<String> {
        self.records.get(&worktree_folder(repository, session))?.commit
    }

    /// Every worktree that is there, the newest first.
    pub fn list(&self) -> Vec<Worktree> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut found: Vec<_> =
            entries.filter_map(|entry| self.describe(entry.file_name().to_str()?)).collect();
        found.sort_by_key(|worktree| std::cmp::Reverse(worktree.created_at));
        found
    }

    /// One worktree.
    pub fn get(&self, repository: &RepositoryName, session: &SessionId) -> Result<Worktree, Error> {
        self.describe(&worktree_folder(repository, session))
            .ok_or_else(|| Error::Missing(Missing::Worktree(repository.clone(), session.clone())))
    }

    /// The worktree that a folder is in, given without links.
    pub fn around(&self, directory: &Path) -> Option<Worktree> {
        let below = directory.strip_prefix(&self.folder).ok()?;
        self.describe(below.iter().next()?.to_str()?)
    }

    fn describe(&self, folder: &str) -> Option<Worktree> {
        let (repo, session_id) = worktree_of_folder(folder)?;
        let path = self.folder.join(folder);
        let made = path.symlink_metadata().ok().filter(std::fs::Metadata::is_dir)?;
        if let Some(record) = self.records.get(folder) {
            let Record { branch, base, created_at, phase, .. } = record;
            return (phase == Phase::Ready).then_some(Worktree {
                repo,
                session_id,
                path,
                branch,
                base,
                created_at,
            });
        }
        // Not made by us, or its record was lost: git knows the branch.
        let branch = entry::branch_of(&path)?;
        let created_at = made.modified().map_or(OffsetDateTime::UNIX_EPOCH, Into::into);
        Some(Worktree { repo, session_id, path, branch, base: None, created_at })
    }

    /// Notes that a worktree's branch belongs to another branch than the one that it began at, if it was made here.
    pub fn set_base(&self, worktree: &Worktree, base: &BranchName) -> Result<(), Error> {
        let folder = worktree_folder(&worktree.repo, &worktree.session_id);
        let Some(record) = self.records.get(&folder) else { return Ok(()) };
        self.records.put(&folder, &Record { base: Some(base.clone()), ..record })?;
        self.lead()
    }

    /// To be told how far the making of a worktree is.
    pub fn report(&self, repository: &RepositoryName, session: &SessionId) -> Report {
        self.underway.begin(worktree_folder(repository, session))
    }

    /// How far the making of a worktree is, while it goes on.
    pub fn progress(&self, repository: &RepositoryName, session: &SessionId) -> Option<Progress> {
        self.underway.get(&worktree_folder(repository, session))
    }

    /// Whether anything was ever begun for a worktree, and not undone.
    pub fn is_begun(&self, repository: &RepositoryName, session: &SessionId) -> bool {
        let folder = worktree_folder(repository, session);
        self.records.get(&folder).is_some() || self.folder.join(folder).symlink_metadata().is_ok()
    }

    /// The worktree that was made again from this saved work, if it is there.
    pub fn restored_from(
        &self,
        repository: &RepositoryName,
        session: &SessionId,
        saved: &str,
    ) -> Option<Worktree> {
        let record = self.records.get(&worktree_folder(repository, session))?;
        (record.restored_from? == saved).then(|| self.get(repository, session).ok())?
    }

    /// Has the git in every chat's worktree led to the gateway, with what it may do there. Worktrees that were not made here
    /// get nothing: anybody can make a folder.
    fn lead(&self) -> Result<(), Error> {
        let workplace = |worktree: Worktree| {
            let Worktree { repo, session_id, path, branch, base, .. } = worktree;
            self.records.get(&worktree_folder(&repo, &session_id))?;
            Some(Workplace {
                git_directory: entry::of(&self.access.clone_of(&repo), &path)?,
                base,
                repository: repo,
                session: session_id,
                branch,
            })
        };
        Ok(self.access.write(|| self.list().into_iter().filter_map(workplace).collect())?)
    }

    /// The same where a full disk must not keep anything from starting or from being deleted: then the agents' git gets to
    /// GitHub without the token, until this is done again.
    pub fn lead_if_possible(&self) {
        if let Err(error) = self.lead() {
            tracing::error!(%error, "the agents' git is not led to the gateway");
        }
    }

    /// What deleting a worktree and its branch would lose.
    pub async fn loss(&self, worktree: &Worktree, remote: &Remote<'_>) -> Loss {
        let Worktree { path, branch, base, .. } = worktree;
        loss::of_worktree(&self.git, path, branch, base.as_ref(), remote).await
    }

    /// The remote of a repository, which one deletion asks once.
    pub fn remote(&self, repository: &RepositoryName) -> Remote<'_> {
        Remote::new(&self.git, repository.clone())
    }

    /// Deletes a worktree and its branch. Whether that loses work is for the caller to find out before.
    pub async fn remove(&self, clone: &Exclusive, worktree: &Worktree) -> Result<(), Error> {
        let folder = worktree_folder(&worktree.repo, &worktree.session_id);
        let record = Record {
            repo: worktree.repo.clone(),
            session_id: worktree.session_id.clone(),
            branch: worktree.branch.clone(),
            base: worktree.base.clone(),
            commit: None,
            created_at: worktree.created_at,
            phase: Phase::Deleting,
            restored_from: None,
        };
        self.records.put(&folder, &record)?;
        self.settle(clone, &record).await?;
        tracing::info!(repository = %worktree.repo, session = %worktree.session_id, branch = %worktree.branch, "worktree deleted");
        Ok(())
    }

    /// Undoes an unfinished addition, or finishes a deletion: nothing of the worktree remains.
    async fn settle(&self, clone: &Exclusive, record: &Record) -> Result<(), Error> {
        let folder = worktree_folder(&record.repo, &record.session_id);
        let path = self.folder.join(&folder);
        // Renamed first: it disappears at once, and no process that still writes into it can stop that.
        let aside =
            self.folder.join(format!(".deleting-{folder}-{}", ocweb_opencode_client::MessageId::generate()));
        if path.symlink_metadata().is_ok() {
            std::fs::rename(&path, &aside)?;
        }
        entry::remove(clone.path(), &path)?;
        self.remove_branch(clone, record).await?;
        sync_folder(&self.folder)?;
        self.records.remove(&folder)?;
        self.lead_if_possible();
        match tokio::fs::remove_dir_all(&aside).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(folder = %aside.display(), %error, "not wholly deleted; the next start goes on");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn remove_branch(&self, clone: &Exclusive, record: &Record) -> Result<(), Error> {
        entry::remove_branch_lock(clone.path(), &record.branch)?;
        if !clone.path().join(".git").exists() || !entry::branch_exists(clone.path(), &record.branch)? {
            return Ok(());
        }
        let branch = record.branch.as_str();
        if let (Phase::Adding, Some(commit)) = (record.phase, &record.commit) {
            // Only as it was made: a branch that has moved on is somebody's work.
            let name = format!("refs/heads/{branch}");
            clearing_stale_locks(clone.path(), || async {
                self.git.local(clone.path()).args(["update-ref", "-d", &name, commit]).run().await
            })
            .await?;
        } else {
            let deleted = clearing_stale_locks(clone.path(), || async {
                self.git.local(clone.path()).args(["branch", "-D", "--quiet", "--", branch]).run().await
            });
            if let Err(error) = deleted.await {
                // It is checked out elsewhere: then it is not ours alone.
                tracing::warn!(repository = %record.repo, branch, %error, "the branch of a deleted worktree stays");
            }
        }
        Ok(())
    }

    /// The repositories and sessions whose worktrees an earlier run left unfinished.
    pub fn unfinished(&self) -> Result<Vec<(RepositoryName, SessionId)>, Error> {
        let records = self.records.all()?.into_iter().map(|(_, record)| record);
        Ok(records
            .filter(|record| record.phase != Phase::Ready)
            .map(|record| (record.repo, record.session_id))
            .collect())
    }

    /// The working copies of a repository that were made here and are not being added or deleted, also those whose
    /// folder is gone.
    pub fn recorded(&self, repository: &RepositoryName) -> Vec<RecordedCopy> {
        let records = self.records.all().unwrap_or_default().into_iter();
        let ready = records.filter(|(_, record)| record.phase == Phase::Ready);
        let of_it = ready.filter(|(_, record)| record.repo.key() == repository.key());
        of_it
            .map(|(folder, record)| RecordedCopy {
                path: self.folder.join(folder),
                branch: record.branch,
                base: record.base,
                began_at: record.commit,
            })
            .collect()
    }

    /// The repositories of all working copies that were made here.
    pub fn repositories(&self) -> Vec<RepositoryName> {
        self.records.all().unwrap_or_default().into_iter().map(|(_, record)| record.repo).collect()
    }

    /// Settles one of the [`Worktrees::unfinished`].
    pub async fn repair(&self, clone: &Exclusive, session: &SessionId) -> Result<(), Error> {
        let record = self.records.get(&worktree_folder(clone.name(), session));
        match record.filter(|record| record.phase != Phase::Ready) {
            Some(record) => {
                tracing::warn!(repository = %record.repo, %session, phase = ?record.phase, "settling a worktree that was left unfinished");
                self.settle(clone, &record).await
            }
            None => Ok(()),
        }
    }

    /// Records whose folder is gone, with the branch that may still be there.
    pub fn without_folder(&self) -> Result<Vec<(RepositoryName, SessionId, BranchName)>, Error> {
        let records = self.records.all()?.into_iter();
        Ok(records
            .filter(|(folder, record)| record.phase == Phase::Ready && !self.folder.join(folder).exists())
            .map(|(_, record)| (record.repo, record.session_id, record.branch))
            .collect())
    }

    /// Forgets a worktree whose folder is gone. Its branch stays.
    pub fn forget(&self, repository: &RepositoryName, session: &SessionId) -> Result<(), Error> {
        Ok(self.records.remove(&worktree_folder(repository, session))?)
    }
}
