//! A world for `ocweb setup`: a home, stand-ins for what it starts, a server that plays GitHub and a provider, and a person
//! at a narrow terminal.

#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// What GitHub and the provider know.
pub(crate) const TOKEN: &str = "github_pat_good";
pub(crate) const KEY: &str = "sk-or-v1-good";

const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) struct World {
    folder: tempfile::TempDir,
    /// Where GitHub and the provider are played.
    pub(crate) internet: u16,
}

impl World {
    pub(crate) fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap(), internet: play() };
        for name in ["ocweb-supervisor", "opencode", "caddy", "Caddyfile", "index.html"] {
            fs::write(world.path(name), "").unwrap();
        }
        // No test speaks to the real one.
        world.put_program("systemctl", "exit 0");
        world.put_program("ocweb-auth", "[ \"$1\" != set-password ] || cat >\"$OCWEB_DATA/told\"");
        fs::create_dir(world.path("data")).unwrap();
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path(".config/ocweb/config.jsonc")
    }

    pub(crate) fn config_text(&self) -> String {
        fs::read_to_string(self.config()).unwrap()
    }

    /// What `ocweb-auth` was told.
    pub(crate) fn password_told(&self) -> Option<String> {
        fs::read_to_string(self.path("data/told")).ok()
    }

    fn prepared(&self, program: &str, variables: &[(&str, &str)]) -> Command {
        let internet = format!("http://127.0.0.1:{}", self.internet);
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{}:{}", self.folder.path().display(), std::env::var("PATH").unwrap()))
            .env("HOME", self.folder.path())
            // Root's is elsewhere.
            .env("XDG_CONFIG_HOME", self.path(".config"))
            .env("OCWEB_DATA", self.path("data"))
            .env("OCWEB_BIN_DIR", self.folder.path())
            .env("OCWEB_OPENCODE_BIN", self.path("opencode"))
            .env("OCWEB_CADDY_BIN", self.path("caddy"))
            .env("OCWEB_CADDYFILE", self.path("Caddyfile"))
            .env("OCWEB_WEB_DIR", self.folder.path())
            .env("GITHUB_API_URL", &internet)
            .env("OPENROUTER_BASE_URL", &internet)
            .envs(variables.iter().copied());
        command
    }

    /// Runs `ocweb setup` where nobody can be asked.
    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        self.ocweb(&[&["setup"], arguments].concat(), variables)
    }

    /// Runs `ocweb` where nobody can be asked.
    pub(crate) fn ocweb(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        self.ocweb_at(env!("CARGO_BIN_EXE_ocweb"), arguments, variables)
    }

    /// The same where nobody reads what it shows.
    pub(crate) fn ocweb_unread(&self, arguments: &[&str]) -> Output {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = self.prepared(env!("CARGO_BIN_EXE_ocweb"), &[]);
        command.args(arguments).stdin(Stdio::null()).stdout(writer).output().unwrap()
    }

    /// The same for an `ocweb` that lies elsewhere.
    pub(crate) fn ocweb_at(&self, ocweb: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.prepared(ocweb, variables);
        command.args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// The same with something to read.
    pub(crate) fn ocweb_told(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.prepared(env!("CARGO_BIN_EXE_ocweb"), &[]);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may end without reading.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// What goes before a program so that it is root of a machine with systemd, whose units are those in `units`. Nothing where
    /// the kernel makes no such machine.
    pub(crate) fn machine(&self) -> Option<Vec<String>> {
        const MOUNTS: &str = "mount -t tmpfs none /run && mkdir -p /run/systemd/system \
             && mount --bind \"$1\" /etc/systemd/system && shift && exec \"$@\"";
        fs::create_dir_all(self.path("units")).unwrap();
        let units = self.path("units");
        let words =
            ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNTS, "sh", units.to_str().unwrap()];
        let words: Vec<String> = words.map(str::to_owned).into();
        let tried = Command::new(&words[0]).args(&words[1..]).arg("true").status();
        tried.is_ok_and(|status| status.success()).then_some(words)
    }

    /// Runs a whole line of words where nobody can be asked: the code, and what was said.
    pub(crate) fn line(&self, words: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let mut command = self.prepared(words[0], variables);
        let run = command.args(&words[1..]).stdin(Stdio::null()).output().unwrap();
        (run.status.code().unwrap(), String::from_utf8(run.stderr).unwrap())
    }

    /// Puts a program of the services' in its place.
    pub(crate) fn put_program(&self, name: &str, script: &str) {
        fs::write(self.path(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// This process plays the ocweb that runs on the volume, for as long as the lock is held: a service gives `answers` by
    /// how a request begins.
    pub(crate) fn runs(&self, service: &str, answers: &[(&'static str, &'static str)]) -> fs::File {
        let (own, run) = (self.path("data/ocweb/supervisor"), self.path("run"));
        fs::create_dir_all(&own).unwrap();
        fs::create_dir_all(run.join(service)).unwrap();
        let holder = format!(r#"{{"pid": {}, "run_dir": "{}"}}"#, std::process::id(), run.display());
        fs::write(own.join("lock"), holder).unwrap();
        let lock = fs::File::open(own.join("lock")).unwrap();
        lock.lock().unwrap();
        let listener = UnixListener::bind(run.join(service).join("socket")).unwrap();
        let answers = answers.to_vec();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = BufReader::new(stream.try_clone().unwrap()).lines().next().unwrap().unwrap();
                let answer = answers.iter().find(|(beginning, _)| request.starts_with(beginning));
                let (status, body) = answer.map_or(("404 Not Found", "{}"), |(_, body)| ("200 OK", *body));
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
        });
        lock
    }

    /// Runs `ocweb setup` with a person at the terminal.
    pub(crate) fn sit_down(&self, variables: &[(&str, &str)]) -> Person {
        self.sit_down_at(&[env!("CARGO_BIN_EXE_ocweb"), "setup"], variables)
    }

    /// Runs a whole line of words with a person at the terminal.
    pub(crate) fn sit_down_at(&self, words: &[&str], variables: &[(&str, &str)]) -> Person {
        let bridge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/terminal.py");
        let mut child = self
            .prepared("python3", variables)
            .arg(bridge)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let screen = Arc::new(Mutex::new(String::new()));
        let mut output = child.stdout.take().unwrap();
        let shown = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                shown.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
        });
        Person { child, screen, seen: 0 }
    }
}

/// A person at a terminal of 40 columns.
pub(crate) struct Person {
    child: Child,
    screen: Arc<Mutex<String>>,
    /// How much of the screen was read.
    seen: usize,
}

impl Person {
    /// Everything that was on the screen.
    pub(crate) fn screen(&self) -> String {
        self.screen.lock().unwrap().replace('\r', "")
    }

    /// Reads on until `text` is there; lines may break anywhere in it.
    pub(crate) fn reads(&mut self, text: &str) -> &mut Self {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            let line = screen.split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some(at) = line.get(self.seen..).and_then(|rest| rest.find(text)) {
                self.seen += at + text.len();
                return self;
            }
            assert!(began.elapsed() < PATIENCE, "“{text}” is not on the screen:\n{screen}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types, without Enter.
    pub(crate) fn presses(&mut self, keys: &str) -> &mut Self {
        self.child.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) -> &mut Self {
        self.presses(&format!("{line}\n"))
    }

    /// Closes the terminal, with whatever runs there.
    pub(crate) fn leaves(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end, which has to leave the terminal as it was.
    pub(crate) fn ends_with(&mut self, code: i32) -> String {
        self.reads(&format!("ended with {code}, terminal as it was"));
        self.screen()
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Plays what is asked of GitHub and the provider. It ends with the test's process.
fn play() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            let headers: Vec<_> = lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            let has = |secret: &str| headers.contains(&format!("authorization: Bearer {secret}"));
            let (status, body) = match request.split(' ').nth(1).unwrap() {
                "/user" if has(TOKEN) => ("200 OK", r#"{"login": "ada"}"#),
                "/key" if has(KEY) => ("200 OK", r#"{"data": {"limit_remaining": 4.5}}"#),
                _ => ("401 Unauthorized", r#"{"message": "Bad credentials"}"#),
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\ngithub-authentication-token-expiration: 2027-01-02 10:00:00 UTC\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    port
}
