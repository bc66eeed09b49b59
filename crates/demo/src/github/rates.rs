//! How fast repositories may be read: a slow one shows what clone progress looks like.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::catalogue::repositories;

/// Bytes per second by `owner/name`; a repository that is not in it is as fast as it can be.
#[derive(Debug, Clone)]
pub struct Rates(Arc<Mutex<BTreeMap<String, u64>>>);

impl Rates {
    /// The rates that the catalogue gives.
    pub(crate) fn of_catalogue() -> Self {
        let slow = repositories()
            .iter()
            .filter_map(|repository| Some((repository.full_name.to_owned(), repository.bytes_per_second?)));
        Self(Arc::new(Mutex::new(slow.collect())))
    }

    /// Limits reading of `repository` (`owner/name`); `None` lifts the limit. It holds at
    /// once, also for what is on its way.
    pub fn set(&self, repository: &str, bytes_per_second: Option<u64>) {
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match bytes_per_second {
            Some(rate) => rates.insert(repository.to_owned(), rate.max(1)),
            None => rates.remove(repository),
        };
    }

    pub(super) fn get(&self, repository: &str) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(repository).copied()
    }
}
