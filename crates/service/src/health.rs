//! The answer that the supervisor's probe looks for on each service's own socket.

use axum::{Json, Router, routing::get};
use serde::{Deserialize, Serialize};

/// `GET /health` on a service's socket. Never reachable from outside: Caddy has no route to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Health {
    /// True as soon as the service can do its work.
    pub healthy: bool,
    /// Name of the service that answers, so that a probe cannot mistake one socket for another.
    pub service: String,
    /// Version of the binary.
    pub version: String,
}

/// A router with `GET /health`.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(service: &'static str) -> Router<S> {
    let health = Health { healthy: true, service: service.into(), version: env!("CARGO_PKG_VERSION").into() };
    Router::new().route("/health", get(move || async move { Json(health) }))
}
