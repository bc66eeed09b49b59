//! What the relay does by itself.

use axum::{extract::State, http::StatusCode};
use ocweb_service::{Problem, extract::Json};

use crate::{Relay, continuation::RelaySettings};

/// Shows what is done without being asked
#[utoipa::path(
    get,
    path = "/admin/events/settings",
    operation_id = "show_relay_settings",
    tag = "event-relay",
    responses((status = 200, description = "The settings", body = RelaySettings))
)]
pub(super) async fn show_relay_settings(State(relay): State<Relay>) -> Json<RelaySettings> {
    Json(relay.settings.get())
}

/// Changes what is done without being asked
#[utoipa::path(
    put,
    path = "/admin/events/settings",
    operation_id = "change_relay_settings",
    tag = "event-relay",
    request_body = RelaySettings,
    responses(
        (status = 200, description = "The settings from now on", body = RelaySettings),
        (status = 422, description = "Not of this shape, or out of range", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "They cannot be stored", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change_relay_settings(
    State(relay): State<Relay>,
    Json(settings): Json<RelaySettings>,
) -> Result<Json<RelaySettings>, Problem> {
    let settings = settings
        .checked()
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    relay.settings.set(settings).map_err(|error| {
        tracing::error!(%error, "the settings cannot be stored");
        Problem::new(StatusCode::INSUFFICIENT_STORAGE, "The settings cannot be stored: the disk may be full.")
    })?;
    // It may be time to continue something.
    relay.hub.change(|state, _| state.world.continue_by_itself(settings.continue_by_itself));
    Ok(Json(settings))
}
