//! What a process takes of the machine: its own share, without its children's.

use ocweb_service::metrics::number;
use procfs::process::Process;

/// What a process takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Footprint {
    /// Memory that is really there.
    pub(crate) resident_bytes: u64,
    /// Time on a processor since it was started, in ticks of which [`procfs::ticks_per_second`] are one second.
    processor_ticks: u64,
}

impl Footprint {
    /// Reads it; `None` for a process that is gone.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        let stat = Process::new(pid).ok()?.stat().ok()?;
        Some(Self {
            resident_bytes: stat.rss * procfs::page_size(),
            processor_ticks: stat.utime + stat.stime,
        })
    }

    /// The time on a processor.
    pub(crate) fn processor_seconds(&self) -> f64 {
        number(self.processor_ticks) / number(procfs::ticks_per_second())
    }
}
