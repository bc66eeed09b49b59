//! What the tests share: the real program as a process of its own, a relay to follow, and receivers that
//! check what the real ones would.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "test support; each test file uses its part, and a test that cannot go on shall panic"
)]

pub mod auth;
pub mod receiver;
pub mod relay;

use std::{
    io::Read,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use auth::Auth;
use receiver::{Received, Receiver};
use relay::Relay;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Generous: machines that run tests may be loaded.
pub const DEADLINE: Duration = Duration::from_mins(3);

/// Waits until `look` finds something.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Folders, a relay and an auth for one test, and the notifiers started over them.
pub struct Bench {
    pub folder: TempDir,
    pub relay: Relay,
    pub auth: Auth,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let relay = Relay::start(&folder.path().join("event-relay/socket"));
        let auth = Auth::start(&folder.path().join("auth/socket"));
        Self { folder, relay, auth }
    }

    /// The service's folder on the volume.
    pub fn own(&self) -> PathBuf {
        self.folder.path().join("ocweb/notifier")
    }

    pub async fn notifier(&self) -> Notifier {
        Notifier::start(self).await
    }

    /// A notifier with these settings that has seen the relay's first snapshot.
    pub async fn notifier_with(&self, settings: Value) -> Notifier {
        let notifier = self.notifier().await;
        notifier.change(settings).await;
        self.relay.followed().await;
        notifier
    }
}

impl Bench {
    /// Fails if more than `count` requests came: one that is due later than anything that could still come
    /// has come, and nothing besides.
    pub async fn nothing_but(&self, count: usize, receiver: &Receiver) {
        self.relay.put(&asking("ses_last", "per_last"));
        let of_last = |one: &Received| one.body.to_string().contains("ses_last");
        let last = async || receiver.received().iter().any(of_last).then_some(());
        until("the last one", last).await;
        assert_eq!(receiver.received().len(), count + 1, "{:?}", receiver.received());
    }
}

/// The real binary, ended when this is dropped.
pub struct Notifier {
    child: Child,
    pub client: reqwest::Client,
    log: Arc<Mutex<String>>,
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Notifier {
    async fn start(bench: &Bench) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ocweb-notifier"))
            .env_clear()
            .env("OCWEB_DATA", bench.folder.path())
            .env("OCWEB_RUN_DIR", bench.folder.path())
            .env("OCWEB_LOG", "debug")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (mut stderr, sink) = (child.stderr.take().unwrap(), Arc::clone(&log));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut buffer) {
                sink.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        let client = ocweb_service::client_builder()
            .unix_socket(bench.folder.path().join("notifier/socket"))
            .timeout(DEADLINE)
            .build()
            .unwrap();
        let mut notifier = Self { child, client, log };
        let begun = Instant::now();
        loop {
            let answer = notifier.client.get("http://notifier/health").send().await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return notifier;
            }
            let ended = notifier.child.try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < DEADLINE, "it does not start: {}", notifier.log());
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

    /// TERM, and whether it ended well.
    pub async fn stop(mut self) -> bool {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let ended = async || self.child.try_wait().unwrap();
        until("its end", ended).await.success()
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = self.client.request(method.clone(), format!("http://notifier{path}"));
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

    /// Changes settings.
    pub async fn change(&self, settings: Value) -> Value {
        let path = "/admin/notifications/settings";
        let (status, answer) = self.send(Method::PUT, path, Some(settings)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// The entries of its log, newest first.
    pub async fn entries(&self) -> Vec<Value> {
        let answer = self.get("/admin/notifications/log").await;
        answer["entries"].as_array().unwrap().clone()
    }

    /// Waits for an entry of this outcome about a chat.
    pub async fn entry(&self, chat: &str, outcome: &str) -> Value {
        let fits = |entry: &Value| entry["chat_id"] == chat && entry["outcome"] == outcome;
        until(&format!("{outcome} of {chat}"), async || self.entries().await.into_iter().find(fits)).await
    }

    /// Subscribes a device and gives its id.
    pub async fn subscribe(&self, subscription: Value) -> String {
        let (status, answer) = self.post("/admin/notifications/subscriptions", subscription).await;
        assert!(status.is_success(), "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Subscribes a device with the header that Caddy sets.
    pub async fn subscribe_with_login(&self, subscription: &Value, login: &str) -> StatusCode {
        let request = self.client.post("http://notifier/admin/notifications/subscriptions");
        request.header("x-ocweb-session", login).json(subscription).send().await.unwrap().status()
    }

    /// Presents a capability.
    pub async fn act(&self, capability: &str) -> (StatusCode, Value) {
        let request = self.client.post("http://notifier/admin/notifications/act").body(capability.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }
}

/// A chat at work, with changes.
pub fn chat(id: &str, change: &Value) -> Value {
    let mut chat = json!({
        "id": id, "repo": "octocat/hello", "title": "Fix the parser", "branch": "ocweb/fix", "base": "main",
        "directory": "/w", "state": "working", "since": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z", "preparation": null,
        "error": null, "retry": null, "prompts": [], "requests": [], "stale_requests": [], "run": null,
        "viewers": 0, "continued": 0,
    });
    chat.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    chat
}

/// A chat that asks for a permission.
pub fn asking(id: &str, request: &str) -> Value {
    chat(id, &json!({ "state": "needs_you", "requests": [permission(id, request)] }))
}

pub fn permission(chat: &str, request: &str) -> Value {
    json!({
        "id": request, "kind": "permission", "chat_id": chat, "session_id": chat, "directory": "/w",
        "asked_at": "2026-01-01T00:00:00Z", "summary": "bash: git push",
        "details": { "id": request, "sessionID": chat, "permission": "bash", "patterns": ["git push"] },
    })
}

pub fn question(chat: &str, request: &str, labels: &[&str]) -> Value {
    let options: Vec<_> = labels.iter().map(|label| json!({ "label": label, "description": "" })).collect();
    json!({
        "id": request, "kind": "question", "chat_id": chat, "session_id": chat, "directory": "/w",
        "asked_at": "2026-01-01T00:00:00Z", "summary": "Which one?",
        "details": { "id": request, "sessionID": chat,
            "questions": [{ "question": "Which one?", "header": "One", "options": options }] },
    })
}

/// A chat whose last run ended just now, after a minute.
pub fn ended(id: &str, outcome: &str, state: &str) -> Value {
    let now = time::OffsetDateTime::now_utc();
    let text = |at: time::OffsetDateTime| at.format(&time::format_description::well_known::Rfc3339).unwrap();
    let run = json!({
        "message_id": format!("msg_{id}"), "outcome": outcome,
        "started_at": text(now - time::Duration::minutes(1)), "ended_at": text(now),
    });
    chat(id, &json!({ "state": state, "since": text(now), "run": run }))
}
