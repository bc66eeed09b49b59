//! The list of sessions, and ending them.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use super::{
    Shared,
    caller::{Owner, with_cookie},
    logout::not_written_down,
};
use crate::{
    authenticator::Revocation,
    session::{Session, SessionId},
    session_cookie,
};

/// The browsers and programs that are logged in.
#[derive(Serialize, ToSchema)]
pub(super) struct LoginSessionList {
    /// Latest login first.
    sessions: Vec<LoginSession>,
}

/// A browser or program that is logged in.
#[derive(Serialize, ToSchema)]
struct LoginSession {
    /// Its id.
    id: String,
    /// When it logged in.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it last sent a request, give or take a minute.
    #[serde(with = "time::serde::rfc3339")]
    last_seen_at: OffsetDateTime,
    /// When it has to log in again.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    /// What it called itself at the login; empty when it did not.
    user_agent: String,
    /// Where it logged in from; `null` when that is not known.
    address: Option<String>,
    /// True for the session that asks.
    current: bool,
}

impl LoginSession {
    fn of(session: Session, current: SessionId) -> Self {
        Self {
            id: session.id.to_string(),
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
            user_agent: session.user_agent,
            address: session.address.map(|address| address.to_string()),
            current: session.id == current,
        }
    }
}

/// Lists the sessions
#[utoipa::path(
    get,
    path = "/auth/sessions",
    operation_id = "list_sessions",
    tag = "auth",
    responses(
        (status = 200, description = "The sessions", body = LoginSessionList),
        (status = 401, description = "Not logged in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_sessions(State(shared): State<Shared>, owner: Owner) -> Json<LoginSessionList> {
    let sessions = shared.sessions();
    Json(LoginSessionList {
        sessions: sessions.into_iter().map(|session| LoginSession::of(session, owner.session)).collect(),
    })
}

#[derive(Deserialize, IntoParams)]
pub(super) struct RevokeSessionsQuery {
    /// Keeps the session that asks.
    #[serde(default)]
    keep_current: bool,
}

/// Ends all sessions
#[utoipa::path(
    delete,
    path = "/auth/sessions",
    operation_id = "revoke_sessions",
    tag = "auth",
    params(RevokeSessionsQuery),
    responses(
        (status = 204, description = "They are ended"),
        (status = 400, description = "`keep_current` is neither true nor false", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Not logged in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "They are ended, but it could not be written down", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke_sessions(
    State(shared): State<Shared>,
    owner: Owner,
    Query(query): Query<RevokeSessionsQuery>,
) -> Response {
    let revocation = if query.keep_current { Revocation::AllBut(owner.session) } else { Revocation::All };
    match shared.revoke(revocation).await {
        Ok(revoked) => gone(&revoked, &owner),
        Err(error) => not_written_down(&error).into_response(),
    }
}

/// Ends one session
#[utoipa::path(
    delete,
    path = "/auth/sessions/{id}",
    operation_id = "revoke_session",
    tag = "auth",
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 204, description = "It is ended"),
        (status = 401, description = "Not logged in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such session", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "It is ended, but that could not be written down", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke_session(
    State(shared): State<Shared>,
    owner: Owner,
    Path(id): Path<String>,
) -> Response {
    let no_such_session = || Problem::not_found("There is no session of this id.").into_response();
    let Ok(id) = id.parse() else { return no_such_session() };
    match shared.revoke(Revocation::One(id)).await {
        Ok(revoked) if revoked.is_empty() => no_such_session(),
        Ok(revoked) => gone(&revoked, &owner),
        Err(error) => not_written_down(&error).into_response(),
    }
}

/// 204; whoever ended their own session loses the cookie too.
fn gone(revoked: &[SessionId], owner: &Owner) -> Response {
    let response = StatusCode::NO_CONTENT.into_response();
    if revoked.contains(&owner.session) {
        with_cookie(response, &session_cookie::clear(owner.scheme))
    } else {
        response
    }
}
