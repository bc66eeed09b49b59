//! `/admin/gc`: removing what nothing needs any more.

use axum::extract::State;
use ocweb_service::{Problem, extract::Json};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Manager,
    garbage::{self, Collected},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new().routes(routes!(collect))
}

/// How to collect.
#[derive(Default, Deserialize, ToSchema)]
struct GarbageRequest {
    /// Only tell what would be done.
    #[serde(default)]
    dry_run: bool,
}

/// Removes what is stale and would not be missed
///
/// Worktrees whose session is gone go only when they are clean and pushed; what is refused is told with the reason.
#[utoipa::path(post, path = "/admin/gc", operation_id = "collect_garbage", tag = "git-manager",
    request_body = Option<GarbageRequest>,
    responses((status = 200, body = Collected), (status = 400, body = Problem)))]
async fn collect(
    State(manager): State<Manager>,
    request: Option<Json<GarbageRequest>>,
) -> Result<Json<Collected>, Problem> {
    let dry_run = request.is_some_and(|Json(request)| request.dry_run);
    let collected = manager
        .detached(async move |removal| garbage::collect(&removal, dry_run, super::reason).await)
        .await?;
    Ok(Json(collected))
}
