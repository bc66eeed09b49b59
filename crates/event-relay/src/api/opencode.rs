//! opencode's own streams, passed through as they are, so that they end with the login that opened them.

use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::Response,
};
use futures_util::Stream;
use ocweb_service::Problem;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{events::not_held_back, login, opencode_failed};
use crate::{Relay, logins::Login};

/// opencode opens a directory before it answers.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(30);
/// What opencode looks at.
const PASSED_ON: [HeaderName; 3] = [
    HeaderName::from_static("x-opencode-directory"),
    header::ACCEPT,
    HeaderName::from_static("last-event-id"),
];

/// `GET /global/event`
pub(super) async fn global_stream(
    state: State<Relay>,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    pass_through(state, &["global", "event"], query, headers).await
}

/// `GET /event`
pub(super) async fn directory_stream(
    state: State<Relay>,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    pass_through(state, &["event"], query, headers).await
}

async fn pass_through(
    State(relay): State<Relay>,
    path: &[&str],
    RawQuery(query): RawQuery,
    mut headers: HeaderMap,
) -> Result<Response, Problem> {
    let login = login::watched(&relay, &headers)?;
    let passed: HeaderMap =
        PASSED_ON.into_iter().filter_map(|name| headers.remove(&name).map(|value| (name, value))).collect();
    let answer = timeout(ANSWER, relay.opencode.pass_on(path, query.as_deref(), passed)).await;
    let answer = answer.map_err(|_| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "opencode did not begin to answer in time. Try again.")
    })?;
    let answer = answer.map_err(|error| opencode_failed(&error))?;
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let content_type = answer.headers().get(header::CONTENT_TYPE).cloned();
    let mut response = Response::new(Body::from_stream(until_cut(answer, login, relay.stop)));
    *response.status_mut() = status;
    if let Some(content_type) = content_type {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    not_held_back(response.headers_mut());
    Ok(response)
}

/// The bytes of an answer until it ends, the login is revoked or the service stops.
fn until_cut(
    answer: reqwest::Response,
    login: Option<Login>,
    stop: CancellationToken,
) -> impl Stream<Item = Result<Bytes, reqwest::Error>> {
    futures_util::stream::unfold((answer, login, stop), |(mut answer, login, stop)| async {
        let revoked = async {
            match &login {
                Some(login) => login.revoked().await,
                None => std::future::pending().await,
            }
        };
        let chunk = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            () = revoked => None,
            chunk = answer.chunk() => chunk.transpose(),
        };
        chunk.map(|chunk| (chunk, (answer, login, stop)))
    })
}
