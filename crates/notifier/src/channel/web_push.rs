//! Web Push: an encrypted message through the browser maker's push service to one device.
//!
//! `encryption` is RFC 8291, `vapid` RFC 8292. Both are written over *ring*, which TLS brings along
//! anyway: the libraries that do it would add sixty crates, a second set of cryptography among them.

mod encryption;
mod vapid;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use ring::digest;
use serde_json::json;

pub(crate) use vapid::VapidKey;

use super::{Button, Context, Message, NotComposed, Outgoing};
use crate::{event::Verdict, text::clip_bytes};

/// For how long the push service keeps a message for a device that is away, in seconds: as long as its
/// buttons work.
const TTL: &str = "86400";

/// Push services take 4,096 bytes in all; these leave room for the buttons whatever is escaped.
const MOST_TITLE_BYTES: usize = 200;
const MOST_TEXT_BYTES: usize = 1000;

pub(super) fn compose(
    message: &Message,
    buttons: &[Button],
    context: &Context<'_>,
) -> Result<Outgoing, NotComposed> {
    let subscription = context.subscription.ok_or(NotComposed::NotSetUp("the device is not subscribed"))?;
    let url = subscription.endpoint.url().clone();
    let failed = |_| NotComposed::Unusable("it could not be encrypted for the device");
    let body =
        encryption::encrypt(&payload(message, buttons, context.badge), &subscription.keys).map_err(failed)?;
    let authorization = context
        .vapid
        .authorization(&url, context.settings.public_url.as_ref(), context.now)
        .and_then(|text| HeaderValue::try_from(text).ok())
        .ok_or(NotComposed::Unusable("it could not be signed"))?;
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, authorization);
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert("ttl", HeaderValue::from_static(TTL));
    headers.insert("urgency", HeaderValue::from_static(if message.is_urgent() { "high" } else { "normal" }));
    if let Ok(topic) = HeaderValue::from_str(&topic(&message.subject)) {
        headers.insert("topic", topic);
    }
    Ok(Outgoing { url, headers, body })
}

/// What the page's service worker is given.
fn payload(message: &Message, buttons: &[Button], badge: Option<usize>) -> Vec<u8> {
    let actions: Vec<_> = buttons
        .iter()
        .enumerate()
        .map(|(place, button)| {
            let action = match button.verdict {
                Verdict::Once => "once".into(),
                Verdict::Reject => "reject".into(),
                Verdict::Answer { .. } => format!("answer-{place}"),
            };
            json!({ "action": action, "title": button.verdict.button(), "capability": button.capability })
        })
        .collect();
    let mut payload = json!({
        "title": clip_bytes(&message.title, MOST_TITLE_BYTES),
        "body": clip_bytes(&message.line(), MOST_TEXT_BYTES),
        "tag": message.subject,
        "url": message.path(),
        "actions": actions,
    });
    if let Some(badge) = badge {
        payload["badge"] = badge.into();
    }
    payload.to_string().into_bytes()
}

/// The push service replaces what it still holds of the same topic: at most 32 characters of base64url.
fn topic(subject: &str) -> String {
    let hash = digest::digest(&digest::SHA256, subject.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..24])
}
