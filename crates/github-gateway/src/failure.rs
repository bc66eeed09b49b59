//! What can go wrong at GitHub's API, and the sentence for the person who waits for it.

use axum::http::StatusCode;
use ocweb_service::Problem;

/// Why GitHub's API gave no answer, or none of use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What it was asked for, as in "GitHub failed while …".
    pub(crate) doing: &'static str,
    pub(crate) cause: Cause,
}

/// What came in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// `GITHUB_TOKEN` is not set.
    TokenMissing,
    /// It does not take the token.
    Unauthorized,
    /// The token may not do this.
    Forbidden {
        /// GitHub's words.
        said: Option<String>,
        /// What would be needed.
        lacking: Option<Lacking>,
    },
    /// Too many requests.
    RateLimited {
        /// After how many seconds to try again.
        retry_after: u64,
    },
    /// It is not there, or the token may not see it: GitHub does not say which.
    NotFound {
        /// What would be needed, if that is known.
        lacking: Option<Lacking>,
    },
    /// It was there once, or is turned off.
    Gone {
        /// GitHub's words.
        said: Option<String>,
    },
    /// It cannot be done as it was asked for.
    Invalid {
        /// GitHub's reasons, without ends.
        reasons: Vec<String>,
    },
    /// It has no such address at all.
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

/// What a token lacks, as GitHub names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// A classic token's scopes.
    Scopes {
        /// Those that it has.
        has: String,
        /// One of these would do.
        accepted: String,
    },
    /// A fine-grained token's permissions, such as `pull_requests=write`.
    Permissions(String),
    /// The organisation wants to see its own login.
    SingleSignOn {
        /// Where the token can be authorised.
        address: Option<String>,
    },
}

impl Lacking {
    fn sentence(&self) -> String {
        match self {
            Self::Scopes { has, accepted } if has.is_empty() => {
                format!("GITHUB_TOKEN has no scope; it needs one of: {accepted}.")
            }
            Self::Scopes { has, accepted } => {
                format!("GITHUB_TOKEN has the scopes {has}; it needs one of: {accepted}.")
            }
            Self::Permissions(permissions) => {
                let all = permissions.replace(';', " or").replace('=', ": ").replace('_', " ").replace(',', ", ");
                format!("GITHUB_TOKEN needs the permission {all}.")
            }
            Self::SingleSignOn { address: Some(address) } => {
                format!("Authorise GITHUB_TOKEN for the organisation's single sign-on: {address}")
            }
            Self::SingleSignOn { address: None } => {
                "Authorise GITHUB_TOKEN for the organisation's single sign-on, in your tokens' settings at GitHub.".into()
            }
        }
    }
}

impl Failure {
    pub(crate) fn new(doing: &'static str, cause: Cause) -> Self {
        Self { doing, cause }
    }

    /// What happened, and what to do.
    pub(crate) fn sentence(&self) -> String {
        self.cause.sentence(self.doing)
    }

    /// A request that got no answer.
    pub(crate) fn transport(doing: &'static str, error: &reqwest::Error) -> Self {
        Self::new(doing, if error.is_timeout() { Cause::TimedOut } else { Cause::Unreachable })
    }
}

impl Cause {
    /// The status for the page, and the kind by which programs know it.
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::TokenMissing => (StatusCode::SERVICE_UNAVAILABLE, "github-token-missing"),
            // As 401 it would look as if the login had ended.
            Self::Unauthorized => (StatusCode::BAD_GATEWAY, "github-unauthorized"),
            Self::Forbidden { .. } => (StatusCode::BAD_GATEWAY, "github-forbidden"),
            Self::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "github-rate-limited"),
            Self::NotFound { .. } => (StatusCode::NOT_FOUND, "github-not-found"),
            Self::Gone { .. } => (StatusCode::GONE, "github-gone"),
            Self::Invalid { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "github-refused"),
            Self::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "github-timeout"),
            Self::Unreachable => (StatusCode::BAD_GATEWAY, "github-unreachable"),
            Self::NoSuchAddress | Self::ServerError | Self::Garbled | Self::Other(_) => {
                (StatusCode::BAD_GATEWAY, "github-error")
            }
        }
    }

    /// What happened, and what to do.
    fn sentence(&self, doing: &str) -> String {
        match self {
            Self::TokenMissing => format!(
                "GITHUB_TOKEN is not set, which {doing} needs. Set it and restart; public repositories can be cloned by name without it."
            ),
            Self::Unauthorized => format!(
                "GitHub does not take GITHUB_TOKEN for {doing} (401): it is wrong or has expired. Set a new one."
            ),
            Self::Forbidden { said, lacking } => {
                let said = said.as_ref().map(|said| format!(": “{said}”")).unwrap_or_default();
                let advice = lacking.as_ref().map_or_else(
                    || "GITHUB_TOKEN may lack a permission, or its single sign-on must be authorised.".into(),
                    Lacking::sentence,
                );
                format!("GitHub refuses {doing} (403){said}. {advice}")
            }
            Self::RateLimited { retry_after } => {
                format!("GitHub has had too many requests (429). Try again in {}.", in_words(*retry_after))
            }
            Self::NotFound { lacking } => {
                let advice = lacking.as_ref().map(|lacking| format!(" {}", lacking.sentence()));
                let advice = advice.unwrap_or_default();
                format!(
                    "GitHub found nothing (404) while {doing}: it is not there, or GITHUB_TOKEN may not see it.{advice}"
                )
            }
            Self::Gone { said } => {
                let said = said.as_deref().unwrap_or("it was deleted or turned off");
                format!("GitHub says that it is gone (410): {said}.")
            }
            Self::Invalid { reasons } if reasons.is_empty() => {
                format!("GitHub refuses {doing} (422) and does not say why.")
            }
            Self::Invalid { reasons } => format!("GitHub refuses {doing}: {}.", reasons.join("; ")),
            Self::NoSuchAddress => "GitHub's API has no such address (404). Check GITHUB_API_URL.".into(),
            Self::ServerError => format!(
                "GitHub failed while {doing} (5xx). Try again in a moment; githubstatus.com tells more."
            ),
            Self::TimedOut => {
                format!("GitHub stood still for too long while {doing}. Try again in a moment.")
            }
            Self::Unreachable => {
                "GitHub cannot be reached from this machine. Check its network and GITHUB_API_URL.".into()
            }
            Self::Garbled => "GitHub's API gave an answer that makes no sense. Check GITHUB_API_URL.".into(),
            Self::Other(status) => {
                format!("GitHub's API answered {status}, which is not expected here.")
            }
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let (status, kind) = failure.cause.kind();
        let title = if failure.cause == Cause::TokenMissing { "No GitHub token" } else { "GitHub failed" };
        let problem = Self::new(status, failure.sentence()).kind(kind, title);
        match failure.cause {
            Cause::RateLimited { retry_after } => problem.retry_after(retry_after),
            Cause::Invalid { reasons } => problem.with("reasons", reasons),
            _ => problem,
        }
    }
}

fn in_words(seconds: u64) -> String {
    match seconds {
        0..=1 => "a moment".into(),
        2..=119 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_said_by_its_name() {
        let told = |cause| Problem::from(Failure::new("opening the pull request", cause)).detail;
        let lacking = Some(Lacking::Permissions("pull_requests=write; contents=read".into()));
        assert_eq!(
            told(Cause::Forbidden { said: Some("Resource not accessible".into()), lacking }),
            "GitHub refuses opening the pull request (403): “Resource not accessible”. GITHUB_TOKEN needs the permission pull requests: write or contents: read."
        );
        let lacking = Some(Lacking::Scopes { has: String::new(), accepted: "repo".into() });
        assert!(
            told(Cause::NotFound { lacking }).ends_with("GITHUB_TOKEN has no scope; it needs one of: repo.")
        );
        assert!(told(Cause::RateLimited { retry_after: 3000 }).ends_with("Try again in 50 minutes."));
    }
}
