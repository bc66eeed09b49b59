//! Issues and pull requests by number or by address: what a chat can begin from.

use std::sync::Arc;

use ocweb_git_access::RepositoryName;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    failure::Failure,
    github::GitHub,
    pull_requests::{PullRequestHead, PullRequestState, PullRequests},
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
        Some(Self { repository, number: numbered(number)? })
    }

    fn parse_address(text: &str, github: &Url) -> Option<Self> {
        let has_scheme = text.starts_with("https://") || text.starts_with("http://");
        let address = if has_scheme { text.to_owned() } else { format!("{}://{text}", github.scheme()) };
        let address = Url::parse(&address).ok()?;
        let host = address.host_str()?;
        let is_there = host == github.host_str()? || host.strip_prefix("www.") == github.host_str();
        if !is_there || address.port() != github.port() {
            return None;
        }
        let below = address.path().strip_prefix(github.path().trim_end_matches('/'))?;
        let mut parts = below.trim_start_matches('/').split('/');
        let repository = RepositoryName::from_parts(parts.next()?, parts.next()?).ok()?;
        let kind = parts.next()?;
        if !["pull", "pulls", "issues"].contains(&kind) {
            return None;
        }
        Some(Self { repository, number: numbered(parts.next()?)? })
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

    /// The issue or pull request of this number; GitHub numbers both in one row.
    pub(crate) async fn get(&self, Reference { repository, number }: Reference) -> Result<Topic, Failure> {
        let at = ["repos", repository.owner(), repository.name(), "issues", &number.to_string()];
        let told: Told = self.github.read(self.github.address(&at, &[]), READING).await?;
        let pull_request = if told.pull_request.is_some() {
            let pull = self.pull_requests.get(&repository, number).await?;
            let own =
                pull.head.repo.as_deref().is_some_and(|repo| repo.eq_ignore_ascii_case(repository.as_str()));
            let is_open = matches!(pull.state, PullRequestState::Open | PullRequestState::Draft);
            // Of a fork, or of a branch that may be gone, GitHub keeps the commits under the number.
            let begin_at =
                if own && is_open { pull.head.branch.clone() } else { format!("pull/{number}/head") };
            Some(TopicPullRequest { state: pull.state, head: pull.head, base: pull.base, begin_at })
        } else {
            None
        };
        let body = told.body.unwrap_or_default().replace("\r\n", "\n");
        let body = match body.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{} …", &body[..end]),
            None => body,
        };
        let author = told.user.map_or_else(|| "ghost".into(), |user| user.login);
        Ok(Topic {
            repo: repository,
            number,
            title: told.title,
            body,
            author,
            url: told.html_url,
            pull_request,
        })
    }
}

#[derive(Deserialize)]
struct Told {
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
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, github: &str) -> Option<String> {
        let Reference { repository, number } = Reference::parse(text, &github.parse().unwrap())?;
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
            "https://github.com:8443/o/r/pull/12",
            "javascript://github.com/o/r/pull/12",
            "ssh://git@github.com/o/r/pull/12",
        ] {
            assert_eq!(read(text, "https://github.com"), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall(text in "(https?://)?(github\\.com|[a-z.@:]{0,12})?[/a-z0-9#?%.]{0,40}|.{0,60}") {
            if let Some(Reference { repository, number }) =
                Reference::parse(&text, &"https://github.com".parse().unwrap())
            {
                prop_assert!(number > 0 && text.contains(repository.name()));
            }
        }
    }
}
