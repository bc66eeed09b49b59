//! Whose turn it is to change a clone, and for how many a fetch goes on.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, Weak},
    time::{Duration, Instant},
};

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

use super::{lock, reading};
use crate::{
    clones::Base,
    error::Error,
    names::{BranchName, RepositoryName},
};

/// What the changes of one clone wait for.
#[derive(Default)]
struct Turn {
    of_one: Arc<tokio::sync::Mutex<Option<LastFetch>>>,
    waiting: Mutex<Weak<Waiting>>,
}

/// The turns of all clones, by the keys of their repositories.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<String, Arc<Turn>>>);

impl Turns {
    fn of(&self, name: &RepositoryName) -> Arc<Turn> {
        Arc::clone(lock(&self.0).entry(name.key()).or_default())
    }

    /// Waits for the right to change a clone.
    pub(super) async fn take(&self, name: &RepositoryName) -> OwnedMutexGuard<Option<LastFetch>> {
        Arc::clone(&self.of(name).of_one).lock_owned().await
    }

    /// Counts somebody in who waits for a fetch, with all others who do.
    pub(super) fn wait(&self, name: &RepositoryName, stop: &CancellationToken) -> Arc<Waiting> {
        let turn = self.of(name);
        let mut waiting = lock(&turn.waiting);
        waiting.upgrade().unwrap_or_else(|| {
            let all = Arc::new(Waiting(stop.child_token()));
            *waiting = Arc::downgrade(&all);
            all
        })
    }
}

/// Those who wait for a fetch of one clone. It goes on for as long as any of them does, whoever began it.
pub(super) struct Waiting(CancellationToken);

impl Waiting {
    /// Is cancelled when nobody waits any more.
    pub(super) fn cancel(&self) -> CancellationToken {
        self.0.clone()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The last fetch of a clone: when it began, and how it ended.
pub(super) struct LastFetch {
    pub(super) begun: Instant,
    pub(super) outcome: Result<(), Error>,
}

impl LastFetch {
    /// What it brings to whoever asked at `asked`, and is content with one that is `fresh`. A failure is shared only by
    /// those who waited for it.
    pub(super) fn serves(&self, asked: Instant, fresh: Duration) -> Option<Result<(), Error>> {
        let fresh = if self.outcome.is_ok() { fresh } else { Duration::ZERO };
        (self.begun + fresh >= asked).then(|| self.outcome.clone())
    }
}

/// The right to change one clone and its worktrees; held by one at a time.
pub struct Exclusive {
    pub(super) name: RepositoryName,
    pub(super) path: PathBuf,
    pub(super) fetch: OwnedMutexGuard<Option<LastFetch>>,
}

impl Exclusive {
    /// The repository, in the spelling of its clone.
    pub fn name(&self) -> &RepositoryName {
        &self.name
    }

    /// The clone.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a worktree begins: at the branch that is `wanted`, or else at the remote's default branch.
    pub fn base(&self, wanted: Option<&BranchName>) -> Result<Base, Error> {
        reading::base(&self.path, &self.name, wanted)
    }
}
