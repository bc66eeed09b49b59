//! What is told of one process.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::time::ClockId;
use procfs::{
    ProcResult,
    process::{Process, Stat},
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::names::Worktree;

/// Characters of a command line that are told.
const COMMAND_LIMIT: usize = 300;

/// A process of this instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProcessReport {
    /// Its number.
    pub pid: i32,
    /// Its start in clock ticks since boot: tells it from another process with the same number.
    pub start_time: u64,
    /// When it started.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// How long it has been running, in seconds.
    pub age_seconds: u64,
    /// Its command line, cut where it is long.
    pub command: String,
    /// The directory it works in; `null` when that cannot be told.
    pub directory: Option<String>,
    /// Its own resident memory, in bytes. Its children's is not in it.
    pub memory_bytes: u64,
    /// The repository (`owner/name`) in whose worktree it, or else who started it, works.
    pub repo: Option<String>,
    /// The chat in whose worktree it, or else who started it, works.
    pub session_id: Option<String>,
    /// Which part of ocweb it is, as in `/admin/services`; `null` for what agents run.
    pub service: Option<String>,
    /// Its parent is gone, so nobody looks after it. Only such a process can be ended.
    pub orphan: bool,
}

impl ProcessReport {
    /// Describes a process. `worktrees` is the folder of all of them.
    pub(super) fn of(process: &Process, stat: &Stat, worktrees: &Path, clock: &Clock) -> Self {
        let directory = directory(process);
        let worktree = directory.as_ref().and_then(|directory| worktree(worktrees, directory));
        let (repo, session_id) = worktree.map(|worktree| (worktree.repository, worktree.session_id)).unzip();
        let age = clock.age(stat);
        Self {
            pid: stat.pid,
            start_time: stat.starttime,
            started_at: clock.now - age,
            age_seconds: age.as_secs(),
            command: command(process, stat),
            directory: directory.map(|directory| directory.display().to_string()),
            memory_bytes: stat.rss.saturating_mul(procfs::page_size()),
            repo,
            session_id,
            service: None,
            orphan: false,
        }
    }

    /// Where it works in no worktree itself, it is of the chat of the process that started it.
    pub(super) fn or_chat_of(self, parent: &Self) -> Self {
        if self.session_id.is_some() {
            return self;
        }
        Self { repo: parent.repo.clone(), session_id: parent.session_id.clone(), ..self }
    }
}

/// One reading of the clock for the whole list.
pub(super) struct Clock {
    now: OffsetDateTime,
    uptime: Duration,
}

impl Clock {
    pub(super) fn read() -> ProcResult<Self> {
        // By which start times are told; `/proc/uptime` may be a container's own.
        let uptime = ClockId::CLOCK_BOOTTIME.now().map_err(io::Error::from)?;
        Ok(Self { now: OffsetDateTime::now_utc(), uptime: uptime.into() })
    }

    pub(super) fn age(&self, stat: &Stat) -> Duration {
        let per_second = procfs::ticks_per_second();
        let started = Duration::from_millis(stat.starttime.saturating_mul(1000) / per_second);
        self.uptime.saturating_sub(started)
    }
}

/// Where a process works. The kernel marks a working directory that was deleted.
pub(super) fn directory(process: &Process) -> Option<PathBuf> {
    let directory = process.cwd().ok()?;
    match directory.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(path) => Some(path.into()),
        None => Some(directory),
    }
}

fn worktree(worktrees: &Path, directory: &Path) -> Option<Worktree> {
    let below = directory.strip_prefix(worktrees).ok()?;
    Worktree::of_folder(below.components().next()?.as_os_str().to_str()?)
}

/// The command line, or the process's short name where it has none or it is not text.
fn command(process: &Process, stat: &Stat) -> String {
    let line = process.cmdline().unwrap_or_default().join(" ");
    let line = if line.is_empty() { format!("[{}]", stat.comm) } else { line };
    match line.char_indices().nth(COMMAND_LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
