//! `/api/repos/{owner}/{name}/pulls…`: pull requests, and the branches behind them.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    Json,
    extract::{OriginalUri, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    GitHub,
    api::{found, message},
    catalogue::{OWNER, Repository},
    merging::{Bare, Method},
    paging,
    threads::{Pull, Thread},
};

const NO_DRAFTS: &str = "Draft pull requests are not supported in this repository.";

#[derive(Deserialize)]
pub(super) struct Listing {
    state: Option<String>,
    head: Option<String>,
    base: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Opening {
    title: Option<String>,
    body: Option<String>,
    head: Option<String>,
    base: Option<String>,
    #[serde(default)]
    draft: bool,
}

#[derive(Deserialize)]
pub(super) struct Editing {
    title: Option<String>,
    body: Option<String>,
    state: Option<String>,
    base: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Merging {
    sha: Option<String>,
    #[serde(default)]
    merge_method: Method,
}

pub(super) async fn list(
    State(github): State<GitHub>,
    OriginalUri(address): OriginalUri,
    Path((owner, name)): Path<(String, String)>,
    Query(asked): Query<Listing>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    let wanted = asked.state.as_deref().unwrap_or("open");
    let mut listed = Vec::new();
    for thread in github.threads.pulls(repository.full_name) {
        let thread = github.followed(repository, thread).await;
        let Some(pull) = &thread.pull else { continue };
        let is_of_head = asked.head.as_deref().is_none_or(|head| head == label(pull));
        let is_of_base = asked.base.as_deref().is_none_or(|base| base == pull.base);
        let is_of_state = wanted == "all" || (wanted == "closed") == thread.closed;
        if is_of_head && is_of_base && is_of_state {
            listed.push(github.describe_pull(repository, &thread, false).await);
        }
    }
    let (links, shown) = paging::page(&github.url, &address, listed);
    (links, Json(shown)).into_response()
}

pub(super) async fn get(
    State(github): State<GitHub>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Response {
    match github.pull(&owner, &name, number).await {
        Some((repository, thread)) => {
            Json(github.describe_pull(repository, &thread, true).await).into_response()
        }
        None => nothing(),
    }
}

pub(super) async fn open(
    State(github): State<GitHub>,
    Path((owner, name)): Path<(String, String)>,
    Json(asked): Json<Opening>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    if repository.archived {
        return message(StatusCode::FORBIDDEN, "Repository was archived so is read-only.");
    }
    let Opening { title, body, head, base, draft } = asked;
    let (Some(title), Some(head), Some(base)) = (title.filter(|title| !title.is_empty()), head, base) else {
        return invalid(&json!([{"resource": "PullRequest", "field": "title", "code": "missing_field"}]));
    };
    let head = head.strip_prefix(&format!("{owner}:")).unwrap_or(&head).to_owned();
    let folder = github.folder(repository);
    let store = Bare(&folder);
    let Some(base_tip) = store.tip(&base).await else {
        return invalid(&json!([{"resource": "PullRequest", "field": "base", "code": "invalid"}]));
    };
    let Some(head_sha) = store.tip(&head).await else {
        return invalid(&json!([{"resource": "PullRequest", "field": "head", "code": "invalid"}]));
    };
    let open = github.threads.pulls(repository.full_name);
    let exists = open.iter().any(|thread| {
        !thread.closed && thread.pull.as_ref().is_some_and(|pull| pull.head == head && pull.base == base)
    });
    let custom =
        |text: String| invalid(&json!([{"resource": "PullRequest", "code": "custom", "message": text}]));
    if draft && !has_drafts(repository) {
        return custom(NO_DRAFTS.to_owned());
    }
    if exists {
        return custom(format!("A pull request already exists for {owner}:{head}."));
    }
    if store.ahead(&base_tip, &head_sha).await == 0 {
        return custom(format!("No commits between {base} and {head}"));
    }
    let pull = Pull {
        head_repository: repository.full_name.to_owned(),
        head,
        head_sha,
        base,
        draft,
        merged_as: None,
        reviews: Vec::new(),
    };
    let thread = github.threads.add(Thread {
        repository: repository.full_name.to_owned(),
        number: 0,
        title,
        body,
        author: OWNER.to_owned(),
        closed: false,
        pull: Some(pull),
    });
    let described = github.describe_pull(repository, &thread, true).await;
    (StatusCode::CREATED, Json(described)).into_response()
}

pub(super) async fn edit(
    State(github): State<GitHub>,
    Path((owner, name, number)): Path<(String, String, u64)>,
    Json(asked): Json<Editing>,
) -> Response {
    let Some((repository, _)) = github.pull(&owner, &name, number).await else { return nothing() };
    if asked.title.as_deref() == Some("") {
        return invalid(&json!([{"resource": "PullRequest", "field": "title", "code": "missing_field"}]));
    }
    if let Some(base) = &asked.base
        && Bare(&github.folder(repository)).tip(base).await.is_none()
    {
        return invalid(&json!([{"resource": "PullRequest", "field": "base", "code": "invalid"}]));
    }
    let edited = github.threads.edit(repository.full_name, number, |thread| {
        thread.title = asked.title.unwrap_or_else(|| thread.title.clone());
        thread.body = asked.body.or(thread.body.take());
        if let Some(state) = asked.state {
            thread.closed = state == "closed";
        }
        if let (Some(pull), Some(base)) = (&mut thread.pull, asked.base) {
            pull.base = base;
        }
    });
    match edited {
        Some(thread) => Json(github.describe_pull(repository, &thread, true).await).into_response(),
        None => nothing(),
    }
}

pub(super) async fn reviews(
    State(github): State<GitHub>,
    OriginalUri(address): OriginalUri,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Response {
    let Some((_, thread)) = github.pull(&owner, &name, number).await else { return nothing() };
    let reviews = thread.pull.map(|pull| pull.reviews).unwrap_or_default();
    let reviews = reviews.iter().map(|review| json!({"user": {"login": review.user}, "state": review.state}));
    let (links, shown) = paging::page(&github.url, &address, reviews.collect());
    (links, Json(shown)).into_response()
}

pub(super) async fn merge(
    State(github): State<GitHub>,
    Path((owner, name, number)): Path<(String, String, u64)>,
    Json(asked): Json<Merging>,
) -> Response {
    let Some((repository, thread)) = github.pull(&owner, &name, number).await else { return nothing() };
    let not_mergeable = || message(StatusCode::METHOD_NOT_ALLOWED, "Pull Request is not mergeable");
    let folder = github.folder(repository);
    let store = Bare(&folder);
    let Some(pull) = thread.pull else { return nothing() };
    if thread.closed || pull.draft {
        return not_mergeable();
    }
    if asked.sha.is_some_and(|sha| sha != pull.head_sha) {
        let text = "Head branch was modified. Review and try the merge again.";
        return message(StatusCode::CONFLICT, text);
    }
    let Some(base) = store.tip(&pull.base).await else { return not_mergeable() };
    let text = match asked.merge_method {
        Method::Merge => {
            format!("Merge pull request #{number} from {owner}/{}\n\n{}", pull.head, thread.title)
        }
        Method::Squash | Method::Rebase => format!("{} (#{number})", thread.title),
    };
    let merged = match store.merge(asked.merge_method, &base, &pull.head_sha, &text).await {
        Ok(Some(merged)) => merged,
        Ok(None) => return not_mergeable(),
        Err(error) => return message(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    if let Err(error) = store.point(&format!("refs/heads/{}", pull.base), Some(&merged)).await {
        return message(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string());
    }
    github.threads.edit(repository.full_name, number, |thread| {
        thread.closed = true;
        thread.pull = Some(Pull { merged_as: Some(merged.clone()), ..pull });
    });
    let body = json!({"sha": merged, "merged": true, "message": "Pull Request successfully merged"});
    Json(body).into_response()
}

/// The branches whose names begin so.
pub(super) async fn branches(
    State(github): State<GitHub>,
    Path((owner, name, branch)): Path<(String, String, String)>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    let folder = github.folder(repository);
    let described = Bare(&folder).tips(&branch).await.into_iter().map(|(branch, tip)| {
        json!({"ref": format!("refs/heads/{branch}"), "object": {"type": "commit", "sha": tip}})
    });
    Json(described.collect::<Vec<_>>()).into_response()
}

pub(super) async fn delete_branch(
    State(github): State<GitHub>,
    Path((owner, name, branch)): Path<(String, String, String)>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    let folder = github.folder(repository);
    let store = Bare(&folder);
    if store.tip(&branch).await.is_none() {
        return message(StatusCode::UNPROCESSABLE_ENTITY, "Reference does not exist");
    }
    match store.point(&format!("refs/heads/{branch}"), None).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => message(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// The two changes that GitHub has in its GraphQL API only: out of the draft, and back into it.
pub(super) async fn graphql(State(github): State<GitHub>, Json(asked): Json<Value>) -> Response {
    let query = asked["query"].as_str().unwrap_or_default();
    let draft = query.contains("convertPullRequestToDraft");
    let is_known = draft || query.contains("markPullRequestReadyForReview");
    let name = if draft { "convertPullRequestToDraft" } else { "markPullRequestReadyForReview" };
    let refused = |kind: &str, message: &str| {
        let error = json!({"type": kind, "path": [name], "message": message});
        Json(json!({"data": {name: null}, "errors": [error]})).into_response()
    };
    let id = asked["variables"]["id"].as_str().and_then(|id| id.strip_prefix("PR_")?.rsplit_once('#'));
    let thread = id.and_then(|(repository, number)| {
        let (owner, name) = repository.split_once('/')?;
        Some((found(owner, name)?, number.parse().ok()?))
    });
    let Some((repository, number)) = thread.filter(|_| is_known) else {
        return refused("NOT_FOUND", "Could not resolve to a node with the global id.");
    };
    if draft && !has_drafts(repository) {
        return refused("UNPROCESSABLE", NO_DRAFTS);
    }
    github.threads.edit(repository.full_name, number, |thread| {
        if let Some(pull) = &mut thread.pull {
            pull.draft = draft;
        }
    });
    Json(json!({"data": {name: {"pullRequest": {"isDraft": draft}}}})).into_response()
}

impl GitHub {
    pub(super) fn folder(&self, repository: &Repository) -> std::path::PathBuf {
        self.repositories.join(format!("{}.git", repository.full_name))
    }

    async fn pull(&self, owner: &str, name: &str, number: u64) -> Option<(&'static Repository, Thread)> {
        let repository = found(owner, name)?;
        let thread = self.threads.get(repository.full_name, number).filter(|thread| thread.pull.is_some())?;
        Some((repository, self.followed(repository, thread).await))
    }

    /// The pull request as its branch has it by now, as long as it is open: at its present commit, or closed when the branch is
    /// gone. `refs/pull/N/head` follows.
    async fn followed(&self, repository: &Repository, thread: Thread) -> Thread {
        let Some(pull) = &thread.pull else { return thread };
        let folder = self.folder(repository);
        let store = Bare(&folder);
        let is_here = pull.head_repository == repository.full_name;
        let thread = if is_here && !thread.closed {
            let tip = store.tip(&pull.head).await;
            let edited = self.threads.edit(repository.full_name, thread.number, |thread| {
                thread.closed = tip.is_none();
                if let (Some(pull), Some(tip)) = (&mut thread.pull, tip) {
                    pull.head_sha = tip;
                }
            });
            edited.unwrap_or(thread)
        } else {
            thread
        };
        let reference = format!("refs/pull/{}/head", thread.number);
        let commit = thread.pull.as_ref().map(|pull| pull.head_sha.as_str());
        if let Err(error) = store.point(&reference, commit).await {
            tracing::warn!(%error, reference, "the played GitHub could not point a reference");
        }
        thread
    }

    async fn describe_pull(&self, repository: &Repository, thread: &Thread, whole: bool) -> Value {
        let Some(pull) = &thread.pull else { return Value::Null };
        let folder = self.folder(repository);
        let store = Bare(&folder);
        let base_sha = store.tip(&pull.base).await;
        let url = format!("{}/{}/pull/{}", self.url, repository.full_name, thread.number);
        let at = "2026-06-12T12:00:00Z";
        let when = |happened: bool| if happened { json!(at) } else { Value::Null };
        let head_owner = pull.head_repository.split('/').next().unwrap_or_default();
        let mut described = json!({
            "id": thread.number,
            "node_id": format!("PR_{}#{}", repository.full_name, thread.number),
            "number": thread.number,
            "state": if thread.closed { "closed" } else { "open" },
            "title": thread.title,
            "body": thread.body,
            "draft": pull.draft,
            "html_url": url,
            "user": {"login": thread.author},
            "created_at": at,
            "updated_at": at,
            "closed_at": when(thread.closed),
            "merged_at": when(pull.merged_as.is_some()),
            "merge_commit_sha": pull.merged_as,
            "requested_reviewers": [],
            "requested_teams": [],
            "head": {
                "label": label(pull),
                "ref": pull.head,
                "sha": pull.head_sha,
                "repo": {
                    "id": repository_id(&pull.head_repository),
                    "full_name": pull.head_repository,
                    "owner": {"login": head_owner},
                },
            },
            "base": {
                "label": format!("{}:{}", repository.owner(), pull.base),
                "ref": pull.base,
                "sha": base_sha,
                "repo": {"id": repository_id(repository.full_name), "full_name": repository.full_name},
            },
        });
        if whole {
            let is_open = !thread.closed;
            let fits = match (&base_sha, is_open) {
                (Some(base), true) => Some(store.merged_tree(base, &pull.head_sha).await.is_some()),
                _ => None,
            };
            let state = match fits {
                None => "unknown",
                Some(false) => "dirty",
                Some(true) if pull.draft => "draft",
                Some(true) if self.has_failed(&pull.head_sha) => "unstable",
                Some(true) => "clean",
            };
            described["merged"] = pull.merged_as.is_some().into();
            described["mergeable"] = fits.into();
            described["mergeable_state"] = state.into();
            described["commits"] =
                store.ahead(base_sha.as_deref().unwrap_or_default(), &pull.head_sha).await.into();
        }
        described
    }
}

/// What stays of a repository under all its names; any number will do that no other has.
fn repository_id(full_name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    full_name.hash(&mut hasher);
    hasher.finish() >> 24
}

/// An account that pays nothing has no drafts in private repositories.
fn has_drafts(repository: &Repository) -> bool {
    !repository.private || repository.owner() != OWNER
}

fn label(pull: &Pull) -> String {
    let owner = pull.head_repository.split('/').next().unwrap_or_default();
    format!("{owner}:{}", pull.head)
}

pub(super) fn nothing() -> Response {
    message(StatusCode::NOT_FOUND, "Not Found")
}

/// 422 with GitHub's list of what is wrong.
fn invalid(errors: &Value) -> Response {
    let body = json!({
        "message": "Validation Failed",
        "errors": errors,
        "documentation_url": "https://docs.github.com/rest/pulls/pulls#create-a-pull-request",
        "status": "422",
    });
    (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
}
