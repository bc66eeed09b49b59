//! The only place that makes children and the only one that buries them.
//!
//! As PID 1, and as a subreaper, we also inherit orphans that nobody here started. So there is one
//! reaper for everything that dies, which tells each process's task about its own child; nobody else
//! ever waits for a process.

use std::{
    collections::HashMap,
    io::{self, Write},
    os::unix::{
        fs::fchown,
        process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

use nix::{
    errno::Errno,
    sys::{
        prctl,
        signal::{Signal, kill, killpg},
    },
    unistd::{Pid, getppid},
};
use serde::{Deserialize, Serialize};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

use crate::{
    capability,
    output::Output,
    table::ProcessSpec,
    users::User,
    wait::{bury, next_dead},
};

/// A line of `processes.json`: which process plays which part. A pid alone may be another's tomorrow;
/// with its start time it is this process or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) pid: i32,
    /// In clock ticks since boot, as in `/proc/<pid>/stat`.
    pub(crate) start_time: u64,
}

/// Where the running processes are listed.
pub(crate) fn list_path(run: &Path) -> PathBuf {
    run.join("processes.json")
}

/// A child that was started.
pub(crate) struct Child {
    pub(crate) pid: i32,
    pub(crate) output: Output,
    ended: oneshot::Receiver<ExitStatus>,
}

impl Child {
    /// Waits until the child has ended and was reaped.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        // The reaper lives as long as the runtime; were it gone, nothing could be known any more.
        (&mut self.ended).await.unwrap_or_else(|_| ExitStatus::from_raw(0))
    }

    /// Asks the child to end.
    pub(crate) fn terminate(&self) {
        // It may have ended already; then there is nothing to ask.
        let _ = kill(Pid::from_raw(self.pid), Signal::SIGTERM);
    }

    /// Ends the child and its process group by force.
    pub(crate) fn kill(&self) {
        let _ = killpg(Pid::from_raw(self.pid), Signal::SIGKILL);
    }
}

/// All children that run now.
pub(crate) struct Children {
    list: PathBuf,
    /// Held while a child is started, so that it cannot be reaped before it is known.
    running: Mutex<HashMap<i32, Running>>,
}

struct Running {
    listed: Listed,
    ended: oneshot::Sender<ExitStatus>,
}

impl Children {
    /// No children yet. Makes this process the one that orphans among its descendants go to.
    pub(crate) fn new(run: &Path) -> io::Result<Self> {
        prctl::set_child_subreaper(true)?;
        let children = Self { list: list_path(run), running: Mutex::default() };
        children.write_list(&children.lock());
        Ok(children)
    }

    /// Starts a process. Call it on the thread that lives longest: when the thread that started a
    /// child ends, the child is killed.
    pub(crate) fn start(&self, spec: &ProcessSpec) -> io::Result<Child> {
        for folder in &spec.folders {
            folder.make(spec.user)?;
        }
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new(&spec.program);
        command
            .args(&spec.arguments)
            .env_clear()
            .envs(&spec.environment)
            .current_dir(&spec.directory)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer.try_clone()?)
            .process_group(0);
        if let Some(User { uid, gid }) = spec.user {
            // Or it could not open its own /dev/stderr.
            fchown(&writer, Some(uid.as_raw()), Some(gid.as_raw()))?;
            // It loses our other groups as well.
            command.uid(uid.as_raw()).gid(gid.as_raw());
        }
        let keeps_ports = spec.user.is_some() && spec.listens_below;
        prepare(&mut command, spec.user.is_some(), keeps_ports);

        // Before there is a child, which a failure would leave to nobody.
        let output = Output::forward(spec.name, reader, spec.requests.clone())?;
        let mut running = self.lock();
        // Rights would end with being root. Children are like us in this until they start their program.
        prctl::set_keepcaps(keeps_ports)?;
        let spawned = command.spawn();
        prctl::set_keepcaps(false)?;
        let pid = spawned?.id().cast_signed();
        // Our own ends of the pipe must close, or its end would never be seen.
        drop((command, writer));
        if let Some(adjustment) = spec.oom_score_adj {
            raise_oom_score(spec.name, pid, adjustment);
        }
        let start_time = start_time(pid).unwrap_or(0);
        let (sender, ended) = oneshot::channel();
        let listed = Listed { name: spec.name.into(), pid, start_time };
        running.insert(pid, Running { listed, ended: sender });
        self.write_list(&running);
        drop(running);
        Ok(Child { pid, output, ended })
    }

    /// Reaps everything that dies below us, for ever.
    pub(crate) async fn reap(&self) -> io::Result<()> {
        let mut signals = signal(SignalKind::child())?;
        loop {
            self.reap_the_dead();
            signals.recv().await;
        }
    }

    fn reap_the_dead(&self) {
        let mut running = self.lock();
        // One signal may stand for several deaths.
        while let Some(pid) = next_dead() {
            let known = running.remove(&pid);
            if known.is_some() {
                // While its leader is unburied the group's number cannot become another's. What is
                // left of a group served its leader (a `git`, a language server) and is of no use.
                let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
            }
            let status = bury(pid);
            if let Some(Running { ended, .. }) = known {
                self.write_list(&running);
                // Whoever started it may have stopped caring.
                let _ = ended.send(status);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_list(&self, running: &HashMap<i32, Running>) {
        let listed: Vec<&Listed> = running.values().map(|running| &running.listed).collect();
        let written = serde_json::to_vec(&listed)
            .map_err(io::Error::from)
            .and_then(|text| write_atomically(&self.list, &text));
        if let Err(error) = written {
            tracing::error!(%error, path = %self.list.display(), "the list of processes was not written");
        }
    }
}

/// Makes the kernel kill the child when we die, however we die. One that has become another user can never be more than
/// that user, whatever it calls.
fn prepare(command: &mut Command, is_another_user: bool, keeps_ports: bool) {
    let us = Pid::this();
    let arrange = move || {
        if keeps_ports {
            capability::keep_only_ports()?;
        }
        if is_another_user {
            prctl::set_no_new_privs()?;
        }
        // After the change of user, which would undo it.
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        // Had we died before the line above, nothing would ever end this child.
        if getppid() == us { Ok(()) } else { Err(io::Error::from(Errno::ESRCH)) }
    };
    #[expect(unsafe_code, reason = "between fork and exec: system calls alone, no allocation, no lock")]
    unsafe {
        command.pre_exec(arrange);
    }
}

fn raise_oom_score(name: &str, pid: i32, adjustment: i16) {
    if let Err(error) = std::fs::write(format!("/proc/{pid}/oom_score_adj"), adjustment.to_string()) {
        tracing::warn!(name, %error, "the kernel was not told to end this process first when memory runs out");
    }
}

/// When a process was started, in clock ticks since boot.
pub(crate) fn start_time(pid: i32) -> Option<u64> {
    Some(procfs::process::Process::new(pid).ok()?.stat().ok()?.starttime)
}

fn write_atomically(path: &Path, text: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("json.new");
    std::fs::File::create(&beside)?.write_all(text)?;
    std::fs::rename(beside, path)
}
