//! The real opencode, pointed to the demo's model.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use reqwest::Method;
use serde_json::Value;

use super::{Bench, DEADLINE};

/// A running `opencode serve`, killed when this is dropped.
pub struct RealOpencode {
    pub url: String,
    home: PathBuf,
    environment: Vec<(String, String)>,
    child: Child,
    client: reqwest::Client,
}

impl RealOpencode {
    pub async fn start(bench: &Bench) -> Self {
        let home = bench.folder.path().join("opencode");
        std::fs::create_dir_all(&home).unwrap();
        let environment = bench.world.environment();
        // Not 0: opencode then takes 4096 if that is free, which another test's may want again after a restart.
        let free = ocweb_service::free_port(ocweb_service::BACKEND_PORTS).unwrap();
        let child = spawn(&home, &environment, &free.to_string());
        let client = ocweb_service::client_builder().build().unwrap();
        let mut opencode = Self { url: String::new(), home, environment, child, client };
        opencode.url = opencode.address().await;
        opencode
    }

    /// Its program, and what another of it is started with to see the same sessions.
    pub fn program(&self) -> (PathBuf, Vec<(String, String)>) {
        let own = [("PATH", std::env::var("PATH").unwrap()), ("HOME", self.home.display().to_string())];
        (binary(), own.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again at the same address.
    pub async fn restart(&mut self) {
        self.kill();
        let port = reqwest::Url::parse(&self.url).unwrap().port().unwrap().to_string();
        self.child = spawn(&self.home, &self.environment, &port);
        assert_eq!(self.address().await, self.url);
    }

    /// Stops it from doing anything, or lets it go on.
    pub fn freeze(&self, frozen: bool) {
        super::freeze(self.child.id(), frozen);
    }

    /// Waits until it says where it listens.
    async fn address(&mut self) -> String {
        let stdout = self.child.stdout.take().unwrap();
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut sender = Some(sender);
            // Read on to the end, so that it never waits for a full pipe.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some((_, url)) = line.split_once("listening on ") {
                    let _ = sender.take().map(|sender| sender.send(format!("{}/", url.trim())));
                }
            }
        });
        let url = tokio::time::timeout(DEADLINE, receiver).await.expect("opencode starts in time");
        url.expect("opencode says where it listens")
    }

    /// What the user said in a session: each message's id and its parts, opencode's own additions aside.
    pub async fn said(&self, session: &str) -> Vec<(String, Vec<Value>)> {
        let (_, messages) = self.call(Method::GET, &format!("session/{session}/message")).await;
        let of_user = messages.as_array().unwrap().iter().filter(|message| message["info"]["role"] == "user");
        let own = |message: &Value| {
            let parts = message["parts"].as_array().unwrap().iter();
            parts.filter(|part| part["synthetic"] != true).cloned().collect()
        };
        of_user.map(|message| (message["info"]["id"].as_str().unwrap().to_owned(), own(message))).collect()
    }

    pub async fn call(&self, method: Method, path: &str) -> (u16, Value) {
        self.answer(self.client.request(method, format!("{}{path}", self.url))).await
    }

    /// POSTs a body.
    pub async fn send(&self, path: &str, body: &Value) -> (u16, Value) {
        self.answer(self.client.post(format!("{}{path}", self.url)).json(body)).await
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = request.basic_auth("opencode", Some("password")).timeout(DEADLINE).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }
}

impl Drop for RealOpencode {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(home: &Path, environment: &[(String, String)], port: &str) -> Child {
    Command::new(binary())
        .args(["serve", "--hostname", "127.0.0.1", "--port", port])
        .current_dir(home)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home)
        .env("OPENCODE_SERVER_PASSWORD", "password")
        // Its own packages, which it gets at its first use: a minute of work, and of what a registry does. None is needed.
        .env("NPM_CONFIG_OFFLINE", "true")
        // Without the catalogue of all models: to read it takes 2 s, and one more for each working copy.
        .env("OPENCODE_MODELS_PATH", concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/no-models.json"))
        .envs(environment.iter().filter(|(name, _)| name.starts_with("OPENCODE")).cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn binary() -> PathBuf {
    let installed = "../../.tools/opencode";
    let path = std::env::var_os("OCWEB_OPENCODE_BIN")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(installed), PathBuf::from);
    assert!(path.is_file(), "there is no opencode at {}; dev/test installs it", path.display());
    path
}
