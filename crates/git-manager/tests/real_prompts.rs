//! Prompts and the real opencode: it and we die at any moment, and each prompt is there once, in order.

use std::time::Duration;

use crate::support::{Bench, Delays, Service, eventually, real_opencode::RealOpencode, rounds};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A picture of one dot, which opencode can decode.
const PHOTO: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

async fn start() -> (Bench, RealOpencode, Service) {
    let mut bench = Bench::new().await;
    let opencode = RealOpencode::start(&bench).await;
    bench.set("OCWEB_OPENCODE_URL", &opencode.url);
    bench.set("OCWEB_PROMPT_SETTLE_SECONDS", "5");
    let service = bench.service().await;
    (bench, opencode, service)
}

async fn ready(service: &Service) -> String {
    let id = service.create_chat(json!({"repo": "demo/hello-web", "model": "demo/demo"})).await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    id
}

/// Sends the prompts `msg_a<number>` with a text and a photo each, to be answered at once.
async fn send(service: &Service, chat: &str, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let files = [json!({"mime": "image/png", "filename": format!("{number}.png"), "url": PHOTO})];
        let prompt = json!({"id": prompt_id(number), "text": format!("say: {number}"), "files": files});
        let (status, answer) = service.post(&format!("/admin/chats/{chat}/prompts"), prompt).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    }
}

fn prompt_id(number: usize) -> String {
    format!("msg_a{number:03}")
}

/// Each prompt is there once, in order, and whole.
async fn assert_said_once(opencode: &RealOpencode, chat: &str, count: usize) {
    let said = opencode.said(chat).await;
    let ids: Vec<_> = said.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(ids, (0..count).map(prompt_id).collect::<Vec<_>>());
    for (number, (id, parts)) in said.iter().enumerate() {
        let shown: Vec<_> = parts
            .iter()
            .map(|part| (part["type"].as_str().unwrap(), part["text"].as_str(), part["filename"].as_str()))
            .collect();
        let (text, name) = (format!("say: {number}"), format!("{number}.png"));
        assert_eq!(shown, [("text", Some(text.as_str()), None), ("file", None, Some(name.as_str()))], "{id}");
    }
}

/// Waits until the last prompt was answered.
async fn assert_answered(opencode: &RealOpencode, chat: &str, prompt: &str) {
    eventually("it is answered", async || {
        let (_, messages) = opencode.call(Method::GET, &format!("session/{chat}/message")).await;
        let mut messages = messages.as_array()?.iter();
        messages
            .any(|message| message["info"]["parentID"] == prompt && message["info"]["finish"] == "stop")
            .then_some(())
    })
    .await;
}

/// When opencode is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// As soon as the prompt is on its way.
    Sending,
    /// A moment later, which differs.
    Later,
    /// As soon as its parts are seen.
    Whole,
}

/// How many parts the message of a prompt has, if it is stored.
async fn parts(opencode: &RealOpencode, chat: &str, prompt: &str) -> Option<usize> {
    let (status, message) = opencode.call(Method::GET, &format!("session/{chat}/message/{prompt}")).await;
    (status == 200).then(|| message["parts"].as_array().unwrap().len())
}

/// Fault 8, and worse.
#[tokio::test(flavor = "multi_thread")]
async fn opencode_killed_while_it_takes_prompts() {
    let (_bench, mut opencode, service) = start().await;
    let chat = ready(&service).await;
    send(&service, &chat, 0..1).await;
    service.settled(&chat).await;
    assert_answered(&opencode, &chat, &prompt_id(0)).await;
    let (mut unstored, mut partial) = (0, 0);
    // Each moment twice, or thrice.
    let kills = rounds(6, 9);
    for round in 1..=kills {
        let moment = [Moment::Sending, Moment::Later, Moment::Whole][round % 3];
        let prompt = prompt_id(round);
        send(&service, &chat, round..round + 1).await;
        eventually("the moment has come", async || match moment {
            Moment::Sending | Moment::Later => {
                let waiting = service.get(&format!("/admin/chats/{chat}")).await["prompts"].clone();
                // On a fast machine it may already be delivered.
                (waiting[0].is_null() || waiting[0]["state"] == "sending").then_some(())
            }
            Moment::Whole => parts(&opencode, &chat, &prompt).await.filter(|count| *count > 0).map(drop),
        })
        .await;
        if let Moment::Later = moment {
            tokio::time::sleep(Duration::from_millis(10 * round as u64)).await;
        }
        opencode.kill();
        // Nothing is sent again before it was seen what there is.
        service.freeze(true);
        opencode.restart().await;
        match parts(&opencode, &chat, &prompt).await {
            None => unstored += 1,
            Some(0) => partial += 1,
            Some(_) => {}
        }
        service.freeze(false);
        service.settled(&chat).await;
    }
    eprintln!("of {kills} kills {unstored} came before the message was stored, {partial} before its parts");
    assert!(unstored + partial >= kills / 4, "{unstored} and {partial} are too few to prove anything");
    assert_said_once(&opencode, &chat, kills + 1).await;
    assert_answered(&opencode, &chat, &prompt_id(kills)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_prompts_waiting_each_arrives_once_and_in_order() {
    let (bench, opencode, mut service) = start().await;
    let mut delays = Delays(8);
    let first = json!({"id": prompt_id(0), "text": "say: 0", "files": [{"mime": "image/png", "filename": "0.png", "url": PHOTO}]});
    let new = json!({"id": "ses_a", "repo": "demo/hello-web", "prompt": first});
    service.create_chat(new.clone()).await;
    for kill in 0..24 {
        if kill % 4 == 0 {
            // A phone that did not hear the answer says all of it again.
            service.create_chat(new.clone()).await;
            send(&service, "ses_a", 1.max(kill / 2)..kill / 2 + 4).await;
            send(&service, "ses_a", 1..kill / 2 + 1).await;
        }
        tokio::time::sleep(delays.next(400)).await;
        service.kill();
        service = bench.service().await;
    }
    assert_eq!(service.settled("ses_a").await["state"], "ready");
    assert_said_once(&opencode, "ses_a", 14).await;
    assert_answered(&opencode, "ses_a", &prompt_id(13)).await;
    assert_eq!(service.get("/admin/chats").await["chats"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_killed_again_and_again() {
    let (bench, mut opencode, mut service) = start().await;
    let chat = ready(&service).await;
    let mut delays = Delays(9);
    for round in 0..4 {
        send(&service, &chat, round * 2..round * 2 + 2).await;
        tokio::time::sleep(delays.next(600)).await;
        service.kill();
        opencode.restart().await;
        service = bench.service().await;
    }
    service.settled(&chat).await;
    assert_said_once(&opencode, &chat, 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_wait_for_an_opencode_that_is_down_or_frozen() {
    let (_bench, mut opencode, service) = start().await;
    let chat = ready(&service).await;
    let path = format!("/admin/chats/{chat}");
    opencode.kill();
    send(&service, &chat, 0..3).await;
    let (status, _) = service.delete(&format!("{path}/prompts/{}", prompt_id(2))).await;
    assert_eq!(status, StatusCode::OK);
    opencode.restart().await;
    service.settled(&chat).await;
    opencode.freeze(true);
    let sent =
        service.post(&format!("{path}/prompts"), json!({"id": prompt_id(5), "text": "say: frozen"})).await;
    assert_eq!(sent.0, StatusCode::ACCEPTED);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(service.get(&path).await["prompts"].as_array().unwrap().len(), 1);
    opencode.freeze(false);
    service.settled(&chat).await;
    let ids: Vec<_> = opencode.said(&chat).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [0, 1, 5].map(prompt_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_waits_for_the_run_before_it_unless_it_is_sent_at_once() {
    let (_bench, opencode, service) = start().await;
    let chat = ready(&service).await;
    let path = format!("/admin/chats/{chat}");
    for (id, text) in [("msg_1", "wait 2 seconds\nsay: one"), ("msg_2", "stall"), ("msg_3", "say: three")] {
        service.prompt(&chat, id, text).await;
    }
    eventually("two are delivered", async || {
        let prompts = service.get(&path).await["prompts"].clone();
        (prompts.as_array()?.len() == 1).then_some(())
    })
    .await;
    let (_, messages) = opencode.call(Method::GET, &format!("session/{chat}/message")).await;
    let order: Vec<_> = messages.as_array().unwrap().iter().map(|message| &message["info"]["role"]).collect();
    assert_eq!(order[..3], ["user", "assistant", "user"], "the second came after the first was answered");
    // The stalled run would never let it pass.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(opencode.said(&chat).await.len(), 2);
    let (status, _) = service.send(Method::POST, &format!("{path}/prompts/msg_3/send"), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    service.settled(&chat).await;
    let ids: Vec<_> = opencode.said(&chat).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["msg_1", "msg_2", "msg_3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_it_rests_and_what_waits_goes_on_when_it_is_told_to() {
    let (bench, opencode, mut service) = start().await;
    let chat = ready(&service).await;
    let path = format!("/admin/chats/{chat}");
    for (id, text) in [("msg_1", "stall"), ("msg_2", "say: two"), ("msg_3", "say: three")] {
        service.prompt(&chat, id, text).await;
    }
    let prompts = async |service: &Service| service.get(&path).await["prompts"].as_array().unwrap().clone();
    let first_runs = async || (prompts(&service).await.len() == 2).then_some(());
    eventually("the first is delivered", first_runs).await;
    let (status, _) = service.send(Method::POST, &format!("{path}/stop"), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let directory = service.get(&path).await["directory"].as_str().unwrap().to_owned();
    eventually("nothing runs", async || {
        let (_, busy) = opencode.call(Method::GET, &format!("session/status?directory={directory}")).await;
        busy[&chat].is_null().then_some(())
    })
    .await;
    service.kill();
    service = bench.service().await;
    let held: Vec<_> = prompts(&service).await.iter().map(|prompt| prompt["state"].clone()).collect();
    assert_eq!(held, ["held", "held"]);
    assert_eq!(opencode.said(&chat).await.len(), 1);
    let (status, _) = service.send(Method::POST, &format!("{path}/resume"), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    service.settled(&chat).await;
    assert_answered(&opencode, &chat, "msg_3").await;
    let ids: Vec<_> = opencode.said(&chat).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["msg_1", "msg_2", "msg_3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opencode_does_not_take_fails_with_a_reason() {
    let (_bench, opencode, service) = start().await;
    let chat = ready(&service).await;
    let path = format!("/admin/chats/{chat}/prompts");
    let damaged = json!([{"mime": "image/png", "filename": "a.png", "url": "data:image/png;base64,AAAA"}]);
    for (number, (prompt, reason)) in [
        (json!({"text": "say: x", "agent": "nobody"}), "no agent \"nobody\""),
        (json!({"text": "say: x", "model": "demo/none"}), "no model \"demo/none\""),
        (json!({"text": "say: x", "model": "nobody/none"}), "no model \"nobody/none\""),
        (json!({"text": "say: x", "files": damaged}), "files may be damaged"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut prompt = prompt;
        prompt["id"] = prompt_id(number).into();
        assert_eq!(service.post(&path, prompt).await.0, StatusCode::ACCEPTED);
        let problem: Value = eventually("it failed", async || {
            let prompt = service.get(&format!("/admin/chats/{chat}")).await["prompts"][0].clone();
            (prompt["state"] == "failed").then(|| prompt["error"].clone())
        })
        .await;
        assert!(problem["detail"].as_str().unwrap().contains(reason), "{problem}");
        assert_eq!(service.delete(&format!("{path}/{}", prompt_id(number))).await.0, StatusCode::OK);
    }
    service.prompt(&chat, "msg_good", "say: good").await;
    service.settled(&chat).await;
    assert_answered(&opencode, &chat, "msg_good").await;
    assert_eq!(opencode.said(&chat).await.len(), 1);
}
