//! What other services ask over our socket. Caddy routes nothing under `/internal`, so only who can open the socket can
//! ask.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};

use super::Shared;
use crate::session::SessionId;

/// `GET /internal/sessions/{id}`: asked by whoever holds a stream open, which is authorised when it opens and can last
/// for days. 204 while the session or token holds, 404 when it was revoked, has expired or never was.
pub(super) async fn session(State(shared): State<Shared>, Path(id): Path<String>) -> StatusCode {
    let holds = id.parse::<SessionId>().is_ok_and(|id| shared.holds(id));
    if holds { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

/// `GET /internal/era`: asked by whoever gives out what is bound to no login, and takes it back in the next era.
pub(super) async fn era(State(shared): State<Shared>) -> String {
    shared.era().into_text()
}
