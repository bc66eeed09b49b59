//! The receivers: each turns one message into one HTTP request of its protocol.
//!
//! Pure but for the randomness of encryption. Texts are cut to what the receiver takes, because one that is
//! refused for its length is a notification lost.

pub(crate) mod discord;
pub(crate) mod ntfy;
pub(crate) mod web_push;
pub(crate) mod webhook;

use reqwest::{Url, header::HeaderMap};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    event::{Notice, Verdict},
    settings::Settings,
    subscription::Subscription,
};
use web_push::VapidKey;

/// A kind of receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationChannel)]
pub(crate) enum Channel {
    Ntfy,
    Discord,
    Webhook,
    WebPush,
}

impl Channel {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Ntfy, Self::Discord, Self::Webhook, Self::WebPush];

    /// Its name, as in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ntfy => "ntfy",
            Self::Discord => "discord",
            Self::Webhook => "webhook",
            Self::WebPush => "web_push",
        }
    }

    /// Its name, for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Ntfy => "ntfy",
            Self::Discord => "Discord",
            Self::Webhook => "the webhook",
            Self::WebPush => "the push service",
        }
    }

    /// Whether a second copy of a notification replaces the first: ntfy by its sequence id, a browser by
    /// the tag, and a webhook's program can tell by the delivery's id. Discord shows both.
    pub(crate) fn repeats_replace(self) -> bool {
        !matches!(self, Self::Discord)
    }
}

/// One receiver.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "channel")]
pub(crate) enum Target {
    Ntfy,
    Discord,
    Webhook,
    /// One device.
    WebPush {
        subscription: String,
    },
}

impl Target {
    /// Its kind.
    pub(crate) fn channel(&self) -> Channel {
        match self {
            Self::Ntfy => Channel::Ntfy,
            Self::Discord => Channel::Discord,
            Self::Webhook => Channel::Webhook,
            Self::WebPush { .. } => Channel::WebPush,
        }
    }
}

/// What is said, the same to every receiver.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Names the delivery: two copies of one have the same.
    pub(crate) id: String,
    /// The event's name, or `test`.
    pub(crate) event: &'static str,
    /// What happened, in a few words.
    pub(crate) label: &'static str,
    /// The chat's title.
    pub(crate) title: String,
    pub(crate) repo: Option<String>,
    /// What happened, in a sentence.
    pub(crate) text: String,
    /// The chat; `None` in a test.
    pub(crate) chat_id: Option<String>,
    /// The request that waits for an answer.
    pub(crate) request: Option<String>,
    /// What a later notification about the same thing replaces at the receiver's.
    pub(crate) subject: String,
    pub(crate) at: OffsetDateTime,
}

impl Message {
    /// The message of a notice.
    pub(crate) fn of(notice: &Notice, delivery: &str, at: OffsetDateTime) -> Self {
        let request = notice.ask.as_ref().map(|ask| ask.id.clone());
        Self {
            id: delivery.to_owned(),
            event: notice.event.name(),
            label: notice.event.label(),
            title: notice.title.clone(),
            repo: notice.repo.clone(),
            text: notice.text.clone(),
            chat_id: Some(notice.chat_id.clone()),
            subject: request.clone().unwrap_or_else(|| notice.chat_id.clone()),
            request,
            at,
        }
    }

    /// A message that only shows that a channel works.
    pub(crate) fn test(id: String, at: OffsetDateTime) -> Self {
        Self {
            id,
            event: "test",
            label: "Test",
            title: "ocweb".into(),
            repo: None,
            text: "This is a test: notifications arrive.".into(),
            chat_id: None,
            request: None,
            subject: "test".into(),
            at,
        }
    }

    /// What happened and how, in one line.
    pub(crate) fn line(&self) -> String {
        format!("{}: {}", self.label, self.text)
    }

    /// Where in ocweb it leads.
    pub(crate) fn path(&self) -> String {
        self.chat_id.as_ref().map_or_else(|| "/".into(), |chat| format!("/chat/{chat}"))
    }

    /// Whether the person is needed for the agent to go on.
    pub(crate) fn is_urgent(&self) -> bool {
        self.request.is_some()
    }
}

/// A button that answers.
pub(crate) struct Button {
    pub(crate) verdict: Verdict,
    /// What it is worth; see `capability`.
    pub(crate) capability: String,
}

/// What else a request depends on.
pub(crate) struct Context<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) vapid: &'a VapidKey,
    /// The device, for Web Push.
    pub(crate) subscription: Option<&'a Subscription>,
    /// What the app's badge shows; `None` leaves it as it is.
    pub(crate) badge: Option<usize>,
    pub(crate) now: OffsetDateTime,
}

/// A `POST` that is to be sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no request to send: a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotComposed {
    /// The channel lacks something.
    #[error("It is not set up: {0}.")]
    NotSetUp(&'static str),
    /// Something about it cannot be sent.
    #[error("It cannot be sent: {0}.")]
    Unusable(&'static str),
}

/// The request that brings a message to a receiver.
pub(crate) fn compose(
    target: &Target,
    message: &Message,
    buttons: &[Button],
    context: &Context<'_>,
) -> Result<Outgoing, NotComposed> {
    let settings = context.settings;
    let public_url = settings.public_url.as_ref();
    match target {
        Target::Ntfy => ntfy::compose(&settings.ntfy, public_url, message, buttons),
        Target::Discord => discord::compose(&settings.discord, public_url, message),
        Target::Webhook => webhook::compose(&settings.webhook, public_url, message, context.now),
        Target::WebPush { .. } => web_push::compose(message, buttons, context),
    }
}

fn json_body(body: &serde_json::Value) -> Vec<u8> {
    body.to_string().into_bytes()
}
