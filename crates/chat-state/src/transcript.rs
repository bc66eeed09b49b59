//! Completes what opencode has stored of a conversation with what only we know of it.

use serde_json::Value;

use crate::{event::Role, live::LivePart, world::World};

/// What was added to a conversation.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Overlay {
    /// The agent's messages that were cut off.
    pub interrupted: Vec<String>,
    /// The parts that are from our copy, since opencode has forgotten them.
    pub kept: Vec<String>,
}

impl World {
    /// Brings messages (`{"info", "parts"}`, the oldest first) of a session up to date: texts that stream
    /// get what was streamed of them, and answers that were cut off what was kept of them.
    pub fn complete(&self, session: &str, messages: &mut [Value]) -> Overlay {
        let mut overlay = Overlay::default();
        let last_answer = messages.iter().rposition(is_answer);
        for (position, message) in messages.iter_mut().enumerate() {
            let Some(id) = message.pointer("/info/id").and_then(Value::as_str).map(str::to_owned) else {
                continue;
            };
            for (part, live) in self.memory.live.of_message(&id) {
                put(message, part, live);
            }
            let unfinished = is_answer(message)
                && message.pointer("/info/time/completed").is_none()
                && message.pointer("/info/error").is_none();
            if !unfinished {
                continue;
            }
            for (part, kept) in self.memory.kept.of_message(&id) {
                if put(message, part, kept) {
                    overlay.kept.push(part.to_owned());
                }
            }
            // An answer without an end never gets one when nothing runs, or when a later one has begun.
            if Some(position) != last_answer || !self.runs(session) {
                overlay.interrupted.push(id);
            }
        }
        overlay
    }
}

fn is_answer(message: &Value) -> bool {
    message.pointer("/info/role").and_then(Value::as_str) == Some("assistant")
}

/// Puts our copy of a part in the place of a shorter one, or behind the others. False when opencode has more.
fn put(message: &mut Value, id: &str, live: &LivePart) -> bool {
    let Some(parts) = message.get_mut("parts").and_then(Value::as_array_mut) else { return false };
    let has_id = |part: &Value| part.get("id").and_then(Value::as_str) == Some(id);
    let Some(stored) = parts.iter_mut().find(|part| has_id(part)) else {
        parts.push(live.part.clone());
        return true;
    };
    let stored_length = stored.get("text").and_then(Value::as_str).map_or(0, str::len);
    let ended = stored.pointer("/time/end").is_some();
    if ended || stored_length > live.text().len() {
        return false;
    }
    *stored = live.part.clone();
    true
}

/// Who speaks in a stored message, for who looks for the last one.
impl Role {
    pub(crate) fn is_user(self) -> bool {
        self == Self::User
    }
}
