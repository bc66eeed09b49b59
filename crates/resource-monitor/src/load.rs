//! Memory, load and free disk of the last day, measured twice a minute.
//!
//! A measurement reads a few lines of `/proc` and asks the file system once. What was measured is kept
//! in memory and written down seldom, so that a restart does not begin with an empty chart; a machine
//! that loses its power loses a quarter of an hour of it.

mod file;
mod history;
mod memory;
mod sample;

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ocweb_service::config::Folders;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::time::MissedTickBehavior;
use utoipa::ToSchema;

pub use self::sample::LoadSample;
use self::{file::HistoryFile, history::History};
use crate::SERVICE;

/// From one measurement to the next.
const INTERVAL_SECONDS: u32 = 30;

/// From one writing to the next.
const WRITTEN_EACH: Duration = Duration::from_mins(15);

/// The most that is kept, in hours.
const MOST_HOURS: u8 = 24;

/// How far back is asked: 1 to 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub struct Hours(u8);

/// A number of hours that is not kept.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("what was measured is kept for a day: ask for 1 to {MOST_HOURS} hours")]
pub struct HoursError;

impl TryFrom<u8> for Hours {
    type Error = HoursError;

    fn try_from(hours: u8) -> Result<Self, HoursError> {
        if (1..=MOST_HOURS).contains(&hours) { Ok(Self(hours)) } else { Err(HoursError) }
    }
}

impl Default for Hours {
    fn default() -> Self {
        Self(6)
    }
}

/// What was measured over the last hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoadReport {
    /// From one sample to the next where nothing is missing. While ocweb was not running there are none.
    pub interval_seconds: u32,
    /// Oldest first, at most 360. Where several measurements became one sample, it tells the worst of each.
    pub samples: Vec<LoadSample>,
}

/// The load of one instance's machine or container.
#[derive(Clone)]
pub struct Load(Arc<Kept>);

struct Kept {
    folders: Folders,
    history: Mutex<History>,
    file: HistoryFile,
}

impl Load {
    /// Goes on with what an earlier run wrote down. A file that cannot be understood is set aside.
    pub fn open(folders: &Folders) -> io::Result<Self> {
        let (file, samples) = HistoryFile::open(&folders.own(SERVICE))?;
        let history = Mutex::new(samples.into_iter().collect());
        Ok(Self(Arc::new(Kept { folders: folders.clone(), history, file })))
    }

    /// What was measured over so many hours.
    pub fn over(&self, hours: Hours) -> LoadReport {
        self.0.history().over(hours, OffsetDateTime::now_utc())
    }

    /// What was measured last, half a minute ago at most while this machine is awake.
    pub fn last(&self) -> Option<LoadSample> {
        self.0.history().last()
    }

    /// Measures for ever, and writes it down now and then.
    pub async fn watch(self) {
        let mut ticks = tokio::time::interval(Duration::from_secs(INTERVAL_SECONDS.into()));
        // After the machine slept, what was missed is not made up for.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut written = tokio::time::Instant::now();
        loop {
            ticks.tick().await;
            self.measure().await;
            if written.elapsed() >= WRITTEN_EACH {
                written = tokio::time::Instant::now();
                self.write().await;
            }
        }
    }

    /// Writes down what was measured.
    pub async fn write(&self) {
        let kept = Arc::clone(&self.0);
        let written = tokio::task::spawn_blocking(move || {
            let samples = kept.history().samples();
            kept.file.write(&samples)
        });
        if let Ok(Err(error)) = written.await {
            tracing::warn!(%error, "what was measured is not written down; a restart would lose it");
        }
    }

    /// On a thread of its own: a volume that does not answer holds up nothing else.
    async fn measure(&self) {
        let kept = Arc::clone(&self.0);
        let measured = tokio::task::spawn_blocking(move || {
            let sample = LoadSample::measure(&kept.folders)?;
            kept.history().push(sample);
            Ok::<_, sample::MeasureError>(())
        });
        if let Ok(Err(error)) = measured.await {
            tracing::warn!(%error, "the load of this machine is not measured");
        }
    }
}

impl Kept {
    fn history(&self) -> MutexGuard<'_, History> {
        // A panic in a change would leave some samples fewer, and nothing else.
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
