//! What the person decided: which events, which channels, when not, and the channels' secrets.
//!
//! [`Settings`] is what is kept; [`Change`] is what a `PUT` brings, checked as a whole before any of it
//! holds. Secrets go in and never come out again.

mod change;
mod values;

use std::collections::BTreeSet;

use ocweb_opencode_client::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use change::{Change, InvalidSetting};
pub(crate) use values::{Address, Secret, Topic};

use crate::{channel::Channel, event::Event, quiet_hours::QuietHours};

/// All settings. Every field has a value that a fresh installation can live with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// Where ocweb is reached from outside, for links and buttons.
    pub(crate) public_url: Option<Address>,
    pub(crate) events: Events,
    /// A run shorter than this is not told of when it is done.
    pub(crate) done_after_seconds: u32,
    pub(crate) quiet_hours: Option<QuietHours>,
    pub(crate) muted_chats: BTreeSet<SessionId>,
    pub(crate) ntfy: Ntfy,
    pub(crate) discord: Discord,
    pub(crate) webhook: Webhook,
    pub(crate) web_push: WebPush,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: None,
            events: Events::default(),
            done_after_seconds: 30,
            quiet_hours: None,
            muted_chats: BTreeSet::new(),
            ntfy: Ntfy::default(),
            discord: Discord::default(),
            webhook: Webhook::default(),
            web_push: WebPush::default(),
        }
    }
}

impl Settings {
    /// The channels that are switched on and set up. Web Push is one as soon as a device subscribes.
    pub(crate) fn channels(&self, subscriptions: usize) -> Vec<Channel> {
        [
            (Channel::Ntfy, self.ntfy.enabled && self.ntfy.topic.is_some()),
            (Channel::Discord, self.discord.enabled && self.discord.webhook_url.is_some()),
            (Channel::Webhook, self.webhook.enabled && self.webhook.url.is_some()),
            (Channel::WebPush, self.web_push.enabled && subscriptions > 0),
        ]
        .into_iter()
        .filter_map(|(channel, is_on)| is_on.then_some(channel))
        .collect()
    }

    /// Whether nothing is to be told of this chat.
    pub(crate) fn is_muted(&self, chat: &str) -> bool {
        self.muted_chats.iter().any(|muted| muted.as_str() == chat)
    }
}

/// Which events are told.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = NotificationEvents)]
#[expect(clippy::struct_excessive_bools, reason = "five independent switches, as the page shows them")]
pub(crate) struct Events {
    permission: bool,
    question: bool,
    done: bool,
    failed: bool,
    interrupted: bool,
}

impl Default for Events {
    fn default() -> Self {
        Self { permission: true, question: true, done: true, failed: true, interrupted: true }
    }
}

impl Events {
    /// Whether this one is switched on.
    pub(crate) fn include(self, event: Event) -> bool {
        match event {
            Event::Permission => self.permission,
            Event::Question => self.question,
            Event::Done => self.done,
            Event::Failed => self.failed,
            Event::Interrupted => self.interrupted,
        }
    }
}

/// A topic of an ntfy server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Ntfy {
    pub(crate) enabled: bool,
    pub(crate) server: Address,
    pub(crate) topic: Option<Topic>,
    pub(crate) token: Option<Secret>,
    /// Whether notifications have buttons that answer.
    pub(crate) actions: bool,
}

impl Default for Ntfy {
    fn default() -> Self {
        Self { enabled: false, server: Address::public_ntfy(), topic: None, token: None, actions: true }
    }
}

/// A channel's webhook on Discord. The address is the secret.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Discord {
    pub(crate) enabled: bool,
    pub(crate) webhook_url: Option<Address>,
}

/// Any program that takes JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Webhook {
    pub(crate) enabled: bool,
    pub(crate) url: Option<Address>,
    /// What the requests are signed with; without it they are not signed.
    pub(crate) secret: Option<Secret>,
}

/// The devices that subscribed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct WebPush {
    pub(crate) enabled: bool,
}

impl Default for WebPush {
    fn default() -> Self {
        Self { enabled: true }
    }
}
