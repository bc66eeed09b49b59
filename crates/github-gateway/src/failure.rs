//! What can go wrong at GitHub's API, and the sentence for the person who waits for it.

use axum::http::StatusCode;
use ocweb_service::Problem;

/// Why GitHub's API gave no answer, or none of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// `GITHUB_TOKEN` is not set.
    TokenMissing,
    /// It does not take the token.
    Unauthorized,
    /// The token may not do this.
    Forbidden,
    /// Too many requests.
    RateLimited {
        /// After how many seconds to try again, if it said so.
        retry_after: Option<u64>,
    },
    /// It has no such address.
    NoSuchAddress,
    /// It answered 5xx.
    ServerError,
    /// It was silent for too long.
    TimedOut,
    /// No connection.
    Unreachable,
    /// Its answer makes no sense.
    Garbled,
    /// Another status.
    Other(StatusCode),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        use Failure as F;
        let (status, kind, detail) = match &failure {
            F::TokenMissing => (
                StatusCode::SERVICE_UNAVAILABLE,
                "github-token-missing",
                "GITHUB_TOKEN is not set, so your repositories cannot be listed. Set it and restart; public repositories can be cloned by name without it.".into(),
            ),
            F::Unauthorized => (
                StatusCode::BAD_GATEWAY,
                "github-unauthorized",
                "GitHub does not take GITHUB_TOKEN for your repositories (401): it is wrong or has expired. Set a new one.".into(),
            ),
            F::Forbidden => (
                StatusCode::BAD_GATEWAY,
                "github-forbidden",
                "GitHub refuses access to your repositories (403): GITHUB_TOKEN lacks a scope, or its single sign-on must be authorised.".into(),
            ),
            F::RateLimited { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "github-rate-limited",
                "GitHub has had too many requests (429). Try again later.".into(),
            ),
            F::NoSuchAddress => (
                StatusCode::BAD_GATEWAY,
                "github-error",
                "GitHub's API has no such address (404). Check GITHUB_API_URL.".into(),
            ),
            F::ServerError => (
                StatusCode::BAD_GATEWAY,
                "github-error",
                "GitHub failed while reading your repositories (5xx). Try again in a moment; githubstatus.com tells more.".into(),
            ),
            F::TimedOut => (
                StatusCode::GATEWAY_TIMEOUT,
                "github-timeout",
                "GitHub stood still for too long while reading your repositories. Try again in a moment.".into(),
            ),
            F::Unreachable => (
                StatusCode::BAD_GATEWAY,
                "github-unreachable",
                "GitHub cannot be reached from this machine. Check its network and GITHUB_API_URL.".into(),
            ),
            F::Garbled => (
                StatusCode::BAD_GATEWAY,
                "github-error",
                "GitHub's API gave an answer that makes no sense. Check GITHUB_API_URL.".into(),
            ),
            F::Other(status) => (
                StatusCode::BAD_GATEWAY,
                "github-error",
                format!("GitHub's API answered {status}, which is not expected here."),
            ),
        };
        let title = if failure == F::TokenMissing { "No GitHub token" } else { "GitHub failed" };
        let problem = Self::new(status, detail).kind(kind, title);
        match failure {
            F::RateLimited { retry_after } => problem.retry_after(retry_after.unwrap_or(60)),
            _ => problem,
        }
    }
}
