//! ntfy: a topic on a server, published to as JSON.
//!
//! The JSON goes to the server's root, with the topic within. A message may have 4,096 bytes (a longer one
//! would become an attachment), a title 1 KB, and at most three buttons.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::{Button, Message, NotComposed, Outgoing, json_body};
use crate::{
    event::MOST_CHOICES,
    settings::{Address, Ntfy},
    text::clip_bytes,
};

const MOST_TITLE_BYTES: usize = 256;
const MOST_MESSAGE_BYTES: usize = 2048;

pub(super) fn compose(
    ntfy: &Ntfy,
    public_url: Option<&Address>,
    message: &Message,
    buttons: &[Button],
) -> Result<Outgoing, NotComposed> {
    let topic = ntfy.topic.as_ref().ok_or(NotComposed::NotSetUp("ntfy has no topic"))?;
    let mut body = json!({
        "topic": topic.as_str(),
        "title": clip_bytes(&message.title, MOST_TITLE_BYTES),
        "message": clip_bytes(&message.line(), MOST_MESSAGE_BYTES),
        "tags": [emoji(message.event)],
        "priority": if message.is_urgent() { 4 } else { 3 },
    });
    if let Some(public_url) = public_url {
        body["click"] = public_url.join(&message.path()).into();
        let act = public_url.join("/admin/notifications/act");
        let actions = buttons.iter().filter(|_| ntfy.actions).take(MOST_CHOICES);
        let actions: Vec<_> = actions.map(|button| action(&act, button)).collect();
        if !actions.is_empty() {
            body["actions"] = actions.into();
        }
    }
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // A repeated attempt updates the notification of the first, where the server knows how to.
    headers.insert("x-sequence-id", header(&message.id)?);
    if let Some(token) = &ntfy.token {
        let mut value = header(&format!("Bearer {}", token.reveal()))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(Outgoing { url: ntfy.server.url().clone(), headers, body: json_body(&body) })
}

/// A button of ntfy's, which posts the capability as plain text: for its web app that is a request that
/// needs no preflight.
fn action(act: &str, button: &Button) -> Value {
    json!({
        "action": "http",
        "label": button.verdict.button(),
        "url": act,
        "method": "POST",
        "headers": { "Content-Type": "text/plain" },
        "body": button.capability,
        "clear": true,
    })
}

fn header(text: &str) -> Result<HeaderValue, NotComposed> {
    HeaderValue::from_str(text).map_err(|_| NotComposed::Unusable("the token does not fit into a header"))
}

/// The names of emojis, which ntfy puts before the title.
fn emoji(event: &str) -> &'static str {
    match event {
        "permission" => "lock",
        "question" => "question",
        "done" => "white_check_mark",
        "failed" => "x",
        "interrupted" => "warning",
        _ => "bell",
    }
}
