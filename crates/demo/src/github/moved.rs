//! What is somewhere else by now: repositories that were renamed or given to others, and issues that were transferred.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json,
    extract::{OriginalUri, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::GitHub;

/// Where something is by now, such as `demo/hello-web` or `demo/hello-web/issues/7`, by where it was.
#[derive(Clone, Default)]
pub(super) struct Moved(Arc<Mutex<BTreeMap<String, String>>>);

impl Moved {
    pub(super) fn add(&self, from: String, to: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(from, to);
    }

    /// What stands in the place of a path below `/api/repos/`.
    fn place(&self, path: &str) -> Option<String> {
        let moved = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        moved.iter().find_map(|(from, to)| {
            let rest = path.strip_prefix(from.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
        })
    }
}

/// Middleware: leads to the new place as GitHub does, by an address that stays. There it is a number that tells the repository.
pub(super) async fn lead(
    State(github): State<GitHub>,
    OriginalUri(address): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    let place = address.path().strip_prefix("/api/repos/").and_then(|path| github.moved.place(path));
    let Some(place) = place else { return next.run(request).await };
    let (status, said) = match *request.method() {
        Method::GET => (StatusCode::MOVED_PERMANENTLY, "Moved Permanently"),
        _ => (StatusCode::TEMPORARY_REDIRECT, "Temporary Redirect"),
    };
    let query = address.query().map(|query| format!("?{query}")).unwrap_or_default();
    let url = format!("{}/api/repositories/{place}{query}", github.url);
    let body = Json(json!({"message": said, "url": url}));
    (status, [(header::LOCATION, url)], body).into_response()
}
