//! The login of whoever opens a stream, as Caddy passes it on.

use axum::http::HeaderMap;
use ocweb_service::Problem;

use crate::{Relay, logins::Login};

/// Set by Caddy, which removes a client's own. Services on the socket have none.
const LOGIN: &str = "x-ocweb-session";

/// Watches over the login that a request came with, if it came with one.
pub(super) fn watched(relay: &Relay, headers: &HeaderMap) -> Result<Option<Login>, Problem> {
    let Some(value) = headers.get(LOGIN) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.parse().ok());
    let id = id.ok_or_else(|| Problem::bad_request("X-Ocweb-Session is not the id of a login."))?;
    Ok(Some(relay.logins.watch(id)))
}
