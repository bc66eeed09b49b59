//! The real opencode, pointed to a world.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use ocweb_demo::World;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::client;

/// Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(3);

/// A running `opencode serve`, killed when this is dropped.
pub struct Opencode {
    url: String,
    directory: PathBuf,
    _process: Child,
}

impl Opencode {
    /// Starts opencode for `directory`, with its state below `state`.
    pub async fn start(world: &World, directory: &Path, state: &Path) -> Self {
        let mut process = Command::new(binary())
            .args(["serve", "--hostname", "127.0.0.1", "--port", "0"])
            .current_dir(directory)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", state)
            .env("XDG_DATA_HOME", state.join("data"))
            .env("XDG_CONFIG_HOME", state.join("config"))
            .env("XDG_STATE_HOME", state.join("state"))
            .env("XDG_CACHE_HOME", state.join("cache"))
            // Its own packages, which it gets at its first use: a minute of work, and of what a registry does. None is needed.
            .env("NPM_CONFIG_OFFLINE", "true")
            // Without the catalogue of all models: to read it takes 2 s, and one more for each working copy.
            .env("OPENCODE_MODELS_PATH", concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/no-models.json"))
            .envs(world.environment())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, url)) = line.split_once("listening on ") {
                    return url.trim().to_owned();
                }
            }
            panic!("opencode ended without listening");
        };
        let url = timeout(PATIENCE, listening).await.expect("opencode does not listen");
        // What it prints later must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { url, directory: directory.to_owned(), _process: process }
    }

    /// Calls opencode for the directory; the answer's body, or null when it has none.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request = client()
            .request(method, format!("{}{path}", self.url))
            .query(&[("directory", self.directory.to_str().unwrap())])
            .timeout(PATIENCE);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, Some(body)).await
    }

    /// A new session.
    pub async fn session(&self) -> String {
        self.post("/session", json!({})).await["id"].as_str().unwrap().to_owned()
    }

    /// Sends a prompt and returns at once.
    pub async fn prompt(&self, session: &str, model: &str, text: &str) {
        let body = json!({
            "model": {"providerID": "demo", "modelID": model},
            "parts": [{"type": "text", "text": text}],
        });
        self.post(&format!("/session/{session}/prompt_async"), body).await;
    }

    /// Sends a prompt, waits until the session is idle again and returns the parts of the answer.
    pub async fn ask(&self, session: &str, text: &str) -> Vec<Value> {
        self.prompt(session, "demo", text).await;
        self.answer(session).await
    }

    /// The parts of the answer to the last prompt, when it is complete.
    pub async fn answer(&self, session: &str) -> Vec<Value> {
        let messages = self
            .until(&format!("/session/{session}/message"), |messages| {
                let last = messages.as_array()?.last()?;
                let info = &last["info"];
                let over = info["role"] == "assistant"
                    && info["time"]["completed"].is_number()
                    && (info["finish"] != "tool-calls" || info["error"].is_object());
                over.then(|| messages.clone())
            })
            .await;
        let messages = messages.as_array().unwrap();
        let begin = messages.iter().rposition(|message| message["info"]["role"] == "user").unwrap();
        let answers = messages[begin + 1..].iter();
        answers.flat_map(|message| message["parts"].as_array().unwrap().clone()).collect()
    }

    /// Asks for `path` until `condition` finds what it looks for.
    pub async fn until<T>(&self, path: &str, condition: impl Fn(&Value) -> Option<T>) -> T {
        let mut last = Value::Null;
        let found = timeout(PATIENCE, async {
            loop {
                last = self.get(path).await;
                if let Some(found) = condition(&last) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let Ok(found) = found.await else {
            panic!("{path} never showed what was waited for; at last it was {last:#}");
        };
        found
    }
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
