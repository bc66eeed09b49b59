//! Finding our processes in `/proc`: the orphans, and all that are ours.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    os::unix::process::parent_id,
    time::Duration,
};

use procfs::process::{Process, Stat};

use super::{
    Instance, ProcessesError,
    report::{Clock, ProcessReport, directory},
    supervised::Supervised,
};

/// A child of the supervisor may be this young before it is in the supervisor's list.
const LISTED_AFTER: Duration = Duration::from_secs(2);

/// What the supervisor, which is not in its own list, is called.
const SUPERVISOR: &str = "supervisor";

/// One look at all processes of the machine.
struct Look {
    processes: Vec<(Process, Stat)>,
    supervised: Vec<Supervised>,
    clock: Clock,
    /// The supervisor's number.
    supervisor: i32,
}

impl Look {
    fn take(instance: &Instance) -> Result<Self, ProcessesError> {
        let clock = Clock::read()?;
        let processes = procfs::process::all_processes()?;
        // Read after `/proc` was opened and before its processes are: a child that the supervisor
        // started since is younger than `LISTED_AFTER`.
        let supervised = Supervised::read(&instance.supervised)?;
        let supervisor = i32::try_from(parent_id()).unwrap_or(1);
        let processes = processes
            .filter_map(Result::ok)
            // A process that ended while it was looked at is none.
            .filter_map(|process| process.stat().ok().map(|stat| (process, stat)))
            .collect();
        Ok(Self { processes, supervised, clock, supervisor })
    }

    /// Which part of ocweb a process is, if it is one.
    fn service(&self, stat: &Stat) -> Option<&str> {
        let listed = self.supervised.iter().find(|listed| listed.is(stat.pid, stat.starttime));
        let is_supervisor = stat.pid == self.supervisor;
        listed.map(|listed| listed.name.as_str()).or_else(|| is_supervisor.then_some(SUPERVISOR))
    }
}

impl Instance {
    /// All orphans, oldest first.
    pub(super) fn orphans(&self) -> Result<Vec<ProcessReport>, ProcessesError> {
        let look = Look::take(self)?;
        let orphans = look.processes.iter().filter(|(process, stat)| self.is_orphan(process, stat, &look));
        let reports = orphans.map(|(process, stat)| {
            let report = ProcessReport::of(process, stat, &self.worktrees, &look.clock);
            ProcessReport { orphan: true, ..report }
        });
        Ok(oldest_first(reports.collect()))
    }

    /// Everything that is ours, oldest first: what the supervisor looks after, the orphans, and what any
    /// of these started.
    pub(super) fn all(&self) -> Result<Vec<ProcessReport>, ProcessesError> {
        let look = Look::take(self)?;
        let mut children: HashMap<i32, Vec<&(Process, Stat)>> = HashMap::new();
        for entry in &look.processes {
            children.entry(entry.1.ppid).or_default().push(entry);
        }
        let mut reports = Vec::new();
        let mut seen = HashSet::new();
        let mut waiting = Vec::new();
        for (process, stat) in &look.processes {
            let service = look.service(stat).map(str::to_owned);
            let orphan = service.is_none() && self.is_orphan(process, stat, &look);
            if !orphan && service.is_none() {
                continue;
            }
            seen.insert(stat.pid);
            let report = ProcessReport::of(process, stat, &self.worktrees, &look.clock);
            waiting.push(ProcessReport { service, orphan, ..report });
        }
        while let Some(parent) = waiting.pop() {
            // What else the supervisor has just started is not told apart yet.
            let started = children.get(&parent.pid).filter(|_| parent.pid != look.supervisor);
            for (process, stat) in started.into_iter().flatten() {
                if seen.insert(stat.pid) {
                    let report = ProcessReport::of(process, stat, &self.worktrees, &look.clock);
                    waiting.push(report.or_chat_of(&parent));
                }
            }
            reports.push(parent);
        }
        Ok(oldest_first(reports))
    }

    fn is_orphan(&self, process: &Process, stat: &Stat, look: &Look) -> bool {
        let is_ours_to_leave = [std::process::id(), parent_id(), 1].contains(&stat.pid.unsigned_abs());
        if is_ours_to_leave || ![1, look.supervisor].contains(&stat.ppid) || look.service(stat).is_some() {
            return false;
        }
        if stat.ppid == look.supervisor && look.clock.age(stat) < LISTED_AFTER {
            return false;
        }
        directory(process).is_some_and(|directory| directory.starts_with(&self.worktrees))
            || self.is_marked(process)
    }

    fn is_marked(&self, process: &Process) -> bool {
        let environment = process.environ().unwrap_or_default();
        environment.get(OsStr::new("OCWEB_INSTANCE")).is_some_and(|mark| *mark == *self.mark.as_os_str())
    }
}

fn oldest_first(mut reports: Vec<ProcessReport>) -> Vec<ProcessReport> {
    reports.sort_by_key(|report| (report.start_time, report.pid));
    reports
}
