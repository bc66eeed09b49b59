//! `/admin/repos`: clones, and what GitHub has.

use std::{path::PathBuf, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Acceptance, invalid, parsed,
    problem::{DeletionRefused, problem},
    saved::Deletion,
};
use crate::{
    Manager,
    clones::{Branch, Extent, Repository, RepositoryState},
    error::{Error, Missing},
    git::Progress,
    names::{BranchName, RepositoryName},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(clone))
        .routes(routes!(branches))
        .routes(routes!(fetch))
        .routes(routes!(delete))
}

/// Whether a repository's clone is there.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RepositoryStateName {
    Cloning,
    Ready,
    Failed,
}

/// A repository with its clone.
#[derive(Serialize, ToSchema)]
#[schema(as = Repository)]
struct RepositoryDocument {
    name: RepositoryName,
    /// Where the clone is or will be.
    #[schema(value_type = String)]
    path: PathBuf,
    state: RepositoryStateName,
    /// The branch that new work starts from; `null` while not known.
    default_branch: Option<BranchName>,
    /// How far the clone is, while it is being made, or the fetch that goes on in it.
    progress: Option<Progress>,
    /// Why it could not be cloned.
    error: Option<Problem>,
    #[serde(with = "time::serde::rfc3339::option")]
    cloned_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    fetched_at: Option<OffsetDateTime>,
    /// How much of the repository is cloned.
    extent: Extent,
}

impl From<Repository> for RepositoryDocument {
    fn from(repository: Repository) -> Self {
        let Repository { name, path, state, default_branch, cloned_at, fetched_at, extent, fetch } =
            repository;
        let (state, progress, error) = match state {
            RepositoryState::Cloning(progress) => (RepositoryStateName::Cloning, Some(progress), None),
            RepositoryState::Ready => (RepositoryStateName::Ready, fetch, None),
            RepositoryState::Failed(error) => (RepositoryStateName::Failed, None, Some(problem(&error))),
        };
        Self { name, path, state, default_branch, progress, error, cloned_at, fetched_at, extent }
    }
}

/// The repositories that are cloned or on their way.
#[derive(Serialize, ToSchema)]
struct RepositoryList {
    repos: Vec<RepositoryDocument>,
}

/// The branches of a repository.
#[derive(Serialize, ToSchema)]
struct BranchList {
    branches: Vec<Branch>,
}

/// What to clone.
#[derive(Deserialize, ToSchema)]
struct CloneRequest {
    /// `owner/name`.
    repo: String,
    /// How much of it: all if absent.
    #[serde(default)]
    #[schema(required = false)]
    extent: Extent,
}

/// The clones of this machine
#[utoipa::path(get, path = "/admin/repos", operation_id = "list_repositories", tag = "git-manager",
    responses((status = 200, body = RepositoryList)))]
async fn list(State(manager): State<Manager>) -> Json<RepositoryList> {
    Json(RepositoryList { repos: manager.clones.list().into_iter().map(Into::into).collect() })
}

/// Clones a repository
///
/// Answers when it is there, or at once with `Prefer: respond-async`. The clone does not end with the request.
#[utoipa::path(post, path = "/admin/repos/clone", operation_id = "clone_repository", tag = "git-manager",
    request_body = CloneRequest,
    params(("Prefer" = Option<String>, Header, description = "`respond-async`: do not wait")),
    responses(
        (status = 200, body = RepositoryDocument, description = "It was there"),
        (status = 201, body = RepositoryDocument, description = "It was cloned"),
        (status = 202, body = RepositoryDocument, description = "It is on its way"),
        (status = 400, body = Problem, description = "Not a repository's name"),
        (status = 404, body = Problem, description = "GitHub has no such repository"),
        (status = 409, body = Problem, description = "Cancelled by a deletion"),
        (status = 429, body = Problem),
        (status = 502, body = Problem, description = "GitHub failed"),
        (status = 504, body = Problem, description = "GitHub stood still"),
        (status = 507, body = Problem, description = "The disk is full"),
    ))]
async fn clone(
    State(manager): State<Manager>,
    headers: HeaderMap,
    Json(request): Json<CloneRequest>,
) -> Result<(StatusCode, Json<RepositoryDocument>), Problem> {
    let name: RepositoryName = parsed(&request.repo)?;
    let (name, status) = if prefers_async(&headers) {
        let there = manager.clones.begin(&name, request.extent);
        (name, if there { StatusCode::OK } else { StatusCode::ACCEPTED })
    } else {
        let (name, made) = manager.clones.ensure(&name, request.extent).await?;
        (name, if made { StatusCode::CREATED } else { StatusCode::OK })
    };
    let repository = manager.clones.describe(&name).ok_or(Error::Missing(Missing::Clone(name)))?;
    Ok((status, Json(repository.into())))
}

fn prefers_async(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|preference| preference.trim().eq_ignore_ascii_case("respond-async"))
}

/// The branches of a repository, cloned or not
#[utoipa::path(get, path = "/admin/repos/{owner}/{name}/branches", operation_id = "list_branches", tag = "git-manager",
    params(("owner" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = BranchList),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem),
        (status = 502, body = Problem), (status = 504, body = Problem),
    ))]
async fn branches(
    State(manager): State<Manager>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<Json<BranchList>, Problem> {
    let name = RepositoryName::from_parts(&owner, &name).map_err(invalid)?;
    Ok(Json(BranchList { branches: manager.clones.branches(&name).await? }))
}

/// Fetches what is new at the remote
///
/// Answers when that is here, and is ended when nobody waits for the answer any more. One that begins
/// after this was asked serves this too.
#[utoipa::path(post, path = "/admin/repos/{owner}/{name}/fetch", operation_id = "fetch_repository", tag = "git-manager",
    params(("owner" = String, Path), ("name" = String, Path)),
    responses(
        (status = 200, body = RepositoryDocument),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem),
        (status = 502, body = Problem), (status = 504, body = Problem), (status = 507, body = Problem),
    ))]
async fn fetch(
    State(manager): State<Manager>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<Json<RepositoryDocument>, Problem> {
    let name = RepositoryName::from_parts(&owner, &name).map_err(invalid)?;
    let name = manager.clones.get(&name)?;
    drop(manager.clones.fetch(&name, None, Duration::ZERO).await?);
    let repository = manager.clones.describe(&name).ok_or(Error::Missing(Missing::Clone(name)))?;
    Ok(Json(repository.into()))
}

/// Deletes a clone
///
/// Refused while something speaks against it that was not accepted; its worktrees, which go with it, do.
#[utoipa::path(delete, path = "/admin/repos/{owner}/{name}", operation_id = "delete_repository", tag = "git-manager",
    params(("owner" = String, Path), ("name" = String, Path), Acceptance),
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
    Path((owner, name)): Path<(String, String)>,
    Query(acceptance): Query<Acceptance>,
) -> Result<Deletion, Problem> {
    let name = RepositoryName::from_parts(&owner, &name).map_err(invalid)?;
    let terms = acceptance.checked()?;
    let saved = manager.detached(async move |removal| removal.repository(&name, &terms).await).await?;
    Ok(Deletion { saved })
}
