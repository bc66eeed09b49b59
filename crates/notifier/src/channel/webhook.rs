//! A webhook for everything else: JSON, signed.
//!
//! `X-Ocweb-Signature` is `sha256=` and the HMAC-SHA-256, in hexadecimal, over the value of
//! `X-Ocweb-Timestamp` (seconds since 1970) followed by the body as it is. Whoever receives it compares
//! the signature and refuses a timestamp that is minutes away, so that an old request cannot be replayed.
//! `X-Ocweb-Delivery` names the notification: a second copy has the same, and can be dropped.

use std::fmt::Write;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use ring::hmac;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Message, NotComposed, Outgoing, json_body};
use crate::settings::{Address, Webhook};

pub(super) fn compose(
    webhook: &Webhook,
    public_url: Option<&Address>,
    message: &Message,
    now: OffsetDateTime,
) -> Result<Outgoing, NotComposed> {
    let url = webhook.url.as_ref().ok_or(NotComposed::NotSetUp("the webhook has no url"))?;
    let body = json_body(&json!({
        "id": message.id,
        "event": message.event,
        "at": message.at.format(&Rfc3339).unwrap_or_default(),
        "title": message.title,
        "text": message.text,
        "repo": message.repo,
        "chat_id": message.chat_id,
        "request_id": message.request,
        "url": public_url.map(|public_url| public_url.join(&message.path())),
    }));
    let timestamp = now.unix_timestamp().to_string();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-ocweb-delivery", header(&message.id)?);
    headers.insert("x-ocweb-timestamp", header(&timestamp)?);
    if let Some(secret) = &webhook.secret {
        headers.insert("x-ocweb-signature", header(&sign(secret.reveal(), &timestamp, &body))?);
    }
    Ok(Outgoing { url: url.url().clone(), headers, body })
}

fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut signing = hmac::Context::with_key(&key);
    signing.update(timestamp.as_bytes());
    signing.update(body);
    let mut text = String::from("sha256=");
    for byte in signing.sign().as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn header(text: &str) -> Result<HeaderValue, NotComposed> {
    HeaderValue::from_str(text).map_err(|_| NotComposed::Unusable("it does not fit into a header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_over_timestamp_and_body() {
        // python3: hmac.new(b"key", b'1700000000{"a":1}', "sha256").hexdigest()
        assert_eq!(
            sign("key", "1700000000", br#"{"a":1}"#),
            "sha256=241653ad78c4f3ee1dba548cbb1ca6120ea634c9ba4b7e5824b048b05ff028c9"
        );
        assert_ne!(sign("key", "1", b"23"), sign("key", "1", b"24"));
    }
}
