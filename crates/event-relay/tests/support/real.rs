//! The real opencode with the demo's model, which can be killed and started again at the same address.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use ocweb_demo::World;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use super::{
    House, PATIENCE, Running, eventually,
    scripted::{GitManager, OnSocket},
};

/// opencode asks for it, the relay gives it.
const PASSWORD: &str = "secret";

/// A house in which the real opencode works, and a relay over it.
pub struct Stage {
    pub house: House,
    pub relay: Running,
    world: World,
    _git_manager: OnSocket,
    process: Child,
    port: u16,
    models: Models,
    pub directory: PathBuf,
}

/// Which models opencode knows besides the demo's.
#[derive(Debug, Clone, Copy)]
pub enum Models {
    /// None: to read the catalogue of all takes 2 s, and one more for each working copy.
    None,
    All,
}

impl Stage {
    pub async fn set() -> Self {
        Self::knowing(Models::None).await
    }

    pub async fn knowing(models: Models) -> Self {
        let house = House::new();
        let root = house.folder.path();
        let world = World::start(&root.join("world"), ([127, 0, 0, 1], 0).into()).await.unwrap();
        let directory = root.join("copy");
        std::fs::create_dir(&directory).unwrap();
        git(&directory, &["init", "--quiet"]).await;
        git(&directory, &["commit", "--quiet", "--allow-empty", "-m", "x"]).await;
        let port = ocweb_service::free_port(ocweb_service::BACKEND_PORTS).unwrap();
        let process = start(&world, root, port, models);
        house.name_process(process.id().unwrap());
        let git_manager = OnSocket::start(&house.socket("git-manager"), GitManager::new(&json!([])).router());
        let relay = Running::start(&house, &format!("http://127.0.0.1:{port}")).await;
        let stage = Self { house, relay, world, _git_manager: git_manager, process, port, models, directory };
        stage.until_up().await;
        stage
    }

    pub async fn until_up(&self) {
        eventually(async || {
            (self.relay.get("/admin/status").await["instance"]["opencode"] == "up").then_some(())
        })
        .await
        .expect("opencode is never up");
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Another relay in the place of this one.
    pub async fn restart_relay(&mut self) {
        let url = self.url();
        self.relay.stop_here().await;
        self.relay = Running::start(&self.house, &url).await;
        self.until_up().await;
    }

    /// Kills opencode without a word.
    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Starts it again.
    pub fn start_again(&mut self) {
        self.process = start(&self.world, self.house.folder.path(), self.port, self.models);
        self.house.name_process(self.process.id().unwrap());
    }

    /// Calls opencode for the directory; null when the answer has no body.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let client = ocweb_service::client_builder().build().unwrap();
        let mut request = client.request(method, format!("{}{path}", self.url()));
        request = request.query(&[("directory", self.directory.to_str().unwrap())]);
        request = request.basic_auth("opencode", Some(PASSWORD)).timeout(PATIENCE);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn session(&self) -> String {
        self.call(Method::POST, "/session", Some(json!({}))).await["id"].as_str().unwrap().to_owned()
    }

    pub async fn prompt(&self, session: &str, text: &str) {
        let model = json!({"providerID": "demo", "modelID": "demo"});
        let body = json!({"model": model, "parts": [{"type": "text", "text": text}]});
        self.call(Method::POST, &format!("/session/{session}/prompt_async"), Some(body)).await;
    }

    pub async fn messages(&self, session: &str) -> Value {
        self.call(Method::GET, &format!("/session/{session}/message"), None).await
    }
}

fn start(world: &World, root: &Path, port: u16, models: Models) -> Child {
    let state = root.join("state");
    let empty = root.join("empty");
    std::fs::create_dir_all(&empty).unwrap();
    let mut command = Command::new(binary());
    command.env_clear();
    if let Models::None = models {
        command.env("OPENCODE_MODELS_PATH", concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/no-models.json"));
    }
    command
        .args(["serve", "--hostname", "127.0.0.1", "--port", &port.to_string()])
        .current_dir(&empty)
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", &state)
        .env("XDG_DATA_HOME", state.join("data"))
        .env("XDG_CONFIG_HOME", state.join("config"))
        .env("XDG_STATE_HOME", state.join("state"))
        .env("XDG_CACHE_HOME", state.join("cache"))
        .env("OPENCODE_SERVER_PASSWORD", PASSWORD)
        // Its own packages, which it gets at its first use: a minute of work, and of what a registry does. None is needed.
        .env("NPM_CONFIG_OFFLINE", "true")
        .envs(world.environment())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=Test", "-c", "user.email=test@localhost"]);
    command.args(arguments).current_dir(folder).env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1");
    assert!(timeout(PATIENCE, command.status()).await.unwrap().unwrap().success());
}

/// `OCWEB_OPENCODE_BIN`, or where the workspace installs it.
fn binary() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/opencode");
    let binary = std::env::var_os("OCWEB_OPENCODE_BIN").map_or(installed, PathBuf::from);
    assert!(
        binary.is_file(),
        "opencode is not at {}: run bin/install, or set OCWEB_OPENCODE_BIN",
        binary.display()
    );
    binary
}
