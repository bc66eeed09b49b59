//! `/api/repos/{owner}/{name}/issues…`, and what a test has written at this GitHub by others.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    GitHub,
    api::{found, message},
    catalogue::OWNER,
    checks::{Check, Status},
    merging::Bare,
    pulls::nothing,
    threads::{Pull, Review, Thread},
};

#[derive(Deserialize)]
pub(super) struct NewIssue {
    title: String,
    body: Option<String>,
}

pub(super) async fn get(
    State(github): State<GitHub>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    if repository.archived {
        return message(StatusCode::GONE, "Issues are disabled for this repo");
    }
    match github.threads.get(repository.full_name, number) {
        Some(thread) => describe(&github, &thread).into_response(),
        None => nothing(),
    }
}

pub(super) async fn create(
    State(github): State<GitHub>,
    Path((owner, name)): Path<(String, String)>,
    Json(NewIssue { title, body }): Json<NewIssue>,
) -> Response {
    let Some(repository) = found(&owner, &name) else { return nothing() };
    let thread = github.threads.add(Thread {
        repository: repository.full_name.to_owned(),
        number: 0,
        title,
        body,
        author: OWNER.to_owned(),
        closed: false,
        pull: None,
    });
    (StatusCode::CREATED, describe(&github, &thread)).into_response()
}

fn describe(github: &GitHub, thread: &Thread) -> Json<serde_json::Value> {
    let place = if thread.pull.is_some() { "pull" } else { "issues" };
    let url = format!("{}/{}/{place}/{}", github.url, thread.repository, thread.number);
    let mut described = json!({
        "number": thread.number,
        "repository_url": format!("{}/api/repos/{}", github.url, thread.repository),
        "title": thread.title,
        "body": thread.body,
        "state": if thread.closed { "closed" } else { "open" },
        "user": {"login": thread.author},
        "html_url": url,
        "comments": 0,
    });
    if thread.pull.is_some() {
        described["pull_request"] = json!({"html_url": url});
    }
    Json(described)
}

/// What others do at GitHub, and no token of the person's can.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Happening {
    /// Checks of a branch's last commit, all of them.
    Checks {
        repository: String,
        branch: String,
        #[serde(default)]
        checks: Vec<Check>,
        #[serde(default)]
        statuses: Vec<Status>,
    },
    /// Somebody reviews a pull request: `APPROVED`, `CHANGES_REQUESTED`, …
    Review { repository: String, number: u64, user: String, state: String },
    /// Somebody opens a pull request from a fork that writes one file.
    Fork { repository: String, author: String, title: String, body: String, path: String, content: String },
    /// Somebody files an issue.
    Issue { repository: String, author: String, title: String, body: String },
    /// A repository is called otherwise by now (`demo/old` for `demo/hello-web`), or an issue was transferred
    /// (`demo/hello-web/issues/1` to `demo/tally/issues/1`).
    Moved { from: String, to: String },
}

impl GitHub {
    /// Lets it happen; the number of what was opened, or the commit that was checked.
    pub(crate) async fn happen(&self, happening: Happening) -> Result<serde_json::Value, String> {
        let repository = |full_name: &str| {
            let (owner, name) = full_name.split_once('/').unwrap_or_default();
            found(owner, name).ok_or_else(|| format!("there is no {full_name}"))
        };
        match happening {
            Happening::Checks { repository: name, branch, checks, statuses } => {
                let folder = self.folder(repository(&name)?);
                let tip = Bare(&folder).tip(&branch).await;
                let commit = tip.ok_or_else(|| format!("{name} has no branch {branch}"))?;
                self.threads.set_checks(&commit, checks, statuses);
                Ok(json!({"commit": commit}))
            }
            Happening::Review { repository: name, number, user, state } => {
                let edited = self.threads.edit(&name, number, |thread| {
                    if let Some(pull) = &mut thread.pull {
                        pull.reviews.push(Review { user, state });
                    }
                });
                edited.map(|_| json!({"number": number})).ok_or_else(|| format!("there is no #{number}"))
            }
            Happening::Fork { repository: name, author, title, body, path, content } => {
                let repository = repository(&name)?;
                let folder = self.folder(repository);
                let store = Bare(&folder);
                let base = repository.default_branch.to_owned();
                let tip = store.tip(&base).await.ok_or_else(|| format!("{name} is empty"))?;
                let commit = store.commit_file(&tip, &path, &content).await;
                let head_sha = commit.map_err(|error| error.to_string())?;
                let pull = Pull {
                    head_repository: format!("{author}/{}", repository.name()),
                    head: base.clone(),
                    head_sha: head_sha.clone(),
                    base,
                    draft: false,
                    merged_as: None,
                    reviews: Vec::new(),
                };
                let thread = Thread {
                    repository: repository.full_name.to_owned(),
                    number: 0,
                    title,
                    body: Some(body),
                    author,
                    closed: false,
                    pull: Some(pull),
                };
                let number = self.threads.add(thread).number;
                let reference = format!("refs/pull/{number}/head");
                store.point(&reference, Some(&head_sha)).await.map_err(|error| error.to_string())?;
                Ok(json!({"number": number}))
            }
            Happening::Moved { from, to } => {
                self.moved.add(from, to);
                Ok(json!({}))
            }
            Happening::Issue { repository: name, author, title, body } => {
                let repository = repository(&name)?.full_name.to_owned();
                let thread = Thread {
                    repository,
                    number: 0,
                    title,
                    body: Some(body),
                    author,
                    closed: false,
                    pull: None,
                };
                Ok(json!({"number": self.threads.add(thread).number}))
            }
        }
    }
}
