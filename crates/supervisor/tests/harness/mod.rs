//! A real supervisor over stand-ins for what it starts, in a folder and on ports of its own.
//!
//! Whatever a test does, everything that was started here is ended when the [`World`] goes.

#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "this is test code; clippy only knows functions marked #[test]")]

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;

/// Far longer than anything takes, on a loaded machine too.
pub(crate) const DEADLINE: Duration = Duration::from_mins(3);

/// For the doors of worlds: none of those that their supervisors draw.
const DOORS: std::ops::Range<u16> = 10_000..ocweb_service::BACKEND_PORTS.start;

pub(crate) const BACKENDS: [&str; 7] =
    ["opencode", "auth", "github-gateway", "git-manager", "resource-monitor", "event-relay", "notifier"];

/// Waits until `look` finds something, and fails with `what` if it does not in time.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < DEADLINE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, || holds().then_some(()));
}

pub(crate) struct World {
    folder: TempDir,
    pub(crate) port: u16,
    pub(crate) supervisor: Option<Supervisor>,
}

pub(crate) struct Supervisor {
    /// What was started: the supervisor, or a wrapper around it.
    child: Child,
    /// The supervisor.
    pub(crate) pid: i32,
    stdout: mpsc::Receiver<String>,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("ocweb-test-").tempdir().unwrap();
        // Nobody else gets in, so that everything is one user, also where that is root.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        for sub in ["bin", "data", "run", "web"] {
            fs::create_dir(folder.path().join(sub)).unwrap();
        }
        fs::write(folder.path().join("Caddyfile"), "").unwrap();
        let world = Self { folder, port: ocweb_service::free_port(DOORS).unwrap(), supervisor: None };
        // Beside the programs, since not everybody may get through to the checkout.
        let stand_in = world.path("bin/stand_in.py");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand_in.py"), &stand_in).unwrap();
        for name in BACKENDS.iter().chain(&["caddy"]) {
            match *name {
                "opencode" | "caddy" => world.stand_in(name, name),
                service => world.stand_in(service, &format!("ocweb-{service}")),
            }
        }
        world
    }

    /// Puts a stand-in beside the other programs.
    pub(crate) fn stand_in(&self, name: &str, program: &str) {
        let script = format!(
            "#!/bin/sh\nexec python3 -E '{}' {name} '{}' \"$@\"\n",
            self.path("bin/stand_in.py").display(),
            self.path("").display()
        );
        let file = self.path("bin").join(program);
        fs::write(&file, script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How a stand-in behaves from its next start on; see `stand_in.py`.
    pub(crate) fn behave(&self, name: &str, words: &str) {
        fs::write(self.path(&format!("{name}.behaviour")), words).unwrap();
    }

    /// The environment of a supervisor that is set up well.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let path = |name: &str| self.path(name).display().to_string();
        [
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", path("data")),
            ("OCWEB_DATA", path("data")),
            ("OCWEB_RUN_DIR", path("run")),
            ("OCWEB_BIN_DIR", path("bin")),
            ("OCWEB_WEB_DIR", path("web")),
            ("OCWEB_CADDYFILE", path("Caddyfile")),
            ("OCWEB_OPENCODE_BIN", path("bin/opencode")),
            ("OCWEB_CADDY_BIN", path("bin/caddy")),
            ("OCWEB_PORT", self.port.to_string()),
        ]
        .map(|(name, value)| (name.into(), value))
        .into()
    }

    pub(crate) fn command(&self, environment: BTreeMap<String, String>, wrapper: &[&str]) -> Command {
        let binary = env!("CARGO_BIN_EXE_ocweb-supervisor");
        let words: Vec<&str> = wrapper.iter().copied().chain([binary]).collect();
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env_clear().envs(environment).stdout(Stdio::piped()).stderr(log);
        command
    }

    pub(crate) fn start(&mut self) {
        self.start_with(self.environment());
    }

    pub(crate) fn start_with(&mut self, environment: BTreeMap<String, String>) {
        self.start_by(environment, &[]);
    }

    /// Starts it by another program, which becomes it.
    pub(crate) fn start_by(&mut self, environment: BTreeMap<String, String>, starter: &[&str]) {
        let child = self.command(environment, starter).spawn().unwrap();
        let pid = child.id().cast_signed();
        self.adopt(child, pid);
    }

    pub(crate) fn adopt(&mut self, mut child: Child, pid: i32) {
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        self.supervisor = Some(Supervisor { child, pid, stdout: receiver });
    }

    pub(crate) fn supervisor(&mut self) -> &mut Supervisor {
        self.supervisor.as_mut().unwrap()
    }

    /// Waits for the line that says that all is well.
    #[track_caller]
    pub(crate) fn wait_until_ready(&mut self) {
        let line = self.supervisor().stdout.recv_timeout(DEADLINE);
        let expected = format!("ocweb is ready at http://localhost:{}", self.port);
        assert_eq!(line.as_deref(), Ok(expected.as_str()), "log:\n{}", self.log());
    }

    pub(crate) fn is_ready(&mut self) -> bool {
        self.supervisor().stdout.try_recv().is_ok()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Asks the supervisor for JSON; nothing when it does not listen.
    pub(crate) fn get(&self, path: &str) -> Option<(u16, String, Value)> {
        let (status, head, body) = self.send("GET", path)?;
        Some((status, head, serde_json::from_str(&body).ok()?))
    }

    /// The status of what a POST is answered.
    pub(crate) fn post(&self, path: &str) -> u16 {
        self.send("POST", path).unwrap().0
    }

    /// What the supervisor answers; nothing when it does not listen.
    pub(crate) fn send(&self, method: &str, path: &str) -> Option<(u16, String, String)> {
        let mut stream = UnixStream::connect(self.path("run/supervisor/socket")).ok()?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, head.to_lowercase(), body.into()))
    }

    /// Opens a stream through Caddy that never ends, and reads its beginning.
    pub(crate) fn open_stream(&self) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(stream, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream.read_exact(&mut [0]).unwrap();
        stream
    }

    /// A process's line of `/admin/services`.
    pub(crate) fn service(&self, name: &str) -> Option<Value> {
        let (_, _, document) = self.get("/admin/services")?;
        document["services"].as_array()?.iter().find(|service| service["name"] == name).cloned()
    }

    pub(crate) fn state(&self, name: &str) -> Option<String> {
        Some(self.service(name)?["state"].as_str()?.to_owned())
    }

    #[track_caller]
    pub(crate) fn wait_for_state(&self, name: &str, state: &str) -> Value {
        wait_for(&format!("{name} {state}; log:\n{}", self.log()), || {
            self.service(name).filter(|service| service["state"] == state)
        })
    }

    #[track_caller]
    pub(crate) fn pid(&self, name: &str) -> i32 {
        wait_for(&format!("a pid of {name}"), || self.service(name)?["pid"].as_i64()).try_into().unwrap()
    }

    /// When a stand-in was started, in seconds since the epoch.
    pub(crate) fn starts(&self, name: &str) -> Vec<f64> {
        let text = fs::read_to_string(self.path(&format!("{name}.starts"))).unwrap_or_default();
        text.lines().filter_map(|line| line.split_once(' ')?.1.parse().ok()).collect()
    }

    /// A pid that a stand-in wrote down.
    #[track_caller]
    pub(crate) fn noted_pid(&self, file: &str) -> i32 {
        wait_for(file, || fs::read_to_string(self.path(file)).ok()?.parse().ok())
    }

    /// The environment that a stand-in was started with.
    pub(crate) fn environment_of(&self, name: &str) -> HashMap<String, String> {
        let text = fs::read_to_string(self.path(&format!("{name}.environment"))).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The living processes that carry this instance's mark.
    pub(crate) fn marked(&self) -> Vec<i32> {
        let mark = format!("OCWEB_INSTANCE={}", self.path("run").display());
        processes()
            .filter(|pid| {
                fs::read(format!("/proc/{pid}/environ"))
                    .is_ok_and(|text| text.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes()))
            })
            .collect()
    }

    /// Waits until the supervisor has ended by itself.
    #[track_caller]
    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        let child = &mut self.supervisor().child;
        let status = wait_for("the end of the supervisor", || child.try_wait().unwrap());
        self.supervisor = None;
        status
    }

    /// Sends a signal to the supervisor.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.supervisor.as_ref().unwrap().pid), signal).unwrap();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(mut supervisor) = self.supervisor.take() {
            let _ = kill(Pid::from_raw(supervisor.pid), Signal::SIGKILL);
            let _ = supervisor.child.kill();
            let _ = supervisor.child.wait();
        }
        for pid in self.marked() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

pub(crate) fn send(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).unwrap();
}

/// All processes there are, zombies included.
pub(crate) fn processes() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A process's state letter and its parent.
pub(crate) fn stat(pid: i32) -> Option<(char, i32)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

pub(crate) fn is_alive(pid: i32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != 'Z' && state != 'X')
}

pub(crate) fn zombies_of(parent: i32) -> Vec<i32> {
    processes().filter(|pid| stat(*pid) == Some(('Z', parent))).collect()
}
