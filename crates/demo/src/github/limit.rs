//! GitHub's limit of requests, as each answer of its API tells it. It counts down and never refuses.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode},
    middleware::Next,
    response::Response,
};

/// So many requests an hour are a token's.
const LIMIT: u64 = 5000;
const HOUR: u64 = 3600;

/// How many were made.
#[derive(Debug, Clone, Default)]
pub(super) struct Limit(Arc<AtomicU64>);

pub(super) async fn tell(State(limit): State<Limit>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    // What has not changed costs nothing.
    let cost = u64::from(response.status() != StatusCode::NOT_MODIFIED);
    let made = limit.0.fetch_add(cost, Ordering::Relaxed) + cost;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-ratelimit-limit", LIMIT),
        ("x-ratelimit-remaining", LIMIT.saturating_sub(made).max(1)),
        ("x-ratelimit-reset", (now / HOUR + 1) * HOUR),
    ] {
        headers.insert(name, HeaderValue::from(value));
    }
    headers.insert("x-ratelimit-resource", HeaderValue::from_static("core"));
    response
}
