//! `/admin/chats/permissions` and `/admin/chats/{id}/permissions`: what agents may do without asking.

use axum::{extract::State, http::StatusCode};
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::chats::chat_id;
use crate::{
    Manager,
    chats::{PermissionSettings, Permissions},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new().routes(routes!(show_default, change_default)).routes(routes!(change))
}

/// What the agent of a chat may do without asking.
#[derive(Deserialize, ToSchema)]
struct ChatPermissions {
    permissions: Permissions,
}

/// What holds for new chats
#[utoipa::path(get, path = "/admin/chats/permissions", operation_id = "show_default_permissions", tag = "git-manager",
    responses((status = 200, body = PermissionSettings)))]
async fn show_default(State(manager): State<Manager>) -> Json<PermissionSettings> {
    Json(manager.chats.permission_settings())
}

/// Changes what holds for new chats
#[utoipa::path(put, path = "/admin/chats/permissions", operation_id = "change_default_permissions", tag = "git-manager",
    request_body = PermissionSettings,
    responses((status = 204, description = "So it is"), (status = 422, body = Problem), (status = 507, body = Problem)))]
async fn change_default(
    State(manager): State<Manager>,
    Json(settings): Json<PermissionSettings>,
) -> Result<StatusCode, Problem> {
    manager.chats.set_permission_settings(settings)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes what the agent of a chat may do without asking
///
/// From its next prompt on; what waits for an answer goes on waiting. Sessions that were begun elsewhere too.
#[utoipa::path(put, path = "/admin/chats/{id}/permissions", operation_id = "change_permissions", tag = "git-manager",
    params(("id" = String, Path)), request_body = ChatPermissions,
    responses(
        (status = 204, description = "So it is"),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is being prepared"),
        (status = 410, body = Problem, description = "`chat-deleted`"),
        (status = 422, body = Problem),
        (status = 503, body = Problem, description = "`opencode-unavailable`"),
        (status = 507, body = Problem),
    ))]
async fn change(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Json(ChatPermissions { permissions }): Json<ChatPermissions>,
) -> Result<StatusCode, Problem> {
    manager.chats.set_permissions(&chat_id(&id)?, permissions).await?;
    Ok(StatusCode::NO_CONTENT)
}
