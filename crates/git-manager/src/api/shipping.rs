//! `/admin/chats/{id}/commits`, `push`, `update`, `base`, and who commits: what a person has done with a chat's changes.

use axum::{
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoResponses, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{BODY_LIMIT, chats::chat_id, parsed};
use crate::{
    Manager,
    shipping::{Authorship, Committed, NewCommit, Person, PushRequest, Pushed, Source, Update, UpdateResult},
};

/// The longest message, in bytes.
const MESSAGE: usize = 64 << 10;
/// The most files that are chosen one by one; more than the diff tells of.
const FILES: usize = 6000;

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new()
        .routes(routes!(commit))
        .routes(routes!(push))
        .routes(routes!(update, abort_update))
        .routes(routes!(set_base))
        .routes(routes!(show_authorship, change_authorship))
        // As many files as may be chosen, with the longest paths.
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// What is to be committed.
#[derive(Deserialize, ToSchema)]
struct CommitRequest {
    /// At most 64 KiB; not blank.
    message: String,
    /// These files alone, by path as the diff tells them (of a renamed one both); all changes if absent.
    files: Option<Vec<String>>,
    /// Although an agent is at work.
    #[serde(default)]
    despite_agent: bool,
    /// Without the hooks `pre-commit` and `commit-msg`.
    #[serde(default)]
    skip_hooks: bool,
}

impl TryFrom<CommitRequest> for NewCommit {
    type Error = Problem;

    fn try_from(request: CommitRequest) -> Result<Self, Problem> {
        let CommitRequest { message, files, despite_agent, skip_hooks } = request;
        let message = message.trim().to_owned();
        if message.is_empty() || message.len() > MESSAGE || message.contains('\0') {
            return Err(Problem::bad_request("A commit needs a message, of at most 64 KiB."));
        }
        if files.as_ref().is_some_and(|files| files.is_empty() || files.len() > FILES) {
            return Err(Problem::bad_request("Choose at least one file and at most 6,000, or all."));
        }
        let files = files.map(|files| files.iter().map(|path| parsed(path)).collect());
        Ok(Self { message, files: files.transpose()?, despite_agent, skip_hooks })
    }
}

/// How a branch is to be pushed.
#[derive(Default, Deserialize, ToSchema)]
struct PushBody {
    /// The commit that the remote's branch is at, to be replaced by what is here: after a rebase. Without it commits are
    /// only ever added; when the remote's branch is at another one by then, nothing is pushed.
    replacing: Option<String>,
}

/// How a branch is to be updated.
#[derive(Deserialize, ToSchema)]
struct UpdateBody {
    #[schema(inline)]
    how: Update,
    /// What to begin with; the base if absent.
    #[serde(default)]
    #[schema(inline, required = false)]
    from: Source,
}

/// Where a chat's work belongs.
#[derive(Deserialize, ToSchema)]
struct BaseBody {
    /// A branch of the remote.
    base: String,
}

/// What came of an update.
#[derive(Serialize, ToSchema)]
struct UpdateDone {
    #[schema(inline)]
    result: UpdateResult,
}

/// Who commits are by, and who they are by without settings.
#[derive(Serialize, ToSchema)]
struct AuthorshipDocument {
    #[serde(flatten)]
    settings: Authorship,
    /// GitHub's user (`GITHUB_USER`, or whose the token is); `null` when it is not known, so that git's own configuration says.
    default_author: Option<Person>,
}

/// Why git did not do it.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described")]
enum NotDone {
    /// Something in the request cannot be used
    #[response(status = 400)]
    BadRequest(Problem),
    /// No such chat or session, or it has no working copy (any more)
    #[response(status = 404)]
    Missing(Problem),
    /// One sentence that says what to do, and in `said` the words of git, of a hook or of GitHub: `agent-at-work`,
    /// `nothing-to-commit`, `not-committed`, `unfinished-operation`, `author-unknown`, `commit-refused`,
    /// `push-refused`, `push-hook-refused`, `push-diverged`, `update-refused`, `git-locked`, or `conflict` while something
    /// else is done here
    #[response(status = 409)]
    Refused(Problem),
    /// The document is not of the form that is asked for
    #[response(status = 422)]
    Malformed(Problem),
    /// GitHub limits how often it is asked
    #[response(status = 429)]
    RateLimited(Problem),
    /// GitHub failed or cannot be reached
    #[response(status = 502)]
    GitHubFailed(Problem),
    /// `opencode-unavailable`: it cannot be told whether an agent is at work
    #[response(status = 503)]
    OpencodeUnavailable(Problem),
    /// GitHub stood still for too long
    #[response(status = 504)]
    TimedOut(Problem),
    /// `disk-full`
    #[response(status = 507)]
    DiskFull(Problem),
}

/// Commits what a chat changed
///
/// All changes, new files included, or the chosen files. The repository's hooks run; the author is as set by
/// `/admin/chats/authorship`. It comes to its end also when the request is cut.
#[utoipa::path(post, path = "/admin/chats/{id}/commits", operation_id = "commit_changes", tag = "git-manager",
    params(("id" = String, Path)), request_body = CommitRequest,
    responses((status = 201, body = Committed), NotDone))]
async fn commit(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Json(request): Json<CommitRequest>,
) -> Result<(StatusCode, Json<Committed>), Problem> {
    let (chat, new, shipping) = (chat_id(&id)?, NewCommit::try_from(request)?, manager.shipping.clone());
    let committed = manager.to_its_end(async move { shipping.commit(&chat, &new).await }).await?;
    Ok((StatusCode::CREATED, Json(committed)))
}

/// Pushes a chat's branch
///
/// What is checked out becomes the chat's branch at GitHub, through the gateway and by its rules.
#[utoipa::path(post, path = "/admin/chats/{id}/push", operation_id = "push_branch", tag = "git-manager",
    params(("id" = String, Path)), request_body = PushBody,
    responses((status = 200, body = Pushed), NotDone))]
async fn push(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Json(PushBody { replacing }): Json<PushBody>,
) -> Result<Json<Pushed>, Problem> {
    let (chat, shipping) = (chat_id(&id)?, manager.shipping.clone());
    let request = PushRequest { replacing: replacing.as_deref().map(parsed).transpose()? };
    Ok(Json(manager.to_its_end(async move { shipping.push(&chat, &request).await }).await?))
}

/// Brings into a chat's branch what its base has, or what others added to it at GitHub
///
/// Fetches, then merges or rebases. With `conflicts` the merge or rebase waits in the middle: resolve them and
/// `continue`, or take it back with `DELETE`; so it is with a cherry-pick, a revert and patches that the agent began. Changes
/// that are not committed are never set aside: they refuse it; new files do not.
#[utoipa::path(post, path = "/admin/chats/{id}/update", operation_id = "update_branch", tag = "git-manager",
    params(("id" = String, Path)), request_body = UpdateBody,
    responses((status = 200, body = UpdateDone), NotDone))]
async fn update(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Json(UpdateBody { how, from }): Json<UpdateBody>,
) -> Result<Json<UpdateDone>, Problem> {
    let (chat, shipping) = (chat_id(&id)?, manager.shipping.clone());
    let result = manager.to_its_end(async move { shipping.update(&chat, how, from).await }).await?;
    Ok(Json(UpdateDone { result }))
}

/// Has a chat's work belong to another branch than the one that it began at
///
/// It is compared with that branch and updated from it, and has to be at GitHub.
#[utoipa::path(put, path = "/admin/chats/{id}/base", operation_id = "set_base", tag = "git-manager",
    params(("id" = String, Path)), request_body = BaseBody,
    responses((status = 204, description = "So it is"), NotDone))]
async fn set_base(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Json(BaseBody { base }): Json<BaseBody>,
) -> Result<StatusCode, Problem> {
    let (chat, base, shipping) = (chat_id(&id)?, parsed(&base)?, manager.shipping.clone());
    manager.to_its_end(async move { shipping.set_base(&chat, &base).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back what is in the middle: a merge, a rebase, or what else the agent began
#[utoipa::path(delete, path = "/admin/chats/{id}/update", operation_id = "abort_update", tag = "git-manager",
    params(("id" = String, Path)),
    responses((status = 204, description = "The working copy is as before it"), NotDone))]
async fn abort_update(State(manager): State<Manager>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let (chat, shipping) = (chat_id(&id)?, manager.shipping.clone());
    manager.to_its_end(async move { shipping.abort_update(&chat).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who commits are by that are made from the page
#[utoipa::path(get, path = "/admin/chats/authorship", operation_id = "show_authorship", tag = "git-manager",
    responses((status = 200, body = AuthorshipDocument)))]
async fn show_authorship(State(manager): State<Manager>) -> Json<AuthorshipDocument> {
    let (settings, default_author) = (manager.shipping.authorship(), manager.shipping.default_author().await);
    Json(AuthorshipDocument { settings, default_author })
}

/// Changes who commits are by that are made from the page
#[utoipa::path(put, path = "/admin/chats/authorship", operation_id = "change_authorship", tag = "git-manager",
    request_body = Authorship,
    responses((status = 204, description = "So it is"), (status = 422, body = Problem), (status = 507, body = Problem)))]
async fn change_authorship(
    State(manager): State<Manager>,
    Json(authorship): Json<Authorship>,
) -> Result<StatusCode, Problem> {
    manager.shipping.set_authorship(authorship)?;
    Ok(StatusCode::NO_CONTENT)
}
