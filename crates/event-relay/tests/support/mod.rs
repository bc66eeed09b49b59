//! What the tests share: a relay over stand-ins for what it talks to, a client of its stream, and a page.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    missing_docs,
    reason = "test support; each test file uses its part"
)]

pub mod client;
pub mod page;
pub mod real;
pub mod scripted;

use std::{path::PathBuf, time::Duration};

use ocweb_event_relay::{Config, Relay, SERVICE, router};
use ocweb_service::{Listener, ServeError, config::Folders, serve_until};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Far longer than anything takes, on a loaded machine too.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// Folders of data and of sockets.
pub struct House {
    pub folder: TempDir,
}

impl House {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["data", "run"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub fn folders(&self) -> Folders {
        Folders { data: self.folder.path().join("data"), run: self.folder.path().join("run") }
    }

    pub fn socket(&self, service: &str) -> PathBuf {
        self.folders().socket(service)
    }

    /// What the supervisor would say of opencode.
    pub fn name_process(&self, pid: u32) {
        let list = format!(r#"[{{"name":"opencode","pid":{pid},"start_time":1}}]"#);
        std::fs::write(self.folders().run.join("processes.json"), list).unwrap();
        std::fs::write(self.folders().run.join("opencode.ready"), "").unwrap();
    }
}

/// A relay in this process.
pub struct Running {
    pub socket: PathBuf,
    stop: CancellationToken,
    relay: Relay,
    serving: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    pub async fn start(house: &House, opencode_url: &str) -> Self {
        let config = Config {
            folders: house.folders(),
            opencode_url: opencode_url.parse().unwrap(),
            opencode_password: Some("secret".into()),
        };
        let socket = house.socket(SERVICE);
        let listener = Listener::bind(&socket).await.unwrap();
        let stop = CancellationToken::new();
        let relay = Relay::start(&config, stop.clone()).unwrap();
        let serving = tokio::spawn(serve_until(SERVICE, listener, router(relay.clone()), stop.clone()));
        Self { socket, stop, relay, serving }
    }

    pub fn http(&self) -> reqwest::Client {
        http(&self.socket)
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.http().get(format!("http://relay{path}")).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub async fn send(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = method.parse().unwrap();
        let request = self.http().request(method, format!("http://relay{path}")).json(&body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// What the relay says of a chat; null when it says nothing.
    pub async fn chat(&self, id: &str) -> Value {
        let status = self.get("/admin/status").await;
        status["chats"].as_array().unwrap().iter().find(|chat| chat["id"] == id).cloned().unwrap_or_default()
    }

    /// Asks for the status until the chat is as wanted.
    pub async fn until_chat(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        eventually(async || {
            last = self.chat(id).await;
            wanted(&last).then(|| last.clone())
        })
        .await
        .unwrap_or_else(|| panic!("at last the chat was {last:#}"))
    }

    /// Stops it as a signal would.
    pub async fn stop(mut self) {
        self.stop_here().await;
    }

    /// The same, for who puts another one in its place.
    pub async fn stop_here(&mut self) {
        self.stop.cancel();
        (&mut self.serving).await.unwrap().unwrap();
        self.relay.finished().await;
    }
}

pub fn http(socket: &std::path::Path) -> reqwest::Client {
    ocweb_service::client_builder().unix_socket(socket).build().unwrap()
}

/// Asks until there is an answer, or for too long.
pub async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let asking = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.ok()
}
