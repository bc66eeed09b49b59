//! A conversation as it is at a number: what opencode has stored, and what only the stream has told so far.
//!
//! opencode's answer may be older than the ring when it comes, and newer than the ring in what is still on its way to
//! us. So what the ring was told since the question is applied over the answer, and then the texts and outputs that
//! are still growing are set to just what the ring has of them. What the answer is ahead of will be told again by events
//! that set, not add; so a client that applies everything after the number always arrives at opencode's state.

use ocweb_chat_state::Overlay;
use ocweb_opencode_client::{Client, Error as CallError};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use crate::{
    files,
    filter::Scope,
    hub::{Hub, State},
    number::Number,
};

/// The largest answer of opencode's that is taken, in bytes, without the contents of files. Of a longer conversation less is asked for.
const LARGEST: usize = 16 << 20;
/// So many are prepared at once.
const AT_ONCE: usize = 2;
/// How often it is asked again when too much happened meanwhile.
const TRIES: usize = 3;

/// A page of a conversation.
#[derive(Serialize, ToSchema)]
pub(crate) struct Transcript {
    /// The event that it is up to: the events after it are to be applied on top.
    number: String,
    /// opencode's messages, `{"info", "parts"}`, the oldest first.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
    /// Where the page before this one ends; `null` at the conversation's beginning.
    before: Option<String>,
    /// The messages that were cut off.
    interrupted: Vec<String>,
    /// The parts that are from our copy, since opencode has forgotten them.
    kept: Vec<String>,
}

/// Why a conversation cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TranscriptError {
    /// opencode did not give it.
    #[error(transparent)]
    Opencode(#[from] CallError),
    /// A single message is larger than what is taken.
    #[error("a message of this conversation is larger than 16 MB")]
    TooLarge,
    /// What opencode gave is not a conversation.
    #[error("opencode's messages cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// So much happened that there was no moment to hold on to.
    #[error("too much happens in this conversation")]
    TooBusy,
}

/// Reads conversations.
pub(crate) struct Transcripts {
    client: Client,
    permits: Semaphore,
}

impl Transcripts {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, permits: Semaphore::new(AT_ONCE) }
    }

    /// The latest messages of a session, or those before a cursor.
    pub(crate) async fn read(
        &self,
        hub: &Hub,
        session: &str,
        limit: usize,
        before: Option<&str>,
    ) -> Result<Transcript, TranscriptError> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        for _ in 0..TRIES {
            let asked_at = hub.look().ring.head();
            let (json, cursor) = self.ask(session, limit, before).await?;
            let mut messages: Vec<Value> = serde_json::from_slice(&json)?;
            drop(json);
            for message in &mut messages {
                message["parts"].as_array_mut().into_iter().flatten().for_each(files::address);
            }
            let transcript = hub.change(|state, _| {
                state.flush(session);
                complete(state, session, asked_at, messages, before.is_none())
            });
            if let Some(mut transcript) = transcript {
                transcript.before = cursor;
                return Ok(transcript);
            }
        }
        Err(TranscriptError::TooBusy)
    }

    /// As many messages as are not too large.
    async fn ask(
        &self,
        session: &str,
        mut limit: usize,
        before: Option<&str>,
    ) -> Result<(Vec<u8>, Option<String>), TranscriptError> {
        loop {
            match self.client.messages(session, limit, before, LARGEST).await? {
                Some(page) => return Ok((page.json, page.before)),
                None if limit > 1 => limit /= 2,
                None => return Err(TranscriptError::TooLarge),
            }
        }
    }
}

/// Brings opencode's messages to the ring's latest number. `None` when the ring has forgotten what it was told since.
fn complete(
    state: &State,
    session: &str,
    asked_at: Number,
    mut messages: Vec<Value>,
    is_latest: bool,
) -> Option<Transcript> {
    let chat = state.world.chat_of(session);
    for (_, frame) in state.ring.after(asked_at)? {
        if matches!(&frame.scope, Scope::Conversation(place) if *place.chat == *chat)
            && let Ok(event) = serde_json::from_slice::<Value>(frame.json())
        {
            apply(&mut messages, &event, session, is_latest);
        }
    }
    for part in state.slimmer.running_tools(session) {
        put_part(&mut messages, part);
    }
    let Overlay { interrupted, kept } = state.world.complete(session, &mut messages);
    Some(Transcript { number: state.ring.head().to_string(), messages, before: None, interrupted, kept })
}

/// Applies an event that sets something. Those that add are not needed: what grows is set afterwards.
fn apply(messages: &mut Vec<Value>, event: &Value, session: &str, is_latest: bool) {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    if text("/properties/sessionID").is_some_and(|of| of != session) {
        return;
    }
    match text("/type") {
        Some("message.updated") => {
            let Some(info) = event.pointer("/properties/info") else { return };
            put_message(messages, info, is_latest);
        }
        Some("message.removed") => {
            let removed = text("/properties/messageID");
            messages.retain(|message| id_of(message, "/info/id") != removed);
        }
        Some("message.part.updated") => {
            if let Some(part) = event.pointer("/properties/part") {
                put_part(messages, part.clone());
            }
        }
        Some("message.part.removed") => {
            let (message, part) = (text("/properties/messageID"), text("/properties/partID"));
            if let Some(parts) = parts_of(messages, message) {
                parts.retain(|known| id_of(known, "/id") != part);
            }
        }
        _ => {}
    }
}

fn put_message(messages: &mut Vec<Value>, info: &Value, is_latest: bool) {
    let id = id_of(info, "/id");
    if let Some(known) = messages.iter_mut().find(|message| id_of(message, "/info/id") == id) {
        known["info"] = info.clone();
    } else if is_latest && messages.last().is_none_or(|last| order_of(&last["info"]) < order_of(info)) {
        messages.push(serde_json::json!({"info": info, "parts": []}));
    }
}

/// Messages are in the order of their arrival: a prompt may have waited since before the last answer, with an
/// id of that time.
fn order_of(info: &Value) -> (Option<i64>, Option<&str>) {
    (info.pointer("/time/created").and_then(Value::as_i64), id_of(info, "/id"))
}

fn put_part(messages: &mut [Value], part: Value) {
    let Some(parts) = parts_of(messages, id_of(&part, "/messageID")) else { return };
    match parts.iter_mut().find(|known| id_of(known, "/id") == id_of(&part, "/id")) {
        Some(known) => *known = part,
        None => parts.push(part),
    }
}

fn parts_of<'a>(messages: &'a mut [Value], message: Option<&str>) -> Option<&'a mut Vec<Value>> {
    let message = messages.iter_mut().find(|known| id_of(known, "/info/id") == message)?;
    message.get_mut("parts")?.as_array_mut()
}

fn id_of<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_told_since_the_question_wins() {
        let part = |id: &str, text: &str| json!({"id": id, "messageID": "msg_2", "sessionID": "ses_1", "text": text});
        let mut messages = vec![
            json!({"info": {"id": "msg_1"}, "parts": []}),
            json!({"info": {"id": "msg_2"}, "parts": [part("prt_1", "old"), part("prt_2", "gone")]}),
        ];
        let event = |kind: &str, properties: Value| json!({"type": kind, "properties": properties});
        for event in [
            event("message.part.updated", json!({"sessionID": "ses_1", "part": part("prt_1", "new")})),
            event("message.part.updated", json!({"sessionID": "ses_1", "part": part("prt_3", "added")})),
            event(
                "message.part.removed",
                json!({"sessionID": "ses_1", "messageID": "msg_2", "partID": "prt_2"}),
            ),
            event("message.updated", json!({"sessionID": "ses_1", "info": {"id": "msg_2", "cost": 1}})),
            event("message.updated", json!({"sessionID": "ses_1", "info": {"id": "msg_3"}})),
            event("message.updated", json!({"sessionID": "ses_1", "info": {"id": "msg_0"}})),
            event("message.removed", json!({"sessionID": "ses_1", "messageID": "msg_1"})),
            event("message.updated", json!({"sessionID": "ses_2", "info": {"id": "msg_9"}})),
        ] {
            apply(&mut messages, &event, "ses_1", true);
        }
        let expected = json!([
            {"info": {"id": "msg_2", "cost": 1}, "parts": [part("prt_1", "new"), part("prt_3", "added")]},
            {"info": {"id": "msg_3"}, "parts": []},
        ]);
        assert_eq!(Value::Array(messages), expected);
    }

    #[test]
    fn an_older_page_does_not_grow() {
        let mut messages = vec![json!({"info": {"id": "msg_1"}, "parts": []})];
        let event =
            json!({"type": "message.updated", "properties": {"sessionID": "ses_1", "info": {"id": "msg_3"}}});
        apply(&mut messages, &event, "ses_1", false);
        assert_eq!(messages.len(), 1);
    }
}
