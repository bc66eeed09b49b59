//! The one route that needs no login: a button in a notification answers a request.
//!
//! It takes a capability and nothing else, and tells whoever has none that works the same thing whatever
//! the reason. ntfy's web app calls it from another origin, so its answers may be read from any: there is
//! no cookie in it for another site to abuse.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use ocweb_service::{Problem, extract::Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Notifier, capability::Capability, event::Verdict, notifier::ActError};

/// A capability has 43 characters.
const MOST_BYTES: usize = 2048;

pub(super) fn routes() -> OpenApiRouter<Notifier> {
    OpenApiRouter::new()
        .routes(routes!(act, preflight))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(axum::middleware::map_response(open_to_all_origins))
}

/// What was done.
#[derive(Serialize, ToSchema)]
struct NotificationActionResult {
    /// `approved`, `rejected` or `answered`.
    outcome: &'static str,
}

/// A capability as JSON.
#[derive(Deserialize, ToSchema)]
struct NotificationCapability {
    capability: String,
}

/// Answers a request by the capability of a button
///
/// **Open: needs no login.** The capability is the body, as text or as `{"capability"}`. It works once,
/// for a day, for one request and one answer. Whatever the reason that one does not work, the answer is
/// the same 410. One that could not be passed on still works.
#[utoipa::path(
    post,
    path = "/admin/notifications/act",
    operation_id = "act_on_notification",
    tag = "notifier",
    security(()),
    request_body(content(
        (String = "text/plain"),
        (NotificationCapability = "application/json"),
    )),
    responses(
        (status = 200, description = "It is answered", body = NotificationActionResult),
        (status = 410, description = "It was used, has expired, or the request is gone", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "What became of the answer is unknown, and the capability is used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The answer cannot be passed on now; the capability still works", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is larger than 2 KB", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn act(
    State(notifier): State<Notifier>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<NotificationActionResult>, Problem> {
    let body = body.map_err(|rejection| Problem::new(rejection.status(), "The body is larger than 2 KB."))?;
    let presented = presented(&body).ok_or(ActError::Worthless)?;
    let verdict = notifier.act(&presented).await?;
    let outcome = match verdict {
        Verdict::Once => "approved",
        Verdict::Reject => "rejected",
        Verdict::Answer { .. } => "answered",
    };
    Ok(Json(NotificationActionResult { outcome }))
}

/// Lets a page of another origin call it
///
/// **Open: needs no login.** Answers a browser's question before it posts JSON.
#[utoipa::path(
    options,
    path = "/admin/notifications/act",
    operation_id = "preflight_act_on_notification",
    tag = "notifier",
    security(()),
    responses((status = 204, description = "It may"))
)]
async fn preflight() -> (StatusCode, HeaderMap) {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    let headers = headers.map(|(name, value): (HeaderName, _)| (name, HeaderValue::from_static(value)));
    (StatusCode::NO_CONTENT, HeaderMap::from_iter(headers))
}

/// Reads either form, whatever type it is said to have: a service worker may send JSON as plain text.
fn presented(body: &[u8]) -> Option<Capability> {
    let text = std::str::from_utf8(body).ok()?.trim();
    if text.starts_with('{') {
        let document: NotificationCapability = serde_json::from_str(text).ok()?;
        return Some(Capability::presented(&document.capability));
    }
    Some(Capability::presented(text))
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Worthless => Self::new(
                StatusCode::GONE,
                "This button does nothing any more: it was used, has expired, or the request is gone. Open the chat instead.",
            ),
            ActError::NotNow => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ocweb cannot pass the answer on right now. The button still works: try again in a moment, or open the chat.",
            )
            .retry_after(2),
            ActError::Unknown => Self::new(
                StatusCode::BAD_GATEWAY,
                "The answer was passed on, but nobody said that it arrived. Open the chat to see.",
            ),
        }
    }
}

async fn open_to_all_origins(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
