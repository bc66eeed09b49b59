//! Chats of demo/hello-web that are deleted in spite of what they hold, and brought back.

use std::path::PathBuf;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Service, accepting, reasons};

/// A chat that is ready, with its working copy.
pub async fn chat(service: &Service) -> (String, PathBuf) {
    let id = service.create_chat(json!({"repo": "demo/hello-web", "title": "The button"})).await;
    let chat = service.settled(&id).await;
    (id, chat["directory"].as_str().unwrap().into())
}

/// Deletes something in spite of what speaks against it, and gives what was saved.
pub async fn saved(service: &Service, path: &str) -> Vec<Value> {
    let told = reasons(service, path).await;
    let (status, answer) = service.delete(&format!("{path}{}", accepting(&told))).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["saved"].as_array().unwrap().clone()
}

/// Asks for it back.
pub async fn restore(service: &Service, work: &Value) -> (StatusCode, Value) {
    let path = format!("/admin/saved/{}/restore", work["id"].as_str().unwrap());
    service.post(&path, json!({})).await
}

/// Brings it back, and gives what the answer says.
pub async fn restored(service: &Service, work: &Value) -> Value {
    let (status, answer) = restore(service, work).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}
