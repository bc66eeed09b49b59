//! Commands, shell commands and the real opencode: whoever dies, each runs once, and no shell command twice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod support;

use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Bench, Delays, Service, eventually, real_opencode::RealOpencode};

async fn start() -> (Bench, RealOpencode, Service) {
    let mut bench = Bench::new().await;
    // Among its own settings: what is in a working copy it reads when it opens that, and not again.
    let commands = bench.folder.path().join("opencode/.config/opencode/command");
    std::fs::create_dir_all(&commands).unwrap();
    std::fs::write(commands.join("greet.md"), "---\ndescription: x\n---\nsay: hello $ARGUMENTS\n").unwrap();
    let opencode = RealOpencode::start(&bench).await;
    bench.set("OCWEB_OPENCODE_URL", &opencode.url);
    bench.set("OCWEB_PROMPT_SETTLE_SECONDS", "5");
    let service = bench.service().await;
    (bench, opencode, service)
}

/// A chat that is ready, and its folder.
async fn ready(service: &Service) -> (String, PathBuf) {
    let id = service.create_chat(json!({"repo": "demo/hello-web", "model": "demo/demo"})).await;
    let chat = service.settled(&id).await;
    assert_eq!(chat["state"], "ready");
    (id, chat["directory"].as_str().unwrap().into())
}

async fn post(service: &Service, chat: &str, prompt: Value) {
    let (status, answer) = service.post(&format!("/admin/chats/{chat}/prompts"), prompt).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
}

fn shell(number: usize) -> Value {
    let text = format!("echo {number} >> ran.txt; sleep 0.2; echo over");
    json!({"id": format!("msg_a{number:03}"), "kind": "shell", "text": text})
}

fn command(number: usize) -> Value {
    let id = format!("msg_a{number:03}");
    json!({"id": id, "kind": "command", "command": "greet", "text": number.to_string()})
}

/// How often a line is in the file that the shell commands write to.
fn ran(folder: &Path, number: usize) -> usize {
    let lines = std::fs::read_to_string(folder.join("ran.txt")).unwrap_or_default();
    lines.lines().filter(|line| *line == number.to_string()).count()
}

/// Waits until nothing is on its way, and answers whoever is asked: yes, unless it is seen to have run.
async fn settled(service: &Service, chat: &str, folder: &Path, number: usize) -> bool {
    eventually("nothing is on its way", async || {
        let prompt = service.get(&format!("/admin/chats/{chat}")).await["prompts"][0].clone();
        if prompt.is_null() {
            return Some(false);
        }
        if prompt["state"] != "failed" {
            return None;
        }
        assert_eq!(prompt["error"]["type"], "may-have-run", "{prompt}");
        let path = format!("/admin/chats/{chat}/prompts/{}", prompt["id"].as_str().unwrap());
        if ran(folder, number) == 0 {
            service.send(Method::POST, &format!("{path}/send"), None).await;
            return None;
        }
        service.delete(&path).await;
        Some(true)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_shell_command_runs_twice_whoever_is_killed() {
    let (bench, mut opencode, mut service) = start().await;
    let (chat, folder) = ready(&service).await;
    let mut delays = Delays(11);
    for round in 0..4 {
        post(&service, &chat, shell(round)).await;
        tokio::time::sleep(delays.next(500)).await;
        if round % 3 != 1 {
            service.kill();
        }
        if round % 3 != 0 {
            opencode.restart().await;
        }
        if round % 3 != 1 {
            service = bench.service().await;
        }
        settled(&service, &chat, &folder, round).await;
        // An opencode that is killed between writing it down and starting it never does; its chat says so.
        if round % 3 == 0 {
            eventually("it ran", async || (ran(&folder, round) > 0).then_some(())).await;
        }
    }
    post(&service, &chat, shell(9)).await;
    settled(&service, &chat, &folder, 9).await;
    eventually("the last one ran", async || (ran(&folder, 9) > 0).then_some(())).await;
    let times: Vec<_> = [0, 1, 2, 3, 9].into_iter().map(|number| ran(&folder, number)).collect();
    assert!(times.iter().all(|times| *times <= 1), "{times:?}");
    assert!(times.iter().sum::<usize>() >= 3, "{times:?} prove nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_is_said_and_answered_once_whoever_is_killed() {
    let (bench, mut opencode, mut service) = start().await;
    let (chat, folder) = ready(&service).await;
    let mut delays = Delays(12);
    for round in 0..4 {
        post(&service, &chat, command(round)).await;
        tokio::time::sleep(delays.next(500)).await;
        if round % 3 != 1 {
            service.kill();
        }
        if round % 3 != 0 {
            opencode.restart().await;
        }
        if round % 3 != 1 {
            service = bench.service().await;
        }
        settled(&service, &chat, &folder, round).await;
    }
    let said = opencode.said(&chat).await;
    let texts: Vec<_> =
        said.iter().map(|(id, parts)| (id.clone(), parts.len(), parts[0]["text"].clone())).collect();
    let expected: Vec<_> = (0..4)
        .map(|number| (format!("msg_a{number:03}"), 1, json!(format!("say: hello {number}"))))
        .collect();
    assert_eq!(texts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mentioned_file_is_read_and_a_mentioned_agent_named() {
    let (_bench, opencode, service) = start().await;
    let (chat, folder) = ready(&service).await;
    std::fs::write(folder.join("notes.md"), "remember the milk").unwrap();
    let prompt = json!({"id": "msg_a000", "text": "say: see @notes.md", "agents": ["general"], "mentions": ["notes.md"]});
    post(&service, &chat, prompt).await;
    service.settled(&chat).await;
    let (_, message) = opencode.call(Method::GET, &format!("session/{chat}/message/msg_a000")).await;
    let parts = message["parts"].as_array().unwrap();
    assert!(message.to_string().contains("remember the milk"), "{message:#}");
    assert!(parts.iter().any(|part| part["type"] == "agent" && part["name"] == "general"), "{message:#}");
    assert!(parts.iter().any(|part| part["type"] == "file" && part["filename"] == "notes.md"), "{message:#}");
}
