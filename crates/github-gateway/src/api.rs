//! What the person asks of the gateway: their repositories, issues and pull requests at GitHub, what chats may push, and
//! which repositories are opened.

mod opening;
mod pull_requests;

use axum::{Router, extract::State, http::StatusCode};
use ocweb_git_access::RepositoryName;
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, OpenApi, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Gateway, Rules, repositories::GitHubRepository};

#[derive(OpenApi)]
#[openapi(info(title = "github-gateway", description = "What needs GitHub's token."))]
struct Document;

fn documented() -> OpenApiRouter<Gateway> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(list_github))
        .routes(routes!(push_rules, set_push_rules))
        .merge(pull_requests::routes())
}

/// Every route on the unix socket.
pub fn router(gateway: Gateway) -> Router {
    documented().split_for_parts().0.merge(opening::router()).with_state(gateway)
}

/// The description of these routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented().split_for_parts().1
}

/// The repositories that GitHub lists for the token.
#[derive(Serialize, ToSchema)]
struct GitHubRepositoryList {
    repos: Vec<GitHubRepository>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Refresh {
    /// Ask GitHub anew instead of answering with a list of the last minute.
    #[serde(default)]
    refresh: bool,
}

/// Lists the repositories that the token can reach
#[utoipa::path(get, path = "/admin/repos/github", operation_id = "list_github_repositories", tag = "github-gateway",
    params(Refresh),
    responses(
        (status = 200, body = GitHubRepositoryList),
        (status = 429, body = Problem, description = "GitHub's rate limit; `Retry-After` says how long"),
        (status = 502, body = Problem, description = "GitHub failed or refused the token"),
        (status = 503, body = Problem, description = "`github-token-missing`"),
        (status = 504, body = Problem, description = "GitHub did not answer in time"),
    ))]
async fn list_github(
    State(gateway): State<Gateway>,
    Query(Refresh { refresh }): Query<Refresh>,
) -> Result<Json<GitHubRepositoryList>, Problem> {
    Ok(Json(GitHubRepositoryList { repos: gateway.repositories.list(refresh).await? }))
}

/// Tells what chats may push besides their own branches
#[utoipa::path(get, path = "/admin/push-rules/{owner}/{name}", operation_id = "push_rules", tag = "github-gateway",
    params(("owner" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = Rules), (status = 400, body = Problem, description = "Not a repository's name")))]
async fn push_rules(
    State(gateway): State<Gateway>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<Json<Rules>, Problem> {
    Ok(Json(gateway.rules.of(&named(&owner, &name)?)))
}

/// Says what chats may push besides their own branches
///
/// Holds from the next push on, for all chats of the repository.
#[utoipa::path(put, path = "/admin/push-rules/{owner}/{name}", operation_id = "set_push_rules", tag = "github-gateway",
    params(("owner" = String, Path), ("name" = String, Path)),
    request_body = Rules,
    responses(
        (status = 204),
        (status = 400, body = Problem, description = "Not a repository's or a branch's name"),
        (status = 507, body = Problem, description = "The disk is full"),
    ))]
async fn set_push_rules(
    State(gateway): State<Gateway>,
    Path((owner, name)): Path<(String, String)>,
    Json(rules): Json<Rules>,
) -> Result<StatusCode, Problem> {
    let repository = named(&owner, &name)?;
    gateway.rules.set(&repository, rules).map_err(|error| Problem::internal(error.to_string()))?;
    tracing::info!(%repository, "what chats may push was changed");
    Ok(StatusCode::NO_CONTENT)
}

fn named(owner: &str, name: &str) -> Result<RepositoryName, Problem> {
    RepositoryName::from_parts(owner, name).map_err(|error| Problem::bad_request(error.to_string()))
}
