//! A conversation as a file: out of the real opencode, and into another repository.

use std::collections::BTreeMap;

use crate::support::{Bench, Service, eventually, real_opencode::RealOpencode};
use ocweb_opencode_client::MessageId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const CHATS: &str = "/admin/chats";

async fn start() -> (Bench, RealOpencode, Service) {
    let mut bench = Bench::new().await;
    let opencode = RealOpencode::start(&bench).await;
    bench.set("OCWEB_OPENCODE_URL", &opencode.url);
    let (program, environment) = opencode.program();
    bench.set("OCWEB_OPENCODE_BIN", program.to_str().unwrap());
    let environment: BTreeMap<_, _> = environment.into_iter().collect();
    bench.set("OCWEB_AGENT_ENVIRONMENT", &json!(environment).to_string());
    let service = bench.service().await;
    (bench, opencode, service)
}

async fn messages(opencode: &RealOpencode, chat: &str) -> Vec<Value> {
    latest(opencode, chat, "").await
}

async fn latest(opencode: &RealOpencode, chat: &str, query: &str) -> Vec<Value> {
    let (_, messages) = opencode.call(Method::GET, &format!("session/{chat}/message{query}")).await;
    messages.as_array().unwrap().clone()
}

/// What a reader sees of messages: who said what, without ids and what is of one place only.
fn transcript(messages: &[Value]) -> Vec<Value> {
    let shown = |message: &Value| {
        let parts = message["parts"].as_array().unwrap().iter().filter(|part| part["type"] != "patch");
        let parts = parts.map(|part| {
            let mut part = part.clone();
            for of_place in ["id", "messageID", "sessionID", "snapshot"] {
                part.as_object_mut().unwrap().remove(of_place);
            }
            part
        });
        json!({
            "role": message["info"]["role"], "time": message["info"]["time"], "finish": message["info"]["finish"],
            "parts": parts.collect::<Vec<_>>(),
        })
    };
    messages.iter().map(shown).collect()
}

/// Sends a prompt and waits for its answer.
async fn say(opencode: &RealOpencode, service: &Service, chat: &str, text: &str, files: Value) {
    let id = MessageId::generate().to_string();
    let prompt = json!({"id": id, "text": text, "files": files});
    let (status, told) = service.post(&format!("{CHATS}/{chat}/prompts"), prompt).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    eventually("it is answered", async || {
        let all = latest(opencode, chat, "?limit=1").await.into_iter();
        let mut ends =
            all.filter(|message| message["info"]["parentID"] == id && message["info"]["finish"] == "stop");
        ends.any(|end| end["info"]["time"]["completed"].is_number()).then_some(())
    })
    .await;
}

/// A picture of one dot which is as large as those of a phone: decoders pass over what follows its end.
fn photo() -> Value {
    const DOT: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg";
    let url = format!("data:image/png;base64,{DOT}ggAA{}", "AAAA".repeat(1_250_000));
    json!({"mime": "image/png", "filename": "photo.png", "url": url})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_in_another_repository() {
    let (bench, opencode, mut service) = start().await;
    let chat = json!({"repo": "demo/hello-web", "title": "The first", "model": "demo/demo"});
    let first = service.create_chat(chat).await;
    service.settled(&first).await;
    say(&opencode, &service, &first, "run: echo one > made.txt", json!([])).await;
    say(&opencode, &service, &first, "say: two", json!([photo()])).await;

    let exported = service.get(&format!("{CHATS}/{first}/conversation")).await;
    let before = transcript(&messages(&opencode, &first).await);
    assert_eq!(transcript(exported["messages"].as_array().unwrap()), before);
    assert!(before.len() >= 4 && serde_json::to_string(&exported).unwrap().len() > 5_000_000);

    // Twice, and killed in the middle of the second: each is a chat of its own.
    let wish =
        |id: &str| json!({"id": id, "repo": "demo/tally", "conversation": exported, "model": "demo/demo"});
    let (one, two) = ("ses_one", "ses_two");
    service.create_chat(wish(one)).await;
    let chat = service.settled(one).await;
    assert_eq!((&chat["state"], &chat["title"]), (&json!("ready"), &json!("The first")), "{chat}");
    service.create_chat(wish(two)).await;
    service.kill();
    service = bench.service().await;
    let other = service.settled(two).await;
    assert_eq!(other["state"], "ready", "{other}");
    assert!(chat["directory"] != other["directory"] && chat["branch"] != other["branch"]);
    for id in [one, two] {
        assert_eq!(transcript(&messages(&opencode, id).await), before, "{id}");
    }
    assert_eq!(transcript(&messages(&opencode, &first).await), before, "the first is as it was");
    let (_, session) = opencode.call(Method::GET, &format!("session/{one}")).await;
    assert_eq!((&session["directory"], &session["title"]), (&chat["directory"], &json!("The first")));

    // The next prompt runs in the new working copy, and its answer follows.
    say(&opencode, &service, one, "run: pwd > where.txt", json!([])).await;
    let directory = chat["directory"].as_str().unwrap();
    let said = std::fs::read_to_string(format!("{directory}/where.txt")).unwrap();
    assert_eq!(said.trim(), directory);
    assert_eq!(transcript(&messages(&opencode, two).await), before, "they share nothing");
    assert_eq!(service.delete(&format!("{CHATS}/{two}")).await.0, StatusCode::NO_CONTENT);
    assert!(messages(&opencode, one).await.len() > before.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_conversation_makes_nothing() {
    let (bench, opencode, service) = start().await;
    for (file, why) in [
        (json!({"hello": 1}), "no info or no messages"),
        (json!([]), "no info or no messages"),
        (json!({"info": {"id": "ses_1"}, "messages": []}), "nothing was said"),
    ] {
        let (status, told) =
            service.post(CHATS, json!({"repo": "demo/hello-web", "conversation": file})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{told}");
        assert!(told["type"].as_str().unwrap().ends_with("no-conversation"), "{told}");
        assert!(told["detail"].as_str().unwrap().contains(why), "{told}");
    }
    assert_eq!(service.get(CHATS).await["chats"], json!([]));
    assert!(!bench.clone_path("demo/hello-web").exists());

    // What only opencode sees is told by the chat, which leaves nothing in opencode.
    let of_other_make = json!({"info": {"id": "ses_1", "title": "x"}, "messages": [{"info": {"id": "msg_1", "role": "user"}, "parts": []}]});
    let id = service.create_chat(json!({"repo": "demo/hello-web", "conversation": of_other_make})).await;
    let chat = service.settled(&id).await;
    assert_eq!(chat["state"], "failed", "{chat}");
    assert!(chat["error"]["type"].as_str().unwrap().ends_with("not-imported"), "{chat}");
    assert_eq!(opencode.call(Method::GET, &format!("session/{id}")).await.0, 404);
    assert_eq!(service.delete(&format!("{CHATS}/{id}")).await.0, StatusCode::NO_CONTENT);
}
