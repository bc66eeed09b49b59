//! GitHub's REST API with the one token: every request of it, and how its refusals are read, is here.

mod answers;
mod limit;
mod rates;
pub(crate) mod refusal;

use std::time::{Duration, Instant};

use axum::body::Bytes;
use futures_util::TryStreamExt;
use ocweb_git_access::RepositoryName;
use ocweb_service::{Proxies, metrics::Readings};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::failure::{Cause, Failure};
use answers::Answers;
use limit::Limit;
use rates::Rates;

const TIMEOUT: Duration = Duration::from_secs(15);
/// A repository that was renamed is one step away.
const STEPS: usize = 3;
/// How much of the end of a text is read, such as of a log; more passes by.
const TEXT_END: usize = 256 * 1024;
/// The longest text that is read to its end at all.
const TEXT: usize = 32 * 1024 * 1024;

/// GitHub's API.
pub(crate) struct GitHub {
    http: reqwest::Client,
    /// For what lies elsewhere and is to know nothing of the token, such as logs.
    strangers: reqwest::Client,
    api: Url,
    token: Option<String>,
    answers: Answers,
    limit: Limit,
    rates: Rates,
}

/// What an answer held, and where the next page of it is.
struct Page<T> {
    content: T,
    next: Option<Url>,
}

/// A list that comes in pages.
pub(crate) struct Pages<T> {
    pub(crate) pages: Vec<T>,
    /// Whether these are all that there are.
    pub(crate) are_all: bool,
}

/// A repository, as far as it tells where it is.
#[derive(Deserialize)]
struct Named {
    full_name: String,
}

impl GitHub {
    /// The API at `api`. Redirects within it are followed, none to elsewhere, so the token stays with it.
    pub(crate) fn new(api: Url, token: Option<String>, proxies: &Proxies) -> Result<Self, reqwest::Error> {
        let builder = || {
            proxies.client_builder().user_agent(concat!("ocweb/", env!("CARGO_PKG_VERSION"))).timeout(TIMEOUT)
        };
        let inside = api.clone();
        let policy = reqwest::redirect::Policy::custom(move |attempt| {
            let is_far = attempt.previous().len() > STEPS;
            if !is_far && is_inside(&inside, attempt.url()) { attempt.follow() } else { attempt.stop() }
        });
        let http = builder().redirect(policy).build()?;
        let strangers = builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self {
            http,
            strangers,
            api,
            token,
            answers: Answers::default(),
            limit: Limit::default(),
            rates: Rates::default(),
        })
    }

    /// Adds what GitHub last said of its limit.
    pub(crate) fn read_metrics(&self, readings: &mut Readings) {
        self.rates.read_metrics(readings);
    }

    /// An address of the API: each segment is one, whatever is in it.
    pub(crate) fn address(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.api.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Reads an address. `doing` says what for, such as "reading your repositories".
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        address: Url,
        doing: &'static str,
    ) -> Result<T, Failure> {
        Ok(self.page(address, doing).await?.content)
    }

    /// Reads a list, at most so many pages of it.
    pub(crate) async fn pages<T: DeserializeOwned>(
        &self,
        address: Url,
        most: usize,
        doing: &'static str,
    ) -> Result<Pages<T>, Failure> {
        let (mut pages, mut next) = (Vec::new(), Some(address));
        while pages.len() < most
            && let Some(address) = next.take()
        {
            let page = self.page(address, doing).await?;
            pages.push(page.content);
            next = page.next;
        }
        Ok(Pages { pages, are_all: next.is_none() })
    }

    /// How a repository is called by now: GitHub leads there from the names that it had.
    pub(crate) async fn present_name(
        &self,
        repository: &RepositoryName,
        doing: &'static str,
    ) -> Result<RepositoryName, Failure> {
        let address = self.address(&["repos", repository.owner(), repository.name()], &[]);
        let Named { full_name } = self.read(address, doing).await?;
        full_name.parse().map_err(|_| Failure::new(doing, Cause::Garbled))
    }

    /// Reads one page. What has not changed since it was read last costs nothing of GitHub's rate limit.
    async fn page<T: DeserializeOwned>(&self, address: Url, doing: &'static str) -> Result<Page<T>, Failure> {
        let garbled = |_| Failure::new(doing, Cause::Garbled);
        let known = self.answers.get(&address);
        let mut request = self.request(Method::GET, address.clone(), doing)?;
        if let Some(known) = &known {
            request = request.header(header::IF_NONE_MATCH, &known.tag);
        }
        let response = self.send(request, doing).await?;
        if let (StatusCode::NOT_MODIFIED, Some(known)) = (response.status(), known) {
            let content = serde_json::from_slice(&known.body).map_err(garbled)?;
            return Ok(Page { content, next: known.next });
        }
        let response = accepted(response, doing).await?;
        // A link elsewhere would carry the token there.
        let link = response.headers().get(header::LINK).and_then(|link| next_page(link.to_str().ok()?));
        let next = link.filter(|link| is_inside(&self.api, link));
        let tag = response.headers().get(header::ETAG).cloned();
        let body = response.bytes().await.map_err(|error| Failure::transport(doing, &error))?;
        let content = serde_json::from_slice(&body).map_err(garbled)?;
        if let Some(tag) = tag {
            self.answers.keep(address, tag, body, next.clone());
        }
        Ok(Page { content, next })
    }

    /// Deletes something.
    pub(crate) async fn delete(&self, address: Url, doing: &'static str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, address, doing)?;
        accepted(self.send(request, doing).await?, doing).await.map(drop)
    }

    /// Changes something, and answers what GitHub says of it then.
    pub(crate) async fn change(
        &self,
        method: Method,
        address: Url,
        body: &impl Serialize,
        doing: &'static str,
    ) -> Result<Value, Failure> {
        let request = self.request(method, address, doing)?.json(body);
        let response = accepted(self.send(request, doing).await?, doing).await?;
        let body = response.bytes().await.map_err(|error| Failure::transport(doing, &error))?;
        serde_json::from_slice(&body).map_err(|_| Failure::new(doing, Cause::Garbled))
    }

    /// Asks the GraphQL API, for the little that the other one lacks.
    pub(crate) async fn mutate(
        &self,
        query: &str,
        variables: Value,
        doing: &'static str,
    ) -> Result<Value, Failure> {
        let body = json!({"query": query, "variables": variables});
        let answer = self.change(Method::POST, graphql_address(&self.api), &body, doing).await?;
        match refusal::cause_among_data(&answer) {
            None => Ok(answer),
            Some(cause) => Err(self.refused(cause, doing)),
        }
    }

    /// The end of a text that the API leads to, wherever that is: the token stays here.
    pub(crate) async fn text_end(&self, address: Url, doing: &'static str) -> Result<String, Failure> {
        let transport = |error: reqwest::Error| Failure::transport(doing, &error);
        let request = self.request(Method::GET, address, doing)?;
        let answer = self.send(request, doing).await?;
        let answer = if answer.status().is_redirection() {
            let garbled = || Failure::new(doing, Cause::Garbled);
            let location = answer.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
            let place = location.and_then(|place| answer.url().join(place).ok()).ok_or_else(garbled)?;
            self.strangers.get(place).send().await.map_err(transport)?
        } else {
            answer
        };
        let mut stream = accepted(answer, doing).await?.bytes_stream();
        let (mut end, mut read) = (Vec::new(), 0);
        while let Some(piece) = stream.try_next().await.map_err(transport)? {
            read += piece.len();
            end.extend_from_slice(&piece);
            if end.len() > 2 * TEXT_END {
                end.drain(..end.len() - TEXT_END);
            }
            if read > TEXT {
                break;
            }
        }
        let text = String::from_utf8_lossy(&end[end.len().saturating_sub(TEXT_END)..]).into_owned();
        Ok(text)
    }

    /// Sends a request, unless GitHub wants to be left alone for now. What is answered is no refusal.
    async fn send(&self, request: RequestBuilder, doing: &'static str) -> Result<Response, Failure> {
        if let Some(retry_after) = self.limit.rest(Instant::now()) {
            return Err(Failure::new(doing, Cause::RateLimited { retry_after }));
        }
        let response = request.send().await.map_err(|error| Failure::transport(doing, &error))?;
        self.rates.note(response.headers());
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            return Err(self.refused(cause(response).await, doing));
        }
        Ok(response)
    }

    fn refused(&self, cause: Cause, doing: &'static str) -> Failure {
        if let Cause::RateLimited { retry_after } = cause {
            tracing::warn!(retry_after, doing, "GitHub wants to be left alone");
            self.limit.set(retry_after, Instant::now());
        }
        Failure::new(doing, cause)
    }

    fn request(&self, method: Method, address: Url, doing: &'static str) -> Result<RequestBuilder, Failure> {
        let token = self.token.as_deref().ok_or(Failure::new(doing, Cause::TokenMissing))?;
        Ok(self
            .http
            .request(method, address)
            .bearer_auth(token)
            .header(header::ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", "2022-11-28"))
    }
}

/// The answer, if it is one.
async fn accepted(response: Response, doing: &'static str) -> Result<Response, Failure> {
    if response.status().is_success() {
        return Ok(response);
    }
    Err(Failure::new(doing, cause(response).await))
}

async fn cause(response: Response) -> Cause {
    let (status, headers) = (response.status(), response.headers().clone());
    // Without its words a refusal is told by its status.
    let body: Bytes = response.bytes().await.unwrap_or_default();
    refusal::cause(status, &headers, &body)
}

/// Whether an address is one of the API's own.
fn is_inside(api: &Url, address: &Url) -> bool {
    let own = api.path().trim_end_matches('/');
    let rest = address.path().strip_prefix(own);
    address.origin() == api.origin() && rest.is_some_and(|rest| rest.starts_with('/'))
}

/// GitHub Enterprise has its two APIs side by side, at `/api/v3` and `/api/graphql`.
fn graphql_address(api: &Url) -> Url {
    let mut url = api.clone();
    let path = api.path().trim_end_matches('/');
    url.set_path(&format!("{}/graphql", path.strip_suffix("/v3").unwrap_or(path)));
    url
}

/// The address of `rel="next"` in a Link header.
pub(crate) fn next_page(header: &str) -> Option<Url> {
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
    fn the_second_api_is_found_beside_the_first() {
        for (api, graphql) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.github.com/", "https://api.github.com/graphql"),
            ("https://git.example.com/api/v3", "https://git.example.com/api/graphql"),
            ("https://git.example.com/api/v3/", "https://git.example.com/api/graphql"),
        ] {
            assert_eq!(graphql_address(&api.parse().unwrap()).as_str(), graphql);
        }
    }

    #[test]
    fn only_the_api_itself_is_shown_the_token() {
        let inside = |api: &str, address: &str| is_inside(&api.parse().unwrap(), &address.parse().unwrap());
        assert!(inside("https://api.github.com", "https://api.github.com/repositories/1"));
        assert!(inside("https://git.example.com/api/v3/", "https://git.example.com/api/v3/repositories/1"));
        for address in [
            "https://git.example.com/logs/1",
            "https://git.example.com/api/v3x/1",
            "http://git.example.com/api/v3/x",
            "https://git.example.com:8443/api/v3/x",
            "https://evil.example/api/v3/x",
        ] {
            assert!(!inside("https://git.example.com/api/v3", address), "{address}");
        }
    }

    #[test]
    fn nothing_in_a_name_leads_elsewhere() {
        let github =
            GitHub::new("https://git.example.com/api/v3/".parse().unwrap(), None, &Proxies::default())
                .unwrap();
        let address =
            github.address(&["repos", "o", "n", "git", "refs", "heads", "a/b?c#d"], &[("q", "x&y")]);
        assert_eq!(
            address.as_str(),
            "https://git.example.com/api/v3/repos/o/n/git/refs/heads/a%2Fb%3Fc%23d?q=x%26y"
        );
    }
}
