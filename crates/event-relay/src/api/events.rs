//! The stream of events, and the same as one document.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use ocweb_chat_state::ChatView;
use ocweb_service::{
    Problem,
    extract::{Json, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::login;
use crate::{
    Relay,
    compression::Encoder,
    filter::Filter,
    instance::Instance,
    stream::{Subscription, Wishes},
};

/// Whose stream it is, and what it is to carry.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// The id that the page gave itself. With it, conversations are carried only of the chat that the page shows.
    client: Option<String>,
    /// The chat that the page shows.
    viewing: Option<String>,
    /// Only what concerns this chat and its subagents.
    chat: Option<String>,
    /// Only what concerns this repository, `owner/name`.
    repo: Option<String>,
}

/// Follows what happens
///
/// Server-sent events, each `data` a JSON object with a `type`: `snapshot` (all that was held so far is void),
/// `resumed`, `chat`, `chat_removed`, `instance`, `heartbeat`, `message.part.output` (the output of a running tool becomes
/// `old.slice(0, head) + old.slice(from) + append`), and opencode's own with its names and shapes.
#[utoipa::path(
    get,
    path = "/admin/events",
    operation_id = "follow_events",
    tag = "event-relay",
    params(
        EventsQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "The last event that the client has; what it missed follows"),
    ),
    responses(
        (status = 200, description = "The stream, without an end", body = String, content_type = "text/event-stream"),
        (status = 400, description = "The client's id cannot be one", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn follow_events(
    State(relay): State<Relay>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let client = query.client.as_deref().map(super::viewing::client_id).transpose()?;
    let permit = login::permit(&relay, &headers)?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let wishes = Wishes {
        client,
        viewing: query.viewing,
        filter: Filter { chat: query.chat, repo: query.repo },
        // A number that cannot be read is none of ours: the client begins anew.
        last: last.and_then(|text| text.parse().ok()),
        encoder: Encoder::accepted(&headers),
    };
    relay.hub.completed().await;
    let encoding = wishes.encoder.name();
    let subscription = Subscription::new(relay.hub, wishes, permit);
    let mut response = Body::from_stream(subscription.into_body()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    not_held_back(headers);
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}

/// Says that nobody on the way may store or collect a stream.
pub(super) fn not_held_back(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
}

/// What every chat is doing.
#[derive(Serialize, ToSchema)]
pub(super) struct Status {
    /// The event that it is up to.
    number: String,
    /// The newest first.
    chats: Vec<ChatView>,
    /// How opencode and the volume are.
    instance: Instance,
}

/// Shows what every chat is doing
#[utoipa::path(
    get,
    path = "/admin/status",
    operation_id = "show_status",
    tag = "event-relay",
    responses((status = 200, description = "All chats", body = Status))
)]
pub(super) async fn show_status(State(relay): State<Relay>) -> Json<Status> {
    relay.hub.completed().await;
    let state = relay.hub.look();
    Json(Status {
        number: state.ring.head().to_string(),
        chats: state.world.views().cloned().collect(),
        instance: state.instance.clone(),
    })
}
