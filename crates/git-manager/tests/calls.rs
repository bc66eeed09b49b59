//! Commands and shell commands on their way to opencode: each runs once, and what is not certain is asked.

use std::time::Duration;

use crate::support::{Bench, Service, eventually, fake_opencode::Calling};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PHOTO: &str = "data:image/png;base64,iVBORw0KGgo=";

async fn ready(service: &Service) -> String {
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    id
}

async fn post(service: &Service, chat: &str, prompt: Value) -> Value {
    let (status, answer) = service.post(&format!("/admin/chats/{chat}/prompts"), prompt).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    answer
}

/// Waits until the first prompt of a chat is in a state, and gives it.
async fn first(service: &Service, chat: &str, state: &str) -> Value {
    eventually(state, async || {
        let prompt = service.get(&format!("/admin/chats/{chat}")).await["prompts"][0].clone();
        (prompt["state"] == state).then_some(prompt)
    })
    .await
}

fn shell(id: &str, text: &str) -> Value {
    json!({"id": id, "kind": "shell", "text": text})
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_arrives_as_it_was_meant() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let command = json!({"id": "msg_1", "kind": "command", "command": "review", "text": "all of it",
        "model": "demo/org/thinker", "variant": "high", "agent": "plan", "agents": ["nobody"], "mentions": ["README.md"],
        "files": [{"mime": "image/png", "filename": "a.png", "url": PHOTO}]});
    let chat = service.create_chat(json!({"repo": "demo/hello-web", "prompt": command})).await;
    let told = service.get(&format!("/admin/chats/{chat}")).await["prompts"][0].clone();
    assert_eq!((&told["kind"], &told["command"]), (&json!("command"), &json!("review")), "{told}");
    assert_eq!((&told["variant"], &told["text"]), (&json!("high"), &json!("all of it")));
    service.settled(&chat).await;
    post(&service, &chat, shell("msg_2", "npm test")).await;
    service.settled(&chat).await;
    let calls = bench.opencode.memory().calls.clone();
    assert_eq!(
        calls[0],
        json!({"messageID": "msg_1", "command": "review", "arguments": "all of it", "agent": "plan",
            "model": "demo/org/thinker", "variant": "high", "parts": [
                {"id": "prt_100", "type": "file", "mime": "image/png", "filename": "a.png", "url": PHOTO}]})
    );
    assert_eq!(calls[1], json!({"messageID": "msg_2", "command": "npm test", "agent": "build"}));

    let prompt = json!({"id": "msg_3", "text": "look at @README.md with @explore, not @nothing.txt",
        "model": "demo/org/thinker", "variant": "low", "agents": ["explore"], "mentions": ["README.md", "nothing.txt"]});
    post(&service, &chat, prompt).await;
    let directory = service.settled(&chat).await["directory"].clone();
    let sent = bench.opencode.memory().prompts[0].clone();
    assert_eq!(sent["variant"], "low");
    let parts = sent["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 3, "{sent:#}");
    assert_eq!(parts[1], json!({"id": "prt_301", "type": "agent", "name": "explore"}));
    let url = format!("file://{}/README.md", directory.as_str().unwrap());
    assert_eq!(
        parts[2],
        json!({"id": "prt_302", "type": "file", "mime": "text/plain", "filename": "README.md", "url": url})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opencode_does_not_have_is_said() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let chat = ready(&service).await;
    let path = format!("/admin/chats/{chat}/prompts");
    for (number, (prompt, reason)) in [
        (json!({"kind": "command", "command": "nothing", "text": ""}), "no command \"/nothing\""),
        (json!({"text": "x", "agents": ["nobody"]}), "no agent \"nobody\""),
        (json!({"kind": "shell", "text": "ls", "model": "demo/none"}), "no model \"demo/none\""),
        (json!({"text": "x", "model": "demo/demo", "variant": "high"}), "no variant \"high\" of the model"),
    ]
    .into_iter()
    .enumerate()
    {
        let (mut prompt, id) = (prompt, format!("msg_{number}"));
        prompt["id"] = id.clone().into();
        post(&service, &chat, prompt).await;
        let failed = first(&service, &chat, "failed").await;
        assert!(failed["error"]["detail"].as_str().unwrap().contains(reason), "{failed}");
        assert_eq!(service.delete(&format!("{path}/{id}")).await.0, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_refused() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let chat = ready(&service).await;
    let path = format!("/admin/chats/{chat}/prompts");
    for prompt in [
        json!({"id": "msg_1", "kind": "command", "text": "x"}),
        json!({"id": "msg_1", "kind": "magic", "text": "x"}),
        json!({"id": "msg_1", "kind": "shell", "text": " "}),
        json!({"id": "msg_1", "text": "x", "mentions": ["../secret"]}),
    ] {
        let (status, answer) = service.post(&path, prompt).await;
        assert!(status.is_client_error(), "{status} {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_delivered_when_it_runs_not_when_it_is_over() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let chat = ready(&service).await;
    bench.opencode.memory().calling = Calling::Endless;
    for (number, prompt) in [
        shell("msg_1", "npm start"),
        json!({"id": "msg_2", "kind": "command", "command": "dated", "text": ""}),
    ]
    .into_iter()
    .enumerate()
    {
        post(&service, &chat, prompt).await;
        service.settled(&chat).await;
        assert_eq!(bench.opencode.memory().calls.len(), number + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_command_waits_for_an_idle_chat_also_when_it_is_urgent() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let chat = ready(&service).await;
    let directory = service.get(&format!("/admin/chats/{chat}")).await["directory"].clone();
    bench.opencode.memory().busy.insert(chat.clone(), directory.as_str().unwrap().into());
    post(&service, &chat, shell("msg_1", "ls")).await;
    service.send(Method::POST, &format!("/admin/chats/{chat}/prompts/msg_1/send"), None).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(bench.opencode.memory().calls.len(), 0);
    // Idle, as its status says, but somebody else was faster.
    {
        let mut memory = bench.opencode.memory();
        memory.calling = Calling::Busy;
        memory.busy.clear();
    }
    eventually("it was refused", async || (bench.opencode.memory().calls.len() > 1).then_some(())).await;
    bench.opencode.memory().calling = Calling::Answered;
    service.settled(&chat).await;
    let memory = bench.opencode.memory();
    assert_eq!(memory.messages.len(), 1, "those that were refused left nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_says_so() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let chat = ready(&service).await;
    bench.opencode.memory().calling = Calling::Failing;
    post(&service, &chat, json!({"id": "msg_1", "kind": "command", "command": "review", "text": ""})).await;
    let failed = first(&service, &chat, "failed").await;
    assert_eq!(failed["error"]["type"], "undeliverable", "{failed}");
    assert_eq!(bench.opencode.memory().calls.len(), 1);
}

/// Lost on its way while we die: nobody can tell, so it is not run again before somebody says so.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_run_is_asked() {
    let mut bench = Bench::new().await;
    bench.set("OCWEB_PROMPT_SETTLE_SECONDS", "1");
    let mut service = bench.service().await;
    let chat = ready(&service).await;
    let dated = json!({"id": "msg_2", "kind": "command", "command": "dated", "text": ""});
    for (id, prompt) in [("msg_1", shell("msg_1", "npm publish")), ("msg_2", dated)] {
        bench.opencode.memory().calling = Calling::Lost;
        bench.opencode.memory().calls.clear();
        post(&service, &chat, prompt).await;
        first(&service, &chat, "sending").await;
        eventually("it was called", async || (bench.opencode.memory().calls.len() == 1).then_some(())).await;
        // As long as opencode has it, it is nobody's to decide.
        tokio::time::sleep(Duration::from_secs(2)).await;
        first(&service, &chat, "sending").await;
        service.kill();
        service = bench.service().await;
        let asked = first(&service, &chat, "failed").await;
        assert_eq!(asked["error"]["type"], "may-have-run", "{asked}");
        assert_eq!(bench.opencode.memory().calls.len(), 1, "it was not repeated");
        bench.opencode.memory().calling = Calling::Answered;
        let path = format!("/admin/chats/{chat}/prompts/{id}/send");
        assert_eq!(service.send(Method::POST, &path, None).await.0, StatusCode::ACCEPTED);
        service.settled(&chat).await;
        assert_eq!(bench.opencode.memory().calls.len(), 2);
    }
    // One that does nothing before it is stored is repeated unasked.
    bench.opencode.memory().calling = Calling::Lost;
    post(&service, &chat, json!({"id": "msg_3", "kind": "command", "command": "review", "text": ""})).await;
    first(&service, &chat, "sending").await;
    eventually("it was called", async || (bench.opencode.memory().calls.len() == 3).then_some(())).await;
    service.kill();
    bench.opencode.memory().calling = Calling::Answered;
    let service = bench.service().await;
    service.settled(&chat).await;
    assert_eq!(bench.opencode.memory().calls.len(), 4);
}
