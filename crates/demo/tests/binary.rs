//! The binary: a world around a command, and a world alone.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use crate::support::client;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;

/// `ocweb-demo`, ended by TERM when this is dropped.
struct Demo {
    process: Child,
    _root: TempDir,
}

impl Demo {
    fn start(command: &[&str]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_ocweb-demo"))
            .arg("--root")
            .arg(root.path())
            .args(command)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { process, _root: root }
    }

    fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().try_into().unwrap()), signal).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        // One byte at a time, so that nothing after the line is taken.
        BufReader::with_capacity(1, self.process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn code(&mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if self.process.try_wait().is_ok_and(|status| status.is_none()) {
            self.send(Signal::SIGTERM);
            let _ = self.process.wait();
        }
    }
}

#[test]
fn a_command_gets_the_environment_and_its_exit_code_is_ours() {
    let script = "echo $GITHUB_USER $GITHUB_API_URL $OPENCODE_CONFIG; exit 7";
    let mut demo = Demo::start(&["--", "sh", "-c", script]);
    let mut said = String::new();
    demo.process.stdout.as_mut().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(demo.code(), Some(7));
    assert!(said.starts_with("demo http://127.0.0.1:"), "{said}");
    assert!(said.trim().ends_with("/opencode.json"), "{said}");
}

#[test]
fn a_signal_goes_on_to_the_command() {
    let script = "trap 'echo asked to stop; exit 3' TERM; echo ready; while :; do sleep 0.1; done";
    let mut demo = Demo::start(&["--", "sh", "-c", script]);
    assert_eq!(demo.line(), "ready");
    demo.send(Signal::SIGTERM);
    assert_eq!(demo.line(), "asked to stop");
    assert_eq!(demo.code(), Some(3));
}

#[test]
fn the_command_ends_when_the_demo_is_killed() {
    let script = "trap 'echo orphaned; exit' TERM; echo ready; while :; do sleep 0.1; done";
    let mut demo = Demo::start(&["--", "sh", "-c", script]);
    assert_eq!(demo.line(), "ready");
    demo.send(Signal::SIGKILL);
    assert_eq!(demo.line(), "orphaned");
}

#[tokio::test]
async fn without_a_command_it_says_where_it_is_until_it_is_ended() {
    let mut demo = Demo::start(&[]);
    let told: Value = serde_json::from_str(&demo.line()).unwrap();
    let token = told["environment"]["GITHUB_TOKEN"].as_str().unwrap();
    let user = format!("{}/user", told["environment"]["GITHUB_API_URL"].as_str().unwrap());
    assert_eq!(client().get(user).bearer_auth(token).send().await.unwrap().status(), 200);
    let completions = format!("{}/control/completions", told["address"].as_str().unwrap());
    let list: Value = client().get(completions).send().await.unwrap().json().await.unwrap();
    assert_eq!(list["completions"], serde_json::json!([]));
    demo.send(Signal::SIGTERM);
    assert_eq!(demo.code(), Some(0));
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let mut demo = Demo::start(&["--listen", "0.0.0.0:0"]);
    assert_eq!(demo.code(), Some(1));
}
