//! The list of repositories that GitHub's API gives for the token.

use std::time::{Duration, Instant};

use ocweb_service::Proxies;
use reqwest::{StatusCode, Url, header};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::failure::Failure;

const FRESH: Duration = Duration::from_mins(1);
const TIMEOUT: Duration = Duration::from_secs(15);
/// 100 a page: ten thousand repositories are enough for one person.
const PAGES: usize = 100;

/// A repository that the token can reach.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct GitHubRepository {
    /// `owner/name`.
    pub full_name: String,
    /// What its owner says about it.
    pub description: Option<String>,
    /// Whether only some may see it.
    pub private: bool,
    /// The branch that new work starts from.
    pub default_branch: String,
    /// When it was last pushed to, RFC 3339.
    pub pushed_at: Option<String>,
    /// Whether it takes no more changes.
    #[serde(default)]
    #[schema(required)]
    pub archived: bool,
    /// Whether it is a fork.
    #[serde(default)]
    #[schema(required)]
    pub fork: bool,
}

/// GitHub's REST API with one token.
pub(crate) struct Repositories {
    http: reqwest::Client,
    api: Url,
    token: Option<String>,
    /// One request at a time: who waits finds the answer here.
    cache: Mutex<Option<(Instant, Vec<GitHubRepository>)>>,
}

impl Repositories {
    /// The API at `api`. It follows no redirect, so the token stays with that host.
    pub(crate) fn new(api: Url, token: Option<String>, proxies: &Proxies) -> Result<Self, reqwest::Error> {
        let http = proxies
            .client_builder()
            .user_agent(concat!("ocweb/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, api, token, cache: Mutex::new(None) })
    }

    /// The repositories of the token's account, last pushed first; at most a minute old, or asked for
    /// anew with `refresh`.
    pub(crate) async fn list(&self, refresh: bool) -> Result<Vec<GitHubRepository>, Failure> {
        let token = self.token.as_deref().ok_or(Failure::TokenMissing)?;
        let asked = Instant::now();
        let mut cache = self.cache.lock().await;
        if let Some((at, repositories)) = &*cache {
            // Somebody who waited beside us may have refreshed it since we asked.
            if (!refresh && at.elapsed() < FRESH) || *at > asked {
                return Ok(repositories.clone());
            }
        }
        let repositories = self.fetch(token).await?;
        *cache = Some((Instant::now(), repositories.clone()));
        Ok(repositories)
    }

    async fn fetch(&self, token: &str) -> Result<Vec<GitHubRepository>, Failure> {
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["user", "repos"]);
        }
        url.set_query(Some("per_page=100&sort=pushed&affiliation=owner,collaborator,organization_member"));
        let mut repositories = Vec::new();
        let mut next = Some(url);
        for _ in 0..PAGES {
            let Some(url) = next.take() else { break };
            let (page, link) = self.page(url, token).await?;
            repositories.extend(page);
            // A link elsewhere would carry the token there.
            next = link.filter(|link| link.origin() == self.api.origin());
        }
        Ok(repositories)
    }

    async fn page(&self, url: Url, token: &str) -> Result<(Vec<GitHubRepository>, Option<Url>), Failure> {
        let request = self
            .http
            .get(url)
            .bearer_auth(token)
            .header(header::ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28");
        let response = request.send().await.map_err(|error| transport(&error))?;
        let retry_after = retry_after(response.headers());
        let limited = response.headers().get("x-ratelimit-remaining").is_some_and(|left| left == "0");
        let failure = match response.status() {
            status if status.is_success() => None,
            StatusCode::UNAUTHORIZED => Some(Failure::Unauthorized),
            StatusCode::TOO_MANY_REQUESTS => Some(Failure::RateLimited { retry_after }),
            // GitHub says 403 for its rate limits as well.
            StatusCode::FORBIDDEN if limited || retry_after.is_some() => {
                Some(Failure::RateLimited { retry_after })
            }
            StatusCode::FORBIDDEN => Some(Failure::Forbidden),
            StatusCode::NOT_FOUND => Some(Failure::NoSuchAddress),
            status if status.is_server_error() => Some(Failure::ServerError),
            status => Some(Failure::Other(status)),
        };
        if let Some(failure) = failure {
            return Err(failure);
        }
        let link = response.headers().get(header::LINK).and_then(|link| next_page(link.to_str().ok()?));
        let body = response.bytes().await.map_err(|error| transport(&error))?;
        let page = serde_json::from_slice(&body).map_err(|_| Failure::Garbled)?;
        Ok((page, link))
    }
}

fn transport(error: &reqwest::Error) -> Failure {
    if error.is_timeout() { Failure::TimedOut } else { Failure::Unreachable }
}

/// Seconds to wait: `Retry-After`, else until the rate limit is reset.
fn retry_after(headers: &header::HeaderMap) -> Option<u64> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    number("retry-after").or_else(|| {
        let now = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).ok()?;
        (number("x-ratelimit-remaining")? == 0)
            .then(|| number("x-ratelimit-reset").map(|at| at.saturating_sub(now)))?
    })
}

/// The address of `rel="next"` in a Link header.
fn next_page(header: &str) -> Option<Url> {
    header.split(',').find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        parameters
            .split(';')
            .any(|parameter| parameter.trim() == r#"rel="next""#)
            .then(|| Url::parse(address).ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found() {
        let header = r#"<https://a/x?page=1>; rel="prev", <https://a/x?page=3>; rel="next", <https://a/x?page=9>; rel="last""#;
        assert_eq!(next_page(header).unwrap().as_str(), "https://a/x?page=3");
        for header in
            ["", "<>; rel=\"next\"", "<https://a>", "<https://a>; rel=\"last\"", "https://a; rel=\"next\""]
        {
            assert_eq!(next_page(header), None, "{header:?}");
        }
    }

    #[test]
    fn how_long_to_wait_is_taken_from_either_header() {
        let headers = |pairs: &[(&'static str, String)]| {
            pairs
                .iter()
                .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
                .collect()
        };
        assert_eq!(retry_after(&headers(&[("retry-after", "7".into())])), Some(7));
        let soon = time::OffsetDateTime::now_utc().unix_timestamp() + 100;
        let reset = [("x-ratelimit-remaining", "0".into()), ("x-ratelimit-reset", soon.to_string())];
        assert!((98..=100).contains(&retry_after(&headers(&reset)).unwrap()));
        assert_eq!(retry_after(&headers(&[])), None);
    }
}
