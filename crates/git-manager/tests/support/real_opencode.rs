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
    child: Child,
}

impl RealOpencode {
    pub async fn start(bench: &Bench) -> Self {
        let home = bench.folder.path().join("opencode");
        std::fs::create_dir_all(&home).unwrap();
        let mut child = Command::new(binary())
            .args(["serve", "--hostname", "127.0.0.1", "--port", "0"])
            .current_dir(&home)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", &home)
            .env("OPENCODE_SERVER_PASSWORD", "password")
            .envs(bench.world.environment().into_iter().filter(|(name, _)| name.starts_with("OPENCODE")))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
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
        let guard = Self { url: String::new(), child };
        let url = tokio::time::timeout(DEADLINE, receiver).await.expect("opencode starts in time");
        let mut guard = guard;
        guard.url = url.expect("opencode says where it listens");
        guard
    }

    pub async fn call(&self, method: Method, path: &str) -> (u16, Value) {
        let request =
            ocweb_service::client_builder().build().unwrap().request(method, format!("{}{path}", self.url));
        let answer = request.basic_auth("opencode", Some("password")).timeout(DEADLINE).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }
}

impl Drop for RealOpencode {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary() -> PathBuf {
    let installed = "../../tools/opencode/node_modules/opencode-linux-x64/bin/opencode";
    let path = std::env::var_os("OCWEB_OPENCODE_BIN")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(installed), PathBuf::from);
    assert!(path.is_file(), "there is no opencode at {}; dev/test installs it", path.display());
    path
}
