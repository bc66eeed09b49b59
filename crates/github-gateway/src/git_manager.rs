//! git-manager, which the person's requests are passed on to once it is known which repository they open.

use std::path::Path;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, StatusCode, Uri, header},
    response::Response,
};
use ocweb_service::Problem;

/// What of a request matters to git-manager.
const ASKED: [HeaderName; 2] = [header::CONTENT_TYPE, HeaderName::from_static("prefer")];
/// What of its answer matters to whoever asked.
const ANSWERED: [HeaderName; 3] = [header::CONTENT_TYPE, header::CACHE_CONTROL, header::RETRY_AFTER];

/// git-manager on its socket.
pub(crate) struct GitManager(reqwest::Client);

impl GitManager {
    pub(crate) fn new(socket: &Path) -> Result<Self, reqwest::Error> {
        Ok(Self(ocweb_service::local_client_builder().unix_socket(socket).build()?))
    }

    /// Passes a request on, and its answer back, however long that takes.
    pub(crate) async fn post(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Response, Problem> {
        let mut request = self.0.post(format!("http://git-manager{uri}")).body(body);
        for name in &ASKED {
            for value in headers.get_all(name) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.map_err(|error| {
            tracing::warn!(%error, "git-manager does not answer");
            unavailable()
        })?;
        let mut response = Response::builder().status(answer.status());
        for name in &ANSWERED {
            if let Some(value) = answer.headers().get(name) {
                response = response.header(name, value);
            }
        }
        response.body(Body::from_stream(answer.bytes_stream())).map_err(Problem::internal)
    }
}

/// As Caddy says it of every part that is down.
fn unavailable() -> Problem {
    let sentence = "A part of ocweb is starting or has just restarted. Try again in a moment; /admin/services says which.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, sentence)
        .kind("part-unavailable", "Service Unavailable")
        .retry_after(2)
}
