//! Failing on purpose: the next requests to a part of the world can be refused, delayed or cut.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A part of the world that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// GitHub's REST API.
    Api,
    /// Git over HTTP.
    Git,
    /// The model.
    Model,
    /// The share server.
    Sharing,
}

/// What is to go wrong, and how often. The effects can be combined: first the delay, then the
/// status, or else the cut.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Whose requests are hit.
    pub part: Part,
    /// Only requests whose path holds this text, such as `demo/hello-web` or `git-upload-pack`.
    #[serde(default)]
    pub path_contains: String,
    /// How many requests are hit.
    #[serde(default = "once")]
    pub times: u32,
    /// Milliseconds to wait before anything else.
    #[serde(default)]
    pub delay_ms: u64,
    /// Status to answer with in place of doing the work.
    #[serde(default)]
    pub status: Option<u16>,
    /// `Retry-After` of that answer, in seconds.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// What that answer says, in place of words of ours: JSON, such as GitHub's `{"message":…,"errors":…}`.
    #[serde(default)]
    pub body: Option<serde_json::Value>,
    /// Further headers of that answer, such as `x-ratelimit-remaining`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Cuts the connection after so many bytes of the answer's body.
    #[serde(default)]
    pub cut_after_bytes: Option<u64>,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// The next request to `part` is answered with `status`.
    pub fn status(part: Part, status: u16) -> Self {
        Self { status: Some(status), ..Self::nothing(part) }
    }

    /// The next answer of `part` is cut after `bytes` of its body.
    pub fn cut(part: Part, bytes: u64) -> Self {
        Self { cut_after_bytes: Some(bytes), ..Self::nothing(part) }
    }

    /// The next request to `part` is answered `milliseconds` late.
    pub fn delay(part: Part, milliseconds: u64) -> Self {
        Self { delay_ms: milliseconds, ..Self::nothing(part) }
    }

    /// Hits `times` requests rather than one.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Hits only requests whose path holds `text`.
    #[must_use]
    pub fn on_path(self, text: &str) -> Self {
        Self { path_contains: text.into(), ..self }
    }

    fn nothing(part: Part) -> Self {
        Self {
            part,
            path_contains: String::new(),
            times: 1,
            delay_ms: 0,
            status: None,
            retry_after: None,
            body: None,
            headers: BTreeMap::new(),
            cut_after_bytes: None,
        }
    }
}

/// The faults that are still to come, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// Lets a fault happen.
    pub fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    /// Forgets every fault that has not happened yet.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The fault that hits a request to `part` at `path`, if one does.
    fn take(&self, part: Part, path: &str) -> Option<Fault> {
        let mut pending = self.lock();
        let hit = pending
            .iter_mut()
            .find(|fault| fault.part == part && fault.times > 0 && path.contains(&fault.path_contains))?;
        hit.times -= 1;
        let fault = hit.clone();
        pending.retain(|fault| fault.times > 0);
        Some(fault)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Middleware in front of a part: lets the fault that is due happen.
pub(crate) async fn play(
    State((faults, part)): State<(Faults, Part)>,
    request: Request,
    next: Next,
) -> Response {
    let Some(fault) = faults.take(part, request.uri().path()) else {
        return next.run(request).await;
    };
    tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    if let Some(status) = fault.status {
        return refusal(status, &fault);
    }
    let response = next.run(request).await;
    match fault.cut_after_bytes {
        None => response,
        Some(bytes) => response.map(|body| cut(body, bytes)),
    }
}

fn refusal(status: u16, fault: &Fault) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = format!("The demo was told to answer {status}.");
    // Both shapes in one: GitHub's `message`, and the model's `error.message`.
    let own = || json!({"message": message, "error": {"message": message, "type": "demo_fault"}});
    let mut response = (status, Json(fault.body.clone().unwrap_or_else(own))).into_response();
    for (name, value) in &fault.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    if let Some(seconds) = fault.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The first `limit` bytes of a body and then an error, on which the server drops the connection.
fn cut(body: Body, limit: u64) -> Body {
    let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
    Body::from_stream(body.into_data_stream().map(move |chunk| {
        let chunk: Bytes = chunk?;
        if left == 0 {
            return Err(axum::Error::new(std::io::Error::other("cut on purpose")));
        }
        let kept = chunk.slice(..chunk.len().min(left));
        left -= kept.len();
        Ok(kept)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_the_part_and_path_it_names_as_often_as_it_says() {
        let faults = Faults::default();
        faults.add(Fault::status(Part::Git, 500).on_path("demo/hello").times(2));
        assert!(faults.take(Part::Api, "/demo/hello/info/refs").is_none());
        assert!(faults.take(Part::Git, "/demo/other/info/refs").is_none());
        assert!(faults.take(Part::Git, "/demo/hello/info/refs").is_some());
        assert!(faults.take(Part::Git, "/demo/hello/info/refs").is_some());
        assert!(faults.take(Part::Git, "/demo/hello/info/refs").is_none());
    }
}
