//! Logging out.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use ocweb_service::Problem;

use super::{
    Shared,
    caller::{Caller, see_other, with_cookie},
};
use crate::{authenticator::Revocation, session_cookie};

/// Logs out
///
/// Ends the session and takes the cookie away. Also when there is no session any more: whoever
/// wants to be out is out.
#[utoipa::path(
    post,
    path = "/auth/logout",
    operation_id = "log_out",
    tag = "auth",
    responses(
        (status = 204, description = "Logged out; the answer to a client that accepts JSON"),
        (status = 303, description = "Logged out: on to the login page"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "Logged out, but it could not be written down", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn log_out(State(shared): State<Shared>, caller: Caller) -> Response {
    let revoked = match caller.session {
        Some(session) => shared.revoke(Revocation::One(session)).await.map(|_| ()),
        None => Ok(()),
    };
    let response = match revoked {
        Ok(()) if caller.wants_json => StatusCode::NO_CONTENT.into_response(),
        Ok(()) => see_other("/auth/login"),
        Err(error) => not_written_down(&error).into_response(),
    };
    with_cookie(response, &session_cookie::clear(caller.scheme))
}

/// Sessions were ended in memory, and the file still has them.
pub(super) fn not_written_down(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "cannot write down which sessions were ended; it will be tried again");
    Problem::new(
        StatusCode::INSUFFICIENT_STORAGE,
        "The session is ended, but that could not be written to the disk, so a restart may bring it back. \
         Free some space; ocweb tries again each minute.",
    )
    .kind("not-written", "Could not be written")
}
