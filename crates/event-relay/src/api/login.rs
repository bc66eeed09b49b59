//! The login of whoever opens a stream, as Caddy passes it on.

use axum::http::HeaderMap;
use ocweb_service::Problem;

use crate::{Relay, permit::Permit};

/// Set by Caddy, which removes a client's own. Services on the socket have none.
pub(super) const HEADER: &str = "x-ocweb-session";

/// Watches over the login that a request came with, if it came with one.
pub(super) fn permit(relay: &Relay, headers: &HeaderMap) -> Result<Permit, Problem> {
    let login = headers.get(HEADER).map(|value| {
        let id = value.to_str().ok().and_then(|text| text.parse().ok());
        id.ok_or_else(|| Problem::bad_request("X-Ocweb-Session is not the id of a login."))
    });
    let login = login.transpose()?.map(|id| relay.logins.watch(id));
    Ok(Permit::new(login, relay.stop.clone()))
}
