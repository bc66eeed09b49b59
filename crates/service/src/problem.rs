//! Errors on the wire: RFC 9457 problem documents, everywhere and in one way.
//!
//! A [`Problem`]'s `detail` is a sentence for the person holding the phone. Domains have their own
//! error enums; a handler translates them into a `Problem`, and the cause is logged once, here.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// An error as RFC 9457 describes it (`application/problem+json`).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem this is: a stable name that programs may rely on, such as `unpushed-work`.
    /// `about:blank` when the status says all there is to say.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words, the same each time.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// What happened here, and what to do, in one or two sentences.
    pub detail: String,
    /// Further members that belong to this kind of problem.
    #[serde(flatten)]
    pub members: BTreeMap<String, serde_json::Value>,
    /// Sent as `Retry-After`, in seconds.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// A problem that its status explains; `detail` says what happened here.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail: detail.into(),
            members: BTreeMap::new(),
            retry_after: None,
        }
    }

    /// Gives the problem a kind that programs can tell apart from others of its status.
    #[must_use]
    pub fn kind(mut self, kind: &str, title: &str) -> Self {
        self.kind = kind.into();
        self.title = title.into();
        self
    }

    /// Adds a further member to the document.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.members.insert(name.into(), value.into());
        self
    }

    /// Says after how many seconds a retry makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 400: the request itself is wrong.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404: what was asked for is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409: it cannot be done in the present state.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 500, with the cause written to the log and kept from the client.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(error = %cause, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong inside ocweb; its log has the cause.",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
