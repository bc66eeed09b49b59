//! The HTTP face: handlers translate between requests and the domain, and decide nothing.

mod events;
mod files;
mod inbox;
mod login;
mod models;
mod opencode;
mod providers;
mod settings;
mod transcripts;
mod viewing;

use axum::{Router, http::StatusCode, routing::get};
use ocweb_opencode_client::Error as CallError;
use ocweb_service::Problem;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Relay;

#[derive(OpenApi)]
#[openapi(info(title = "event-relay", description = "Events, conversations, and what waits for a person."))]
struct Document;

fn documented() -> OpenApiRouter<Relay> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(events::follow_events))
        .routes(routes!(events::show_status))
        .routes(routes!(viewing::view_chat))
        .routes(routes!(viewing::mark_chat_read))
        .routes(routes!(settings::show_relay_settings, settings::change_relay_settings))
        .routes(routes!(transcripts::read_transcript))
        .routes(routes!(files::read_file))
        .routes(routes!(files::read_attachment))
        .routes(routes!(providers::list_providers, providers::renew_providers))
        .routes(routes!(models::list_models))
        .routes(routes!(inbox::list_requests))
        .routes(routes!(inbox::answer_request))
}

/// Every route of this service. What stays open of opencode passes through here too, so that a revoked login cuts
/// it; that is described in opencode's document.
pub fn router(relay: Relay) -> Router {
    let (router, _) = documented().split_for_parts();
    router
        .route("/global/event", get(opencode::pass_through))
        .route("/event", get(opencode::pass_through))
        .route("/api/event", get(opencode::pass_through))
        .route("/api/session/{session}/event", get(opencode::pass_through))
        .route("/pty/{terminal}/connect", get(opencode::pass_through))
        .route("/api/pty/{terminal}/connect", get(opencode::pass_through))
        .with_state(relay)
}

/// The description of every route of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented().split_for_parts().1
}

/// A call to opencode that went wrong, for whoever asked for it.
fn opencode_failed(error: &CallError) -> Problem {
    match error {
        CallError::Refused(_) | CallError::TimedOut(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "opencode is starting or has just been restarted. Try again in a moment.",
        )
        .kind("opencode-unavailable", "opencode does not answer")
        .retry_after(2),
        CallError::NotFound => Problem::not_found("opencode knows no such conversation."),
        CallError::Unexpected { .. } | CallError::Busy => {
            tracing::error!(%error, "opencode answered unexpectedly");
            Problem::new(
                StatusCode::BAD_GATEWAY,
                "opencode answered in a way that ocweb does not understand.",
            )
        }
    }
}
