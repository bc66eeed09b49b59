//! `GET /internal/sessions/{id}`: asked by a service that holds a stream open, whether it still may.
//!
//! A stream is authorised when it opens and can last for days. Caddy routes nothing under `/internal`, so
//! only who can open our socket can ask.

use axum::{
    extract::{Path, State},
    http::StatusCode,
};

use super::Shared;
use crate::session::SessionId;

/// 204 while the session holds, 404 when it was revoked, has expired or never was.
pub(super) async fn session(State(shared): State<Shared>, Path(id): Path<String>) -> StatusCode {
    let holds = id.parse::<SessionId>().is_ok_and(|id| shared.holds(id));
    if holds { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}
