//! What a page shows, and what was read.

use std::time::Instant;

use axum::{extract::State, http::StatusCode};
use ocweb_service::{Problem, extract::Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Relay, clients::ClientId};

/// The chat that a page shows.
#[derive(Deserialize, ToSchema)]
pub(super) struct Viewing {
    /// The id that the page gave itself.
    client: String,
    /// The chat that somebody looks at, or `null`.
    chat: Option<String>,
}

/// From where on a stream carries it.
#[derive(Serialize, ToSchema)]
pub(super) struct ViewingSince {
    /// The event after which the page's stream carries the conversation of this chat.
    number: String,
}

/// Says which chat somebody looks at
///
/// To be repeated every 15 s while the page is visible; without that it is void after 40 s. Who says that they look at a chat
/// has read what ended in it before.
#[utoipa::path(
    put,
    path = "/admin/events/viewing",
    operation_id = "view_chat",
    tag = "event-relay",
    request_body = Viewing,
    responses(
        (status = 200, description = "The page's stream carries it from here on", body = ViewingSince),
        (status = 400, description = "The client's id cannot be one", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not of this shape", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn view_chat(
    State(relay): State<Relay>,
    Json(viewing): Json<Viewing>,
) -> Result<Json<ViewingSince>, Problem> {
    let client = client_id(&viewing.client)?;
    let chat = viewing.chat.clone();
    relay.hub.change_clients(|clients| (clients.look(&client, viewing.chat, Instant::now()), ()));
    if let Some(chat) = chat {
        relay.hub.change(|state, _| {
            if state.world.view(&chat).is_some() {
                state.world.confirm_look(&chat);
            }
        });
    }
    let number = relay.hub.look().ring.head().to_string();
    Ok(Json(ViewingSince { number }))
}

/// Whether a chat was read.
#[derive(Deserialize, ToSchema)]
pub(super) struct ReadMark {
    /// The chat.
    chat: String,
    /// Whether it counts as read.
    read: bool,
}

/// Marks a chat as read or unread, for all devices
#[utoipa::path(
    put,
    path = "/admin/events/read",
    operation_id = "mark_chat_read",
    tag = "event-relay",
    request_body = ReadMark,
    responses(
        (status = 204, description = "It is marked"),
        (status = 404, description = "There is no such chat", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not of this shape", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn mark_chat_read(
    State(relay): State<Relay>,
    Json(mark): Json<ReadMark>,
) -> Result<StatusCode, Problem> {
    if relay.hub.look().world.view(&mark.chat).is_none() {
        return Err(Problem::not_found("There is no such chat."));
    }
    relay.hub.change(|state, _| state.world.mark_read(&mark.chat, mark.read));
    Ok(StatusCode::NO_CONTENT)
}

/// Parses the id of a page.
pub(super) fn client_id(text: &str) -> Result<ClientId, Problem> {
    text.parse().map_err(|error: crate::clients::InvalidClientId| Problem::bad_request(error.to_string()))
}
