//! `/admin/chats/{id}/stop` and `resume`: ending a run, and having what waits behind it go on.

use axum::{extract::State, http::StatusCode};
use ocweb_service::{Problem, extract::Path};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::chats::chat_id;
use crate::Manager;

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new().routes(routes!(stop)).routes(routes!(resume))
}

/// Stops a chat
///
/// Ends its run and those of its subagents. The prompts that wait are held until they are resumed, one of them is sent
/// at once or another one comes; each can be taken back. One that is being handed over at this moment may begin after
/// it: then ask again. Sessions that were begun elsewhere are stopped in the same way.
#[utoipa::path(post, path = "/admin/chats/{id}/stop", operation_id = "stop_chat", tag = "git-manager",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "What waits is held, and opencode was told to end what runs"),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 410, body = Problem, description = "`chat-deleted`"),
        (status = 502, body = Problem),
        (status = 503, body = Problem, description = "`opencode-unavailable`: what waits is held all the same"),
        (status = 507, body = Problem),
    ))]
async fn stop(State(manager): State<Manager>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    manager.chats.halt(&chat_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has the prompts of a stopped chat go on, in order
#[utoipa::path(post, path = "/admin/chats/{id}/resume", operation_id = "resume_chat", tag = "git-manager",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "None is held any more"),
        (status = 400, body = Problem),
        (status = 507, body = Problem),
    ))]
async fn resume(State(manager): State<Manager>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    manager.chats.prompts().release(&chat_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
