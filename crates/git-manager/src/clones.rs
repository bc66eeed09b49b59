//! One regular clone for each repository.
//!
//! A clone is made beside its place and renamed into it, so a folder of a repository's name is always
//! whole. Requests for one repository share one clone, whose work does not end with the request that
//! began it. All that changes a clone happens under its [`Exclusive`] lock.
//!
//! GitHub ignores case in names and folders do not: the spelling that was cloned first stays, and every
//! other spelling leads to it.

mod extent;
mod fetching;
#[cfg(test)]
mod fuzz;
mod jobs;
mod metrics;
mod pull_head;
mod reading;
mod transfer;
mod turn;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use ocweb_service::metrics::IntCounterVec;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use extent::Extent;
pub(crate) use pull_head::reference_of;
pub(crate) use reading::local_branches;
pub use reading::{Base, Branch};
pub(crate) use transfer::{check_out, original_of};
pub use turn::Exclusive;

use self::{
    fetching::What,
    jobs::Job,
    turn::{LastFetch, Turns},
};
use crate::{
    error::{Error, Missing},
    git::{Git, Progress},
    names::{BranchName, RepositoryName, repository_of_folder},
    records::{Records, sync_folder},
    setup::{Committed, InvalidSetup},
    underway::{Report, Underway},
};

/// For how long a fetch is fresh enough for another chat: those that are begun at once share one, and hardly anybody pushes
/// elsewhere and begins a chat here within that time.
pub const FRESH: Duration = Duration::from_secs(2);

/// All clones of this volume.
pub struct Clones {
    folder: PathBuf,
    git: Arc<Git>,
    records: Records<Record>,
    jobs: Mutex<HashMap<String, Job>>,
    turns: Turns,
    underway: Arc<Underway>,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// What became of clones that were begun.
    ended: IntCounterVec,
}

/// What is written down about a clone, beyond what git knows.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Record {
    #[serde(with = "time::serde::rfc3339::option")]
    cloned_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    fetched_at: Option<OffsetDateTime>,
    #[serde(default)]
    extent: Extent,
}

/// A repository as it is listed.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Its name in the spelling that was cloned.
    pub name: RepositoryName,
    /// Where its clone is or will be.
    pub path: PathBuf,
    /// Whether it is there.
    pub state: RepositoryState,
    /// The branch that the remote's HEAD names.
    pub default_branch: Option<BranchName>,
    /// When it was cloned.
    pub cloned_at: Option<OffsetDateTime>,
    /// When it was last brought up to date.
    pub fetched_at: Option<OffsetDateTime>,
    /// How much of it is cloned.
    pub extent: Extent,
    /// How far the fetch is that goes on, if one does.
    pub fetch: Option<Progress>,
}

/// Whether a clone is there.
#[derive(Debug, Clone)]
pub enum RepositoryState {
    /// On its way.
    Cloning(Progress),
    /// There.
    Ready,
    /// Not there, because of this.
    Failed(Error),
}

impl Clones {
    /// The clones in `folder`; what is to be remembered about them lies in `records`.
    pub fn open(
        folder: &Path,
        records: PathBuf,
        git: Arc<Git>,
        underway: Arc<Underway>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let records = Records::open(records)?;
        let (jobs, turns) = (Mutex::default(), Turns::default());
        Ok(Self { folder, git, records, jobs, turns, underway, tasks, stop, ended: metrics::ended() })
    }

    /// The folder that holds the clones.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the clone of a repository is or will be.
    pub fn path(&self, name: &RepositoryName) -> PathBuf {
        self.folder.join(name.folder())
    }

    /// The repository in the spelling of its clone, if there is one.
    pub fn find(&self, name: &RepositoryName) -> Option<RepositoryName> {
        if self.path(name).join(".git").exists() {
            return Some(name.clone());
        }
        self.names().into_iter().find(|found| found.key() == name.key())
    }

    /// Like [`Clones::find`], where the clone must be there.
    pub fn get(&self, name: &RepositoryName) -> Result<RepositoryName, Error> {
        self.find(name).ok_or_else(|| Error::Missing(Missing::Clone(name.clone())))
    }

    /// The spelling to go on with: that of the clone, else of the clone being made, else as given.
    pub fn canonical(&self, name: &RepositoryName) -> RepositoryName {
        let making = || lock(&self.jobs).get(&name.key()).map(|job| job.name.clone());
        self.find(name).or_else(making).unwrap_or_else(|| name.clone())
    }

    fn names(&self) -> Vec<RepositoryName> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.path().join(".git").exists())
            .filter_map(|entry| repository_of_folder(entry.file_name().to_str()?))
            .collect()
    }

    /// Every clone that is there, on its way, or failed since the start; by name.
    pub fn list(&self) -> Vec<Repository> {
        let mut names = self.names();
        names.extend(lock(&self.jobs).values().map(|job| job.name.clone()));
        names.sort_by_key(RepositoryName::key);
        names.dedup_by_key(|name| name.key());
        names.iter().filter_map(|name| self.describe(name)).collect()
    }

    /// The repository in whose clone a folder is, given without links.
    pub fn around(&self, directory: &Path) -> Option<RepositoryName> {
        let below = directory.strip_prefix(&self.folder).ok()?;
        self.find(&repository_of_folder(below.iter().next()?.to_str()?)?)
    }

    /// One repository of the list.
    pub fn describe(&self, name: &RepositoryName) -> Option<Repository> {
        let there = self.find(name).map(|name| (name, RepositoryState::Ready));
        let (name, state) = there.or_else(|| self.being_made(name))?;
        let path = self.path(&name);
        let default_branch = reading::default_branch(&path).ok().flatten();
        let Record { cloned_at, fetched_at, extent } = match &state {
            RepositoryState::Ready => self.records.get(&name.folder()).unwrap_or_default(),
            _ => Record { extent: self.extent_being_made(&name).unwrap_or_default(), ..Record::default() },
        };
        let fetch = self.progress(&name).filter(|_| matches!(state, RepositoryState::Ready));
        Some(Repository { name, path, state, default_branch, cloned_at, fetched_at, extent, fetch })
    }

    /// How much of a repository is cloned.
    pub fn extent(&self, name: &RepositoryName) -> Extent {
        self.records.get(&name.folder()).map_or_else(Extent::default, |record| record.extent)
    }

    /// The clones that were made once and are not there, each with how much of it there was.
    pub(crate) fn lacking(&self) -> Result<Vec<(RepositoryName, Extent)>, Error> {
        let records = self.records.all()?.into_iter();
        let named =
            records.filter_map(|(folder, record)| Some((repository_of_folder(&folder)?, record.extent)));
        Ok(named.filter(|(name, _)| self.find(name).is_none()).collect())
    }

    /// How far the clone or the fetch of a repository is, while one goes on.
    pub fn progress(&self, name: &RepositoryName) -> Option<Progress> {
        self.underway.get(&name.key())
    }

    /// Waits for the right to change a clone. The clone need not be there.
    pub async fn exclusive(&self, name: &RepositoryName) -> Exclusive {
        let fetch = self.turns.take(name).await;
        let name = self.find(name).unwrap_or_else(|| name.clone());
        Exclusive { path: self.path(&name), name, fetch }
    }

    /// Brings the remote-tracking branches up to date: all that were at the remote when this was called, or `fresh` before, are
    /// here when it returns. A fetch that another caller began since then serves both, and goes on while one of them waits. In
    /// a clone without history these are the branches that are used and the one that is `wanted`.
    pub async fn fetch(
        self: &Arc<Self>,
        name: &RepositoryName,
        wanted: Option<&BranchName>,
        fresh: Duration,
    ) -> Result<Exclusive, Error> {
        let asked = Instant::now();
        let waiting = self.turns.wait(name, &self.stop);
        let exclusive = self.exclusive(name).await;
        let is_known = self.extent(&exclusive.name) != Extent::LatestOnly || exclusive.base(wanted).is_ok();
        if let Some(outcome) = exclusive.fetch.as_ref().and_then(|last| last.serves(asked, fresh))
            && is_known
        {
            return outcome.map(|()| exclusive);
        }
        let (clones, wanted, cancel) = (Arc::clone(self), wanted.cloned(), waiting.cancel());
        let fetching = async move { clones.fetch_branches(exclusive, wanted.as_ref()).await };
        match self.tasks.spawn(cancel.run_until_cancelled_owned(fetching)).await {
            Ok(Some(fetched)) => fetched,
            // With one who waits, only the end of this service ends it.
            Ok(None) => Err(Error::Cancelled),
            Err(error) => Err(Error::Internal(error.to_string())),
        }
    }

    async fn fetch_branches(
        &self,
        mut exclusive: Exclusive,
        wanted: Option<&BranchName>,
    ) -> Result<Exclusive, Error> {
        let begun = Instant::now();
        let report = self.report(&exclusive.name);
        let outcome = self.bring(&exclusive.path, &exclusive.name, &report, What::Branches(wanted)).await;
        drop(report);
        exclusive.fetch.replace(LastFetch { begun, outcome: outcome.clone() });
        outcome?;
        tracing::info!(repository = %exclusive.name, "fetched");
        let mut record = self.records.get(&exclusive.name.folder()).unwrap_or_default();
        record.fetched_at = Some(OffsetDateTime::now_utc());
        self.records.put(&exclusive.name.folder(), &record)?;
        Ok(exclusive)
    }

    async fn bring(
        &self,
        clone: &Path,
        name: &RepositoryName,
        report: &Report,
        what: What<'_>,
    ) -> Result<(), Error> {
        fetching::fetch(&self.git, clone, name, self.extent(name), report, what).await
    }

    fn report(&self, name: &RepositoryName) -> Report {
        self.underway.begin(name.key())
    }

    /// Fetches what a chat is to begin at, where that is a pull request's commits and no branch.
    pub async fn fetch_base(
        &self,
        clone: &Exclusive,
        wanted: Option<&BranchName>,
        report: &Report,
    ) -> Result<(), Error> {
        match wanted.filter(|wanted| pull_head::is_pull_head(wanted)) {
            Some(head) => self.bring(&clone.path, &clone.name, report, What::PullRequest(head)).await,
            None => Ok(()),
        }
    }

    /// Has the clone know a commit with all of its files, also one that none of the remote's branches leads to any more, if the
    /// remote still has it.
    pub async fn ensure_commit(&self, clone: &Exclusive, commit: &str) -> Result<(), Error> {
        let (Exclusive { name, path, .. }, report) = (clone, self.report(&clone.name));
        if !reading::has(path, commit)? {
            self.bring(path, name, &report, What::Commit(commit)).await?;
        }
        self.complete(clone, &Base { branch: None, commit: Some(commit.to_owned()) }, &report).await
    }

    /// Makes sure that all files of a base are here, which they need not be in a clone without old files.
    pub async fn complete(&self, clone: &Exclusive, base: &Base, report: &Report) -> Result<(), Error> {
        match (self.extent(&clone.name), &base.commit) {
            (Extent::WithoutOldFiles, Some(commit)) => {
                self.bring(&clone.path, &clone.name, report, What::FilesOf(commit)).await
            }
            _ => Ok(()),
        }
    }

    /// Fetches what a clone without old files lacks to tell how two commits differ. False where it lacks nothing.
    pub async fn complete_difference(
        &self,
        name: &RepositoryName,
        from: &str,
        to: &str,
    ) -> Result<bool, Error> {
        if self.extent(name) != Extent::WithoutOldFiles {
            return Ok(false);
        }
        let clone = self.exclusive(name).await;
        self.bring(&clone.path, name, &self.report(name), What::Difference(from, to)).await?;
        Ok(true)
    }

    /// Brings the remote-tracking branches up to date for a caller who has the right to change the clone.
    pub(crate) async fn fetch_into(&self, clone: &Path, name: &RepositoryName) -> Result<(), Error> {
        self.bring(clone, name, &self.report(name), What::Branches(None)).await
    }

    /// Brings the objects of the remote that a damaged clone lacks, for a caller who has the right to change it.
    pub(crate) async fn refetch_objects(&self, clone: &Path, name: &RepositoryName) -> Result<(), Error> {
        self.bring(clone, name, &self.report(name), What::AllAgain).await
    }

    /// The branches of the remote: as of the last fetch, or asked from the remote when a clone does not know all.
    pub async fn branches(&self, name: &RepositoryName) -> Result<Vec<Branch>, Error> {
        match self.find(name).filter(|name| self.extent(name) != Extent::LatestOnly) {
            Some(name) => reading::branches(&self.path(&name)),
            None => fetching::remote_branches(&self.git, name).await,
        }
    }

    /// What a repository says itself about the setup of its working copies, on its default branch. A clone without old files
    /// need not have it.
    pub async fn committed_setup(&self, name: &RepositoryName) -> Result<Option<Committed>, InvalidSetup> {
        let path = self.path(name);
        let Some(commit) = reading::base(&path, name, None).ok().and_then(|base| base.commit) else {
            return Ok(None);
        };
        if self.extent(name) == Extent::WithoutOldFiles
            && let Some(lacking) = Committed::lacking(&path, &commit)
        {
            let clone = self.exclusive(name).await;
            let fetched = self.bring(&clone.path, name, &self.report(name), What::Object(&lacking)).await;
            if let Err(error) = fetched {
                tracing::warn!(repository = %name, %error, "what a repository says of its setup did not come");
                return Err(InvalidSetup::not_fetched());
            }
        }
        Committed::of_clone(&path, &commit)
    }

    /// Deletes a clone. Whether that loses work is for the caller to find out before.
    pub async fn remove(&self, clone: &Exclusive) -> Result<(), Error> {
        let aside = transfer::deleted_path(&self.folder, &clone.name);
        std::fs::rename(&clone.path, &aside)?;
        sync_folder(&self.folder)?;
        self.records.remove(&clone.name.folder())?;
        tokio::fs::remove_dir_all(&aside).await?;
        Ok(())
    }
}

/// A lock whose holder panicked guards data that is still whole: every change is one statement.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
