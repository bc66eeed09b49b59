//! `/admin/worktrees`: working copies, for those who make sessions themselves.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Acceptance, invalid, parsed, problem::DeletionRefused, saved::Deletion};
use crate::{
    Manager,
    names::{BranchName, RepositoryName, SessionId},
    worktrees::Worktree,
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

/// The worktrees of this machine, the newest first.
#[derive(Serialize, ToSchema)]
struct WorktreeList {
    worktrees: Vec<Worktree>,
}

/// What to add.
#[derive(Deserialize, ToSchema)]
struct WorktreeRequest {
    /// `owner/name`; must be cloned.
    repo: String,
    /// The session that it is for.
    session_id: String,
    /// The remote's branch to begin at; the default branch if absent.
    base: Option<String>,
}

/// All worktrees
#[utoipa::path(get, path = "/admin/worktrees", operation_id = "list_worktrees", tag = "git-manager",
    responses((status = 200, body = WorktreeList)))]
async fn list(State(manager): State<Manager>) -> Json<WorktreeList> {
    Json(WorktreeList { worktrees: manager.worktrees.list() })
}

/// Adds a worktree on a new branch at the freshly fetched base
#[utoipa::path(post, path = "/admin/worktrees", operation_id = "create_worktree", tag = "git-manager",
    request_body = WorktreeRequest,
    responses(
        (status = 201, body = Worktree),
        (status = 400, body = Problem, description = "A name that cannot be used"),
        (status = 404, body = Problem, description = "Not cloned, or no such branch"),
        (status = 409, body = Problem, description = "It is there already"),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 504, body = Problem),
        (status = 507, body = Problem, description = "The disk is full"),
    ))]
async fn create(
    State(manager): State<Manager>,
    Json(request): Json<WorktreeRequest>,
) -> Result<(StatusCode, Json<Worktree>), Problem> {
    let name: RepositoryName = parsed(&request.repo)?;
    let session: SessionId = parsed(&request.session_id)?;
    let base: Option<BranchName> = request.base.as_deref().map(parsed).transpose()?;
    let worktree = manager
        .detached(async move |removal| {
            let name = removal.clones.get(&name)?;
            let clone = removal.clones.fetch(&name, base.as_ref(), Duration::ZERO).await?;
            let report = removal.worktrees.report(clone.name(), &session);
            let base = clone.base(base.as_ref())?;
            removal.clones.complete(&clone, &base, &report).await?;
            let branch = BranchName::for_session(&session);
            removal.worktrees.add(&clone, &session, &branch, &base, &report).await
        })
        .await?;
    Ok((StatusCode::CREATED, Json(worktree)))
}

/// Deletes a worktree with its branch
///
/// Refused while something speaks against it that was not accepted.
#[utoipa::path(delete, path = "/admin/worktrees/{owner}/{name}/{session_id}", operation_id = "delete_worktree",
    tag = "git-manager",
    params(("owner" = String, Path), ("name" = String, Path), ("session_id" = String, Path), Acceptance),
    responses(
        (status = 200, body = Deletion, description = "Deleted; this was saved before"),
        (status = 204, description = "Deleted; there was nothing to save"),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = DeletionRefused, content_type = "application/problem+json", description = "`deletion-refused`, with every reason"),
        (status = 507, body = Problem, description = "`not-saved`: nothing was deleted, because it could not be saved first"),
        (status = 502, body = Problem), (status = 503, body = Problem, description = "`opencode-unavailable`"),
    ))]
async fn delete(
    State(manager): State<Manager>,
    Path((owner, name, session)): Path<(String, String, String)>,
    Query(acceptance): Query<Acceptance>,
) -> Result<Deletion, Problem> {
    let name = RepositoryName::from_parts(&owner, &name).map_err(invalid)?;
    let session: SessionId = parsed(&session)?;
    let terms = acceptance.checked()?;
    let saved =
        manager.detached(async move |removal| removal.worktree(&name, &session, &terms).await).await?;
    Ok(Deletion { saved })
}
