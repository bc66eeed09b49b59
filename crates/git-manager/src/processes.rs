//! The processes that have a folder as theirs: a server that an agent started, a terminal.
//!
//! opencode's tools and terminals begin a session of their own, with `setsid`. What shares opencode's session or ours
//! ends by itself: language servers with the folder's instance, git with its call.
//!
//! Some begin a session and are over at once nevertheless, such as the last command of a script that was just
//! ended. Nobody can decide about these, so what is young is given the time to end.

use std::{fs, path::Path, time::Duration};

use nix::{
    time::ClockId,
    unistd::{Pid, getsid},
};
use procfs::{
    process::{Process, Stat, all_processes},
    ticks_per_second,
};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::error::Error;

/// What runs this long is there to stay. Where nothing does, it is waited so long for what is younger.
const STAYS: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

/// The names of the programs that run in `folder` or below, if they do not end at once. `run` is the folder in which the
/// supervisor lists opencode.
pub async fn in_folder(folder: &Path, run: &Path) -> Result<Vec<String>, Error> {
    let deadline = Instant::now() + STAYS;
    loop {
        let (below, run) = (folder.to_owned(), run.to_owned());
        let found = tokio::task::spawn_blocking(move || find(&below, &run)).await;
        let found = found.map_err(|error| Error::Internal(error.to_string()))?;
        let is_certain = found.is_empty() || found.iter().any(|process| process.age >= STAYS);
        if is_certain || Instant::now() >= deadline {
            return Ok(found.into_iter().map(|process| process.name).collect());
        }
        sleep(PAUSE).await;
    }
}

struct Found {
    name: String,
    age: Duration,
}

/// By name. Empty where processes cannot be listed.
fn find(folder: &Path, run: &Path) -> Vec<Found> {
    let ours = getsid(None).ok().map(Pid::as_raw);
    let ending = [ours, opencode(run).and_then(session)];
    let mut found: Vec<_> = all_processes()
        .into_iter()
        .flatten()
        .filter_map(|process| stat_in(folder, &process.ok()?))
        .filter(|stat| !ending.contains(&Some(stat.session)))
        .map(|stat| Found { age: age(&stat), name: stat.comm })
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// None where it works elsewhere, has just ended, or is not ours to ask.
fn stat_in(folder: &Path, process: &Process) -> Option<Stat> {
    let directory = process.cwd().ok()?;
    directory.starts_with(folder).then(|| process.stat().ok())?
}

/// By the clock that start times are told by; `/proc/uptime` may be a container's own.
fn age(stat: &Stat) -> Duration {
    let started = Duration::from_millis(stat.starttime.saturating_mul(1000) / ticks_per_second());
    ClockId::CLOCK_BOOTTIME.now().map_or(Duration::MAX, |now| Duration::from(now).saturating_sub(started))
}

fn session(pid: i32) -> Option<i32> {
    Some(Process::new(pid).ok()?.stat().ok()?.session)
}

/// The process of opencode, as the supervisor wrote it down.
fn opencode(run: &Path) -> Option<i32> {
    #[derive(Deserialize)]
    struct Listed {
        name: String,
        pid: i32,
    }
    let listed: Vec<Listed> = serde_json::from_slice(&fs::read(run.join("processes.json")).ok()?).ok()?;
    listed.into_iter().find(|listed| listed.name == "opencode").map(|listed| listed.pid)
}
