//! One measurement.

use ocweb_service::config::Folders;
use procfs::{Current, LoadAverage, ProcError, process::Process};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::memory::Memory;
use crate::{
    disk::{DiskError, VolumeUsage},
    processes::Supervised,
};

/// What opencode is called in the supervisor's list.
const OPENCODE: &str = "opencode";

/// How the machine, or the container where it has a limit of its own, was at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct LoadSample {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Memory that is taken, without what the kernel gives back on demand.
    pub memory_used_bytes: u64,
    /// Memory that there is.
    pub memory_total_bytes: u64,
    /// How many threads ran or waited to run, on average over the last minute.
    pub load_1: f32,
    /// What can still be written to the volume.
    pub disk_available_bytes: u64,
    /// Resident memory of opencode itself, without what its agents started; `null` while it does not run.
    pub opencode_memory_bytes: Option<u64>,
}

/// A measurement that failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum MeasureError {
    /// `/proc` cannot be read.
    #[error("cannot read /proc: {0}")]
    Proc(#[from] ProcError),
    /// The volume cannot be asked.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl LoadSample {
    /// Measures now, in well below a millisecond.
    pub(super) fn measure(folders: &Folders) -> Result<Self, MeasureError> {
        let memory = Memory::measure()?;
        Ok(Self {
            at: OffsetDateTime::now_utc(),
            memory_used_bytes: memory.used_bytes,
            memory_total_bytes: memory.total_bytes,
            load_1: LoadAverage::current()?.one,
            disk_available_bytes: VolumeUsage::of(folders)?.available_bytes,
            opencode_memory_bytes: opencode_memory(folders),
        })
    }

    /// The worst of two moments, as of the later one.
    pub(super) fn worst(self, later: Self) -> Self {
        Self {
            memory_used_bytes: self.memory_used_bytes.max(later.memory_used_bytes),
            load_1: self.load_1.max(later.load_1),
            disk_available_bytes: self.disk_available_bytes.min(later.disk_available_bytes),
            opencode_memory_bytes: self.opencode_memory_bytes.max(later.opencode_memory_bytes),
            ..later
        }
    }
}

fn opencode_memory(folders: &Folders) -> Option<u64> {
    let supervised = Supervised::read(&Supervised::list(folders)).ok()?;
    let opencode = supervised.into_iter().find(|process| process.name == OPENCODE)?;
    let stat = Process::new(opencode.pid).and_then(|process| process.stat()).ok()?;
    opencode.is(stat.pid, stat.starttime).then(|| stat.rss.saturating_mul(procfs::page_size()))
}
