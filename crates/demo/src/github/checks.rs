//! Checks of a commit: check runs with their annotations and logs, and commit statuses.

use axum::{
    Json,
    extract::{OriginalUri, Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{GitHub, api::found, paging, pulls::nothing};

/// A check run, as a test tells of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Check {
    #[serde(default)]
    pub(super) id: u64,
    name: String,
    /// `queued`, `in_progress` or `completed`.
    #[serde(default = "completed")]
    status: String,
    /// `success`, `failure`, `skipped`, …, once it is completed.
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    /// As GitHub's API has them.
    #[serde(default)]
    annotations: Vec<Value>,
    /// What its job said; only jobs of GitHub Actions have a log.
    #[serde(default)]
    log: Option<String>,
}

fn completed() -> String {
    "completed".into()
}

/// A commit status, as a test tells of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Status {
    context: String,
    /// `success`, `pending`, `failure` or `error`.
    state: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    target_url: Option<String>,
}

pub(super) async fn check_runs(
    State(github): State<GitHub>,
    OriginalUri(address): OriginalUri,
    Path((owner, name, commit)): Path<(String, String, String)>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    let (checks, _) = github.threads.checks(&commit);
    let described: Vec<Value> =
        checks.iter().map(|check| describe(&github, repository.full_name, &commit, check)).collect();
    let total = described.len();
    let (links, shown) = paging::page(&github.url, &address, described);
    (links, Json(json!({"total_count": total, "check_runs": shown}))).into_response()
}

pub(super) async fn status(
    State(github): State<GitHub>,
    OriginalUri(address): OriginalUri,
    Path((owner, name, commit)): Path<(String, String, String)>,
) -> Response {
    if found(&owner, &name).is_none() {
        return nothing();
    }
    let (_, statuses) = github.threads.checks(&commit);
    let worst = ["error", "failure", "pending"].into_iter();
    let state = worst
        .filter(|state| statuses.iter().any(|status| status.state == *state))
        .map(|state| if state == "error" { "failure" } else { state })
        .next()
        .unwrap_or(if statuses.is_empty() { "pending" } else { "success" });
    let total = statuses.len();
    let (links, shown) = paging::page(&github.url, &address, statuses);
    let body = json!({"state": state, "sha": commit, "total_count": total, "statuses": shown});
    (links, Json(body)).into_response()
}

pub(super) async fn annotations(
    State(github): State<GitHub>,
    Path((_, _, id)): Path<(String, String, u64)>,
) -> Response {
    match github.threads.check(id) {
        Some(check) => Json(check.annotations).into_response(),
        None => nothing(),
    }
}

/// The runs of workflows on a commit: what a token that may not read checks can read.
pub(super) async fn runs(
    State(github): State<GitHub>,
    Path((owner, name)): Path<(String, String)>,
    Query(asked): Query<std::collections::BTreeMap<String, String>>,
) -> Response {
    if found(&owner, &name).is_none() {
        return nothing();
    }
    let commit = asked.get("head_sha").cloned().unwrap_or_default();
    let has_jobs = github.threads.checks(&commit).0.iter().any(|check| check.log.is_some());
    let runs = if has_jobs { vec![json!({"id": run_of(&commit), "head_sha": commit})] } else { vec![] };
    Json(json!({"total_count": runs.len(), "workflow_runs": runs})).into_response()
}

pub(super) async fn jobs(
    State(github): State<GitHub>,
    OriginalUri(address): OriginalUri,
    Path((owner, name, run)): Path<(String, String, u64)>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    let jobs: Vec<Value> = github
        .threads
        .pulls(repository.full_name)
        .into_iter()
        .filter_map(|thread| thread.pull.map(|pull| pull.head_sha))
        .filter(|commit| run_of(commit) == run)
        .flat_map(|commit| {
            let (checks, _) = github.threads.checks(&commit);
            let jobs = checks.into_iter().filter(|check| check.log.is_some());
            let describe = |check: Check| describe(&github, repository.full_name, &commit, &check);
            jobs.map(describe).collect::<Vec<_>>()
        })
        .collect();
    let total = jobs.len();
    let (links, shown) = paging::page(&github.url, &address, jobs);
    (links, Json(json!({"total_count": total, "jobs": shown}))).into_response()
}

/// GitHub leads to where logs are stored: another place, which takes no token.
pub(super) async fn log_address(
    State(github): State<GitHub>,
    Path((_, _, id)): Path<(String, String, u64)>,
) -> Response {
    match github.threads.check(id).filter(|check| check.log.is_some()) {
        Some(_) => {
            let place = format!("{}/stored-logs/{id}?sig=abc", github.url);
            (StatusCode::FOUND, [(header::LOCATION, place)]).into_response()
        }
        None => nothing(),
    }
}

pub(super) async fn log(State(github): State<GitHub>, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return (StatusCode::BAD_REQUEST, "InvalidAuthenticationInfo").into_response();
    }
    github.threads.check(id).and_then(|check| check.log).unwrap_or_default().into_response()
}

impl GitHub {
    pub(super) fn has_failed(&self, commit: &str) -> bool {
        let (checks, statuses) = self.threads.checks(commit);
        checks.iter().any(|check| check.conclusion.as_deref() == Some("failure"))
            || statuses.iter().any(|status| status.state == "failure")
    }
}

fn run_of(commit: &str) -> u64 {
    u64::from_str_radix(commit.get(..8).unwrap_or_default(), 16).unwrap_or(0)
}

fn describe(github: &GitHub, repository: &str, commit: &str, check: &Check) -> Value {
    let at = "2026-06-12T12:00:00Z";
    let page = format!("{}/{repository}/actions/runs/{}/job/{}", github.url, run_of(commit), check.id);
    let app = if check.log.is_some() { "github-actions" } else { "some-app" };
    json!({
        "id": check.id,
        "name": check.name,
        "head_sha": commit,
        "status": check.status,
        "conclusion": check.conclusion,
        "html_url": page,
        "details_url": page,
        "started_at": at,
        "completed_at": check.conclusion.as_ref().map(|_| at),
        "output": {
            "title": check.title,
            "summary": check.summary,
            "text": null,
            "annotations_count": check.annotations.len(),
        },
        "app": {"slug": app, "name": app},
    })
}
