//! Domain errors as problem documents: the sentence for the person who must act, the kind for programs.

use axum::http::StatusCode;
use ocweb_service::Problem;

use crate::{
    error::{Error, Loss, RemoteFailure},
    names::RepositoryName,
};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        problem(&error)
    }
}

/// The sentence of an error, as the reason that something was not done.
pub(crate) fn reason(error: &Error) -> String {
    problem(error).detail
}

pub(super) fn problem(error: &Error) -> Problem {
    match error {
        Error::Missing(_) => Problem::not_found(error.to_string()).kind("not-found", "Not found"),
        Error::Conflict(detail) => Problem::conflict(detail).kind("conflict", "Not in this state"),
        Error::WouldLose { what, loss } => would_lose(what, loss),
        Error::ChatExists { .. } => {
            Problem::conflict(error.to_string()).kind("chat-exists", "The chat exists")
        }
        Error::ChatDeleted(_) => {
            Problem::new(StatusCode::GONE, error.to_string()).kind("chat-deleted", "The chat was deleted")
        }
        Error::PromptDelivered(_) => {
            Problem::conflict(error.to_string()).kind("prompt-delivered", "The prompt was delivered")
        }
        Error::PromptTakenBack(_) => Problem::conflict("It was taken back, here or on another device.")
            .kind("prompt-taken-back", "The prompt was taken back"),
        Error::Undeliverable(detail) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
            .kind("undeliverable", "The prompt could not be delivered"),
        Error::MayHaveRun => {
            let detail = "Everything stopped while this was handed to opencode, and the chat shows no trace of it. It probably did not run, but that is not certain. Look, then send it again or take it back.";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
                .kind("may-have-run", "It is not known whether it ran")
        }
        Error::ChatRunning(place) => {
            let detail =
                format!("A chat is at work in {place}. Stop it first, or delete with force, which stops it.");
            Problem::conflict(detail).kind("chat-running", "A chat is running")
        }
        Error::WorktreesExist { repository, count } => {
            let detail = format!(
                "{repository} still has {count} worktrees. Delete their chats first, or delete with force."
            );
            Problem::conflict(detail).kind("worktrees-exist", "Worktrees exist").with("worktrees", *count)
        }
        Error::Remote { repository, failure, with_token, retry_after } => {
            remote(repository.as_ref(), failure, *with_token, *retry_after)
        }
        Error::TokenMissing => {
            let detail = "GITHUB_TOKEN is not set, so your repositories cannot be listed. Set it and restart; public repositories can be cloned by name without it.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
                .kind("github-token-missing", "No GitHub token")
        }
        Error::Unreadable(detail) => Problem::conflict(detail).kind("unreadable", "It cannot be read"),
        Error::TookTooLong => Problem::new(StatusCode::GATEWAY_TIMEOUT, error.to_string())
            .kind("took-too-long", "It took too long"),
        Error::DiskFull => {
            let detail = "The disk is full, and nothing half-made was left. Delete worktrees or repositories, then try again.";
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, detail).kind("disk-full", "The disk is full")
        }
        Error::OpencodeUnavailable => {
            let detail = "opencode does not answer, so it cannot be known which chats it has and what runs in them. Try again in a moment.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
                .kind("opencode-unavailable", "opencode does not answer")
                .retry_after(5)
        }
        Error::Opencode(detail) => {
            Problem::new(StatusCode::BAD_GATEWAY, detail).kind("opencode-error", "opencode failed")
        }
        Error::Cancelled => {
            let detail = "It was cancelled before it was done. It can be tried again.";
            Problem::conflict(detail).kind("cancelled", "Cancelled")
        }
        Error::Internal(cause) => Problem::internal(cause),
    }
}

fn would_lose(what: &str, loss: &Loss) -> Problem {
    match loss {
        Loss::UncommittedChanges { files, operation } => {
            let mut found = counted(*files, "uncommitted file");
            if let Some(operation) = operation {
                found = format!("{found}, and {operation} that is not finished");
            }
            Problem::conflict(format!(
                "Deleting {what} would lose {found}. Commit and push, or delete with force."
            ))
            .kind("uncommitted-changes", "Uncommitted changes")
            .with("files", *files)
        }
        Loss::UnpushedCommits { commits, stashes } => {
            let mut found = counted(*commits, "commit");
            if *stashes > 0 {
                found = format!("{found} and {}", counted(*stashes, "stash entry"));
            }
            Problem::conflict(format!(
                "Deleting {what} would lose {found} that no remote branch has. Push, or delete with force."
            ))
            .kind("unpushed-commits", "Unpushed commits")
            .with("commits", *commits)
            .with("stashes", *stashes)
        }
        Loss::Unreadable { reason } => Problem::conflict(format!(
            "It cannot be told what deleting {what} would lose ({reason}). Repair it, or delete with force."
        ))
        .kind("uncommitted-changes", "Possibly uncommitted changes"),
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!(
            "{count} {}",
            what.strip_suffix("entry").map_or(format!("{what}s"), |start| format!("{start}entries"))
        ),
    }
}

fn remote(
    repository: Option<&RepositoryName>,
    failure: &RemoteFailure,
    with_token: bool,
    retry_after: Option<u64>,
) -> Problem {
    use RemoteFailure as F;
    let what = repository.map_or_else(|| "your repositories".to_owned(), ToString::to_string);
    let (status, kind, detail) = match failure {
        F::NotFound if repository.is_some() => (
            StatusCode::NOT_FOUND,
            "repository-not-found",
            if with_token {
                format!("GitHub has no repository {what}, or GITHUB_TOKEN may not see it.")
            } else {
                format!("GitHub has no public repository {what}. For a private one, set GITHUB_TOKEN.")
            },
        ),
        F::NotFound => (
            StatusCode::BAD_GATEWAY,
            "github-error",
            "GitHub's API has no such address (404). Check GITHUB_API_URL.".into(),
        ),
        F::Unauthorized if with_token => (
            StatusCode::BAD_GATEWAY,
            "github-unauthorized",
            format!(
                "GitHub does not take GITHUB_TOKEN for {what} (401): it is wrong or has expired. Set a new one."
            ),
        ),
        F::Unauthorized => (
            StatusCode::BAD_GATEWAY,
            "github-unauthorized",
            format!(
                "GitHub asks for a login to read {what}: it is private or does not exist. Set GITHUB_TOKEN."
            ),
        ),
        F::Forbidden => (
            StatusCode::BAD_GATEWAY,
            "github-forbidden",
            format!(
                "GitHub refuses access to {what} (403): GITHUB_TOKEN lacks a scope, or its single sign-on must be authorised."
            ),
        ),
        F::RateLimited => (
            StatusCode::TOO_MANY_REQUESTS,
            "github-rate-limited",
            "GitHub has had too many requests (429). Try again later.".into(),
        ),
        F::ServerError => (
            StatusCode::BAD_GATEWAY,
            "github-error",
            format!(
                "GitHub failed while reading {what} (5xx). Try again in a moment; githubstatus.com tells more."
            ),
        ),
        F::TimedOut => (
            StatusCode::GATEWAY_TIMEOUT,
            "github-timeout",
            format!("GitHub stood still for too long while reading {what}. Try again in a moment."),
        ),
        F::Unreachable => (
            StatusCode::BAD_GATEWAY,
            "github-unreachable",
            "GitHub cannot be reached from this machine. Check its network and GITHUB_URL.".into(),
        ),
        F::Untrusted => (
            StatusCode::BAD_GATEWAY,
            "github-untrusted",
            "The certificate of GitHub's address is not trusted here. Check GITHUB_URL and the clock.".into(),
        ),
        F::Interrupted => (
            StatusCode::BAD_GATEWAY,
            "github-interrupted",
            format!("The transfer of {what} was cut. Try again in a moment."),
        ),
        F::Damaged => (
            StatusCode::BAD_GATEWAY,
            "remote-damaged",
            format!("GitHub lacks objects of {what}: the repository is damaged there, and cannot be read."),
        ),
        F::Garbled => (
            StatusCode::BAD_GATEWAY,
            "github-error",
            "GitHub's API gave an answer that makes no sense. Check GITHUB_API_URL.".into(),
        ),
        F::Other(said) => {
            (StatusCode::BAD_GATEWAY, "github-error", format!("git could not read {what}: {said}"))
        }
    };
    let problem = Problem::new(status, detail).kind(kind, "GitHub failed");
    match retry_after {
        Some(seconds) => problem.retry_after(seconds),
        None if *failure == F::RateLimited => problem.retry_after(60),
        None => problem,
    }
}
