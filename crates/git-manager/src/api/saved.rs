//! `/admin/saved`: work that was saved before it was deleted.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Manager,
    saved::{self, Restored, SavedWork, SavedWorkList},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(restore)).routes(routes!(remove))
}

/// What a deletion has saved.
#[derive(Serialize, ToSchema)]
pub(super) struct Deletion {
    /// Each can be restored.
    pub(super) saved: Vec<SavedWork>,
}

impl IntoResponse for Deletion {
    fn into_response(self) -> Response {
        if self.saved.is_empty() {
            StatusCode::NO_CONTENT.into_response()
        } else {
            Json(self).into_response()
        }
    }
}

/// Work that was saved before it was deleted
#[utoipa::path(get, path = "/admin/saved", operation_id = "list_saved_work", tag = "git-manager",
    responses((status = 200, body = SavedWorkList)))]
async fn list(State(manager): State<Manager>) -> Json<SavedWorkList> {
    Json(manager.saved().list())
}

/// Brings saved work back
///
/// Branch, commits, stash entries, index and files as they were; the repository is cloned if need be. A chat comes back under its
/// id, with a new conversation. It is no saved work any more then.
#[utoipa::path(post, path = "/admin/saved/{id}/restore", operation_id = "restore_saved_work", tag = "git-manager",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Restored),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "Something is in its way"),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 504, body = Problem),
        (status = 507, body = Problem, description = "The disk is full"),
    ))]
async fn restore(State(manager): State<Manager>, Path(id): Path<String>) -> Result<Json<Restored>, Problem> {
    Ok(Json(manager.detached(async move |removal| saved::restore(&removal, &id).await).await?))
}

/// Removes saved work for good
#[utoipa::path(delete, path = "/admin/saved/{id}", operation_id = "delete_saved_work", tag = "git-manager",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "Removed"), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is being restored"),
    ))]
async fn remove(State(manager): State<Manager>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    manager.saved().remove(&id)?;
    Ok(StatusCode::NO_CONTENT)
}
