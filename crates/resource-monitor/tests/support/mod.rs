//! The real service on its socket, started by a test that plays the supervisor.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "test support; each test file uses its part"
)]

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::{
        prctl,
        signal::{Signal, kill},
        wait::waitpid,
    },
    unistd::Pid,
};
use procfs::process::Process;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(3);

/// An instance with nothing in it but its resource monitor, which ends when this is dropped.
pub struct Instance {
    folder: TempDir,
    client: Client,
    service: Ended,
}

impl Instance {
    /// Starts the service; this process becomes its supervisor and adopts orphans.
    pub async fn start() -> Self {
        prctl::set_child_subreaper(true).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (data, run) = (folder.path().join("data"), folder.path().join("run"));
        fs::create_dir_all(data.join("projects/repos")).unwrap();
        fs::create_dir_all(data.join("projects/worktrees")).unwrap();
        fs::create_dir(&run).unwrap();
        let socket = run.join("resource-monitor/socket");
        let client = ocweb_service::client_builder().unix_socket(socket).build().unwrap();
        let service = start_service(&data, &run);
        let instance = Self { folder, client, service };
        instance.until_answering().await;
        instance
    }

    /// Stops the service as the supervisor does.
    pub fn stop(&mut self) {
        kill(Pid::from_raw(self.service_pid()), Signal::SIGTERM).unwrap();
        assert!(self.service.0.wait().unwrap().success());
    }

    /// Starts the service that was stopped.
    pub async fn start_again(&mut self) {
        self.service = start_service(&self.data(), &self.run());
        self.until_answering().await;
    }

    async fn until_answering(&self) {
        self.list_as_supervised(&[self.service_pid()]);
        let begin = Instant::now();
        while self.client.get("http://monitor/health").send().await.is_err() {
            assert!(begin.elapsed() < PATIENCE, "the service does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    pub fn service_pid(&self) -> i32 {
        self.service.0.id().try_into().unwrap()
    }

    /// A new worktree's folder.
    pub fn worktree(&self, name: &str) -> PathBuf {
        let path = self.data().join("projects/worktrees").join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Writes `processes.json`, as the supervisor does.
    pub fn list_as_supervised(&self, pids: &[i32]) {
        let list: Vec<_> =
            pids.iter().map(|&pid| json!({"name": "x", "pid": pid, "start_time": start_time(pid)})).collect();
        fs::write(self.run().join("processes.json"), json!(list).to_string()).unwrap();
    }

    /// Sends a request; its status and body.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = self.client.request(method, format!("http://monitor{path}"));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        if !status.is_success() {
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
        }
        (status, answer.json().await.unwrap())
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub async fn kill(&self, pid: impl std::fmt::Display, start_time: u64) -> (u16, Value) {
        let body = json!({"start_time": start_time});
        let (status, body) =
            self.call(Method::POST, &format!("/admin/processes/{pid}/kill"), Some(body)).await;
        (status.as_u16(), body)
    }

    /// The list's entry for a process, if it is on it.
    pub async fn listed(&self, pid: i32) -> Option<Value> {
        let list = self.get("/admin/processes").await;
        list["processes"].as_array().unwrap().iter().find(|process| process["pid"] == pid).cloned()
    }

    /// The list's entry for a process, as soon as it is on it.
    pub async fn until_listed(&self, pid: i32) -> Value {
        let begin = Instant::now();
        loop {
            if let Some(entry) = self.listed(pid).await {
                return entry;
            }
            assert!(begin.elapsed() < PATIENCE, "process {pid} is not listed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn start_service(data: &Path, run: &Path) -> Ended {
    let service = Command::new(env!("CARGO_BIN_EXE_ocweb-resource-monitor"))
        .env_clear()
        .env("OCWEB_DATA", data)
        .env("OCWEB_RUN_DIR", run)
        .env("OCWEB_INSTANCE", run)
        .spawn()
        .unwrap();
    Ended(service)
}

/// A process that is ended and reaped when this is dropped.
pub struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A process whose parent has gone, adopted by this process. Ended and reaped when this is dropped.
pub struct Orphan(pub i32);

impl Orphan {
    /// Runs `script` in a shell that is started by another one, which ends at once. The script has
    /// to close its output.
    pub fn start(directory: &Path, mark: Option<&Path>, script: &str) -> Self {
        // The script closes its output when it is ready, so that the number is read to the end.
        let outer = format!("sh -c 'echo $$; {script}' & :");
        let mut command = Command::new("sh");
        command.args(["-c", &outer]).current_dir(directory).env_remove("OCWEB_INSTANCE");
        if let Some(mark) = mark {
            command.env("OCWEB_INSTANCE", mark);
        }
        let mut parent = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = parent.stdout.take().unwrap();
        let mut said = String::new();
        output.read_to_string(&mut said).unwrap();
        parent.wait().unwrap();
        Self(said.trim().parse().unwrap())
    }

    /// Sleeps until it is ended.
    pub fn sleeping(directory: &Path, mark: Option<&Path>) -> Self {
        Self::start(directory, mark, "exec >&-; exec sleep 1000")
    }

    /// Its child, as soon as it has one.
    pub fn until_child(&self) -> Self {
        let begin = Instant::now();
        loop {
            let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.0)).unwrap();
            if let Ok(child) = children.trim().parse() {
                return Self(child);
            }
            assert!(begin.elapsed() < PATIENCE, "process {} has no child", self.0);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn is_running(&self) -> bool {
        Process::new(self.0).and_then(|process| process.stat()).is_ok_and(|stat| stat.state != 'Z')
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        // Nobody but us can reap it, so the number is still its own.
        let _ = kill(Pid::from_raw(self.0), Signal::SIGKILL);
        let _ = waitpid(Pid::from_raw(self.0), None);
    }
}

/// In clock ticks since boot.
pub fn start_time(pid: i32) -> u64 {
    Process::new(pid).unwrap().stat().unwrap().starttime
}
