//! What git does for somebody right now, and how far it is: kept here while it goes on, for whoever asks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::git::{Phase, Progress};

/// git tells of a transfer with each 64 kB that came; one that is silent for so long stands still, or nearly so.
const SILENT: Duration = Duration::from_secs(5);

/// All that goes on, by the name of what it is done for.
#[derive(Default)]
pub struct Underway(Mutex<HashMap<String, Told>>);

/// What was last told, and when.
struct Told {
    progress: Progress,
    at: Instant,
}

impl Underway {
    /// Begins something for `what`, for which one thing at a time is done.
    pub fn begin(self: &Arc<Self>, what: String) -> Report {
        self.lock().insert(what.clone(), Told { progress: Progress::default(), at: Instant::now() });
        Report { underway: Arc::clone(self), what }
    }

    /// How far it is, if anything goes on.
    pub fn get(&self, what: &str) -> Option<Progress> {
        self.lock().get(what).map(Told::now)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Told>> {
        // Every change is one statement, so a panic cannot leave a half.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn now(&self) -> Progress {
        let stands_still = self.progress.phase == Phase::Receiving && self.at.elapsed() > SILENT;
        let bytes_per_second = if stands_still { 0 } else { self.progress.bytes_per_second };
        Progress { bytes_per_second, ..self.progress }
    }
}

/// The right to tell how far something is. It is over when this is dropped.
pub struct Report {
    underway: Arc<Underway>,
    what: String,
}

impl Report {
    /// Takes in a line of git's, which need not be about progress.
    pub fn read(&self, line: &str) {
        let mut all = self.underway.lock();
        let Some(told) = all.get_mut(&self.what) else { return };
        if told.progress.read(line) {
            told.at = Instant::now();
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.underway.lock().remove(&self.what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_forgotten() {
        let underway = Arc::new(Underway::default());
        assert_eq!(underway.get("o/n"), None);
        let report = underway.begin("o/n".into());
        report.read("From http://x");
        assert_eq!(underway.get("o/n"), Some(Progress::default()));
        report.read("Receiving objects:  45% (450/1000), 1.20 MiB | 2.00 MiB/s");
        let now = underway.get("o/n").unwrap();
        assert_eq!((now.percent, now.bytes_per_second), (45, 2 << 20));
        drop(report);
        assert_eq!(underway.get("o/n"), None);
    }

    #[test]
    fn a_transfer_that_says_nothing_stands_still() {
        let progress = Progress { phase: Phase::Receiving, bytes_per_second: 7, ..Progress::default() };
        assert_eq!(Told { progress, at: Instant::now() }.now().bytes_per_second, 7);
        if let Some(long_ago) = Instant::now().checked_sub(SILENT * 2) {
            assert_eq!(Told { progress, at: long_ago }.now().bytes_per_second, 0);
        }
    }
}
