//! `GET /api/repos/{owner}/{name}/contents/{path}?ref=…`: one file, as it is on a branch.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

use super::{GitHub, api::message};

#[derive(Deserialize)]
pub(super) struct At {
    #[serde(rename = "ref")]
    reference: Option<String>,
}

pub(super) async fn contents(
    State(github): State<GitHub>,
    Path((owner, name, path)): Path<(String, String, String)>,
    Query(At { reference }): Query<At>,
) -> Response {
    let folder = github.repositories.join(format!("{owner}/{name}.git"));
    let reference = reference.unwrap_or_else(|| "HEAD".into());
    let read = Command::new("git")
        .arg("--git-dir")
        .arg(folder)
        .args(["cat-file", "blob"])
        .arg(format!("{reference}:{path}"))
        .output();
    match read.await {
        Ok(output) if output.status.success() => {
            let content = BASE64_STANDARD.encode(&output.stdout);
            let lines: Vec<_> = content.as_bytes().chunks(60).map(String::from_utf8_lossy).collect();
            Json(json!({
                "type": "file",
                "encoding": "base64",
                "size": output.stdout.len(),
                "path": path,
                "content": lines.join("\n") + "\n",
            }))
            .into_response()
        }
        _ => message(StatusCode::NOT_FOUND, "Not Found"),
    }
}
