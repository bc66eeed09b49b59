//! The ocweb that runs on a volume: found by the supervisor's lock, spoken to over its unix sockets, without any network.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::unistd::Uid;
use ocweb_service::config::Folders;
use reqwest::{Method, StatusCode};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    failure::Failure,
    service::{Manager, systemd},
};

/// The service that tells how the others are.
pub const SUPERVISOR: &str = "supervisor";

/// How long an answer over a socket may take, if nothing else was said.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is tried to find out who holds the lock of a supervisor that is just starting.
const TRIES: u32 = 40;

/// An ocweb that runs.
#[derive(Debug)]
pub struct Instance {
    /// The supervisor's process.
    pub pid: u32,
    folders: Folders,
}

/// What the lock file tells about its holder.
#[derive(Deserialize)]
struct Holder {
    pid: u32,
    run_dir: PathBuf,
}

/// What a service answered.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body: JSON, or `null` where there was none.
    pub body: Value,
}

impl Instance {
    /// The one that runs on `data`.
    pub fn find(data: &Path) -> Result<Self, Failure> {
        let folders = Folders { data: data.to_owned(), run: PathBuf::new() };
        let path = folders.own(SUPERVISOR).join("lock");
        let not_running = || {
            let data = data.display();
            let is_roots = !Uid::effective().is_root() && Path::new(systemd::FILE).exists();
            let roots = if is_roots {
                " The machine's service is asked as root: sudo \"$(command -v ocweb)\" …"
            } else {
                ""
            };
            Failure::NotRunning(format!("No ocweb runs on {data}. Start it with `ocweb start`.{roots}"))
        };
        for _ in 0..TRIES {
            let file = File::open(&path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => not_running(),
                _ => Failure::Other(format!(
                    "{} cannot be read: {error}. If ocweb was started by another user, be that user: sudo \"$(command -v ocweb)\" …",
                    path.display()
                )),
            })?;
            match file.try_lock_shared() {
                Ok(()) => return Err(not_running()),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(Failure::Other(error.to_string())),
            }
            // Who has just taken the lock has yet to write itself down.
            let holder = fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Holder>(&text).ok());
            if let Some(Holder { pid, run_dir }) = holder.filter(|holder| is_there(holder.pid)) {
                return Ok(Self { pid, folders: Folders { run: run_dir, ..folders } });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(Failure::Other(format!("{} is held by a process that it does not name.", path.display())))
    }

    /// The folders of its volume and its sockets.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Whether its process belongs to a terminal: then somebody watches it there.
    pub fn has_a_terminal(&self) -> bool {
        // proc_pid_stat(5): after the name in brackets, the fifth is the terminal.
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let terminal = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(4));
        terminal.is_some_and(|terminal| terminal != "0")
    }

    /// Who keeps it as a service, if anybody does.
    pub fn manager(&self) -> Option<Manager> {
        if cfg!(target_os = "macos") {
            return Some(Manager::Launchd)
                .filter(|manager| manager.state().is_ok_and(|state| state == "active"));
        }
        systemd::of_groups(&fs::read_to_string(format!("/proc/{}/cgroup", self.pid)).unwrap_or_default())
    }

    /// Asks a service, which answers JSON.
    pub fn get(&self, service: &str, path: &str) -> Result<Answer, Failure> {
        self.send(service, Method::GET, path, None)
    }

    /// Sends a request to a service.
    pub fn send(
        &self,
        service: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        self.send_patiently(service, method, path, body, PATIENCE)
    }

    /// The same where an answer may take longer.
    pub fn send_patiently(
        &self,
        service: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let silent = |error: &dyn std::error::Error| {
            let cause = std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error);
            Failure::NotRunning(format!(
                "{service} does not answer ({cause}). `ocweb status` says how it is."
            ))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::Other(error.to_string()))?;
        runtime.block_on(async {
            let client = ocweb_service::local_client_builder()
                .unix_socket(self.folders.socket(service))
                .timeout(patience)
                .build()
                .map_err(|error| silent(&error))?;
            // The host is only there because HTTP wants one.
            let mut request = client.request(method, format!("http://localhost{path}"));
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await.map_err(|error| silent(&error))?;
            let status = response.status();
            let body = response.bytes().await.map_err(|error| silent(&error))?;
            Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
        })
    }

    /// Asks it to end, and waits until it has. False: it still runs after `patience`.
    pub fn stop(&self, patience: Duration) -> Result<bool, Failure> {
        let failed = |error: Errno| match error {
            Errno::PERM => Failure::Other(format!(
                "Process {} belongs to another user: sudo \"$(command -v ocweb)\" stop",
                self.pid
            )),
            error => Failure::Other(format!("Process {} cannot be stopped: {error}.", self.pid)),
        };
        let Some(process) = open(self.pid).map_err(failed)? else { return Ok(true) };
        // From here on the handle means one process, and the lock tells that it is the one.
        if Self::find(&self.folders.data).map(|now| now.pid).ok() != Some(self.pid) {
            return Ok(true);
        }
        match pidfd_send_signal(&process, Signal::TERM) {
            Ok(()) => {}
            Err(Errno::SRCH) => return Ok(true),
            Err(error) => return Err(failed(error)),
        }
        let patience = Timespec {
            tv_sec: i64::try_from(patience.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let mut ended = [PollFd::new(&process, PollFlags::IN)];
        loop {
            match poll(&mut ended, Some(&patience)) {
                Ok(count) => return Ok(count > 0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }
}

impl Answer {
    /// The body of an answer that is a success; else what the problem document says.
    pub fn expect_success(self) -> Result<Value, Failure> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let detail = self.body["detail"].as_str().map(str::to_owned);
        Err(Failure::Other(detail.unwrap_or_else(|| format!("It answered {}.", self.status))))
    }
}

fn open(pid: u32) -> Result<Option<OwnedFd>, Errno> {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return Ok(None) };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => Ok(Some(process)),
        Err(Errno::SRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_there(pid: u32) -> bool {
    open(pid).is_ok_and(|process| process.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_on_which_nothing_runs_is_said_to_be_one() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("ocweb/supervisor");
        assert!(matches!(Instance::find(data.path()), Err(Failure::NotRunning(_))));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("lock"), r#"{"pid": 1, "run_dir": "/run/gone"}"#).unwrap();
        assert!(matches!(Instance::find(data.path()), Err(Failure::NotRunning(_))), "nobody holds it");
    }

    #[test]
    fn the_holder_of_the_lock_is_found() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("ocweb/supervisor");
        fs::create_dir_all(&folder).unwrap();
        let us = std::process::id();
        let text = format!(r#"{{"pid": {us}, "run_dir": "/run/here"}}"#);
        fs::write(folder.join("lock"), text).unwrap();
        let file = File::open(folder.join("lock")).unwrap();
        file.try_lock().unwrap();
        let found = Instance::find(data.path()).unwrap();
        assert_eq!((found.pid, found.folders().run.as_path()), (us, Path::new("/run/here")));
        let error = found.get(SUPERVISOR, "/admin/services").unwrap_err();
        assert!(
            matches!(&error, Failure::NotRunning(text) if text.starts_with("supervisor does not answer"))
        );
    }
}
