//! `/admin/chats/{id}/conversation`: a conversation as a file. `POST /admin/chats` begins a chat with one.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::chats::chat_id;
use crate::{Manager, conversations::NoConversation};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new().routes(routes!(export))
}

/// A conversation as a file
///
/// As `opencode export` writes it: everything that was said and that opencode has stored, with images, without the files of the
/// working copy and without the conversations of subagents. Of any session of opencode. `POST /admin/chats` takes it.
#[utoipa::path(get, path = "/admin/chats/{id}/conversation", operation_id = "export_conversation", tag = "git-manager",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Object, description = "`info`, and `messages` with their parts"),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem),
    ))]
async fn export(State(manager): State<Manager>, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = chat_id(&id)?;
    let mut response = Json(manager.chats.conversations().export(&id).await?).into_response();
    // An id has no characters that mean something here.
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{id}.json\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

impl From<NoConversation> for Problem {
    fn from(error: NoConversation) -> Self {
        Self::bad_request(error.to_string()).kind("no-conversation", "This is no exported conversation")
    }
}
