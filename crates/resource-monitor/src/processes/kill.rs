//! Ending one orphan, and nothing else.

use std::{
    io,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use procfs::process::Process;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Pid, Processes, ProcessesError, Supervised};

/// How long a process may take to end after TERM.
const AFTER_TERM: Duration = Duration::from_secs(3);

/// How long the kernel may take to end it after KILL.
const AFTER_KILL: Duration = Duration::from_secs(2);

/// What ended a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndedBy {
    /// It was asked to.
    Term,
    /// It did not end when asked, and was forced.
    Kill,
    /// It had just ended by itself.
    Gone,
}

/// Why a process was not ended.
#[derive(Debug, thiserror::Error)]
pub enum KillError {
    /// It belongs to ocweb itself.
    #[error("This process is part of ocweb itself; it ends when ocweb is stopped.")]
    Protected,
    /// There is no such process.
    #[error("There is no such process; it may have ended already.")]
    NoSuchProcess,
    /// The number was given to another process meanwhile.
    #[error("Another process has this number now; load the list again.")]
    AnotherProcess,
    /// It is not on the list.
    #[error("This process is not one of ocweb's whose parent is gone, so it is not ended from here.")]
    NotAnOrphan,
    /// It did not even end by KILL.
    #[error(
        "The process did not end although it was forced to: the kernel holds it, perhaps waiting for a disk."
    )]
    Stuck,
    /// The list cannot be made.
    #[error(transparent)]
    List(#[from] ProcessesError),
    /// The system refused.
    #[error("cannot signal the process: {0}")]
    Signal(#[from] io::Error),
}

/// Ends the orphan with that number and start time.
pub(super) async fn kill(processes: &Processes, pid: Pid, start_time: u64) -> Result<EndedBy, KillError> {
    // From here on the handle means one process, whoever gets its number later; so what the checks
    // below see is what is signalled.
    let handle = open(pid)?;
    check(processes, pid, start_time).await?;
    tracing::info!(pid = pid.get(), start_time, "ending an orphan");
    // On a thread of its own it goes on to KILL although the one who asked may have gone.
    tokio::task::spawn_blocking(move || end(&handle)).await.map_err(ProcessesError::CutOff)?
}

/// TERM, then KILL.
fn end(handle: &OwnedFd) -> Result<EndedBy, KillError> {
    if !signal(handle, Signal::TERM)? {
        return Ok(EndedBy::Gone);
    }
    if has_ended_within(handle, AFTER_TERM)? {
        return Ok(EndedBy::Term);
    }
    signal(handle, Signal::KILL)?;
    if has_ended_within(handle, AFTER_KILL)? { Ok(EndedBy::Kill) } else { Err(KillError::Stuck) }
}

/// Waits for the process: its handle can be read as soon as it has ended.
fn has_ended_within(handle: &OwnedFd, patience: Duration) -> Result<bool, KillError> {
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(KillError::Signal(error.into())),
        }
    }
}

fn open(pid: Pid) -> Result<OwnedFd, KillError> {
    let pid = rustix::process::Pid::from_raw(pid.get()).ok_or(KillError::NoSuchProcess)?;
    pidfd_open(pid, PidfdFlags::empty()).map_err(|error| match error {
        Errno::SRCH => KillError::NoSuchProcess,
        error => KillError::Signal(error.into()),
    })
}

/// Whether the process may be ended: it is an orphan, and the one that was meant.
async fn check(processes: &Processes, pid: Pid, start_time: u64) -> Result<(), KillError> {
    let pid = pid.get();
    let running = Process::new(pid).and_then(|process| process.stat());
    let running = running.map_err(|_| KillError::NoSuchProcess)?.starttime;
    let is_ocweb = [std::process::id(), std::os::unix::process::parent_id()].contains(&pid.unsigned_abs());
    let supervised = Supervised::read(&processes.0.supervised)?;
    if is_ocweb || supervised.iter().any(|listed| listed.is(pid, running)) {
        return Err(KillError::Protected);
    }
    if running != start_time {
        return Err(KillError::AnotherProcess);
    }
    let orphans = processes.orphans().await?;
    let is_orphan = orphans.iter().any(|orphan| orphan.pid == pid && orphan.start_time == start_time);
    if is_orphan { Ok(()) } else { Err(KillError::NotAnOrphan) }
}

/// Sends a signal. False when the process has ended.
fn signal(handle: &OwnedFd, signal: Signal) -> Result<bool, KillError> {
    match pidfd_send_signal(handle, signal) {
        Ok(()) => Ok(true),
        Err(Errno::SRCH) => Ok(false),
        Err(error) => Err(KillError::Signal(error.into())),
    }
}
