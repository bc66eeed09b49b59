//! The making of clones: one job for each repository, which all share who want it, and which goes on without them.

use std::sync::Arc;

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Clones, Extent, Record, RepositoryState, lock, metrics::Outcome, transfer};
use crate::{error::Error, names::RepositoryName};

/// A clone that is being made, or could not be.
pub(super) struct Job {
    /// As it was spelt by who began it.
    pub(super) name: RepositoryName,
    extent: Extent,
    status: watch::Receiver<Status>,
    cancel: CancellationToken,
}

/// How far the making of a clone is.
#[derive(Debug, Clone)]
enum Status {
    Running,
    Ready,
    Failed(Error),
}

impl Status {
    /// How it ended, for who counts.
    fn outcome(&self) -> Outcome {
        match self {
            Self::Failed(Error::Cancelled) => Outcome::Cancelled,
            Self::Failed(_) => Outcome::Failed,
            Self::Ready | Self::Running => Outcome::Made,
        }
    }
}

impl Clones {
    /// How much is to be cloned of one that is being made.
    pub(super) fn extent_being_made(&self, name: &RepositoryName) -> Option<Extent> {
        Some(lock(&self.jobs).get(&name.key())?.extent)
    }

    /// The spelling and the state of one that is being made, or could not be.
    pub(super) fn being_made(&self, name: &RepositoryName) -> Option<(RepositoryName, RepositoryState)> {
        let jobs = lock(&self.jobs);
        let job = jobs.get(&name.key())?;
        let state = match &*job.status.borrow() {
            Status::Running => RepositoryState::Cloning(self.progress(name).unwrap_or_default()),
            Status::Ready => RepositoryState::Ready,
            Status::Failed(error) => RepositoryState::Failed(error.clone()),
        };
        Some((job.name.clone(), state))
    }

    /// Begins a clone, unless it is there or being made. True when it was there.
    pub fn begin(self: &Arc<Self>, name: &RepositoryName, extent: Extent) -> bool {
        self.join(name, extent).is_none()
    }

    /// Makes sure that there is a clone, and gives its spelling and whether it was made for this call. One that is there or
    /// being made already has the extent that it has.
    pub async fn ensure(
        self: &Arc<Self>,
        name: &RepositoryName,
        extent: Extent,
    ) -> Result<(RepositoryName, bool), Error> {
        let Some(mut status) = self.join(name, extent) else { return Ok((self.get(name)?, false)) };
        let ended = status.wait_for(|status| !matches!(status, Status::Running)).await;
        match ended.map(|status| status.clone()) {
            Ok(Status::Failed(error)) => Err(error),
            Ok(_) => Ok((self.get(name)?, true)),
            // The task is gone without a word: the service is stopping.
            Err(_) => Err(Error::Cancelled),
        }
    }

    /// The status of the clone being made, which is begun if need be; nothing when the clone is there.
    fn join(self: &Arc<Self>, name: &RepositoryName, extent: Extent) -> Option<watch::Receiver<Status>> {
        let mut jobs = lock(&self.jobs);
        if let Some(job) = jobs.get(&name.key()) {
            // While it runs, and until its end has been noted, the job is the truth and not the folder.
            if matches!(*job.status.borrow(), Status::Running) && job.status.has_changed().is_ok() {
                return Some(job.status.clone());
            }
        }
        if self.find(name).is_some() {
            return None;
        }
        let (sender, status) = watch::channel(Status::Running);
        let cancel = self.stop.child_token();
        let job = Job { name: name.clone(), extent, status: status.clone(), cancel: cancel.clone() };
        jobs.insert(name.key(), job);
        let (clones, name, of_this) = (Arc::clone(self), name.clone(), status.clone());
        self.tasks.spawn(async move {
            let made = cancel.run_until_cancelled(clones.make(&name, extent)).await;
            let stopping = clones.stop.is_cancelled();
            let ended = match made {
                Some(Ok(())) => Status::Ready,
                Some(Err(error)) => Status::Failed(error),
                None => Status::Failed(Error::Cancelled),
            };
            let succeeded = matches!(ended, Status::Ready);
            clones.note_end(ended.outcome());
            // Nobody has to learn that it was cut off by the stop: the next start goes on.
            if !stopping || succeeded {
                sender.send_replace(ended);
            }
            if succeeded {
                clones.forget_job(&name, &of_this);
            }
        });
        Some(status)
    }

    async fn make(&self, name: &RepositoryName, extent: Extent) -> Result<(), Error> {
        let _exclusive = self.exclusive(name).await;
        tracing::info!(repository = %name, ?extent, "cloning");
        // First: of a clone that is there it is known how much it holds, whenever this is killed.
        self.records.put(&name.folder(), &Record { extent, ..Record::default() })?;
        let report = self.report(name);
        transfer::clone(&self.git, &self.folder, name, extent, &report).await?;
        let now = Some(OffsetDateTime::now_utc());
        self.records.put(&name.folder(), &Record { cloned_at: now, fetched_at: now, extent })?;
        tracing::info!(repository = %name, "cloned");
        Ok(())
    }

    /// Ends the making of a clone, and forgets why the last one failed.
    pub async fn cancel(&self, name: &RepositoryName) {
        let job = lock(&self.jobs).get(&name.key()).map(|job| (job.cancel.clone(), job.status.clone()));
        let Some((cancel, mut status)) = job else { return };
        cancel.cancel();
        // An error means that the task is gone, which is what is waited for.
        let _ = status.wait_for(|status| !matches!(status, Status::Running)).await;
        self.forget_job(name, &status);
    }

    /// Takes a job that is over from the list, and none that was begun since.
    fn forget_job(&self, name: &RepositoryName, status: &watch::Receiver<Status>) {
        let mut jobs = lock(&self.jobs);
        if jobs.get(&name.key()).is_some_and(|job| job.status.same_channel(status)) {
            jobs.remove(&name.key());
        }
    }
}
