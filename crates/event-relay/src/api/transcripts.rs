//! Conversations.

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::IntoResponse,
};
use ocweb_opencode_client::Error as CallError;
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::opencode_failed;
use crate::{
    Relay,
    transcript::{Transcript, TranscriptError},
};

/// The most messages that are given at once.
const MOST: usize = 200;

/// Which part of a conversation.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TranscriptQuery {
    /// How many messages, 1 to 200. Fewer come when they are very large.
    #[serde(default = "default_limit")]
    limit: usize,
    /// The `before` of the page after this one.
    before: Option<String>,
}

fn default_limit() -> usize {
    60
}

/// Reads a conversation
///
/// As it is at the event `number`: the events after it are to be applied on top. A text that has ended takes no deltas.
#[utoipa::path(
    get,
    path = "/admin/transcripts/{session}",
    operation_id = "read_transcript",
    tag = "event-relay",
    params(("session" = String, Path, description = "The id of the session: a chat's own, or a subagent's"), TranscriptQuery),
    responses(
        (status = 200, description = "Its latest messages, or those before a cursor", body = Transcript),
        (status = 400, description = "The limit is no number, or the cursor is none of opencode's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such conversation", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "opencode's answer cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "opencode does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read_transcript(
    State(relay): State<Relay>,
    Path(session): Path<String>,
    Query(query): Query<TranscriptQuery>,
) -> Result<impl IntoResponse, Problem> {
    // opencode answers 500 to what cannot be an id of its own.
    if session.parse::<ocweb_opencode_client::SessionId>().is_err() {
        return Err(Problem::not_found("There is no such conversation."));
    }
    let limit = query.limit.clamp(1, MOST);
    let read = relay.transcripts.read(&relay.hub, &session, limit, query.before.as_deref()).await;
    let transcript: Transcript = read.map_err(|error| problem(&error))?;
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(transcript)))
}

fn problem(error: &TranscriptError) -> Problem {
    match error {
        // The only thing in the question that can be wrong.
        TranscriptError::Opencode(CallError::Unexpected { detail, .. }) if detail.starts_with("400") => {
            Problem::bad_request("`before` is no cursor of opencode's.")
        }
        TranscriptError::Opencode(error) => opencode_failed(error),
        TranscriptError::TooBusy => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "So much happens in this conversation that it cannot be read. Try again in a moment.",
        )
        .retry_after(1),
        TranscriptError::TooLarge | TranscriptError::Unreadable(_) => {
            tracing::error!(%error, "a conversation cannot be given");
            Problem::new(StatusCode::BAD_GATEWAY, format!("This conversation cannot be shown: {error}."))
        }
    }
}
