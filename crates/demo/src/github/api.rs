//! `/api/user`, `/api/user/repos`, `/api/repos/{owner}/{name}`: who the token belongs to, and what it may see.

use axum::{
    Json,
    extract::{OriginalUri, Path, Query, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    GitHub,
    catalogue::{OWNER, Repository, repositories},
    paging,
};

#[derive(Deserialize)]
pub(super) struct Listing {
    sort: Option<String>,
}

pub(super) async fn user() -> Response {
    let body = json!({"login": OWNER, "id": 1, "type": "User", "name": "Demo", "email": null});
    ([("x-oauth-scopes", "repo")], Json(body)).into_response()
}

pub(super) async fn repository(
    State(github): State<GitHub>,
    Path((owner, name)): Path<(String, String)>,
) -> Response {
    match found(&owner, &name) {
        Some(repository) => Json(describe(&github, repository)).into_response(),
        None => message(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// The repository of this name, in whatever case.
pub(super) fn found(owner: &str, name: &str) -> Option<&'static Repository> {
    let wanted = format!("{owner}/{name}");
    repositories().iter().find(|repository| repository.full_name.eq_ignore_ascii_case(&wanted))
}

pub(super) async fn list_repositories(
    State(github): State<GitHub>,
    OriginalUri(address): OriginalUri,
    Query(asked): Query<Listing>,
) -> Response {
    let all = sorted(asked.sort.as_deref());
    let (links, shown) = paging::page(&github.url, &address, all);
    let shown: Vec<Value> = shown.into_iter().map(|repository| describe(&github, repository)).collect();
    (links, Json(shown)).into_response()
}

/// By name, as GitHub does unless asked otherwise; every other order is by date, newest first.
fn sorted(sort: Option<&str>) -> Vec<&'static Repository> {
    let mut all: Vec<_> = repositories().iter().collect();
    match sort {
        None | Some("full_name") => all.sort_by_key(|repository| repository.full_name.to_lowercase()),
        Some(_) => all.sort_by_key(|repository| std::cmp::Reverse(repository.pushed)),
    }
    all
}

fn describe(github: &GitHub, repository: &Repository) -> Value {
    let (owner, name) = (repository.owner(), repository.name());
    let page = format!("{}/{}", github.url, repository.full_name);
    let pushed_at = format!("{}T12:00:00Z", repository.pushed);
    let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    json!({
        "name": name,
        "full_name": repository.full_name,
        "owner": {"login": owner, "type": if owner == OWNER { "User" } else { "Organization" }},
        "description": text(repository.description),
        "language": text(repository.language),
        "private": repository.private,
        "visibility": if repository.private { "private" } else { "public" },
        "fork": repository.fork,
        "archived": repository.archived,
        "disabled": false,
        "default_branch": github.default_branch(repository),
        "html_url": page,
        "clone_url": format!("{page}.git"),
        "created_at": "2020-01-01T12:00:00Z",
        "updated_at": pushed_at,
        "pushed_at": pushed_at,
        "permissions": {"admin": true, "push": !repository.archived, "pull": true},
    })
}

impl GitHub {
    /// The branch that `HEAD` names by now.
    fn default_branch(&self, repository: &Repository) -> String {
        let head = std::fs::read_to_string(self.folder(repository).join("HEAD")).unwrap_or_default();
        let named = head.trim().strip_prefix("ref: refs/heads/");
        named.unwrap_or(repository.default_branch).to_owned()
    }
}

/// Middleware: lets whoever shows the token pass, as `Bearer` or as `token`.
pub(super) async fn demand_token(State(github): State<GitHub>, request: Request, next: Next) -> Response {
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| ["bearer", "token"].contains(&scheme.to_lowercase().as_str()))
        .map(|(_, token)| token);
    match shown {
        Some(token) if token == github.token => next.run(request).await,
        Some(_) => message(StatusCode::UNAUTHORIZED, "Bad credentials"),
        None => message(StatusCode::UNAUTHORIZED, "Requires authentication"),
    }
}

pub(super) fn message(status: StatusCode, text: &str) -> Response {
    let body = json!({
        "message": text,
        "documentation_url": "https://docs.github.com/rest",
        "status": status.as_str(),
    });
    (status, Json(body)).into_response()
}
