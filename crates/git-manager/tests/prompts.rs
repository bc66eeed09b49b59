//! Prompts between the phone and opencode: kept, in order, once, and taken back while there is time.

use std::time::Duration;

use crate::support::{self, Bench, Service, deleted_anyway, entries, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PHOTO: &str = "data:image/png;base64,iVBORw0KGgo=";

/// A chat that is ready and idle.
async fn ready(service: &Service) -> String {
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    id
}

fn set_busy(bench: &Bench, chat: &Value) {
    let (id, directory) = (chat["id"].as_str().unwrap(), chat["directory"].as_str().unwrap());
    bench.opencode.memory().busy.insert(id.into(), directory.into());
}

async fn chat(service: &Service, id: &str) -> Value {
    service.get(&format!("/admin/chats/{id}")).await
}

/// The ids of the prompts that wait in a chat.
async fn waiting(service: &Service, id: &str) -> Vec<String> {
    let chat = chat(service, id).await;
    chat["prompts"].as_array().unwrap().iter().map(|prompt| prompt["id"].as_str().unwrap().into()).collect()
}

/// Waits until a prompt failed, and gives it.
async fn failed(service: &Service, id: &str) -> Value {
    eventually("the first prompt failed", async || {
        let prompt = chat(service, id).await["prompts"][0].clone();
        (prompt["state"] == "failed").then_some(prompt)
    })
    .await
}

fn files_kept(bench: &Bench) -> usize {
    entries(&bench.data().join("ocweb/git-manager/prompts/files")).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_prompt_leaves_open_is_as_the_chat_used_it_last() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id =
        service.create_chat(json!({"repo": "demo/hello-web", "model": "demo/demo", "agent": "build"})).await;
    service.settled(&id).await;
    let path = format!("/admin/chats/{id}/prompts");
    let sent = |index: usize| {
        let body = bench.opencode.memory().prompts[index].clone();
        json!([body["agent"], body["model"]["modelID"], body["variant"]])
    };
    // Not spoken to yet: as it was made.
    service.post(&path, json!({"id": "msg_1", "text": "first"})).await;
    service.settled(&id).await;
    assert_eq!(sent(0), json!(["build", "demo", null]));
    // Changed since, on whatever device.
    let model = json!({"providerID": "demo", "id": "org/thinker", "variant": "high"});
    bench.opencode.memory().used.insert(id.clone(), json!({"agent": "plan", "model": model}));
    service.post(&path, json!({"id": "msg_2", "text": "second"})).await;
    service.settled(&id).await;
    assert_eq!(sent(1), json!(["plan", "org/thinker", "high"]));
    service.post(&path, json!({"id": "msg_3", "text": "third", "model": "demo/demo"})).await;
    service.settled(&id).await;
    // The variant was the other model's.
    assert_eq!(sent(2), json!(["plan", "demo", null]));
    service.post(&path, json!({"id": "msg_4", "text": "fourth", "agent": "build"})).await;
    service.settled(&id).await;
    assert_eq!(sent(3), json!(["build", "org/thinker", "high"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_reaches_an_idle_chat_with_its_files() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id =
        service.create_chat(json!({"repo": "demo/hello-web", "model": "demo/demo", "agent": "plan"})).await;
    service.settled(&id).await;
    let file = json!({"mime": "image/png", "filename": "a.png", "url": PHOTO});
    let request = json!({"id": "msg_1", "text": "look", "agent": "build", "files": [file]});
    let (status, prompt) = service.post(&format!("/admin/chats/{id}/prompts"), request).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(prompt["files"], json!([{"mime": "image/png", "filename": "a.png"}]));
    assert_eq!((&prompt["model"], &prompt["agent"]), (&json!(null), &json!("build")));
    assert_eq!((&prompt["state"], &prompt["error"]), (&json!("waiting"), &json!(null)));
    service.settled(&id).await;
    let sent = bench.opencode.memory().prompts[0].clone();
    assert_eq!((&sent["messageID"], &sent["agent"]), (&json!("msg_1"), &json!("build")));
    assert_eq!(sent["model"], json!({"providerID": "demo", "modelID": "demo"}));
    assert_eq!(sent["parts"][0]["text"], "look");
    let file = &sent["parts"][1];
    assert_eq!(
        (&file["type"], &file["filename"], &file["url"]),
        (&json!("file"), &json!("a.png"), &json!(PHOTO))
    );
    eventually("its content is gone", async || (files_kept(&bench) == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_prompt_again_changes_nothing_also_after_restarts() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let id = ready(&service).await;
    set_busy(&bench, &chat(&service, &id).await);
    let send = async |service: &Service| service.prompt(&id, "msg_1", "go").await;
    // Two at the same moment, as a retry may overtake what it repeats.
    let (first, second) = tokio::join!(send(&service), send(&service));
    assert_eq!((&first["state"], &first["created_at"]), (&json!("waiting"), &second["created_at"]));
    service.kill();
    let mut service = bench.service().await;
    assert_eq!(send(&service).await["created_at"], first["created_at"]);
    assert_eq!(waiting(&service, &id).await, ["msg_1"]);
    bench.opencode.memory().busy.clear();
    service.settled(&id).await;
    assert_eq!(send(&service).await["state"], "delivered");
    service.kill();
    let service = bench.service().await;
    let again = service.prompt(&id, "msg_1", "something else").await;
    assert_eq!(again["state"], "delivered");
    assert_eq!(waiting(&service, &id).await, [""; 0]);
    // Also where our own memory of it is gone: opencode has it.
    drop(service);
    std::fs::remove_file(bench.data().join(format!("ocweb/git-manager/prompts/ledgers/{id}.json"))).unwrap();
    let service = bench.service().await;
    assert_eq!(send(&service).await["state"], "waiting");
    service.settled(&id).await;
    let memory = bench.opencode.memory();
    assert_eq!((memory.texts(&id), memory.prompts.len()), (vec![vec!["go".to_owned()]], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_delivered_in_order_each_to_an_idle_chat() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    let chat = chat(&service, &id).await;
    set_busy(&bench, &chat);
    bench.opencode.memory().keeps_working = true;
    for number in 0..5 {
        // Their ids say nothing about their order.
        service.prompt(&id, &format!("msg_{}", 9 - number), &format!("{number}")).await;
    }
    for number in 0..5 {
        assert_eq!(waiting(&service, &id).await.len(), 5 - number);
        bench.opencode.memory().busy.clear();
        eventually("the next one is delivered", async || {
            (bench.opencode.memory().texts(&id).len() > number).then_some(())
        })
        .await;
        eventually("it is known to be", async || {
            (waiting(&service, &id).await.len() == 4 - number).then_some(())
        })
        .await;
        assert_eq!(bench.opencode.memory().texts(&id).len(), number + 1, "one at a time");
    }
    let texts: Vec<_> = bench.opencode.memory().texts(&id).concat();
    assert_eq!(texts, ["0", "1", "2", "3", "4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_taken_back_until_it_is_delivered() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    set_busy(&bench, &chat(&service, &id).await);
    let file = json!({"mime": "image/png", "filename": "a.png", "url": PHOTO});
    let path = format!("/admin/chats/{id}/prompts");
    service.prompt(&id, "msg_1", "first").await;
    service.post(&path, json!({"id": "msg_2", "text": "second", "files": [file]})).await;
    service.prompt(&id, "msg_3", "third").await;
    assert_eq!(files_kept(&bench), 1);
    let (status, prompt) = service.delete(&format!("{path}/msg_2")).await;
    assert_eq!((status, &prompt["text"]), (StatusCode::OK, &json!("second")));
    assert_eq!(prompt["files"], json!([file]));
    assert_eq!(files_kept(&bench), 0);
    assert_eq!(service.delete(&format!("{path}/msg_2")).await.0, StatusCode::NOT_FOUND);
    // A repetition that comes late does not bring it back.
    let (status, problem) = service.post(&path, json!({"id": "msg_2", "text": "second"})).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("prompt-taken-back")));
    bench.opencode.memory().busy.clear();
    service.settled(&id).await;
    assert_eq!(bench.opencode.memory().texts(&id).concat(), ["first", "third"]);
    for method in [Method::DELETE, Method::POST] {
        let path =
            if method == Method::POST { format!("{path}/msg_1/send") } else { format!("{path}/msg_1") };
        let (status, problem) = service.send(method, &path, None).await;
        assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("prompt-delivered")));
    }
}

/// A phone gives a request up and takes its prompt back; then the network delivers what was given up.
#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_comes_after_it_was_taken_back_never_runs() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let id = ready(&service).await;
    let path = format!("/admin/chats/{id}/prompts");
    let new = json!({"id": "ses_new", "repo": "demo/hello-web", "prompt": {"id": "msg_1", "text": "no"}});
    for taken_back in [&path, "/admin/chats/ses_new/prompts"] {
        assert_eq!(service.delete(&format!("{taken_back}/msg_1")).await.0, StatusCode::NOT_FOUND);
    }
    for restart in [false, true] {
        if restart {
            service.kill();
            service = bench.service().await;
        }
        for (path, request) in [(path.as_str(), new["prompt"].clone()), ("/admin/chats", new.clone())] {
            let (status, problem) = service.post(path, request).await;
            assert_eq!(
                (status, &problem["type"]),
                (StatusCode::CONFLICT, &json!("prompt-taken-back")),
                "{path}"
            );
        }
        assert_eq!(
            service.send(Method::GET, "/admin/chats/ses_new", None).await.0,
            StatusCode::NOT_FOUND,
            "it was not made"
        );
    }
    // The chat itself was not taken back: what was typed behind it makes it.
    let next = json!({"id": "ses_new", "repo": "demo/hello-web", "prompt": {"id": "msg_2", "text": "yes"}});
    service.create_chat(next).await;
    service.settled("ses_new").await;
    assert_eq!(service.post("/admin/chats", new).await.1["type"], "prompt-taken-back");
    service.prompt(&id, "msg_2", "yes").await;
    service.settled(&id).await;
    let memory = bench.opencode.memory();
    assert_eq!(
        (memory.texts(&id), memory.texts("ses_new")),
        (vec![vec!["yes".to_owned()]], vec![vec!["yes".into()]])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_wait_for_the_clone_and_go_with_their_chat() {
    let bench = Bench::new().await;
    bench.world.rates().set("demo/slow-assets", Some(200_000));
    let mut service = bench.service().await;
    let new = json!({"id": "ses_a", "repo": "demo/slow-assets", "prompt": {"id": "msg_1", "text": "first"}});
    let id = service.create_chat(new.clone()).await;
    assert_eq!(id, "ses_a");
    service.prompt(&id, "msg_2", "second").await;
    service.kill();
    let service = bench.service().await;
    service.create_chat(new).await;
    service.prompt(&id, "msg_3", "third").await;
    assert_eq!(waiting(&service, &id).await, ["msg_1", "msg_2", "msg_3"]);
    // Even its only prompt can be taken back while the chat is made.
    let other = json!({"id": "ses_b", "repo": "demo/slow-assets", "prompt": {"id": "msg_1", "text": "no"}});
    service.create_chat(other).await;
    assert_eq!(service.delete("/admin/chats/ses_b/prompts/msg_1").await.0, StatusCode::OK);
    service.create_chat(json!({"id": "ses_c", "repo": "demo/slow-assets", "prompt": "no"})).await;
    deleted_anyway(&service, "/admin/chats/ses_c").await;
    bench.world.rates().set("demo/slow-assets", None);
    drop(service);
    let service = bench.service().await;
    service.settled(&id).await;
    service.settled("ses_b").await;
    let memory = bench.opencode.memory();
    assert_eq!(memory.texts(&id).concat(), ["first", "second", "third"]);
    assert_eq!(memory.messages.len(), 3);
    drop(memory);
    let ledgers = entries(&bench.data().join("ocweb/git-manager/prompts/ledgers"));
    assert_eq!(ledgers, ["ses_a.json", "ses_b.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_chat_again_is_the_same_chat() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let new = json!({"id": "ses_a", "repo": "demo/hello-web", "prompt": {"id": "msg_1", "text": "go"}});
    let (first, second) = tokio::join!(service.create_chat(new.clone()), service.create_chat(new.clone()));
    assert_eq!((first.as_str(), second.as_str()), ("ses_a", "ses_a"));
    service.settled("ses_a").await;
    // Another spelling is the same repository to GitHub.
    service.create_chat(json!({"id": "ses_a", "repo": "Demo/Hello-Web", "prompt": "again"})).await;
    let other = json!({"id": "ses_a", "repo": "demo/tally"});
    let (status, problem) = service.post("/admin/chats", other).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("chat-exists")));
    service.settled("ses_a").await;
    assert_eq!(service.get("/admin/chats").await["chats"].as_array().unwrap().len(), 1);
    assert_eq!(bench.opencode.memory().texts("ses_a"), [["go"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_comes_with_a_chat_that_is_there_is_taken_into_it() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let new = |prompt: &str, text: &str| json!({"id": "ses_a", "repo": "demo/hello-web", "agent": "build", "prompt": {"id": prompt, "text": text}});
    service.create_chat(new("msg_1", "first")).await;
    set_busy(&bench, &service.settled("ses_a").await);
    let (status, answer) = service.post("/admin/chats", new("msg_2", "second")).await;
    assert_eq!((status, &answer["prompts"][0]["id"]), (StatusCode::ACCEPTED, &json!("msg_2")));
    // Repetitions of both, and a mere text, of which nobody knows whether it is one.
    service.create_chat(new("msg_2", "second")).await;
    service.create_chat(new("msg_1", "first")).await;
    service.create_chat(json!({"id": "ses_a", "repo": "demo/hello-web", "prompt": "first"})).await;
    assert_eq!(waiting(&service, "ses_a").await, ["msg_2"]);
    bench.opencode.memory().busy.clear();
    service.settled("ses_a").await;
    assert_eq!(bench.opencode.memory().texts("ses_a").concat(), ["first", "second"]);
    // One that was taken back is refused, as it is where prompts are sent.
    set_busy(&bench, &chat(&service, "ses_a").await);
    service.create_chat(new("msg_3", "third")).await;
    assert_eq!(service.delete("/admin/chats/ses_a/prompts/msg_3").await.0, StatusCode::OK);
    let (status, problem) = service.post("/admin/chats", new("msg_3", "third")).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("prompt-taken-back")));
}

#[tokio::test(flavor = "multi_thread")]
async fn sent_at_once_it_does_not_wait_for_the_chat() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    set_busy(&bench, &chat(&service, &id).await);
    for (prompt, text) in [("msg_1", "first"), ("msg_2", "second"), ("msg_3", "third")] {
        service.prompt(&id, prompt, text).await;
    }
    let (status, prompt) =
        service.send(Method::POST, &format!("/admin/chats/{id}/prompts/msg_2/send"), None).await;
    assert_eq!((status, &prompt["id"]), (StatusCode::ACCEPTED, &json!("msg_2")));
    eventually("two are delivered", async || (waiting(&service, &id).await.len() == 1).then_some(())).await;
    assert_eq!(bench.opencode.memory().texts(&id).concat(), ["first", "second"]);
    assert_eq!(waiting(&service, &id).await, ["msg_3"]);
}

/// What the prompts of a chat are and wait for.
async fn states(service: &Service, id: &str) -> Vec<(String, String)> {
    let prompts = chat(service, id).await["prompts"].as_array().unwrap().clone();
    let text = |prompt: &Value, name: &str| prompt[name].as_str().unwrap().to_owned();
    prompts.iter().map(|prompt| (text(prompt, "text"), text(prompt, "state"))).collect()
}

async fn told(service: &Service, id: &str, what: &str) {
    let (status, problem) = service.send(Method::POST, &format!("/admin/chats/{id}/{what}"), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_chat_rests_and_what_waits_is_held() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let id = ready(&service).await;
    let of = |states: &[(&str, &str)]| -> Vec<(String, String)> {
        states.iter().map(|(text, state)| ((*text).to_owned(), (*state).to_owned())).collect()
    };
    let directory = chat(&service, &id).await["directory"].as_str().unwrap().to_owned();
    for session in [&id, "ses_subagent", "ses_other"] {
        bench.opencode.memory().busy.insert(session.to_owned(), directory.clone());
    }
    bench.opencode.memory().parents.insert("ses_subagent".into(), id.clone());
    for session in ["ses_subagent", "ses_other"] {
        bench.opencode.memory().sessions.insert(session.into(), (directory.clone(), None));
    }
    for number in 1..=3 {
        service.prompt(&id, &format!("msg_{number}"), &number.to_string()).await;
    }
    told(&service, &id, "stop").await;
    let busy: Vec<_> = bench.opencode.memory().busy.keys().cloned().collect();
    assert_eq!(busy, ["ses_other"], "another conversation of its folder goes on");
    let held = of(&[("1", "held"), ("2", "held"), ("3", "held")]);
    assert_eq!(states(&service, &id).await, held);
    service.kill();
    service = bench.service().await;
    assert_eq!(states(&service, &id).await, held);
    // The same prompt again is none that was sent since.
    assert_eq!(service.prompt(&id, "msg_1", "1").await["state"], "held");
    assert_eq!(service.delete(&format!("/admin/chats/{id}/prompts/msg_2")).await.0, StatusCode::OK);
    assert_eq!(bench.opencode.memory().prompts.len(), 0);
    told(&service, &id, "resume").await;
    service.settled(&id).await;
    assert_eq!(bench.opencode.memory().texts(&id).concat(), ["1", "3"]);

    // A new prompt has those before it go on too.
    set_busy(&bench, &chat(&service, &id).await);
    service.prompt(&id, "msg_4", "4").await;
    told(&service, &id, "stop").await;
    assert_eq!(states(&service, &id).await, of(&[("4", "held")]));
    service.prompt(&id, "msg_5", "5").await;
    service.settled(&id).await;
    assert_eq!(bench.opencode.memory().texts(&id).concat(), ["1", "3", "4", "5"]);
    // Nothing waits: nothing is held.
    told(&service, &id, "stop").await;
    service.prompt(&id, "msg_6", "6").await;
    service.settled(&id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_held_also_while_opencode_does_not_answer() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    set_busy(&bench, &chat(&service, &id).await);
    service.prompt(&id, "msg_1", "1").await;
    bench.opencode.memory().mute = true;
    let stop = format!("http://service/admin/chats/{id}/stop");
    let stopping = tokio::spawn(service.client.post(stop).send());
    eventually("it is held", async || (states(&service, &id).await[0].1 == "held").then_some(())).await;
    stopping.abort();
    bench.opencode.memory().mute = false;
    for (path, expected) in [("ses_none", 404), ("nonsense", 400)] {
        let (status, _) = service.send(Method::POST, &format!("/admin/chats/{path}/stop"), None).await;
        assert_eq!(status, expected, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opencode_does_not_know_fails_and_holds_the_others_up() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    let path = format!("/admin/chats/{id}/prompts");
    service.post(&path, json!({"id": "msg_1", "text": "first", "agent": "nobody"})).await;
    service.prompt(&id, "msg_2", "second").await;
    let prompt = failed(&service, &id).await;
    assert_eq!(prompt["error"]["type"], "undeliverable");
    assert!(prompt["error"]["detail"].as_str().unwrap().contains("no agent \"nobody\""), "{prompt}");
    assert_eq!(waiting(&service, &id).await, ["msg_1", "msg_2"]);
    // Tried again it fails again; taken back it lets the next one pass.
    let (status, prompt) = service.send(Method::POST, &format!("{path}/msg_1/send"), None).await;
    assert_eq!(
        (status, &prompt["state"], &prompt["error"]),
        (StatusCode::ACCEPTED, &json!("waiting"), &json!(null))
    );
    failed(&service, &id).await;
    assert_eq!(service.delete(&format!("{path}/msg_1")).await.0, StatusCode::OK);
    service.settled(&id).await;
    assert_eq!(bench.opencode.memory().texts(&id), [["second"]]);

    service.post(&path, json!({"id": "msg_3", "text": "third", "model": "demo/none"})).await;
    let prompt = failed(&service, &id).await;
    assert!(prompt["error"]["detail"].as_str().unwrap().contains("no model \"demo/none\""), "{prompt}");
    assert_eq!(bench.opencode.memory().prompts.len(), 1, "nothing was sent that cannot run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_opencode_forgets_is_not_sent_for_ever() {
    let mut bench = Bench::new().await;
    bench.set("OCWEB_PROMPT_SETTLE_SECONDS", "1");
    let service = bench.service().await;
    let id = ready(&service).await;
    bench.opencode.memory().forget_prompts = true;
    service.prompt(&id, "msg_1", "go").await;
    assert_eq!(failed(&service, &id).await["error"]["type"], "undeliverable");
    assert_eq!(bench.opencode.memory().prompts.len(), 2);
    bench.opencode.memory().forget_prompts = false;
    service.send(Method::POST, &format!("/admin/chats/{id}/prompts/msg_1/send"), None).await;
    service.settled(&id).await;
    assert_eq!(bench.opencode.memory().texts(&id), [["go"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_stored_without_its_parts_gets_them() {
    let mut bench = Bench::new().await;
    bench.set("OCWEB_PROMPT_SETTLE_SECONDS", "1");
    let service = bench.service().await;
    bench.opencode.memory().forget_parts = 1;
    let id = service.create_chat(json!({"repo": "demo/hello-web", "prompt": "go"})).await;
    service.settled(&id).await;
    let memory = bench.opencode.memory();
    assert_eq!((memory.texts(&id), memory.prompts.len()), (vec![vec!["go".to_owned()]], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_is_stored_late_is_not_sent_twice() {
    let bench = Bench::new().await;
    bench.opencode.memory().store_delay = Duration::from_secs(3);
    let mut service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/dotfiles", "prompt": "go"})).await;
    eventually("it was sent", async || (!bench.opencode.memory().prompts.is_empty()).then_some(())).await;
    let prompt = chat(&service, &id).await["prompts"][0].clone();
    assert_eq!(prompt["state"], "sending");
    let path = format!("/admin/chats/{id}/prompts/{}", prompt["id"].as_str().unwrap());
    assert_eq!(service.delete(&path).await.1["type"], "prompt-delivered");
    service.kill();
    let service = bench.service().await;
    service.settled(&id).await;
    let memory = bench.opencode.memory();
    assert_eq!((memory.texts(&id), memory.prompts.len()), (vec![vec!["go".to_owned()]], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_prompt_that_arrived_all_the_same_is_not_sent_again() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    bench.opencode.memory().store_delay = Duration::from_secs(2);
    service.prompt(&id, "msg_1", "go").await;
    eventually("it was sent", async || (!bench.opencode.memory().prompts.is_empty()).then_some(())).await;
    bench.opencode.memory().fail_with = Some(500);
    assert_eq!(failed(&service, &id).await["error"]["type"], "opencode-error");
    bench.opencode.memory().fail_with = None;
    let stored = async || (!bench.opencode.memory().messages.is_empty()).then_some(());
    eventually("it is stored all the same", stored).await;
    service.send(Method::POST, &format!("/admin/chats/{id}/prompts/msg_1/send"), None).await;
    service.settled(&id).await;
    let memory = bench.opencode.memory();
    assert_eq!((memory.texts(&id), memory.prompts.len()), (vec![vec!["go".to_owned()]], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_lost_its_place_says_so() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    bench.opencode.memory().sessions.clear();
    service.prompt(&id, "msg_1", "go").await;
    let prompt = failed(&service, &id).await;
    assert!(prompt["error"]["detail"].as_str().unwrap().contains("does not know the session"), "{prompt}");
    let id = ready(&service).await;
    let worktree = format!("/admin/worktrees/demo/hello-web/{id}");
    assert_eq!(service.delete(&worktree).await.0, StatusCode::NO_CONTENT);
    service.prompt(&id, "msg_1", "go").await;
    let prompt = failed(&service, &id).await;
    assert!(prompt["error"]["detail"].as_str().unwrap().contains("working copy"), "{prompt}");
    // With its worktree gone there is only the prompt to lose.
    deleted_anyway(&service, &format!("/admin/chats/{id}")).await;
    assert_eq!(service.delete(&format!("/admin/chats/{id}/prompts/msg_1")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn chats_that_an_earlier_version_left_go_on() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(ready(&service).await);
    }
    service.kill();
    let records = bench.data().join("ocweb/git-manager/chats");
    let rewrite = |id: &str, fields: Value| {
        let path = records.join(format!("{id}.json"));
        let mut record: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        std::fs::write(path, record.to_string()).unwrap();
        std::fs::remove_file(bench.data().join(format!("ocweb/git-manager/prompts/ledgers/{id}.json"))).ok();
    };
    let (now, session) = ("2026-01-01T00:00:00Z", "creating_session");
    // Sent, and there; sent, and lost; not sent yet.
    rewrite(
        &ids[0],
        json!({"state": "sending_prompt", "prompt": "there", "message": "msg_1", "sent_at": now}),
    );
    rewrite(
        &ids[1],
        json!({"state": "sending_prompt", "prompt": "lost", "message": "msg_2", "sent_at": now}),
    );
    rewrite(&ids[2], json!({"state": session, "prompt": "later", "message": null, "sent_at": null}));
    bench.opencode.memory().messages.push(support::fake_opencode::Message {
        session: ids[0].clone(),
        id: "msg_1".into(),
        parts: [("prt_x".to_owned(), json!({"id": "prt_x", "type": "text", "text": "there"}))].into(),
    });
    let mut bench = bench;
    bench.set("OCWEB_PROMPT_SETTLE_SECONDS", "1");
    let mut service = bench.service().await;
    for (id, text) in ids.iter().zip(["there", "lost", "later"]) {
        assert_eq!(service.settled(id).await["state"], "ready");
        assert_eq!(bench.opencode.memory().texts(id), [[text]]);
    }
    service.kill();
    let service = bench.service().await;
    for id in &ids {
        assert_eq!(waiting(&service, id).await, [""; 0]);
    }
    assert_eq!(bench.opencode.memory().messages.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_prompts_are_refused_and_change_nothing() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    set_busy(&bench, &chat(&service, &id).await);
    let path = format!("/admin/chats/{id}/prompts");
    let file = |mime: &str, url: &str| json!({"id": "msg_1", "text": "x", "files": [{"mime": mime, "filename": "f", "url": url}]});
    let many = vec![json!({"mime": "image/png", "filename": "f", "url": PHOTO}); 51];
    let cases = [
        (400, json!({"id": "", "text": "x"})),
        (400, json!({"id": "msg_", "text": "x"})),
        (400, json!({"id": "msg_../../x", "text": "x"})),
        (400, json!({"id": "ses_1", "text": "x"})),
        (400, json!({"id": "msg_é", "text": "x"})),
        (400, json!({"id": format!("msg_{}", "a".repeat(5000)), "text": "x"})),
        (400, json!({"id": "msg_1", "text": " \n"})),
        (400, json!({"id": "msg_1", "text": "a\0b"})),
        (400, json!({"id": "msg_1", "text": "x", "model": "gpt"})),
        (400, json!({"id": "msg_1", "text": "x", "agent": "a\nb"})),
        (400, file("image/png", "file:///etc/passwd")),
        (400, file("image/png", "http://127.0.0.1/")),
        (400, file("image/png", "data:image/png,AAAA")),
        (400, file("image/png", "data:image/jpeg;base64,AAAA")),
        (400, file("image/png", "data:image/png;base64,A")),
        (400, file("", "data:;base64,AAAA")),
        (413, json!({"id": "msg_1", "text": "x".repeat(5 << 20)})),
        (413, json!({"id": "msg_1", "text": "x", "files": many})),
        (413, file("image/png", &format!("data:image/png;base64,{}", "A".repeat(41 << 20)))),
        (413, json!({"id": "msg_1", "text": "x".repeat(50 << 20)})),
        (422, json!({"text": "x"})),
        (422, json!({"id": "msg_1"})),
        (422, json!({"id": 1, "text": "x"})),
        (422, json!({"id": "msg_1", "text": ["x"]})),
        (422, json!({"id": "msg_1", "text": "x", "files": "a.png"})),
        (422, json!([])),
    ];
    for (expected, request) in cases {
        let shown: String = request.to_string().chars().take(200).collect();
        let (status, problem) = service.post(&path, request.clone()).await;
        assert_eq!(status, expected, "{shown}: {problem}");
        if request.to_string().len() > 10 << 20 {
            continue;
        }
        // The same as the first prompt of a new chat.
        let (status, problem) =
            service.post("/admin/chats", json!({"repo": "demo/hello-web", "prompt": request})).await;
        assert_eq!(status, expected, "a chat with {shown}: {problem}");
    }
    for id in ["", "ses_", "ses_../x", "a__b", "msg_1", "ses_a/b"] {
        let (status, _) = service.post("/admin/chats", json!({"id": id, "repo": "demo/hello-web"})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{id}");
    }
    let good = json!({"id": "msg_1", "text": "x"});
    for (path, expected) in [
        ("/admin/chats/ses_none/prompts".to_owned(), 404),
        ("/admin/chats/..%2f..%2fx/prompts".to_owned(), 400),
        ("/admin/chats/nonsense/prompts".to_owned(), 400),
        (format!("{path}/msg_none/send"), 404),
        (format!("{path}/nonsense/send"), 400),
    ] {
        assert_eq!(service.post(&path, good.clone()).await.0, expected, "{path}");
    }
    assert_eq!(service.delete(&format!("{path}/msg_none")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(waiting(&service, &id).await, [""; 0]);
    assert_eq!(service.get("/admin/chats").await["chats"].as_array().unwrap().len(), 1);
    // At the limits it is taken.
    let photo = format!("data:image/png;base64,{}", "A".repeat(40 << 20));
    let (status, _) = service.post(&path, file("image/png", &photo)).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (status, prompt) = service.delete(&format!("{path}/msg_1")).await;
    assert_eq!(
        (status, prompt["files"][0]["url"].as_str().map(str::len)),
        (StatusCode::OK, Some(photo.len()))
    );
    assert_eq!(files_kept(&bench), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_prompts_wait() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = ready(&service).await;
    set_busy(&bench, &chat(&service, &id).await);
    for number in 0..50 {
        service.prompt(&id, &format!("msg_{number}"), "x").await;
    }
    let path = format!("/admin/chats/{id}/prompts");
    let (status, problem) = service.post(&path, json!({"id": "msg_50", "text": "x"})).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("conflict")));
    service.prompt(&id, "msg_49", "x").await;
}
