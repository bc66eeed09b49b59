//! Domain errors as problem documents: the sentence for the person who must act, the kind for programs.

use axum::http::StatusCode;
use ocweb_service::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::{Error, RemoteFailure},
    names::RepositoryName,
    reasons::{Reason, ReasonKind},
    shipping::Refusal,
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
        Error::NotDeleted { what, reasons } => not_deleted(what, reasons),
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
        Error::NotImported(detail) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
            .kind("not-imported", "The conversation could not be imported"),
        Error::GitRefused(Refusal { kind, detail, said }) => {
            let problem = Problem::conflict(detail).kind(kind.name(), "git did not do it");
            if said.is_empty() { problem } else { problem.with("said", said.as_str()) }
        }
        Error::NoProposal(detail) => {
            Problem::new(StatusCode::BAD_GATEWAY, detail).kind("no-proposal", "No model proposes anything")
        }
        Error::MayHaveRun => {
            let detail = "Everything stopped while this was handed to opencode, and the chat shows no trace of it. It probably did not run, but that is not certain. Look, then send it again or take it back.";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
                .kind("may-have-run", "It is not known whether it ran")
        }
        Error::NotSaved(_) => {
            let detail =
                format!("{error} Make room or remove what is too large, or delete it without saving.");
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, detail)
                .kind("not-saved", "It cannot be saved first")
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

/// Why something was not deleted.
#[derive(Serialize, ToSchema)]
pub(super) struct DeletionRefused {
    #[serde(flatten)]
    problem: Problem,
    /// All that speaks against it.
    reasons: Vec<DeletionReason>,
}

/// Something that speaks against deleting.
#[derive(Serialize, ToSchema)]
struct DeletionReason {
    /// To be accepted together with the number.
    #[schema(inline)]
    kind: ReasonKind,
    count: usize,
    /// A sentence without its full stop.
    detail: String,
}

fn not_deleted(what: &str, reasons: &[Reason]) -> Problem {
    let reasons: Vec<_> = reasons.iter().map(DeletionReason::from).collect();
    let details: Vec<_> = reasons.iter().map(|reason| reason.detail.as_str()).collect();
    Problem::conflict(format!("{what} is not deleted: {}.", details.join("; ")))
        .kind("deletion-refused", "Something speaks against deleting it")
        .with("reasons", serde_json::to_value(&reasons).unwrap_or_default())
}

impl From<&Reason> for DeletionReason {
    fn from(reason: &Reason) -> Self {
        let Reason { kind, count, ref names } = *reason;
        Self { kind, count, detail: sentence(kind, count, names) }
    }
}

fn sentence(kind: ReasonKind, count: usize, names: &[String]) -> String {
    let listed = names.join(", ");
    let of = |one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    };
    match kind {
        ReasonKind::UncommittedChanges => of("file is not committed", "files are not committed"),
        ReasonKind::UnfinishedOperation => format!("{listed} is not finished"),
        ReasonKind::UnpushedCommits => of(
            "commit is on no branch of the remote, nor merged",
            "commits are on no branch of the remote, nor merged",
        ),
        ReasonKind::StashEntries => of("stash entry was made there", "stash entries were made there"),
        ReasonKind::Unreadable => format!("it cannot be told what would be lost ({listed})"),
        ReasonKind::ChatRunning if count == 1 => "an agent is at work there, and would be stopped".into(),
        ReasonKind::ChatRunning => format!("agents are at work in {count} folders, and would be stopped"),
        ReasonKind::ChatBeingCreated => of(
            "chat is being prepared, which would be ended",
            "chats are being prepared, which would be ended",
        ),
        ReasonKind::PromptsWaiting => {
            of("prompt waits, and would not be sent", "prompts wait, and would not be sent")
        }
        ReasonKind::ProcessesRunning => {
            let found = of(
                "process runs there, and would lose its folder",
                "processes run there, and would lose their folder",
            );
            format!("{found} ({})", shortened(names))
        }
        ReasonKind::FolderShared => {
            let found = of(
                "other conversation works in the same folder, and would lose it",
                "other conversations work in the same folder, and would lose it",
            );
            format!("{found} ({})", shortened(names))
        }
        ReasonKind::WorktreesExist => of("working copy would go with it", "working copies would go with it"),
    }
}

/// The first of many names.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} …") } else { shown }
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
        F::GatewayDown => (
            StatusCode::SERVICE_UNAVAILABLE,
            "gateway-down",
            format!(
                "{what} was not asked for at GitHub: the github-gateway, through which ocweb gets there, is not running. It is started again by itself; try again in a moment."
            ),
        ),
        F::Refused(sentence) => (
            StatusCode::BAD_GATEWAY,
            "gateway-refused",
            format!("ocweb's way to GitHub is closed for {what}: {sentence}"),
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
