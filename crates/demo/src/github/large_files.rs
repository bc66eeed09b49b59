//! git-lfs's side of a repository: where its large files are stored, and which of them somebody has locked.
//!
//! As at GitHub, the answer to a list names an address and a key of its own for each file, so that the files themselves
//! come and go without the token.

use std::{io, path::PathBuf};

use axum::{
    Json,
    body::{Bytes, to_bytes},
    extract::{Path, Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{GitHub, git_http::holds_token};

/// What git-lfs and its servers call their JSON.
const KIND: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/vnd.git-lfs+json")];
/// What a file's own address is opened with.
const KEY: &str = "RemoteAuth demo-large-files";
/// The largest file, and by far the largest list.
const LARGEST: usize = 64 * 1024 * 1024;

#[derive(Deserialize)]
struct Batch {
    operation: String,
    objects: Vec<Object>,
}

#[derive(Deserialize)]
struct Object {
    oid: String,
    size: u64,
}

/// `…/info/lfs/objects/batch`.
pub(super) async fn batch(
    State(github): State<GitHub>,
    Path((owner, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if !holds_token(&parts, &github.token) {
        return refuse(StatusCode::UNAUTHORIZED, "Credentials needed");
    }
    let body = to_bytes(body, LARGEST).await.unwrap_or_default();
    let Ok(asked) = serde_json::from_slice::<Batch>(&body) else {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "Invalid request");
    };
    let describe = |object: &Object| -> Value {
        let Object { oid, size } = object;
        let is_there = github.large_file(&owner, &name, oid).is_some_and(|path| path.is_file());
        let action = json!({
            "href": format!("{}/{owner}/{name}/large-files/{oid}", github.url),
            "header": {"Authorization": KEY},
            "expires_in": 3600,
        });
        match (asked.operation.as_str(), is_there) {
            ("download", true) => json!({"oid": oid, "size": size, "actions": {"download": action}}),
            ("upload", false) => json!({"oid": oid, "size": size, "actions": {"upload": action}}),
            ("upload", true) => json!({"oid": oid, "size": size}),
            _ => {
                let error = json!({"code": 404, "message": "Object does not exist on the server"});
                json!({"oid": oid, "size": size, "error": error})
            }
        }
    };
    let objects: Vec<Value> = asked.objects.iter().map(describe).collect();
    (KIND, Json(json!({"transfer": "basic", "objects": objects})).into_response().into_body()).into_response()
}

/// A file at its own address.
pub(super) async fn file(
    State(github): State<GitHub>,
    Path((owner, name, oid)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if parts.headers.get(header::AUTHORIZATION).is_none_or(|shown| shown != KEY) {
        return refuse(StatusCode::FORBIDDEN, "Forbidden");
    }
    let Some(path) = github.large_file(&owner, &name, &oid) else {
        return refuse(StatusCode::NOT_FOUND, "Not Found");
    };
    let done: io::Result<Bytes> = if parts.method == Method::PUT {
        let body = to_bytes(body, LARGEST).await.unwrap_or_default();
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| std::fs::write(&path, body)).map(|()| Bytes::new())
    } else {
        std::fs::read(&path).map(Bytes::from)
    };
    match done {
        Ok(content) => content.into_response(),
        Err(_) => refuse(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// `GET …/info/lfs/locks`: one file is locked, by somebody else.
pub(super) async fn locks(State(github): State<GitHub>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if !holds_token(&parts, &github.token) {
        return refuse(StatusCode::UNAUTHORIZED, "Credentials needed");
    }
    (KIND, json!({"locks": [a_lock()]}).to_string()).into_response()
}

/// `POST …/info/lfs/locks/verify`, before a push.
pub(super) async fn locks_of_a_push(State(github): State<GitHub>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if !holds_token(&parts, &github.token) {
        return refuse(StatusCode::UNAUTHORIZED, "Credentials needed");
    }
    (KIND, json!({"ours": [], "theirs": [a_lock()]}).to_string()).into_response()
}

fn a_lock() -> Value {
    json!({"id": "7", "path": "locked.bin", "locked_at": "2026-05-01T12:00:00Z", "owner": {"name": "octocat"}})
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, KIND, json!({"message": message}).to_string()).into_response()
}

impl GitHub {
    /// Where a large file is or will be. `None`: this is no id of one, or no repository.
    fn large_file(&self, owner: &str, name: &str, oid: &str) -> Option<PathBuf> {
        let repository = self.repositories.join(owner).join(name);
        let is_id = oid.len() == 64 && oid.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_plain = [owner, name].iter().all(|part| !part.starts_with('.') && !part.contains('/'));
        (is_id && is_plain && repository.is_dir()).then(|| repository.join("lfs").join(oid))
    }
}
