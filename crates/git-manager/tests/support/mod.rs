//! What the tests share: the real service as a process of its own, a demo GitHub, and git by hand.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "test support; each test file uses its part, and a test that cannot go on shall panic"
)]

pub mod damaged;
pub mod fake_opencode;
pub mod real_opencode;
pub mod restoring;
pub mod working_copy;

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use fake_opencode::FakeOpencode;
use ocweb_demo::World;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Generous: machines that run tests may be loaded.
pub const DEADLINE: Duration = Duration::from_mins(3);

/// How often something is done that is promised to bear many times: a few with each change, `OCWEB_ROUNDS=all` for all.
pub fn rounds(few: usize, all: usize) -> usize {
    if std::env::var_os("OCWEB_ROUNDS").is_some_and(|rounds| rounds == "all") { all } else { few }
}

/// Folders, a GitHub and an opencode for one test, and the services started over them.
pub struct Bench {
    pub world: World,
    pub opencode: FakeOpencode,
    pub folder: TempDir,
    pub settings: Vec<(String, String)>,
    /// Whether `projects` is a volume of its own, onto which nothing can be renamed from elsewhere. With
    /// `OCWEB_TEST_TWO_VOLUMES=1` it is in every test.
    pub two_volumes: bool,
}

impl Bench {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = World::start(&folder.path().join("github"), ([127, 0, 0, 1], 0).into()).await.unwrap();
        let opencode = FakeOpencode::start().await;
        let mut settings = world.environment();
        settings.push(("OCWEB_OPENCODE_URL".into(), opencode.url.clone()));
        settings.push(("OPENCODE_SERVER_PASSWORD".into(), "password".into()));
        settings.push(("OCWEB_REMOTE_STALL_SECONDS".into(), "2".into()));
        let two_volumes = std::env::var_os("OCWEB_TEST_TWO_VOLUMES").is_some();
        Self { world, opencode, folder, settings, two_volumes }
    }

    /// Replaces a setting, or removes it with an empty value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.into(), value.into()));
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn clone_path(&self, name: &str) -> PathBuf {
        self.data().join("projects/repos").join(name.replace('/', "__"))
    }

    pub async fn service(&self) -> Service {
        if !self.two_volumes {
            return Service::start(self, None).await;
        }
        let projects = self.data().join("projects");
        std::fs::create_dir_all(&projects).unwrap();
        // To the kernel a mount is a volume, whatever lies behind it; its files stay where a test looks for them.
        let mount = format!("mount --bind '{0}' '{0}' && exec \"$0\"", projects.display());
        // Root needs no namespace of users, from which it would not see what others run.
        let users = if nix::unistd::Uid::effective().is_root() { "--mount" } else { "--map-root-user" };
        Service::start(self, Some(&["unshare", users, "--mount", "sh", "-c", &mount])).await
    }

    /// Changes a repository at the remote: a commit on `branch` that writes `file`.
    pub fn push_to_remote(&self, name: &str, branch: &str, file: &str) {
        self.push_content(name, branch, file, file.as_bytes());
    }

    /// The same, with any content.
    pub fn push_content(&self, name: &str, branch: &str, file: &str, content: &[u8]) {
        let bare = self.folder.path().join(format!("github/repositories/{name}.git"));
        let work = tempfile::tempdir().unwrap();
        git(work.path(), &["clone", "--quiet", bare.to_str().unwrap(), "w"]);
        let work = work.path().join("w");
        git(&work, &["checkout", "--quiet", "-B", branch]);
        std::fs::create_dir_all(work.join(file).parent().unwrap()).unwrap();
        std::fs::write(work.join(file), content).unwrap();
        git(&work, &["add", "."]);
        git(&work, &["commit", "--quiet", "-m", file]);
        git(&work, &["push", "--quiet", "origin", branch]);
    }

    /// Runs git as an agent does, with the configuration that leads it to the gateway.
    pub fn agent_git(&self, folder: &Path, arguments: &[&str]) -> std::process::Output {
        Command::new("git")
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path().join("nobody"))
            .env("XDG_CONFIG_HOME", self.data().join("opencode-state/config"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .output()
            .unwrap()
    }
}

/// The real binary, ended when this is dropped.
pub struct Service {
    child: Child,
    pub client: reqwest::Client,
    /// Where the gateway listens that git goes through.
    pub gateway: String,
    log: Arc<Mutex<String>>,
}

impl Service {
    /// Starts it; `wrapper` is a command that ends in running what follows it.
    pub async fn start(bench: &Bench, wrapper: Option<&[&str]>) -> Self {
        let run = bench.folder.path().join("run");
        std::fs::create_dir_all(bench.data()).unwrap();
        std::fs::create_dir_all(&run).unwrap();
        let binary = env!("CARGO_BIN_EXE_ocweb-git-manager");
        let mut command = match wrapper {
            None => Command::new(binary),
            Some(words) => {
                let mut command = Command::new(words[0]);
                command.args(&words[1..]).arg(binary);
                command
            }
        };
        let told = bench.settings.iter().find(|(name, _)| name == "OCWEB_GATEWAY_URL");
        let gateway = if let Some((_, url)) = told {
            url.clone()
        } else {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            gateway(bench, listener)
        };
        let mut settings: Vec<_> =
            bench.settings.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
        if settings.iter().any(|(name, _)| name == "GITHUB_TOKEN") {
            settings.push(("OCWEB_GITHUB_TOKEN_IS_SET".into(), "1".into()));
        }
        settings.retain(|(name, _)| name != "GITHUB_TOKEN");
        settings.push(("OCWEB_GATEWAY_URL".into(), gateway.clone()));
        settings.push(("OCWEB_GATEWAY_SECRET".into(), GATEWAY_SECRET.into()));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("OCWEB_DATA", bench.data())
            .env("OCWEB_RUN_DIR", &run)
            .env("OCWEB_LOG", "debug")
            .envs(settings)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (mut stderr, sink) = (child.stderr.take().unwrap(), Arc::clone(&log));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                sink.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        let client = ocweb_service::client_builder()
            .unix_socket(run.join("git-manager/socket"))
            .timeout(Duration::from_mins(2))
            .build()
            .unwrap();
        let mut service = Self { child, client, gateway, log };
        let begun = Instant::now();
        loop {
            let answer = service.client.get("http://service/health").send().await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return service;
            }
            let ended = service.child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < DEADLINE, "it does not start: {}", service.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops it from doing anything, or lets it go on.
    pub fn freeze(&self, frozen: bool) {
        freeze(self.pid(), frozen);
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.client.request(method.clone(), format!("http://service{path}"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let (status, kind) = (answer.status(), answer.headers().get("content-type").cloned());
        let text = answer.text().await.unwrap();
        if status.is_client_error() || status.is_server_error() {
            assert_eq!(kind.unwrap(), "application/problem+json", "{method} {path}: {text}");
        }
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.send(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "GET {path}: {answer}");
        answer
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::DELETE, path, None).await
    }

    pub async fn clone_repository(&self, name: &str) -> Value {
        let (status, answer) = self.post("/admin/repos/clone", json!({"repo": name})).await;
        assert!(status.is_success(), "{answer}");
        answer
    }

    /// Adds a worktree and gives its path.
    pub async fn add_worktree(&self, name: &str, session: &str) -> PathBuf {
        let (status, answer) =
            self.post("/admin/worktrees", json!({"repo": name, "session_id": session})).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        PathBuf::from(answer["path"].as_str().unwrap())
    }

    /// Creates a chat and gives its id.
    pub async fn create_chat(&self, chat: Value) -> String {
        let (status, answer) = self.post("/admin/chats", chat).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a chat is in a final state, and all its prompts delivered if it is ready. In vain once nothing
    /// has come of it for the length of the deadline: many prompts take their time.
    pub async fn settled(&self, id: &str) -> Value {
        let path = format!("/admin/chats/{id}");
        let (mut since, mut seen) = (Instant::now(), None);
        loop {
            let chat = self.get(&path).await;
            if chat["state"] == "failed" || chat["state"] == "ready" && chat["prompts"] == json!([]) {
                return chat;
            }
            let progress = (chat["state"].clone(), chat["prompts"].as_array().map(Vec::len));
            if seen.as_ref() != Some(&progress) {
                (since, seen) = (Instant::now(), Some(progress));
            }
            assert!(
                since.elapsed() < DEADLINE,
                "it is neither ready with all prompts delivered, nor failed: {chat}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends a prompt with an id of our making, and gives the answer.
    pub async fn prompt(&self, chat: &str, id: &str, text: &str) -> Value {
        let path = format!("/admin/chats/{chat}/prompts");
        let (status, prompt) = self.post(&path, json!({"id": id, "text": text})).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{prompt}");
        prompt
    }
}

const GATEWAY_SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Starts the gateway that goes with a bench's settings, and gives its address.
pub fn gateway(bench: &Bench, listener: tokio::net::TcpListener) -> String {
    let run = bench.folder.path().join("run");
    let address = listener.local_addr().unwrap();
    let own = [
        ("OCWEB_DATA".to_owned(), bench.data().display().to_string()),
        ("OCWEB_RUN_DIR".to_owned(), run.display().to_string()),
        ("OCWEB_GATEWAY_ADDRESS".to_owned(), address.to_string()),
        ("OCWEB_GATEWAY_SECRET".to_owned(), GATEWAY_SECRET.to_owned()),
    ];
    let environment = bench.settings.iter().cloned().chain(own).collect();
    let config = ocweb_github_gateway::Config::from_environment(&environment);
    let config = config.unwrap_or_else(|error| panic!("{error}"));
    let gateway = ocweb_github_gateway::Gateway::new(config).unwrap();
    let opening = gateway.clone();
    // The person has opened whatever is asked for: how that comes about is the gateway's own matter.
    let open =
        axum::middleware::from_fn(move |request: axum::extract::Request, next: axum::middleware::Next| {
            let mut parts = request.uri().path().trim_start_matches('/').split('/');
            let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            if let Ok(name) = format!("{owner}/{}", name.trim_end_matches(".git")).parse() {
                opening.open(&name).unwrap();
            }
            next.run(request)
        });
    let router = ocweb_github_gateway::git_router(gateway).layer(open);
    tokio::spawn(axum::serve(listener, router).into_future());
    format!("http://{address}")
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- log of the service ---\n{}", self.log());
        }
    }
}

/// Stops a process from doing anything, or lets it go on.
pub fn freeze(pid: u32, frozen: bool) {
    use nix::sys::signal::{Signal, kill};
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
    kill(pid, if frozen { Signal::SIGSTOP } else { Signal::SIGCONT }).unwrap();
}

/// Delays that are the same at each run, and spread over the range.
pub struct Delays(pub u64);

impl Delays {
    pub fn next(&mut self, limit_ms: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros((self.0 >> 33) % (limit_ms * 1000))
    }
}

/// Polls until `condition` gives something. It rests longer than it looks, so that who is asked gets to its work: the
/// real opencode spends a processor on answering otherwise.
pub async fn eventually<T>(what: &str, condition: impl AsyncFn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        let look = Instant::now();
        if let Some(found) = condition().await {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "in vain: {what}");
        tokio::time::sleep((look.elapsed() * 4).clamp(Duration::from_millis(10), Duration::from_secs(1)))
            .await;
    }
}

/// Runs git by hand; it has to succeed. Gives what it printed.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@localhost"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Deletes something that has to be refused, and gives the reasons.
pub async fn reasons(service: &Service, path: &str) -> Vec<Value> {
    let (status, problem) = service.delete(path).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("deletion-refused")), "{problem}");
    problem["reasons"].as_array().unwrap().clone()
}

/// Deletes something that has to be refused for this reason among others, and gives it.
pub async fn refused(service: &Service, path: &str, kind: &str) -> Value {
    let reasons = reasons(service, path).await;
    let reason = reasons.iter().find(|reason| reason["kind"] == kind);
    reason.unwrap_or_else(|| panic!("{kind} is not among {reasons:?}")).clone()
}

/// The query that accepts reasons as they were told.
pub fn accepting(reasons: &[Value]) -> String {
    let named =
        reasons.iter().map(|reason| format!("{}:{}", reason["kind"].as_str().unwrap(), reason["count"]));
    format!("?accept={}", named.collect::<Vec<_>>().join(","))
}

/// Deletes something that is refused, and then all the same.
pub async fn deleted_anyway(service: &Service, path: &str) {
    let reasons = reasons(service, path).await;
    deleted(service, &format!("{path}{}", accepting(&reasons))).await;
}

/// Deletes something, which has to succeed.
pub async fn deleted(service: &Service, path: &str) {
    let (status, problem) = service.delete(path).await;
    assert!(matches!(status, StatusCode::NO_CONTENT | StatusCode::OK), "{problem}");
}

/// Commits a new file.
pub fn commit(worktree: &Path, file: &str) {
    std::fs::write(worktree.join(file), file).unwrap();
    git(worktree, &["add", "."]);
    git(worktree, &["commit", "--quiet", "-m", file]);
}

/// Pushes the branch of a worktree of demo/hello-web.
pub fn push(bench: &Bench, worktree: &Path) {
    let address = bench.world.url().replace("http://", &format!("http://x:{}@", bench.world.token()));
    let branch = git(worktree, &["branch", "--show-current"]);
    let remote = format!("{address}/demo/hello-web.git");
    git(worktree, &["-c", "credential.helper=", "push", "--quiet", &remote, &branch]);
    git(worktree, &["fetch", "--quiet", &remote, &format!("+{branch}:refs/remotes/origin/{branch}")]);
}

/// The remote's own repository.
pub fn bare(bench: &Bench, name: &str) -> PathBuf {
    bench.folder.path().join(format!("github/repositories/{name}.git"))
}

/// Somebody else adds a commit, which writes `file`, to what the remote has at `reference`, or else to its default branch.
pub fn add_at_remote(bench: &Bench, name: &str, reference: &str, file: &str) {
    let work = tempfile::tempdir().unwrap();
    let bare = bare(bench, name).display().to_string();
    git(work.path(), &["clone", "--quiet", &bare, "."]);
    let known = git(work.path(), &["ls-remote", "origin", reference]);
    if let Some(commit) = known.split_whitespace().next() {
        git(work.path(), &["fetch", "--quiet", "origin", reference]);
        git(work.path(), &["checkout", "--quiet", "--detach", commit]);
    }
    commit(work.path(), file);
    git(work.path(), &["push", "--quiet", "origin", &format!("HEAD:{reference}")]);
}

/// Puts a program somewhere, such as a hook.
pub fn put_program(path: &Path, words: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, words).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Names of the entries of a folder, hidden ones too, sorted.
pub fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The processes that carry a mark in their environment, the service itself aside.
pub fn processes_marked(mark: &str, but: u32) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if pid != but && environment.windows(mark.len()).any(|window| window == mark.as_bytes()) {
            found.push((pid, String::from_utf8_lossy(&command).replace('\0', " ")));
        }
    }
    found
}
