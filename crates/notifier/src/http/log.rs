//! What was told, held back and why, or failed.

use axum::extract::State;
use ocweb_service::extract::Json;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    Notifier,
    channel::Channel,
    event::Event,
    log::{Entry, LogOutcome},
};

/// The last two hundred entries.
#[derive(Serialize, ToSchema)]
pub(super) struct NotificationLog {
    /// Newest first.
    entries: Vec<NotificationLogEntry>,
}

/// What became of one notification, on one channel.
#[derive(Serialize, ToSchema)]
struct NotificationLogEntry {
    /// When this became of it.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    event: Event,
    chat_id: String,
    /// The chat's title then.
    title: String,
    /// `null` when no channel was tried.
    channel: Option<Channel>,
    outcome: LogOutcome,
    /// Why, or how, in a sentence.
    detail: String,
    /// How often it was tried.
    attempts: u32,
}

impl From<&Entry> for NotificationLogEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            at: entry.at,
            event: entry.event,
            chat_id: entry.chat_id.clone(),
            title: entry.title.clone(),
            channel: entry.channel,
            outcome: entry.outcome,
            detail: entry.detail.clone(),
            attempts: entry.attempts,
        }
    }
}

/// Lists what was told, held back or failed
#[utoipa::path(
    get,
    path = "/admin/notifications/log",
    operation_id = "list_notification_log",
    tag = "notifier",
    responses((status = 200, description = "The log", body = NotificationLog))
)]
pub(super) async fn list_log(State(notifier): State<Notifier>) -> Json<NotificationLog> {
    let entries = notifier.ledger(|ledger| ledger.log().newest_first().map(Into::into).collect());
    Json(NotificationLog { entries })
}
