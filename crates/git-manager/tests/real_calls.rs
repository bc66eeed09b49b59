//! Commands, shell commands and the real opencode: whoever dies, each runs once, and no shell command twice.

use std::{path::PathBuf, time::Duration};

use crate::support::{Bench, Delays, Service, eventually, real_opencode::RealOpencode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A chat that is ready, with all that can be killed around it.
struct Scene {
    bench: Bench,
    opencode: RealOpencode,
    service: Service,
    chat: String,
    folder: PathBuf,
}

impl Scene {
    async fn set() -> Self {
        let mut bench = Bench::new().await;
        // Among its own settings: what is in a working copy it reads when it opens that, and not again.
        let commands = bench.folder.path().join("opencode/.config/opencode/command");
        std::fs::create_dir_all(&commands).unwrap();
        std::fs::write(commands.join("greet.md"), "---\ndescription: x\n---\nsay: hello $ARGUMENTS\n")
            .unwrap();
        let opencode = RealOpencode::start(&bench).await;
        bench.set("OCWEB_OPENCODE_URL", &opencode.url);
        bench.set("OCWEB_PROMPT_SETTLE_SECONDS", "5");
        let service = bench.service().await;
        let id = service.create_chat(json!({"repo": "demo/hello-web", "model": "demo/demo"})).await;
        let chat = service.settled(&id).await;
        assert_eq!(chat["state"], "ready");
        let folder = chat["directory"].as_str().unwrap().into();
        Self { bench, opencode, service, chat: id, folder }
    }

    async fn post(&self, prompt: Value) {
        let (status, answer) =
            self.service.post(&format!("/admin/chats/{}/prompts", self.chat), prompt).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    }

    /// Sends the prompt of a round and, a moment later, kills us, opencode or both; waits until nothing is on its way.
    async fn kill_meanwhile(&mut self, round: usize, prompt: Value, moment: Duration) {
        self.post(prompt).await;
        tokio::time::sleep(moment).await;
        if round % 3 != 1 {
            self.service.kill();
        }
        if !round.is_multiple_of(3) {
            self.opencode.restart().await;
        }
        if round % 3 != 1 {
            self.service = self.bench.service().await;
        }
        self.settled(round).await;
    }

    /// How often a line is in the file that the shell commands write to.
    fn ran(&self, number: usize) -> usize {
        let lines = std::fs::read_to_string(self.folder.join("ran.txt")).unwrap_or_default();
        lines.lines().filter(|line| *line == number.to_string()).count()
    }

    async fn has_run(&self, number: usize) {
        eventually("it ran", async || (self.ran(number) > 0).then_some(())).await;
    }

    /// Waits until nothing is on its way, and answers whoever is asked: yes, unless it is seen to have run.
    async fn settled(&self, number: usize) {
        let path = format!("/admin/chats/{}", self.chat);
        eventually("nothing is on its way", async || {
            let prompt = self.service.get(&path).await["prompts"][0].clone();
            if prompt.is_null() {
                return Some(());
            }
            if prompt["state"] != "failed" {
                return None;
            }
            assert_eq!(prompt["error"]["type"], "may-have-run", "{prompt}");
            let path = format!("{path}/prompts/{}", prompt["id"].as_str().unwrap());
            if self.ran(number) == 0 {
                self.service.send(Method::POST, &format!("{path}/send"), None).await;
                return None;
            }
            self.service.delete(&path).await;
            Some(())
        })
        .await;
    }
}

fn shell(number: usize) -> Value {
    let text = format!("echo {number} >> ran.txt; sleep 0.2; echo over");
    json!({"id": format!("msg_a{number:03}"), "kind": "shell", "text": text})
}

fn command(number: usize) -> Value {
    let id = format!("msg_a{number:03}");
    json!({"id": id, "kind": "command", "command": "greet", "text": number.to_string()})
}

#[tokio::test(flavor = "multi_thread")]
async fn no_shell_command_runs_twice_whoever_is_killed() {
    let mut scene = Scene::set().await;
    let mut delays = Delays(11);
    for round in 0..4 {
        scene.kill_meanwhile(round, shell(round), delays.next(500)).await;
        // An opencode that is killed between writing it down and starting it never does; its chat says so.
        if round.is_multiple_of(3) {
            scene.has_run(round).await;
        }
    }
    scene.post(shell(9)).await;
    scene.settled(9).await;
    scene.has_run(9).await;
    let times: Vec<_> = [0, 1, 2, 3, 9].into_iter().map(|number| scene.ran(number)).collect();
    assert!(times.iter().all(|times| *times <= 1), "{times:?}");
    assert!(times.iter().sum::<usize>() >= 3, "{times:?} prove nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_is_said_and_answered_once_whoever_is_killed() {
    let mut scene = Scene::set().await;
    let mut delays = Delays(12);
    for round in 0..4 {
        scene.kill_meanwhile(round, command(round), delays.next(500)).await;
    }
    let said = scene.opencode.said(&scene.chat).await;
    let texts: Vec<_> =
        said.iter().map(|(id, parts)| (id.clone(), parts.len(), parts[0]["text"].clone())).collect();
    let expected: Vec<_> = (0..4)
        .map(|number| (format!("msg_a{number:03}"), 1, json!(format!("say: hello {number}"))))
        .collect();
    assert_eq!(texts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mentioned_file_is_read_and_a_mentioned_agent_named() {
    let scene = Scene::set().await;
    std::fs::write(scene.folder.join("notes.md"), "remember the milk").unwrap();
    let prompt = json!({"id": "msg_a000", "text": "say: see @notes.md", "agents": ["general"], "mentions": ["notes.md"]});
    scene.post(prompt).await;
    scene.service.settled(&scene.chat).await;
    let path = format!("session/{}/message/msg_a000", scene.chat);
    let (_, message) = scene.opencode.call(Method::GET, &path).await;
    let parts = message["parts"].as_array().unwrap();
    assert!(message.to_string().contains("remember the milk"), "{message:#}");
    assert!(parts.iter().any(|part| part["type"] == "agent" && part["name"] == "general"), "{message:#}");
    assert!(parts.iter().any(|part| part["type"] == "file" && part["filename"] == "notes.md"), "{message:#}");
}
