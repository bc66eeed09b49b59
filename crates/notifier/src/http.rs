//! The routes. Handlers translate between HTTP and the domain and decide nothing themselves.

mod act;
mod log;
mod problem;
mod settings;
mod subscriptions;

use axum::Router;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Notifier;

fn routes() -> OpenApiRouter<Notifier> {
    OpenApiRouter::new()
        .routes(routes!(settings::show_settings, settings::change_settings))
        .routes(routes!(settings::mute_chat))
        .routes(routes!(settings::test_channel))
        .routes(routes!(subscriptions::list_subscriptions, subscriptions::subscribe))
        .routes(routes!(subscriptions::unsubscribe))
        .routes(routes!(log::list_log))
        .merge(act::routes())
}

/// The routes of the service.
pub fn router(notifier: Notifier) -> Router {
    Router::from(routes()).with_state(notifier)
}

/// The routes' description.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
