//! Discord: a channel's webhook, which shows an embed.
//!
//! An embed's title may have 256 characters, its description 4,096, a field's value 1,024. Nothing in it
//! pings anybody: what an agent wrote must not be able to.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use super::{Message, NotComposed, Outgoing, json_body};
use crate::{
    settings::{Address, Discord},
    text::clip_units,
};

const MOST_TITLE: usize = 256;
const MOST_DESCRIPTION: usize = 4096;
const MOST_FIELD: usize = 1024;

pub(super) fn compose(
    discord: &Discord,
    public_url: Option<&Address>,
    message: &Message,
) -> Result<Outgoing, NotComposed> {
    let url = discord.webhook_url.as_ref().ok_or(NotComposed::NotSetUp("Discord has no webhook_url"))?;
    let mut fields = vec![json!({ "name": "Event", "value": message.label, "inline": true })];
    if let Some(repo) = &message.repo {
        fields.push(json!({ "name": "Repository", "value": clip_units(repo, MOST_FIELD), "inline": true }));
    }
    let mut embed = json!({
        "title": clip_units(&message.title, MOST_TITLE),
        "description": clip_units(&message.text, MOST_DESCRIPTION),
        "color": color(message.event),
        "fields": fields,
        "timestamp": message.at.format(&Rfc3339).unwrap_or_default(),
    });
    if let Some(public_url) = public_url {
        embed["url"] = public_url.join(&message.path()).into();
    }
    let body = json!({ "username": "ocweb", "allowed_mentions": { "parse": [] }, "embeds": [embed] });
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Ok(Outgoing { url: url.url().clone(), headers, body: json_body(&body) })
}

fn color(event: &str) -> u32 {
    match event {
        "permission" | "question" => 0x00FE_E75C,
        "failed" => 0x00ED_4245,
        "interrupted" => 0x00E6_7E22,
        _ => 0x0057_F287,
    }
}
