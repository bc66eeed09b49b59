//! A change of the settings: any part of them, and nothing holds unless all of it can.

use std::fmt::Display;

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::{Address, Events, Secret, Settings, Topic};
use crate::quiet_hours::{QuietHours, Written};

/// A week: a run that long is told of in any case.
const MOST_SECONDS: u32 = 7 * 24 * 60 * 60;

/// More muted chats than anybody has.
const MOST_MUTED: usize = 10_000;

/// A setting that cannot be used. Its text is a sentence that names it; never its value.
#[derive(Debug, thiserror::Error)]
#[error("{name} cannot be used: {reason}.")]
pub(crate) struct InvalidSetting {
    name: &'static str,
    reason: String,
}

fn invalid(name: &'static str) -> impl FnOnce(&'static str) -> InvalidSetting {
    move |reason| InvalidSetting { name, reason: reason.into() }
}

/// What is to be changed; what is absent stays. What a `GET` answers can be sent back: its `token_set` and
/// the like mean nothing here.
#[derive(Deserialize, ToSchema)]
#[schema(as = NotificationSettingsChange)]
pub(crate) struct Change {
    /// The address that a phone reaches ocweb at, such as `https://ocweb.example.org`; `null` for none:
    /// then notifications have no link and no buttons.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    public_url: Edit<String>,
    events: Option<EventsChange>,
    /// A run shorter than this is not told of when it is done.
    done_after_seconds: Option<u32>,
    /// `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<Written>)]
    quiet_hours: Edit<Written>,
    /// The ids of the chats that nothing is told of, all of them.
    muted_chats: Option<Vec<String>>,
    ntfy: Option<NtfyChange>,
    discord: Option<DiscordChange>,
    webhook: Option<WebhookChange>,
    web_push: Option<WebPushChange>,
}

/// The switches that are to be changed.
#[derive(Deserialize, ToSchema)]
#[schema(as = NotificationEventsChange)]
struct EventsChange {
    permission: Option<bool>,
    question: Option<bool>,
    done: Option<bool>,
    failed: Option<bool>,
    interrupted: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = NtfySettingsChange)]
struct NtfyChange {
    enabled: Option<bool>,
    /// `https://ntfy.sh`, or a server of one's own, without a path. Another one than before removes the
    /// token, unless one is given with it.
    server: Option<String>,
    /// The topic's name; `null` for none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    topic: Edit<String>,
    /// An access token, never shown again; `null` removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    token: Edit<String>,
    /// Whether notifications have buttons that answer without a login.
    actions: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = DiscordSettingsChange)]
struct DiscordChange {
    enabled: Option<bool>,
    /// The webhook's address, never shown again; `null` removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    webhook_url: Edit<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = WebhookSettingsChange)]
struct WebhookChange {
    enabled: Option<bool>,
    /// Where to post to; `null` for nowhere.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    url: Edit<String>,
    /// The key of the signature, never shown again; `null` removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    secret: Edit<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = WebPushSettingsChange)]
struct WebPushChange {
    enabled: Option<bool>,
}

/// What is to become of a value that need not be there.
#[derive(Default)]
enum Edit<T> {
    /// It was absent from the request.
    #[default]
    Keep,
    /// It was `null`.
    Remove,
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Option::deserialize(reader).map(|value| value.map_or(Self::Remove, Self::Set))
    }
}

impl<T> Edit<T> {
    /// Edits what is at `place`; `name` is the setting's, for the error.
    fn apply<V>(
        self,
        place: &mut Option<V>,
        name: &'static str,
        parse: impl FnOnce(T) -> Result<V, &'static str>,
    ) -> Result<(), InvalidSetting> {
        match self {
            Self::Keep => {}
            Self::Remove => *place = None,
            Self::Set(value) => *place = Some(parse(value).map_err(invalid(name))?),
        }
        Ok(())
    }
}

impl Change {
    /// The settings with this change, if all of it can be used.
    pub(crate) fn apply(self, settings: &Settings) -> Result<Settings, InvalidSetting> {
        let mut new = settings.clone();
        self.public_url.apply(&mut new.public_url, "public_url", |text| Address::parse_origin(&text))?;
        self.quiet_hours.apply(&mut new.quiet_hours, "quiet_hours", QuietHours::try_from)?;
        if let Some(change) = self.events {
            change.apply(&mut new.events);
        }
        if let Some(seconds) = self.done_after_seconds {
            if seconds > MOST_SECONDS {
                return Err(invalid("done_after_seconds")("it is more than a week (604800)"));
            }
            new.done_after_seconds = seconds;
        }
        if let Some(chats) = self.muted_chats {
            if chats.len() > MOST_MUTED {
                return Err(invalid("muted_chats")("there are more than 10000"));
            }
            let parsed = chats.iter().map(|id| id.parse()).collect::<Result<_, _>>();
            new.muted_chats = parsed.map_err(|error| failed("muted_chats", &error))?;
        }
        if let Some(change) = self.ntfy {
            change.apply(&mut new.ntfy)?;
        }
        if let Some(change) = self.discord {
            set(&mut new.discord.enabled, change.enabled);
            let name = "discord.webhook_url";
            change.webhook_url.apply(&mut new.discord.webhook_url, name, |text| Address::parse(&text))?;
        }
        if let Some(change) = self.webhook {
            set(&mut new.webhook.enabled, change.enabled);
            change.url.apply(&mut new.webhook.url, "webhook.url", |text| Address::parse(&text))?;
            change.secret.apply(&mut new.webhook.secret, "webhook.secret", |text| Secret::parse(&text))?;
        }
        if let Some(change) = self.web_push {
            set(&mut new.web_push.enabled, change.enabled);
        }
        complete(&new)?;
        Ok(new)
    }
}

/// A channel that is switched on has what it needs.
fn complete(new: &Settings) -> Result<(), InvalidSetting> {
    if new.ntfy.enabled && new.ntfy.topic.is_none() {
        return Err(invalid("ntfy.enabled")("give ntfy a topic before switching it on"));
    }
    if new.discord.enabled && new.discord.webhook_url.is_none() {
        return Err(invalid("discord.enabled")("give Discord a webhook_url before switching it on"));
    }
    if new.webhook.enabled && new.webhook.url.is_none() {
        return Err(invalid("webhook.enabled")("give the webhook a url before switching it on"));
    }
    Ok(())
}

impl EventsChange {
    fn apply(&self, events: &mut Events) {
        set(&mut events.permission, self.permission);
        set(&mut events.question, self.question);
        set(&mut events.done, self.done);
        set(&mut events.failed, self.failed);
        set(&mut events.interrupted, self.interrupted);
    }
}

impl NtfyChange {
    fn apply(self, ntfy: &mut super::Ntfy) -> Result<(), InvalidSetting> {
        set(&mut ntfy.enabled, self.enabled);
        set(&mut ntfy.actions, self.actions);
        if let Some(server) = self.server {
            let server = Address::parse(&server).map_err(invalid("ntfy.server"))?;
            if !server.is_origin() {
                let reason = "it must end with the host or port, because the topic is given by itself";
                return Err(invalid("ntfy.server")(reason));
            }
            if server != ntfy.server {
                // A token is for the server that issued it, and no other shall learn it.
                ntfy.token = None;
            }
            ntfy.server = server;
        }
        self.topic.apply(&mut ntfy.topic, "ntfy.topic", |text| Topic::parse(&text))?;
        self.token.apply(&mut ntfy.token, "ntfy.token", |text| Secret::parse(&text))
    }
}

fn set<T>(place: &mut T, change: Option<T>) {
    if let Some(value) = change {
        *place = value;
    }
}

fn failed(name: &'static str, error: &impl Display) -> InvalidSetting {
    InvalidSetting { name, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn apply(settings: &Settings, change: Value) -> Result<Settings, String> {
        let change: Change = serde_json::from_value(change).map_err(|error| error.to_string())?;
        change.apply(settings).map_err(|error| error.to_string())
    }

    #[test]
    fn absent_keeps_and_null_removes() {
        let set = json!({
            "public_url": "https://a.example", "ntfy": { "enabled": true, "topic": "t", "token": "tk_1" },
            "quiet_hours": { "from": "22:00", "to": "07:00", "utc_offset_minutes": 0 },
        });
        let first = apply(&Settings::default(), set).unwrap();
        let kept =
            apply(&first, json!({ "ntfy": { "actions": false }, "events": { "done": false } })).unwrap();
        assert!(kept.ntfy.enabled && kept.ntfy.token.is_some() && !kept.ntfy.actions);
        assert!(kept.quiet_hours.is_some() && kept.public_url.is_some());
        let removed = json!({ "public_url": null, "quiet_hours": null, "ntfy": { "token": null } });
        let removed = apply(&kept, removed).unwrap();
        assert!(
            removed.ntfy.token.is_none() && removed.quiet_hours.is_none() && removed.public_url.is_none()
        );
        assert_eq!(removed.ntfy.topic.as_ref().map(Topic::as_str), Some("t"));
    }

    #[test]
    fn another_server_does_not_get_the_token_of_the_last() {
        let first = json!({ "ntfy": { "server": "https://a.example", "topic": "t", "token": "tk_a" } });
        let first = apply(&Settings::default(), first).unwrap();
        let token = |change: Value| {
            let ntfy = apply(&first, json!({ "ntfy": change })).unwrap().ntfy;
            ntfy.token.map(|token| token.reveal().to_owned())
        };
        assert_eq!(token(json!({ "server": "https://a.example/", "topic": "u" })).as_deref(), Some("tk_a"));
        for server in ["https://b.example", "https://a.example:8443", "http://a.example"] {
            assert_eq!(token(json!({ "server": server })), None, "{server}");
            let given = token(json!({ "server": server, "token": "tk_b" }));
            assert_eq!(given.as_deref(), Some("tk_b"), "{server}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named_in_a_sentence_without_its_value() {
        for (change, name) in [
            (json!({ "public_url": "ftp://s3cret" }), "public_url"),
            (json!({ "public_url": "https://s3cret.example/path" }), "public_url"),
            (json!({ "done_after_seconds": 604_801 }), "done_after_seconds"),
            (
                json!({ "quiet_hours": { "from": "s3cret", "to": "07:00", "utc_offset_minutes": 0 } }),
                "quiet_hours",
            ),
            (json!({ "muted_chats": ["s3cret/../x"] }), "muted_chats"),
            (json!({ "ntfy": { "topic": "s3cret topic" } }), "ntfy.topic"),
            (json!({ "ntfy": { "token": "s3cret token" } }), "ntfy.token"),
            (json!({ "ntfy": { "server": "s3cret" } }), "ntfy.server"),
            (json!({ "ntfy": { "server": "https://a.example/?s3cret" } }), "ntfy.server"),
            (json!({ "ntfy": { "server": "https://a.example/s3cret" } }), "ntfy.server"),
            (json!({ "ntfy": { "enabled": true } }), "ntfy.enabled"),
            (json!({ "discord": { "webhook_url": "file:///s3cret" } }), "discord.webhook_url"),
            (json!({ "discord": { "enabled": true } }), "discord.enabled"),
            (json!({ "webhook": { "url": "gopher://s3cret" } }), "webhook.url"),
            (json!({ "webhook": { "secret": "s3cret\n" } }), "webhook.secret"),
            (json!({ "webhook": { "enabled": true } }), "webhook.enabled"),
        ] {
            let error = apply(&Settings::default(), change.clone()).unwrap_err();
            assert!(error.starts_with(&format!("{name} cannot be used: ")), "{change}: {error}");
            assert!(error.ends_with('.') && !error.contains("s3cret"), "{change}: {error}");
        }
    }
}
