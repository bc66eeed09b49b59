//! `GET /auth/check`: Caddy's question about every request.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use ocweb_service::Problem;

use super::{
    Shared,
    caller::{deny, proven_session},
};
use crate::{decision::decide, request_facts::RequestFacts};

const SESSION_HEADER: HeaderName = HeaderName::from_static("x-ocweb-session");

/// Says whether a request may come in
///
/// The request asked about is described by `X-Forwarded-Method`, `-Uri`, `-Host` and `-Proto`, and
/// by its own headers. Does no I/O.
#[utoipa::path(
    get,
    path = "/auth/check",
    operation_id = "check_request",
    tag = "auth",
    responses(
        (status = 204, description = "It may come in", headers(
            ("X-Ocweb-Session" = String, description = "The id of its session"),
        )),
        (status = 303, description = "A person goes to a page and has no session: on to the login page"),
        (status = 401, description = "It has no valid session", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn check(State(shared): State<Shared>, request: Request) -> Response {
    let facts = RequestFacts::forwarded(request.method(), request.uri(), request.headers());
    let session = proven_session(request.headers(), facts.scheme, &shared);
    match decide(&facts, session, shared.hosts()) {
        Ok(session) => match HeaderValue::try_from(session.to_string()) {
            Ok(session) => (StatusCode::NO_CONTENT, [(SESSION_HEADER, session)]).into_response(),
            Err(error) => Problem::internal(error).into_response(),
        },
        Err(denial) => deny(&denial, &facts),
    }
}
