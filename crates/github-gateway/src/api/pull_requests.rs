//! `/admin/pull-requests` and `/admin/issues`: what the page asks of GitHub for a chat.
//!
//! Only the page comes here, behind the login; git's door on loopback, which the agent has, knows none of it.

use axum::{extract::State, http::StatusCode};
use ocweb_git_access::{BranchName, RepositoryName};
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::named;
use crate::{
    Gateway,
    checks::{CheckList, failures::CheckFailures},
    issues::{Reference, Topic},
    pull_requests::{NewPullRequest, NotDeleted, PullRequest, PullRequestChange},
};

pub(super) fn routes() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new()
        .routes(routes!(find, open))
        .routes(routes!(get, change))
        .routes(routes!(checks))
        .routes(routes!(failures))
        .routes(routes!(delete_branch))
        .routes(routes!(topic))
}

/// The pull request of a branch.
#[derive(Serialize, ToSchema)]
struct PullRequestOfBranch {
    /// The open one, else the latest; `null` where there is none.
    #[schema(required)]
    pull_request: Option<PullRequest>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfBranch {
    /// A branch of the repository itself.
    #[param(value_type = String)]
    branch: BranchName,
}

/// Finds the pull request of a branch
#[utoipa::path(get, path = "/admin/pull-requests/{owner}/{name}", operation_id = "find_pull_request", tag = "github-gateway",
    params(("owner" = String, Path), ("name" = String, Path), OfBranch),
    responses(
        (status = 200, body = PullRequestOfBranch),
        (status = 400, body = Problem, description = "Not a repository's or a branch's name"),
        (status = 404, body = Problem, description = "`github-not-found`"),
        (status = 429, body = Problem, description = "GitHub's rate limit; `Retry-After` says how long"),
        (status = 502, body = Problem, description = "GitHub failed or refused; the detail says what is lacking"),
        (status = 503, body = Problem, description = "`github-token-missing`"),
        (status = 504, body = Problem, description = "GitHub did not answer in time"),
    ))]
async fn find(
    State(gateway): State<Gateway>,
    Path((owner, name)): Path<(String, String)>,
    Query(OfBranch { branch }): Query<OfBranch>,
) -> Result<Json<PullRequestOfBranch>, Problem> {
    let repository = named(&owner, &name)?;
    let pull_request = gateway.pull_requests.of_branch(&repository, &branch).await?;
    Ok(Json(PullRequestOfBranch { pull_request }))
}

/// Opens a pull request
///
/// Its branch must be at GitHub already.
#[utoipa::path(post, path = "/admin/pull-requests/{owner}/{name}", operation_id = "open_pull_request", tag = "github-gateway",
    params(("owner" = String, Path), ("name" = String, Path)), request_body = NewPullRequest,
    responses(
        (status = 201, body = PullRequest),
        (status = 400, body = Problem), (status = 404, body = Problem, description = "`github-not-found`, or not cloned here"),
        (status = 422, body = Problem, description = "`github-refused`, with GitHub's `reasons`"),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem), (status = 504, body = Problem),
    ))]
async fn open(
    State(gateway): State<Gateway>,
    Path((owner, name)): Path<(String, String)>,
    Json(new): Json<NewPullRequest>,
) -> Result<(StatusCode, Json<PullRequest>), Problem> {
    let repository = gateway.cloned(&owner, &name)?;
    if new.title.trim().is_empty() {
        return Err(Problem::bad_request("A pull request needs a title."));
    }
    let opened = gateway.pull_requests.open(&repository, &new).await?;
    Ok((StatusCode::CREATED, Json(opened)))
}

/// One pull request
#[utoipa::path(get, path = "/admin/pull-requests/{owner}/{name}/{number}", operation_id = "get_pull_request", tag = "github-gateway",
    params(("owner" = String, Path), ("name" = String, Path), ("number" = u64, Path)),
    responses(
        (status = 200, body = PullRequest),
        (status = 400, body = Problem), (status = 404, body = Problem, description = "`github-not-found`"),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem), (status = 504, body = Problem),
    ))]
async fn get(
    State(gateway): State<Gateway>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Result<Json<PullRequest>, Problem> {
    Ok(Json(gateway.pull_requests.get(&named(&owner, &name)?, number).await?))
}

/// Changes title, body, base or draft of a pull request
#[utoipa::path(patch, path = "/admin/pull-requests/{owner}/{name}/{number}", operation_id = "change_pull_request", tag = "github-gateway",
    params(("owner" = String, Path), ("name" = String, Path), ("number" = u64, Path)), request_body = PullRequestChange,
    responses(
        (status = 200, body = PullRequest),
        (status = 400, body = Problem), (status = 404, body = Problem, description = "`github-not-found`, or not cloned here"),
        (status = 422, body = Problem, description = "`github-refused`, with GitHub's `reasons`"),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem), (status = 504, body = Problem),
    ))]
async fn change(
    State(gateway): State<Gateway>,
    Path((owner, name, number)): Path<(String, String, u64)>,
    Json(change): Json<PullRequestChange>,
) -> Result<Json<PullRequest>, Problem> {
    let repository = gateway.cloned(&owner, &name)?;
    Ok(Json(gateway.pull_requests.change(&repository, number, change).await?))
}

/// The checks of a pull request's last commit
#[utoipa::path(get, path = "/admin/pull-requests/{owner}/{name}/{number}/checks", operation_id = "pull_request_checks", tag = "github-gateway",
    params(("owner" = String, Path), ("name" = String, Path), ("number" = u64, Path)),
    responses(
        (status = 200, body = CheckList),
        (status = 400, body = Problem), (status = 404, body = Problem, description = "`github-not-found`"),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem), (status = 504, body = Problem),
    ))]
async fn checks(
    State(gateway): State<Gateway>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Result<Json<CheckList>, Problem> {
    let repository = named(&owner, &name)?;
    let pull = gateway.pull_requests.get(&repository, number).await?;
    Ok(Json(gateway.checks.of(&repository, &pull.head.commit).await?))
}

/// What the failed checks of a pull request say
///
/// Their summaries, annotations and the ends of their logs, as far as GitHub gives them.
#[utoipa::path(get, path = "/admin/pull-requests/{owner}/{name}/{number}/failures", operation_id = "pull_request_failures", tag = "github-gateway",
    params(("owner" = String, Path), ("name" = String, Path), ("number" = u64, Path)),
    responses(
        (status = 200, body = CheckFailures),
        (status = 400, body = Problem), (status = 404, body = Problem, description = "`github-not-found`"),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem), (status = 504, body = Problem),
    ))]
async fn failures(
    State(gateway): State<Gateway>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Result<Json<CheckFailures>, Problem> {
    let repository = named(&owner, &name)?;
    let pull = gateway.pull_requests.get(&repository, number).await?;
    Ok(Json(gateway.checks.failures(&repository, &pull.head.commit).await?))
}

/// Deletes the branch of a pull request that is merged or closed
///
/// Only a chat's branch, and only while it is at the commit that the pull request knows.
#[utoipa::path(delete, path = "/admin/pull-requests/{owner}/{name}/{number}/branch", operation_id = "delete_pull_request_branch", tag = "github-gateway",
    params(("owner" = String, Path), ("name" = String, Path), ("number" = u64, Path)),
    responses(
        (status = 204, description = "It is gone, also when it was before"),
        (status = 400, body = Problem), (status = 404, body = Problem, description = "`github-not-found`, or not cloned here"),
        (status = 409, body = Problem, description = "`branch-kept`: not a chat's, still needed, or gone on"),
        (status = 422, body = Problem, description = "`github-refused`, with GitHub's `reasons`"),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem), (status = 504, body = Problem),
    ))]
async fn delete_branch(
    State(gateway): State<Gateway>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Result<StatusCode, Problem> {
    let repository = gateway.cloned(&owner, &name)?;
    gateway.pull_requests.delete_branch(&repository, number).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Address {
    /// `https://github.com/o/r/pull/12`, `…/issues/7` or `o/r#7`.
    address: String,
}

/// An issue or a pull request by its address, for a chat to begin from
#[utoipa::path(get, path = "/admin/issues", operation_id = "get_issue", tag = "github-gateway", params(Address),
    responses(
        (status = 200, body = Topic),
        (status = 400, body = Problem, description = "`not-an-issue`: no such address of the GitHub that is set"),
        (status = 404, body = Problem, description = "`github-not-found`"),
        (status = 410, body = Problem, description = "`github-gone`: deleted, or issues are turned off"),
        (status = 429, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem), (status = 504, body = Problem),
    ))]
async fn topic(
    State(gateway): State<Gateway>,
    Query(Address { address }): Query<Address>,
) -> Result<Json<Topic>, Problem> {
    let url = gateway.upstream.url();
    let reference = Reference::parse(&address, url).ok_or_else(|| {
        let place = url.as_str().trim_end_matches('/');
        let detail = format!("This is no issue and no pull request of {place}. Write {place}/owner/name/issues/7 or owner/name#7.");
        Problem::bad_request(detail).kind("not-an-issue", "Not an issue")
    })?;
    Ok(Json(gateway.issues.get(reference).await?))
}

impl Gateway {
    /// A repository that is cloned here: only of these anything is changed.
    fn cloned(&self, owner: &str, name: &str) -> Result<RepositoryName, Problem> {
        let repository = named(owner, name)?;
        if self.places.clones.join(repository.folder()).is_dir() {
            return Ok(repository);
        }
        Err(Problem::not_found(format!("{repository} is not cloned here.")).kind("not-cloned", "Not cloned"))
    }
}

impl From<NotDeleted> for Problem {
    fn from(error: NotDeleted) -> Self {
        let detail = match error {
            NotDeleted::GitHub(failure) => return failure.into(),
            NotDeleted::NotOurs => "Only the branch of a chat is deleted, in the repository itself.",
            NotDeleted::StillOpen => "The pull request is still open and needs its branch.",
            NotDeleted::WentOn => {
                "The branch has commits at GitHub that the pull request does not know, so it stays."
            }
        };
        Self::conflict(detail).kind("branch-kept", "The branch stays")
    }
}
