//! Finding and ending what is left of an instance.
//!
//! An agent's commands may detach themselves into sessions of their own, and a killed supervisor stops
//! nobody in order. What belongs to an instance is known by three things: a mark in its environment,
//! the list of processes that the supervisor kept (services hide their environment), and being our descendant.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, Uid},
};
use procfs::process::{Process, Stat};
use tokio::time::{Instant, sleep};

use crate::{
    children::{Listed, list_path, start_time},
    run_folder::is_our_folder,
    table::MARK,
};

/// How often to look whether processes are gone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How long processes that were killed may take to vanish. Only a disk that hangs makes it long.
const VANISH: Duration = Duration::from_millis(800);

/// Whose processes to look for.
pub(crate) struct Instance {
    /// Values of the mark: the run folder, and the one of the run before where it was another.
    runs: Vec<PathBuf>,
    /// What earlier supervisors had listed.
    listed: Vec<Listed>,
}

impl Instance {
    /// An instance with these run folders. What their lists name is read now, before it is replaced.
    pub(crate) fn of(runs: impl IntoIterator<Item = PathBuf>) -> Self {
        let runs: Vec<PathBuf> = runs.into_iter().collect();
        let listed = runs.iter().flat_map(|run| read_list(run)).collect();
        Self { runs, listed }
    }

    /// Ends all its processes: asks first, and after `grace` ends by force what is still there and
    /// what was started meanwhile. Answers how many were there, and how many would not go.
    pub(crate) async fn end(&self, grace: Duration) -> Ended {
        let found = self.processes();
        for process in &found {
            process.send(Signal::SIGTERM);
        }
        let mut left = self.wait_until_gone(found.clone(), grace).await;
        let deadline = Instant::now() + VANISH;
        while !left.is_empty() && Instant::now() < deadline {
            for process in &left {
                process.send(Signal::SIGKILL);
            }
            sleep(LOOK_AGAIN).await;
            left = self.processes();
        }
        Ended { found: found.len(), left: left.len() }
    }

    async fn wait_until_gone(&self, mut left: Vec<Found>, grace: Duration) -> Vec<Found> {
        let deadline = Instant::now() + grace;
        while !left.is_empty() && Instant::now() < deadline {
            sleep(LOOK_AGAIN).await;
            left = self.processes();
        }
        left
    }

    /// The living processes of the instance, without ourselves and those that we descend from.
    fn processes(&self) -> Vec<Found> {
        let living: HashMap<i32, Stat> = procfs::process::all_processes()
            .into_iter()
            .flatten()
            .filter_map(|process| Some((process.as_ref().ok()?.pid, process.ok()?.stat().ok()?)))
            .filter(|(_, stat)| !matches!(stat.state, 'Z' | 'X'))
            .collect();
        let us = std::process::id().cast_signed();
        let above_us: HashSet<i32> = line_of(us, &living).collect();
        living
            .values()
            .filter(|stat| !above_us.contains(&stat.pid))
            .filter(|stat| {
                line_of(stat.pid, &living).any(|pid| pid == us)
                    || self.is_listed(stat)
                    || self.is_marked(stat.pid)
            })
            .map(|stat| Found { pid: stat.pid, start_time: stat.starttime })
            .collect()
    }

    fn is_listed(&self, stat: &Stat) -> bool {
        self.listed.iter().any(|listed| listed.pid == stat.pid && listed.start_time == stat.starttime)
            && is_ours_to_end(stat.pid)
    }

    fn is_marked(&self, pid: i32) -> bool {
        is_ours_to_end(pid)
            && Process::new(pid).and_then(|process| process.environ()).is_ok_and(|environment| {
                environment
                    .get(OsStr::new(MARK))
                    .is_some_and(|mark| self.runs.iter().any(|run| run.as_os_str() == mark))
            })
    }
}

/// What came of ending an instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    /// How many processes there were.
    pub(crate) found: usize,
    /// How many are still there.
    pub(crate) left: usize,
}

#[derive(Debug, Clone, Copy)]
struct Found {
    pid: i32,
    start_time: u64,
}

impl Found {
    fn send(&self, signal: Signal) {
        // Its number may have become another's since we looked.
        if start_time(self.pid) == Some(self.start_time) {
            // It may have gone since; that is what we want.
            let _ = kill(Pid::from_raw(self.pid), signal);
        }
    }
}

/// A process, its parent, its parent's parent, and so on.
fn line_of(pid: i32, living: &HashMap<i32, Stat>) -> impl Iterator<Item = i32> {
    std::iter::successors(Some(pid), |pid| living.get(pid).map(|stat| stat.ppid).filter(|parent| *parent > 0))
}

/// True for a process of our user; root's children may be anybody. In `/proc` the files of a process that hides its memory
/// are root's, so their owner tells nothing.
fn is_ours_to_end(pid: i32) -> bool {
    let us = Uid::effective();
    us.is_root()
        || Process::new(pid)
            .and_then(|process| process.status())
            .is_ok_and(|status| status.euid == us.as_raw())
}

/// What a supervisor listed in a run folder. A list that is missing or damaged names nobody: the mark
/// still does. So does one in a folder of somebody else, who may have taken the place of an earlier
/// run's folder under `/tmp` and would like us to end what they name.
fn read_list(run: &Path) -> Vec<Listed> {
    if !is_our_folder(run) {
        return Vec::new();
    }
    std::fs::read(list_path(run)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_counts_only_in_a_folder_that_nobody_else_put_there() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        std::fs::create_dir(&run).unwrap();
        std::fs::write(list_path(&run), r#"[{"name":"auth","pid":7,"start_time":8}]"#).unwrap();
        assert_eq!(read_list(&run).len(), 1);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&run, &link).unwrap();
        assert_eq!(read_list(&link), []);
    }
}
