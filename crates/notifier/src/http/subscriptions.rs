//! The devices that subscribed to Web Push.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::problem::{invalid, not_written};
use crate::{
    Notifier,
    ledger::Subscribed,
    login::{InvalidLoginId, LoginId},
    settings::Address,
    subscription::{Keys, Subscription},
};

/// Set by Caddy, which removes a client's own. Services on the socket have none.
const LOGIN: &str = "x-ocweb-session";

/// The devices that subscribed.
#[derive(Serialize, ToSchema)]
pub(super) struct PushSubscriptionList {
    /// In the order in which they came.
    subscriptions: Vec<PushSubscriptionEntry>,
}

/// A device that subscribed. Where it is pushed to is not shown.
#[derive(Serialize, ToSchema)]
struct PushSubscriptionEntry {
    id: String,
    /// What the person calls it.
    device: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When its push service last took a notification.
    #[serde(with = "time::serde::rfc3339::option")]
    last_sent_at: Option<OffsetDateTime>,
    /// Why the last one was not taken; `null` when it was.
    last_error: Option<String>,
}

impl From<&Subscription> for PushSubscriptionEntry {
    fn from(subscription: &Subscription) -> Self {
        Self {
            id: subscription.id.clone(),
            device: subscription.device.clone(),
            created_at: subscription.created_at,
            last_sent_at: subscription.last_sent_at,
            last_error: subscription.last_error.clone(),
        }
    }
}

/// Lists the devices
#[utoipa::path(
    get,
    path = "/admin/notifications/subscriptions",
    operation_id = "list_push_subscriptions",
    tag = "notifier",
    responses((status = 200, description = "The devices", body = PushSubscriptionList))
)]
pub(super) async fn list_subscriptions(State(notifier): State<Notifier>) -> Json<PushSubscriptionList> {
    let subscriptions = notifier.ledger(|ledger| ledger.subscriptions().iter().map(Into::into).collect());
    Json(PushSubscriptionList { subscriptions })
}

/// A browser's subscription, as its `toJSON()` gives it, and a name for the device.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewPushSubscription {
    endpoint: String,
    #[schema(inline)]
    keys: PushKeys,
    device: String,
}

/// The browser's keys, in base64url.
#[derive(Deserialize, ToSchema)]
struct PushKeys {
    p256dh: String,
    auth: String,
}

/// The subscription that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct PushSubscriptionId {
    id: String,
}

/// Subscribes a device
///
/// It is told as long as the login holds that it was subscribed with the last time.
#[utoipa::path(
    post,
    path = "/admin/notifications/subscriptions",
    operation_id = "add_push_subscription",
    tag = "notifier",
    request_body = NewPushSubscription,
    responses(
        (status = 201, description = "It is subscribed", body = PushSubscriptionId),
        (status = 200, description = "Its endpoint was known, and has its new keys", body = PushSubscriptionId),
        (status = 400, description = "The endpoint or a key cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn subscribe(
    State(notifier): State<Notifier>,
    headers: HeaderMap,
    Json(new): Json<NewPushSubscription>,
) -> Result<(StatusCode, Json<PushSubscriptionId>), Problem> {
    let endpoint = Address::parse(&new.endpoint)
        .map_err(|reason| invalid(format!("The endpoint cannot be used: {reason}.")))?;
    let keys = Keys::parse(&new.keys.p256dh, &new.keys.auth)
        .map_err(|reason| invalid(format!("The subscription cannot be used: {reason}.")))?;
    let subscribed = notifier
        .subscribe(endpoint, keys, &new.device, login(&headers)?)
        .await
        .map_err(|error| not_written(&error))?;
    Ok(match subscribed {
        Subscribed::New(id) => (StatusCode::CREATED, Json(PushSubscriptionId { id })),
        Subscribed::Again(id) => (StatusCode::OK, Json(PushSubscriptionId { id })),
    })
}

/// The login that a request came with, if it came with one.
fn login(headers: &HeaderMap) -> Result<Option<LoginId>, Problem> {
    let Some(value) = headers.get(LOGIN) else { return Ok(None) };
    let id = value.to_str().map_err(|_| InvalidLoginId).and_then(str::parse);
    id.map(Some).map_err(|error| Problem::bad_request(error.to_string()))
}

/// Removes a device
#[utoipa::path(
    delete,
    path = "/admin/notifications/subscriptions/{id}",
    operation_id = "remove_push_subscription",
    tag = "notifier",
    params(("id" = String, Path, description = "The subscription's id")),
    responses(
        (status = 204, description = "It is removed"),
        (status = 404, description = "There is no such device", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn unsubscribe(
    State(notifier): State<Notifier>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let was_there = notifier.unsubscribe(&id).await.map_err(|error| not_written(&error))?;
    if was_there {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("There is no device of this id."))
    }
}
