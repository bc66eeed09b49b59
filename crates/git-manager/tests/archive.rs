//! Chats that are put away: they keep everything, and come back when asked or prompted.

use crate::support::{Bench, Service, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn put(service: &Service, id: &str, archived: bool) -> StatusCode {
    let path = format!("/admin/chats/{id}/archived");
    service.send(Method::PUT, &path, Some(json!({"archived": archived}))).await.0
}

/// Whether the feed of changes tells a chat to be put away.
async fn told(service: &Service, id: &str) -> Value {
    let mut feed = service.client.get("http://service/chats/changes").send().await.unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.extend_from_slice(&feed.chunk().await.unwrap().unwrap());
    }
    let chats = serde_json::from_slice::<Value>(&line).unwrap()["chats"].as_array().unwrap().clone();
    chats.into_iter().find(|chat| chat["id"] == id).map_or(Value::Null, |chat| chat["archived"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_is_put_away_through_a_restart_until_it_is_prompted() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let before = service.settled(&id).await;
    assert_eq!(before["archived"], false);
    assert_eq!(put(&service, &id, true).await, StatusCode::NO_CONTENT);
    assert_eq!(put(&service, &id, true).await, StatusCode::NO_CONTENT);
    service.kill();
    let service = bench.service().await;
    let chat = service.get(&format!("/admin/chats/{id}")).await;
    assert_eq!((&chat["archived"], &chat["directory"]), (&json!(true), &before["directory"]));
    assert_eq!(chat["updated_at"], before["updated_at"], "nothing happened in it");
    assert_eq!(told(&service, &id).await, true);
    service.prompt(&id, "msg_1", "go on").await;
    assert_eq!(told(&service, &id).await, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_begun_elsewhere_is_put_away_too() {
    let bench = Bench::new().await;
    let folder = bench.folder.path().join("elsewhere");
    std::fs::create_dir_all(&folder).unwrap();
    bench.opencode.memory().sessions.insert("ses_f".into(), (folder.to_str().unwrap().into(), None));
    let service = bench.service().await;
    assert_eq!(told(&service, "ses_f").await, Value::Null);
    assert_eq!(put(&service, "ses_f", true).await, StatusCode::NO_CONTENT);
    assert_eq!(told(&service, "ses_f").await, true);
    assert_eq!(put(&service, "ses_f", false).await, StatusCode::NO_CONTENT);
    assert_eq!(told(&service, "ses_f").await, false);
    assert_eq!(put(&service, "ses_f", true).await, StatusCode::NO_CONTENT);
    service.prompt("ses_f", "msg_1", "go on").await;
    eventually("it is back", async || (told(&service, "ses_f").await == false).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_put_away_is_refused() {
    let bench = Bench::new().await;
    bench.world.rates().set("demo/slow-assets", Some(100_000));
    let service = bench.service().await;
    assert_eq!(put(&service, "ses_nobody", true).await, StatusCode::NOT_FOUND);
    assert_eq!(put(&service, "x", true).await, StatusCode::BAD_REQUEST);
    let id = service.create_chat(json!({"repo": "demo/slow-assets"})).await;
    assert_eq!(put(&service, &id, true).await, StatusCode::CONFLICT);
    assert_eq!(service.delete(&format!("/admin/chats/{id}")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(put(&service, &id, true).await, StatusCode::GONE);
}
