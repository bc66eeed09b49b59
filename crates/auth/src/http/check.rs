//! `GET /auth/check`: Caddy's question about every request.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use ocweb_service::Problem;

use super::{
    Shared,
    caller::{deny, proven_session},
};
use crate::{
    authenticator::whole_seconds, decision::decide, request_facts::RequestFacts, session::SessionId,
    token::TokenText,
};

const SESSION_HEADER: HeaderName = HeaderName::from_static("x-ocweb-session");

/// Says whether a request may come in
///
/// The request asked about is described by `X-Forwarded-Method`, `-Uri`, `-Host` and `-Proto`, and
/// by its own headers. It comes in with a cookie, or with a token: as `Authorization: Bearer`, or as the password of
/// HTTP Basic with any user. Credentials that are no token of ours count as none. Does no I/O.
#[utoipa::path(
    get,
    path = "/auth/check",
    operation_id = "check_request",
    tag = "auth",
    responses(
        (status = 204, description = "It may come in", headers(
            ("X-Ocweb-Session" = String, description = "The id of its session or token"),
        )),
        (status = 303, description = "A person goes to a page and has no session: on to the login page"),
        (status = 401, description = "It has no valid session and no valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong tokens", body = Problem, content_type = "application/problem+json", headers(
            ("Retry-After" = u64, description = "Seconds until the next attempt"),
        )),
    )
)]
pub(super) async fn check(State(shared): State<Shared>, request: Request) -> Response {
    let facts = RequestFacts::forwarded(request.method(), request.uri(), request.headers());
    let mut session = proven_session(request.headers(), facts.scheme, &shared);
    if session.is_none()
        && let Some(token) = TokenText::find(request.headers())
    {
        session = match proven_token(&token, request.headers(), &shared) {
            Ok(token) => Some(token),
            Err(WrongToken::Counted) => None,
            Err(WrongToken::Throttled(wait)) => return throttled(wait),
        };
    }
    match decide(&facts, session, shared.hosts()) {
        Ok(session) => match HeaderValue::try_from(session.to_string()) {
            Ok(session) => (StatusCode::NO_CONTENT, [(SESSION_HEADER, session)]).into_response(),
            Err(error) => Problem::internal(error).into_response(),
        },
        Err(denial) => deny(&denial, &facts),
    }
}

/// A token that lets nobody in.
enum WrongToken {
    /// It was counted.
    Counted,
    /// Its network has to wait.
    Throttled(Duration),
}

/// The id of a token that was presented.
fn proven_token(token: &TokenText, headers: &HeaderMap, shared: &Shared) -> Result<SessionId, WrongToken> {
    if let Some(id) = shared.token_of(token) {
        return Ok(id);
    }
    let address = headers.get("x-real-ip").and_then(|value| value.to_str().ok()?.parse().ok());
    shared.count_wrong_token(address).map_err(WrongToken::Throttled)?;
    Err(WrongToken::Counted)
}

fn throttled(wait: Duration) -> Response {
    let wait = whole_seconds(wait);
    Problem::new(StatusCode::TOO_MANY_REQUESTS, format!("Too many wrong tokens. Try again in {wait} s."))
        .kind("too-many-attempts", "Too many attempts")
        .retry_after(wait)
        .into_response()
}
