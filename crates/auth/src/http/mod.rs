//! The routes. Handlers translate between HTTP and the domain and decide nothing themselves.

mod caller;
mod check;
mod internal;
mod local;
mod login;
mod logout;
mod page;
mod sessions;
mod tokens;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header},
    response::Response,
    routing::get,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::authenticator::Authenticator;

/// A login form is a password, a path and little else; escaped, a kilobyte can be three.
const FORM_LIMIT: usize = 16 * 1024;

/// What every handler shares.
type Shared = Arc<Authenticator>;

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(check::check))
        .routes(routes!(login::show_login, login::log_in))
        .routes(routes!(logout::log_out))
        .routes(routes!(sessions::list_sessions, sessions::revoke_sessions))
        .routes(routes!(sessions::revoke_session))
        .routes(routes!(tokens::list_tokens, tokens::make_token))
        .routes(routes!(tokens::revoke_token))
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(axum::middleware::map_response(forbid_storing))
}

/// The routes of the service.
pub fn router(authenticator: Arc<Authenticator>) -> Router {
    Router::from(routes())
        .route("/internal/sessions/{id}", get(internal::session))
        .route("/internal/era", get(internal::era))
        .merge(local::routes().layer(axum::middleware::map_response(forbid_storing)))
        .with_state(authenticator)
}

/// The routes' description.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

/// No answer of this service is anybody else's, or still true later.
async fn forbid_storing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
