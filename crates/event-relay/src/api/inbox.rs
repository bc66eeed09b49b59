//! What waits for a person, and the answers.

use axum::{extract::State, http::StatusCode};
use ocweb_chat_state::{Event, Request, RequestKind};
use ocweb_opencode_client::Error as CallError;
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::opencode_failed;
use crate::Relay;

/// What waits for a person.
#[derive(Serialize, ToSchema)]
pub(super) struct Inbox {
    /// The oldest first.
    requests: Vec<Request>,
}

/// Lists what waits for a person
#[utoipa::path(
    get,
    path = "/admin/inbox",
    operation_id = "list_requests",
    tag = "event-relay",
    responses((status = 200, description = "Every permission and question of every chat and subagent", body = Inbox))
)]
pub(super) async fn list_requests(State(relay): State<Relay>) -> Json<Inbox> {
    Json(Inbox { requests: relay.hub.look().world.requests() })
}

/// What is said to a permission.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// This once.
    Once,
    /// This and its like, from now on.
    Always,
    /// No.
    Reject,
}

/// An answer: to a permission `reply`, to a question `answers` or `reject`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Answer {
    /// To a permission.
    Permission {
        /// The verdict.
        #[schema(inline)]
        reply: Verdict,
        /// What to tell the agent.
        message: Option<String>,
    },
    /// To a question.
    Question {
        /// The chosen labels, for each of its parts.
        answers: Vec<Vec<String>>,
    },
    /// To a question that gets no answer.
    Refusal {
        /// True.
        reject: bool,
    },
}

/// Answers a permission or a question
#[utoipa::path(
    post,
    path = "/admin/inbox/{id}/answer",
    operation_id = "answer_request",
    tag = "event-relay",
    params(("id" = String, Path, description = "The request's id")),
    request_body = Answer,
    responses(
        (status = 204, description = "It is answered"),
        (status = 404, description = "`request-gone`: it was answered elsewhere, or opencode has forgotten it", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not of this shape, or an answer to another kind of request", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "opencode's answer cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "opencode does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn answer_request(
    State(relay): State<Relay>,
    Path(id): Path<String>,
    Json(answer): Json<Answer>,
) -> Result<StatusCode, Problem> {
    let request = relay.hub.look().world.request(&id).cloned().ok_or_else(gone)?;
    let (opencode, directory) = (&relay.opencode, request.directory.as_str());
    let answered = match (request.kind, answer) {
        (RequestKind::Permission, Answer::Permission { reply, message }) => {
            opencode.reply_to_permission(&id, directory, reply.word(), message.as_deref()).await
        }
        (RequestKind::Question, Answer::Question { answers }) => {
            opencode.reply_to_question(&id, directory, &answers).await
        }
        (RequestKind::Question, Answer::Refusal { reject: true }) => {
            opencode.reject_question(&id, directory).await
        }
        (kind, _) => return Err(wrong_kind(kind)),
    };
    match answered {
        Ok(()) => {}
        // Answered elsewhere a moment ago, or forgotten by opencode without a word.
        Err(CallError::NotFound) => {
            forget(&relay, request);
            return Err(gone());
        }
        Err(error) => return Err(opencode_failed(&error)),
    }
    forget(&relay, request);
    Ok(StatusCode::NO_CONTENT)
}

fn forget(relay: &Relay, request: Request) {
    let event = Event::Answered { request: request.id };
    relay.hub.change(|state, now| state.world.apply(event, &request.directory, now));
}

impl Verdict {
    /// opencode's word for it.
    fn word(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Always => "always",
            Self::Reject => "reject",
        }
    }
}

fn gone() -> Problem {
    Problem::not_found("This was answered already, or nobody waits for the answer any more.")
        .kind("request-gone", "Nobody waits for this any more")
}

fn wrong_kind(kind: RequestKind) -> Problem {
    let detail = match kind {
        RequestKind::Permission => "A permission is answered with `reply`.",
        RequestKind::Question => "A question is answered with `answers`, or with `reject: true`.",
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}
