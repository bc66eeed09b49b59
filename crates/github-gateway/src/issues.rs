//! Issues and pull requests by number or by address: what a chat can begin from.

use std::sync::Arc;

use ocweb_git_access::RepositoryName;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    failure::{Cause, Failure},
    github::GitHub,
    pull_requests::{PullRequest, PullRequestHead, PullRequestState, PullRequests},
};

const READING: &str = "reading it";
/// The longest body that is told, in characters: it becomes part of a prompt.
const LONGEST: usize = 20_000;

/// An issue or a pull request that a chat can begin from. Its words are by whoever wrote it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Topic {
    /// `owner/name`.
    #[schema(value_type = String)]
    pub(crate) repo: RepositoryName,
    pub(crate) number: u64,
    pub(crate) title: String,
    /// Markdown; cut after 20,000 characters.
    pub(crate) body: String,
    /// The login of who wrote it.
    pub(crate) author: String,
    /// Its page at GitHub.
    pub(crate) url: String,
    /// Set of a pull request, `null` of an issue.
    #[schema(required)]
    pub(crate) pull_request: Option<TopicPullRequest>,
}

/// What only a pull request has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TopicPullRequest {
    pub(crate) state: PullRequestState,
    pub(crate) head: PullRequestHead,
    /// The branch that it is to be merged into.
    pub(crate) base: String,
    /// What a chat is given as its `base` to begin from its commits.
    pub(crate) begin_at: String,
}

/// Which issue or pull request is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) repository: RepositoryName,
    pub(crate) number: u64,
    /// Whether the address says that it is a pull request.
    pub(crate) is_pull_request: bool,
}

impl Reference {
    /// Reads `https://github.com/o/r/pull/12`, with whatever stands behind it, and `o/r#12`. `None` when it is neither, or of
    /// another host than `github`.
    pub(crate) fn parse(text: &str, github: &Url) -> Option<Self> {
        let text = text.trim();
        let (repository, number) = match text.split_once('#') {
            Some((repository, number)) if !text.contains("://") => (repository.parse().ok()?, number),
            _ => return Self::parse_address(text, github),
        };
        Some(Self { repository, number: numbered(number)?, is_pull_request: false })
    }

    fn parse_address(text: &str, github: &Url) -> Option<Self> {
        let has_scheme = text.starts_with("https://") || text.starts_with("http://");
        let address = if has_scheme { text.to_owned() } else { format!("{}://{text}", github.scheme()) };
        let address = Url::parse(&address).ok()?;
        let host = address.host_str()?;
        let is_there = host == github.host_str()? || host.strip_prefix("www.") == github.host_str();
        let has_login = !address.username().is_empty() || address.password().is_some();
        if !is_there || has_login || address.port() != github.port() {
            return None;
        }
        let below = address.path().strip_prefix(github.path().trim_end_matches('/'))?;
        let mut parts = below.trim_start_matches('/').split('/');
        let repository = RepositoryName::from_parts(parts.next()?, parts.next()?).ok()?;
        let kind = parts.next()?;
        let is_pull_request = ["pull", "pulls"].contains(&kind);
        if !is_pull_request && kind != "issues" {
            return None;
        }
        Some(Self { repository, number: numbered(parts.next()?)?, is_pull_request })
    }
}

fn numbered(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number > 0)
}

/// Issues and pull requests of all repositories.
pub(crate) struct Issues {
    github: Arc<GitHub>,
    pull_requests: Arc<PullRequests>,
}

impl Issues {
    pub(crate) fn new(github: Arc<GitHub>, pull_requests: Arc<PullRequests>) -> Self {
        Self { github, pull_requests }
    }

    /// The issue or pull request of this number; GitHub numbers both in one row. A token that may read only the one of them is
    /// enough where the address says which it is.
    pub(crate) async fn get(&self, asked: Reference) -> Result<Topic, Failure> {
        let Reference { repository, number, is_pull_request } = asked;
        if is_pull_request {
            match self.pull_requests.get(&repository, number).await {
                // GitHub shows issues under such addresses, too.
                Err(Failure { cause: Cause::NotFound { .. }, .. }) => {}
                pull => return Ok(Topic::of_pull_request(repository, pull?)),
            }
        }
        let at = ["repos", repository.owner(), repository.name(), "issues", &number.to_string()];
        let told: Told = self.github.read(self.github.address(&at, &[]), READING).await?;
        if told.pull_request.is_some() {
            return Ok(Topic::of_pull_request(
                repository.clone(),
                self.pull_requests.get(&repository, number).await?,
            ));
        }
        let repo = self.home(repository, &told).await?;
        let Told { number, title, body, html_url: url, user, .. } = told;
        let (body, author) =
            (shortened(&body.unwrap_or_default()), user.map_or_else(|| "ghost".into(), |user| user.login));
        Ok(Topic { repo, number, title, body, author, url, pull_request: None })
    }

    /// The repository that an issue is in by now. One that was renamed keeps the name by which it was asked for, and may be
    /// cloned here.
    async fn home(&self, asked: RepositoryName, told: &Told) -> Result<RepositoryName, Failure> {
        let garbled = || Failure::new(READING, Cause::Garbled);
        let mut parts = told.repository_url.rsplit('/');
        let (name, owner) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let home = RepositoryName::from_parts(owner, name).map_err(|_| garbled())?;
        let is_there =
            home.key() == asked.key() || self.github.present_name(&asked, READING).await?.key() == home.key();
        Ok(if is_there { asked } else { home })
    }
}

impl Topic {
    fn of_pull_request(repo: RepositoryName, pull: PullRequest) -> Self {
        let PullRequest { number, title, body, url, author, state, base, head, is_own, .. } = pull;
        let is_open = matches!(state, PullRequestState::Open | PullRequestState::Draft);
        // Of a fork, or of a branch that may be gone, GitHub keeps the commits under the number.
        let begin_at = if is_own && is_open { head.branch.clone() } else { format!("pull/{number}/head") };
        let pull_request = Some(TopicPullRequest { state, head, base, begin_at });
        Self { repo, number, title, body: shortened(&body), author, url, pull_request }
    }
}

fn shortened(body: &str) -> String {
    let body = body.replace("\r\n", "\n");
    match body.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &body[..end]),
        None => body,
    }
}

#[derive(Deserialize)]
struct Told {
    number: u64,
    repository_url: String,
    title: String,
    body: Option<String>,
    html_url: String,
    user: Option<Account>,
    pull_request: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, github: &str) -> Option<String> {
        let Reference { repository, number, .. } = Reference::parse(text, &github.parse().unwrap())?;
        Some(format!("{repository}#{number}"))
    }

    #[test]
    fn addresses_are_read_as_people_copy_them() {
        for text in [
            "https://github.com/o/r/pull/12",
            "https://github.com/o/r/issues/12",
            " https://github.com/o/r/pull/12/files#diff-1 ",
            "https://github.com/o/r/pull/12?w=1",
            "https://www.github.com/o/r/issues/12#issuecomment-7",
            "github.com/o/r/pull/12",
            "o/r#12",
        ] {
            assert_eq!(read(text, "https://github.com").as_deref(), Some("o/r#12"), "{text}");
        }
        assert_eq!(read("https://ghe.x/g/o/r/pull/3", "https://ghe.x/g/").as_deref(), Some("o/r#3"));
        assert_eq!(read("http://127.0.0.1:9/o/r/issues/3", "http://127.0.0.1:9").as_deref(), Some("o/r#3"));
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "",
            "o/r",
            "#12",
            "o/r#",
            "o/r#x",
            "o/r#0",
            "o/r#-1",
            "o/r#99999999999999999999",
            "https://github.com/o/r",
            "https://github.com/o/r/pull/",
            "https://github.com/o/r/pull/x",
            "https://github.com/o/r/commit/12",
            "https://github.com/../r/pull/12",
            "https://github.com@evil.example/o/r/pull/12",
            "https://github.com.evil.example/o/r/pull/12",
            "https://evil.example/o/r/pull/12",
            "https://u:p@github.com/o/r/pull/12",
            "https://github.com:8443/o/r/pull/12",
            "javascript://github.com/o/r/pull/12",
            "ssh://git@github.com/o/r/pull/12",
        ] {
            assert_eq!(read(text, "https://github.com"), None, "{text}");
        }
    }
}
