//! The model: the OpenAI chat protocol in front of a script that the words of the prompt write.
//!
//! - [`directive`] reads a line of a prompt.
//! - [`conversation`] reads what the client sent: what the user said last, and how far we are.
//! - [`script`] decides, from a conversation alone, what to do in this turn.
//! - [`completion`] performs a turn, in its own time, as pieces of an answer.
//! - [`wire`] writes those pieces as OpenAI does, streamed or whole.

mod completion;
pub mod conversation;
pub mod directive;
mod log;
pub mod script;
mod wire;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub use log::{Completion, Completions};

use crate::faults::{self, Faults, Part};
use conversation::Conversation;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Model {
    key: String,
    completions: Completions,
    stop: CancellationToken,
}

impl Model {
    pub(crate) fn new(key: String, completions: Completions, stop: CancellationToken) -> Self {
        Self { key, completions, stop }
    }
}

/// `/v1/models` and `/v1/chat/completions`.
pub(crate) fn router(model: Model, faults: &Faults) -> Router {
    Router::new()
        .route("/v1/models", get(models))
        .route("/v1/chat/completions", post(complete))
        .layer(middleware::from_fn_with_state((faults.clone(), Part::Model), faults::play))
        // A long conversation with whole files in it.
        .layer(axum::extract::DefaultBodyLimit::max(64 << 20))
        .with_state(model)
}

async fn models(State(model): State<Model>, headers: HeaderMap) -> Response {
    if !holds_key(&headers, &model.key) {
        return wire::error(StatusCode::UNAUTHORIZED, "Incorrect API key provided.");
    }
    let models = ["demo", "thinker", "small"]
        .map(|id| json!({"id": id, "object": "model", "created": 1_750_000_000, "owned_by": "demo"}));
    Json(json!({"object": "list", "data": models})).into_response()
}

async fn complete(State(model): State<Model>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if !holds_key(&headers, &model.key) {
        return wire::error(StatusCode::UNAUTHORIZED, "Incorrect API key provided.");
    }
    let request = match conversation::Request::parse(&body) {
        Ok(request) => request,
        Err(error) => return wire::error(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let session = headers.get("x-session-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let conversation = Conversation::of(&request);
    let seen_before = model.completions.record(session, &request.model, &conversation);
    let mut turn = script::next_turn(&conversation);
    turn.forget_what_fails_only_once(seen_before);
    if request.model == "thinker" {
        turn.think_first();
    }
    if let Some(status) = turn.refusal() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return wire::error(status, "The prompt told the demo's model to fail.");
    }
    // No two answers of a conversation have the same number of messages before them.
    let call_id = format!("call_{}", request.messages.len());
    let pieces = completion::perform(turn, call_id, conversation.directory, model.stop.clone());
    if request.stream { wire::streamed(&request, pieces) } else { wire::whole(&request, pieces).await }
}

fn holds_key(headers: &HeaderMap, key: &str) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    shown.and_then(|value| value.strip_prefix("Bearer ")) == Some(key)
}
