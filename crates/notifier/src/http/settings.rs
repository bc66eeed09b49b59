//! The settings, muting a chat, and trying a channel out.

use axum::{extract::State, http::StatusCode};
use ocweb_opencode_client::SessionId;
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::invalid;
use crate::{
    Notifier,
    channel::Channel,
    quiet_hours::Written,
    settings::{Address, Change, Events, Settings, Topic},
};

/// The settings. Secrets are never among them: only whether they are set.
#[derive(Serialize, ToSchema)]
pub(super) struct NotificationSettings {
    /// The address that a phone reaches ocweb at. Without it notifications have no link and no buttons.
    public_url: Option<String>,
    /// Which events are told.
    events: Events,
    /// A run shorter than this is not told of when it is done.
    done_after_seconds: u32,
    /// When nothing is told; requests that still wait are told afterwards.
    quiet_hours: Option<Written>,
    /// The ids of the chats that nothing is told of.
    muted_chats: Vec<String>,
    ntfy: NtfySettings,
    discord: DiscordSettings,
    webhook: WebhookSettings,
    web_push: WebPushSettings,
}

#[derive(Serialize, ToSchema)]
struct NtfySettings {
    enabled: bool,
    server: String,
    topic: Option<String>,
    /// Whether there is an access token.
    token_set: bool,
    /// Whether notifications have buttons that answer without a login.
    actions: bool,
}

#[derive(Serialize, ToSchema)]
struct DiscordSettings {
    enabled: bool,
    /// Whether there is a webhook's address.
    webhook_set: bool,
}

#[derive(Serialize, ToSchema)]
struct WebhookSettings {
    enabled: bool,
    url: Option<String>,
    /// Whether requests are signed.
    secret_set: bool,
}

#[derive(Serialize, ToSchema)]
struct WebPushSettings {
    enabled: bool,
    /// The key that a browser subscribes with (`applicationServerKey`), base64url.
    public_key: String,
}

impl NotificationSettings {
    fn new(settings: Settings, public_key: String) -> Self {
        let text = |address: &Address| address.text().to_owned();
        Self {
            public_url: settings.public_url.as_ref().map(text),
            events: settings.events,
            done_after_seconds: settings.done_after_seconds,
            quiet_hours: settings.quiet_hours.map(Into::into),
            muted_chats: settings.muted_chats.iter().map(ToString::to_string).collect(),
            ntfy: NtfySettings {
                enabled: settings.ntfy.enabled,
                server: text(&settings.ntfy.server),
                topic: settings.ntfy.topic.as_ref().map(|topic: &Topic| topic.as_str().to_owned()),
                token_set: settings.ntfy.token.is_some(),
                actions: settings.ntfy.actions,
            },
            discord: DiscordSettings {
                enabled: settings.discord.enabled,
                webhook_set: settings.discord.webhook_url.is_some(),
            },
            webhook: WebhookSettings {
                enabled: settings.webhook.enabled,
                url: settings.webhook.url.as_ref().map(text),
                secret_set: settings.webhook.secret.is_some(),
            },
            web_push: WebPushSettings { enabled: settings.web_push.enabled, public_key },
        }
    }
}

/// Shows the settings
#[utoipa::path(
    get,
    path = "/admin/notifications/settings",
    operation_id = "show_notification_settings",
    tag = "notifier",
    responses((status = 200, description = "The settings, without secrets", body = NotificationSettings))
)]
pub(super) async fn show_settings(State(notifier): State<Notifier>) -> Json<NotificationSettings> {
    Json(NotificationSettings::new(notifier.settings(), notifier.public_key()))
}

/// Changes settings
///
/// What is absent stays. Nothing holds unless all of it can be used.
#[utoipa::path(
    put,
    path = "/admin/notifications/settings",
    operation_id = "change_notification_settings",
    tag = "notifier",
    request_body = Change,
    responses(
        (status = 200, description = "The settings as they are now", body = NotificationSettings),
        (status = 400, description = "`invalid-setting`: one of them cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn change_settings(
    State(notifier): State<Notifier>,
    Json(change): Json<Change>,
) -> Result<Json<NotificationSettings>, Problem> {
    let settings = notifier.change_settings(change).await?;
    Ok(Json(NotificationSettings::new(settings, notifier.public_key())))
}

/// Whether a chat is to be told of.
#[derive(Deserialize, ToSchema)]
pub(super) struct ChatMuting {
    /// True: nothing is told of it.
    muted: bool,
}

/// Mutes a chat, or lets it be heard again
#[utoipa::path(
    put,
    path = "/admin/notifications/chats/{id}",
    operation_id = "mute_chat",
    tag = "notifier",
    params(("id" = String, Path, description = "The chat's id")),
    request_body = ChatMuting,
    responses(
        (status = 204, description = "Done"),
        (status = 400, description = "This is no id of a chat", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn mute_chat(
    State(notifier): State<Notifier>,
    Path(id): Path<String>,
    Json(muting): Json<ChatMuting>,
) -> Result<StatusCode, Problem> {
    let no_id = |_| invalid("The id of a chat begins with ses_, followed by letters and digits.".into());
    notifier.mute(id.parse::<SessionId>().map_err(no_id)?, muting.muted).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The channel to try.
#[derive(Deserialize, ToSchema)]
pub(super) struct NotificationTest {
    channel: Channel,
}

/// How a test went.
#[derive(Serialize, ToSchema)]
pub(super) struct NotificationTestResult {
    #[schema(inline)]
    outcome: NotificationTestOutcome,
    /// A sentence for the person who set the channel up.
    detail: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum NotificationTestOutcome {
    Sent,
    Failed,
}

/// Sends a test
///
/// Once and at once, whether the channel is switched on or not.
#[utoipa::path(
    post,
    path = "/admin/notifications/test",
    operation_id = "test_notification_channel",
    tag = "notifier",
    request_body = NotificationTest,
    responses((status = 200, description = "How it went", body = NotificationTestResult))
)]
pub(super) async fn test_channel(
    State(notifier): State<Notifier>,
    Json(test): Json<NotificationTest>,
) -> Json<NotificationTestResult> {
    Json(match notifier.test(test.channel).await {
        Ok(detail) => NotificationTestResult { outcome: NotificationTestOutcome::Sent, detail },
        Err(detail) => NotificationTestResult { outcome: NotificationTestOutcome::Failed, detail },
    })
}
