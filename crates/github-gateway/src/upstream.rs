//! GitHub, as git sees it: requests go on as streams, with the token that only this process has.

use std::{
    collections::HashMap,
    error::Error as _,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, Method, StatusCode, header},
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::{StreamExt, TryStreamExt};
use ocweb_git_access::RepositoryName;
use ocweb_service::Proxies;
use reqwest::Url;

use crate::{
    address::{Asked, Service},
    config::UpstreamConfig,
    refusal::Closed,
};

/// What a git tells a remote that matters there.
const ASKED: [HeaderName; 6] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
];
/// What a remote tells a git that matters here.
const ANSWERED: [HeaderName; 4] =
    [header::CACHE_CONTROL, header::CONTENT_ENCODING, header::CONTENT_TYPE, header::RETRY_AFTER];
const GIT_PROTOCOL: HeaderName = HeaderName::from_static("git-protocol");
/// A repository that was renamed is one step away; more is a circle.
const STEPS: usize = 3;
/// How much is read of GitHub's words when it refuses, in bytes.
const WORDS: usize = 4096;

/// GitHub with one token.
pub(crate) struct Upstream {
    http: reqwest::Client,
    config: UpstreamConfig,
    /// Where repositories are that GitHub has under another name by now, by the key of their old one.
    moved: Mutex<HashMap<String, Url>>,
}

impl Upstream {
    /// The client follows no redirect by itself, so the token stays with GitHub. It waits as long as the git that asks does: how
    /// long an upload takes, and how long GitHub works on it, nobody knows.
    pub(crate) fn new(config: UpstreamConfig, proxies: &Proxies) -> Result<Self, reqwest::Error> {
        let http = proxies
            .client_builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(20))
            .build()?;
        Ok(Self { http, config, moved: Mutex::default() })
    }

    /// Where GitHub is.
    pub(crate) fn url(&self) -> &Url {
        &self.config.url
    }

    /// Passes a request on, and its answer back, both as they come.
    pub(crate) async fn pass(
        &self,
        asked: &Asked,
        headers: &HeaderMap,
        body: Option<reqwest::Body>,
        with_token: bool,
    ) -> Result<Response, Closed> {
        let answer = match body {
            Some(body) => {
                let base = self.base(&asked.repository);
                let request = self.request(Method::POST, &base, asked, headers, with_token);
                request.body(body).send().await.map_err(|error| self.failed(&error))?
            }
            None => self.look_for(asked, headers, with_token).await?,
        };
        self.translate(asked, answer, with_token).await
    }

    /// Asks for the references, and remembers where a repository has moved to.
    async fn look_for(
        &self,
        asked: &Asked,
        headers: &HeaderMap,
        with_token: bool,
    ) -> Result<reqwest::Response, Closed> {
        let repository = &asked.repository;
        // A name that was given up may be somebody else's by now, so each question begins with it.
        let mut base = self.original(repository);
        for step in 0..STEPS {
            let request = self.request(Method::GET, &base, asked, headers, with_token);
            let answer = request.send().await.map_err(|error| self.failed(&error))?;
            if !answer.status().is_redirection() {
                let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
                if step == 0 || !answer.status().is_success() {
                    moved.remove(&repository.key());
                } else {
                    moved.insert(repository.key(), base);
                }
                drop(moved);
                return Ok(answer);
            }
            let location = answer.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
            base = location
                .and_then(|location| answer.url().join(location).ok())
                .and_then(|place| self.base_of(&place, asked))
                .ok_or_else(|| {
                    let sentence =
                        format!("ocweb: GitHub leads {repository} to another place, which is not followed.");
                    Closed(StatusCode::BAD_GATEWAY, sentence)
                })?;
        }
        let sentence = format!("ocweb: GitHub leads {repository} in a circle.");
        Err(Closed(StatusCode::BAD_GATEWAY, sentence))
    }

    fn request(
        &self,
        method: Method,
        base: &Url,
        asked: &Asked,
        headers: &HeaderMap,
        with_token: bool,
    ) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{base}/{}", asked.path));
        for name in ASKED.iter().chain([&GIT_PROTOCOL, &header::USER_AGENT]) {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        match &self.config.token {
            Some(token) if with_token => request.basic_auth(self.user(), Some(token)),
            _ => request,
        }
    }

    /// Whether somebody who reads this would learn the token.
    pub(crate) fn is_told_in(&self, text: &[u8]) -> bool {
        let Some(token) = &self.config.token else { return false };
        let holds = |secret: &str| text.windows(secret.len()).any(|window| window == secret.as_bytes());
        holds(token) || holds(&BASE64_STANDARD.encode(format!("{}:{token}", self.user())))
    }

    fn user(&self) -> &str {
        self.config.user.as_deref().unwrap_or("x-access-token")
    }

    /// Where a repository is by now, without a slash at its end.
    fn base(&self, repository: &RepositoryName) -> Url {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner).get(&repository.key()).cloned();
        moved.unwrap_or_else(|| self.original(repository))
    }

    /// Where a repository is by its name.
    fn original(&self, repository: &RepositoryName) -> Url {
        let mut url = self.config.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(repository.owner()).push(&format!("{}.git", repository.name()));
        }
        url
    }

    /// The repository's address in the address of a request, if it is GitHub's.
    fn base_of(&self, place: &Url, asked: &Asked) -> Option<Url> {
        if !is_same_host(&self.config.url, place) {
            return None;
        }
        let path = asked.path.split('?').next()?;
        let mut base = place.clone();
        base.set_query(None);
        base.set_path(place.path().strip_suffix(path)?.strip_suffix('/')?);
        Some(base)
    }

    async fn translate(
        &self,
        asked: &Asked,
        answer: reqwest::Response,
        with_token: bool,
    ) -> Result<Response, Closed> {
        let (status, repository) = (answer.status(), &asked.repository);
        if status.is_redirection() {
            let sentence = format!("ocweb: {repository} was moved at GitHub. Try it again.");
            return Err(Closed(StatusCode::BAD_GATEWAY, sentence));
        }
        if status == StatusCode::UNAUTHORIZED {
            // As 401 it would make git ask for a name and a password, which nobody here can give.
            return Err(Closed(StatusCode::FORBIDDEN, self.unauthorized(repository, with_token)));
        }
        if !status.is_success() && matches!(asked.service, Service::Reading | Service::Pushing) {
            let words = first_line(answer).await;
            let sentence =
                format!("ocweb: GitHub refuses this for {repository} ({}){words}.", status.as_u16());
            return Err(Closed(status, sentence));
        }
        let mut response = Response::builder().status(status);
        for name in &ANSWERED {
            if let Some(value) = answer.headers().get(name) {
                response = response.header(name, value);
            }
        }
        let body = Body::from_stream(answer.bytes_stream().map_err(std::io::Error::other));
        response.body(body).map_err(|error| Closed(StatusCode::BAD_GATEWAY, format!("ocweb: {error}.")))
    }

    fn unauthorized(&self, repository: &RepositoryName, with_token: bool) -> String {
        match &self.config.token {
            None => format!(
                "ocweb: GitHub asks for a login (401): {repository} is private or does not exist, and GITHUB_TOKEN is not set."
            ),
            Some(_) if with_token => format!(
                "ocweb: GitHub does not take GITHUB_TOKEN for {repository} (401): it is wrong or has expired."
            ),
            Some(_) => format!(
                "ocweb: {repository} is not public (401), and this chat may read its own repository and the submodules of it alone."
            ),
        }
    }

    fn failed(&self, error: &reqwest::Error) -> Closed {
        let host = self.config.url.host_str().unwrap_or("GitHub");
        if error.is_timeout() {
            return Closed(StatusCode::GATEWAY_TIMEOUT, format!("ocweb: {host} stood still for too long."));
        }
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        let cause = causes.last().map(ToString::to_string).unwrap_or_default();
        tracing::warn!(%host, %cause, "GitHub could not be reached");
        if cause.contains("certificate") {
            return Closed(
                StatusCode::BAD_GATEWAY,
                format!("ocweb: the certificate of {host} is not trusted here: {cause}."),
            );
        }
        Closed(StatusCode::BAD_GATEWAY, format!("ocweb: {host} cannot be reached from here: {cause}."))
    }
}

/// Whether a redirect stays with the host that may see the token: at the same place, or from http to https.
fn is_same_host(here: &Url, there: &Url) -> bool {
    let is_secured = || {
        (here.scheme(), there.scheme()) == ("http", "https")
            && here.host() == there.host()
            && (here.port(), there.port()) == (None, None)
    };
    here.origin() == there.origin() || is_secured()
}

/// What GitHub says about a refusal, if that is a text: its first line, behind a colon.
async fn first_line(answer: reqwest::Response) -> String {
    let is_text = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/plain"));
    let (mut text, mut pieces) = (Vec::new(), answer.bytes_stream());
    while is_text && text.len() < WORDS {
        let Some(Ok(piece)) = pieces.next().await else { break };
        text.extend_from_slice(&piece);
    }
    let text = String::from_utf8_lossy(&text);
    let line = text.trim().lines().next().unwrap_or_default();
    let line: String = line.chars().filter(|letter| !letter.is_control()).take(300).collect();
    if line.is_empty() { line } else { format!(": {}", line.trim_end_matches('.')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stays_with_its_host() {
        let same = |here: &str, there: &str| is_same_host(&here.parse().unwrap(), &there.parse().unwrap());
        assert!(same("https://github.com", "https://github.com/o/n"));
        assert!(same("http://git.example", "https://git.example/o/n"));
        for (here, there) in [
            ("https://git.example", "http://git.example/o/n"),
            ("http://git.example", "https://git.example.evil/o/n"),
            ("http://git.example:8080", "https://git.example/o/n"),
            ("http://git.example", "https://git.example:8443/o/n"),
            ("http://git.example", "http://git.example:81/o/n"),
        ] {
            assert!(!same(here, there), "{here} {there}");
        }
    }
}
