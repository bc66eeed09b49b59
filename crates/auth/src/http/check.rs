//! `GET /auth/check`: Caddy's question about every request.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use ocweb_service::Problem;

use super::{
    Shared,
    caller::{address, deny, proven_login},
};
use crate::{
    authenticator::whole_seconds, decision::decide, identity::Identity, request_facts::RequestFacts,
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
        (status = 401, description = "It has no valid session and no valid token, or one that has expired", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it, or its token is of a scope that does not reach there", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong tokens", body = Problem, content_type = "application/problem+json", headers(
            ("Retry-After" = u64, description = "Seconds until the next attempt"),
        )),
    )
)]
pub(super) async fn check(State(shared): State<Shared>, request: Request) -> Response {
    let facts = RequestFacts::forwarded(request.method(), request.uri(), request.headers());
    let mut identity = proven_login(request.headers(), facts.scheme, &shared);
    if identity == Identity::Stranger
        && let Some(token) = TokenText::find(request.headers())
    {
        identity = shared.holder_of(&token);
        if identity == Identity::Stranger
            && let Err(wait) = shared.count_wrong_token(address(request.headers()))
        {
            return throttled(wait);
        }
    }
    match decide(&facts, identity, shared.hosts()) {
        Ok(id) => match HeaderValue::try_from(id.to_string()) {
            Ok(id) => (StatusCode::NO_CONTENT, [(SESSION_HEADER, id)]).into_response(),
            Err(error) => Problem::internal(error).into_response(),
        },
        Err(denial) => deny(&denial, &facts),
    }
}

fn throttled(wait: Duration) -> Response {
    let wait = whole_seconds(wait);
    Problem::new(StatusCode::TOO_MANY_REQUESTS, format!("Too many wrong tokens. Try again in {wait} s."))
        .kind("too-many-attempts", "Too many attempts")
        .retry_after(wait)
        .into_response()
}
