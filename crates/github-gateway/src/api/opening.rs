//! What the person asks of git-manager and what opens a repository by that: heard here first, then passed on as it is.
//! git-manager describes these routes.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    http::{HeaderMap, Uri},
    response::Response,
    routing::post,
};
use ocweb_git_access::RepositoryName;
use ocweb_service::Problem;
use serde::Deserialize;

use crate::{BODY_LIMIT, Gateway};

pub(super) fn router() -> Router<Gateway> {
    Router::new()
        .route("/admin/repos/clone", post(open))
        .route("/admin/chats", post(open))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// The one part of a request that matters here.
#[derive(Deserialize)]
struct Opening {
    repo: RepositoryName,
}

async fn open(
    State(gateway): State<Gateway>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|refused| Problem::new(refused.status(), refused.body_text()))?;
    // What names no repository is git-manager's to refuse.
    if let Ok(Opening { repo }) = serde_json::from_slice(&body) {
        gateway.open(&repo).map_err(Problem::internal)?;
    }
    gateway.git_manager.post(&uri, &headers, body).await
}
