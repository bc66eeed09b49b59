//! `/api/repos/{owner}/{name}/pulls…`: pull requests, and the branches behind them.

use axum::{
    Json,
    extract::{Path, Query, State},
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
    threads::{Pull, Thread},
};

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
    Path((owner, name)): Path<(String, String)>,
    Query(asked): Query<Listing>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    let wanted = asked.state.as_deref().unwrap_or("open");
    let mut listed = Vec::new();
    for thread in github.threads.pulls(repository.full_name) {
        let Some(pull) = &thread.pull else { continue };
        let is_of_head = asked.head.as_deref().is_none_or(|head| head == label(pull));
        let is_of_base = asked.base.as_deref().is_none_or(|base| base == pull.base);
        let is_of_state = wanted == "all" || (wanted == "closed") == thread.closed;
        if is_of_head && is_of_base && is_of_state {
            listed.push(github.describe_pull(repository, &thread, false).await);
        }
    }
    Json(listed).into_response()
}

pub(super) async fn get(
    State(github): State<GitHub>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Response {
    match github.pull(&owner, &name, number) {
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
    let Some((repository, _)) = github.pull(&owner, &name, number) else { return nothing() };
    if asked.title.as_deref() == Some("") {
        return invalid(&json!([{"resource": "PullRequest", "field": "title", "code": "missing_field"}]));
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
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Response {
    let Some((_, thread)) = github.pull(&owner, &name, number) else { return nothing() };
    let reviews = thread.pull.map(|pull| pull.reviews).unwrap_or_default();
    let reviews = reviews.iter().map(|review| json!({"user": {"login": review.user}, "state": review.state}));
    Json(reviews.collect::<Vec<_>>()).into_response()
}

pub(super) async fn merge(
    State(github): State<GitHub>,
    Path((owner, name, number)): Path<(String, String, u64)>,
    Json(asked): Json<Merging>,
) -> Response {
    let Some((repository, thread)) = github.pull(&owner, &name, number) else { return nothing() };
    let not_mergeable = || message(StatusCode::METHOD_NOT_ALLOWED, "Pull Request is not mergeable");
    let folder = github.folder(repository);
    let store = Bare(&folder);
    let Some(pull) = github.current(repository, &thread).await else { return nothing() };
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

pub(super) async fn branch(
    State(github): State<GitHub>,
    Path((owner, name, branch)): Path<(String, String, String)>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    let folder = github.folder(repository);
    match Bare(&folder).tip(&branch).await {
        Some(tip) => {
            let object = json!({"type": "commit", "sha": tip});
            Json(json!({"ref": format!("refs/heads/{branch}"), "object": object})).into_response()
        }
        None => nothing(),
    }
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
    let thread = asked["variables"]["id"].as_str().and_then(|id| {
        let (repository, number) = id.strip_prefix("PR_")?.rsplit_once('#')?;
        github.threads.edit(repository, number.parse().ok()?, |thread| {
            if let Some(pull) = thread.pull.as_mut().filter(|_| is_known) {
                pull.draft = draft;
            }
        })
    });
    let name = if draft { "convertPullRequestToDraft" } else { "markPullRequestReadyForReview" };
    let answer = match thread {
        Some(_) if is_known => json!({"data": {name: {"pullRequest": {"isDraft": draft}}}}),
        _ => json!({"data": {name: null}, "errors": [{
            "type": "NOT_FOUND",
            "path": [name],
            "message": "Could not resolve to a node with the global id.",
        }]}),
    };
    Json(answer).into_response()
}

impl GitHub {
    pub(super) fn folder(&self, repository: &Repository) -> std::path::PathBuf {
        self.repositories.join(format!("{}.git", repository.full_name))
    }

    fn pull(&self, owner: &str, name: &str, number: u64) -> Option<(&'static Repository, Thread)> {
        let repository = found(owner, name)?;
        let thread = self.threads.get(repository.full_name, number)?;
        thread.pull.is_some().then_some((repository, thread))
    }

    /// The pull request with its branch's present commit, as long as it is open; `refs/pull/N/head` follows.
    async fn current(&self, repository: &Repository, thread: &Thread) -> Option<Pull> {
        let pull = thread.pull.clone()?;
        let folder = self.folder(repository);
        let store = Bare(&folder);
        let is_here = pull.head_repository == repository.full_name;
        let tip = if is_here && !thread.closed { store.tip(&pull.head).await } else { None };
        let head_sha = tip.unwrap_or_else(|| pull.head_sha.clone());
        if head_sha != pull.head_sha {
            self.threads.edit(repository.full_name, thread.number, |thread| {
                if let Some(pull) = &mut thread.pull {
                    pull.head_sha.clone_from(&head_sha);
                }
            });
        }
        let reference = format!("refs/pull/{}/head", thread.number);
        if let Err(error) = store.point(&reference, Some(&head_sha)).await {
            tracing::warn!(%error, reference, "the played GitHub could not point a reference");
        }
        Some(Pull { head_sha, ..pull })
    }

    async fn describe_pull(&self, repository: &Repository, thread: &Thread, whole: bool) -> Value {
        let Some(pull) = self.current(repository, thread).await else { return Value::Null };
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
                "label": label(&pull),
                "ref": pull.head,
                "sha": pull.head_sha,
                "repo": {"full_name": pull.head_repository, "owner": {"login": head_owner}},
            },
            "base": {
                "label": format!("{}:{}", repository.owner(), pull.base),
                "ref": pull.base,
                "sha": base_sha,
                "repo": {"full_name": repository.full_name},
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
