//! What the client makes of the answers that opencode is known to give.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

use std::path::Path;

use axum::{
    Router,
    http::StatusCode,
    response::{Html, IntoResponse},
    routing::{get, post},
};
use ocweb_opencode_client::{Client, Error, MessageId, Prompt, SessionId};

async fn client_of(router: Router) -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Client::new(base, Some("secret".into())).unwrap()
}

#[tokio::test]
async fn a_page_with_status_200_is_no_answer() {
    let client = client_of(Router::new().fallback(async || Html("<!doctype html>"))).await;
    assert!(matches!(client.healthy().await, Err(Error::Unexpected { .. })));
    assert!(matches!(client.session_exists("ses_1").await, Err(Error::Unexpected { .. })));
    let session = SessionId::generate();
    let message = MessageId::generate();
    let prompt = Prompt::of_text(&message, "x");
    assert!(matches!(client.prompt_async(&session, &prompt).await, Err(Error::Unexpected { .. })));
}

#[tokio::test]
async fn only_opencodes_own_404_says_that_a_thing_is_missing() {
    let own = Router::new()
        .route("/session/{id}", get(async || (StatusCode::NOT_FOUND, r#"{"name":"NotFoundError"}"#)));
    assert!(!client_of(own).await.session_exists("ses_1").await.unwrap());
    let proxy = Router::new().fallback(async || (StatusCode::NOT_FOUND, "no such host"));
    assert!(matches!(client_of(proxy).await.session_exists("ses_1").await, Err(Error::Unexpected { .. })));
}

#[tokio::test]
async fn an_identifier_cannot_leave_its_place_in_the_path() {
    let router = Router::new()
        .route("/instance/dispose", post(async || "true"))
        .fallback(async || (StatusCode::NOT_FOUND, "{}"));
    let client = client_of(router).await;
    assert!(matches!(client.abort("../instance/dispose?x=", Path::new("/")).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn nobody_there_is_told_from_nobody_answering() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base: reqwest::Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let client = Client::new(base, None).unwrap();
    // It listens and never answers, as opencode does while it starts.
    assert!(matches!(client.healthy().await, Err(Error::TimedOut(_))));
    drop(listener);
    assert!(matches!(client.healthy().await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn a_prompt_is_stored_when_all_its_parts_are() {
    let parts = std::sync::Arc::new(std::sync::Mutex::new(None::<serde_json::Value>));
    let answers = std::sync::Arc::clone(&parts);
    let router = Router::new().route(
        "/session/{id}/message/{message}",
        get(async move || match answers.lock().unwrap().clone() {
            Some(parts) => axum::Json(serde_json::json!({"info": {}, "parts": parts})).into_response(),
            None => (StatusCode::NOT_FOUND, "{}").into_response(),
        }),
    );
    let client = client_of(router).await;
    let (session, message) = (SessionId::generate(), "msg_a".parse::<MessageId>().unwrap());
    let own = serde_json::json!({"id": "prt_a00", "type": "text"});
    let file = serde_json::json!({"id": "prt_a01", "type": "file"});
    let foreign = serde_json::json!({"id": "prt_x", "type": "text"});
    let synthetic = serde_json::json!({"id": "prt_y", "type": "text", "synthetic": true});
    let cases = [
        (None, false),
        (Some(vec![]), false),
        (Some(vec![&own]), false),
        (Some(vec![&synthetic]), false),
        (Some(vec![&own, &synthetic]), false),
        (Some(vec![&own, &file, &synthetic]), true),
        (Some(vec![&foreign]), true),
    ];
    for (stored, expected) in cases {
        *parts.lock().unwrap() = stored.as_ref().map(|stored| serde_json::json!(stored));
        let answer = client.prompt_is_stored(&session, &message, 2).await.unwrap();
        assert_eq!(answer, expected, "{stored:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_to_one_that_its_supervisor_does_not_call_ready() {
    let router = Router::new().route("/session/{id}", get(async || r#"{"id":"ses_1"}"#));
    let run = tempfile::tempdir().unwrap();
    let client = client_of(router).await.supervised_in(run.path());
    assert!(client.session_exists("ses_1").await.unwrap(), "there is no supervisor");
    std::fs::write(run.path().join("processes.json"), "[]").unwrap();
    let error = client.session_exists("ses_1").await.unwrap_err();
    assert!(matches!(error, Error::Refused(None)) && error.is_unavailable());
    std::fs::write(run.path().join("opencode.ready"), "").unwrap();
    assert!(client.session_exists("ses_1").await.unwrap());
}

#[tokio::test]
async fn nothing_of_an_answer_with_keys_gets_into_an_error() {
    let router = Router::new().fallback(async || r#"{"providers":"sk-secret","all":"sk-secret"}"#);
    let client = client_of(router).await;
    let errors = [client.models(None).await.unwrap_err(), client.catalogue().await.unwrap_err()];
    for error in errors {
        let text = format!("{error} {error:?}");
        assert!(text.contains("column") && !text.contains("sk-secret"), "{text}");
    }
}
