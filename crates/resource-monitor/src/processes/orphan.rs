//! Finding the orphans in `/proc`.

use std::{
    ffi::OsStr,
    os::unix::process::parent_id,
    path::{Path, PathBuf},
    time::Duration,
};

use procfs::{
    Current, ProcResult, Uptime,
    process::{Process, Stat},
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{Instance, ProcessesError, supervised::Supervised};
use crate::names::Worktree;

/// Characters of a command line that are told.
const COMMAND_LIMIT: usize = 300;

/// A child of the supervisor may be this young before it is in the supervisor's list.
const LISTED_AFTER: Duration = Duration::from_secs(2);

/// A process of this instance whose parent is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Orphan {
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
    /// The repository (`owner/name`) in whose worktree it works, if it does.
    pub repo: Option<String>,
    /// The chat in whose worktree it works, if it does.
    pub session_id: Option<String>,
}

impl Instance {
    /// All orphans, oldest first.
    pub(super) fn orphans(&self) -> Result<Vec<Orphan>, ProcessesError> {
        let clock = Clock::read()?;
        let processes = procfs::process::all_processes()?;
        // Read after `/proc` was opened and before its processes are: a child that the supervisor
        // started since is younger than `LISTED_AFTER`.
        let supervised = Supervised::read(&self.supervised)?;
        let mut orphans: Vec<_> = processes
            .filter_map(Result::ok)
            // A process that ended while it was looked at is none.
            .filter_map(|process| self.orphan(&process, &supervised, &clock).ok().flatten())
            .collect();
        orphans.sort_by_key(|orphan| (orphan.start_time, orphan.pid));
        Ok(orphans)
    }

    fn orphan(
        &self,
        process: &Process,
        supervised: &[Supervised],
        clock: &Clock,
    ) -> ProcResult<Option<Orphan>> {
        let stat = process.stat()?;
        let supervisor = i32::try_from(parent_id()).unwrap_or(1);
        let is_ours_to_leave = [std::process::id(), parent_id(), 1].contains(&stat.pid.unsigned_abs());
        if is_ours_to_leave
            || ![1, supervisor].contains(&stat.ppid)
            || supervised.iter().any(|listed| listed.is(stat.pid, stat.starttime))
        {
            return Ok(None);
        }
        let age = clock.age(&stat);
        if stat.ppid == supervisor && age < LISTED_AFTER {
            return Ok(None);
        }
        let directory = process.cwd().ok().map(without_deleted_mark);
        let is_at_work = directory.as_ref().is_some_and(|directory| directory.starts_with(&self.worktrees));
        if !is_at_work && !self.is_marked(process) {
            return Ok(None);
        }
        let worktree = directory.as_ref().and_then(|directory| self.worktree(directory));
        let (repo, session_id) = worktree.map(|worktree| (worktree.repository, worktree.session_id)).unzip();
        Ok(Some(Orphan {
            pid: stat.pid,
            start_time: stat.starttime,
            started_at: clock.now - age,
            age_seconds: age.as_secs(),
            command: command(process, &stat),
            directory: directory.map(|directory| directory.display().to_string()),
            memory_bytes: stat.rss.saturating_mul(procfs::page_size()),
            repo,
            session_id,
        }))
    }

    fn is_marked(&self, process: &Process) -> bool {
        let environment = process.environ().unwrap_or_default();
        environment.get(OsStr::new("OCWEB_INSTANCE")).is_some_and(|mark| *mark == *self.mark.as_os_str())
    }

    fn worktree(&self, directory: &Path) -> Option<Worktree> {
        let below = directory.strip_prefix(&self.worktrees).ok()?;
        Worktree::of_folder(below.components().next()?.as_os_str().to_str()?)
    }
}

/// One reading of the clock for the whole list.
struct Clock {
    now: OffsetDateTime,
    uptime: Duration,
}

impl Clock {
    fn read() -> ProcResult<Self> {
        Ok(Self { now: OffsetDateTime::now_utc(), uptime: Uptime::current()?.uptime_duration() })
    }

    fn age(&self, stat: &Stat) -> Duration {
        let per_second = procfs::ticks_per_second();
        let started = Duration::from_millis(stat.starttime.saturating_mul(1000) / per_second);
        self.uptime.saturating_sub(started)
    }
}

/// The kernel marks a working directory that was deleted.
fn without_deleted_mark(directory: PathBuf) -> PathBuf {
    match directory.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(path) => path.into(),
        None => directory,
    }
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
