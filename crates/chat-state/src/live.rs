//! A copy of the texts that are being streamed. opencode stores a text when it begins and when it
//! ends; what lies between exists nowhere else, and is lost with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Put where a piece was missed, until the end of the text sets it right.
const GAP: &str = " ⋯ ";
/// The most that is kept of one text, in bytes.
const LARGEST: usize = 1 << 20;
/// The most parts that are kept of answers that were cut off.
const MOST_KEPT: usize = 200;

/// A text or reasoning part without its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LivePart {
    pub(crate) session: String,
    pub(crate) message: String,
    /// opencode's part, `text` brought up to date.
    pub(crate) part: Value,
}

/// Parts by their id: the order in which they began.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LiveParts(BTreeMap<String, LivePart>);

impl LiveParts {
    /// Takes in a part as opencode tells of it: one that streams is kept, any other is not.
    pub(crate) fn update(&mut self, session: &str, part: &Value) {
        let text = |name: &str| part.get(name).and_then(Value::as_str);
        let (Some(id), Some(message)) = (text("id"), text("messageID")) else { return };
        let streams = matches!(text("type"), Some("text" | "reasoning"))
            && part.pointer("/time/start").is_some()
            && part.pointer("/time/end").is_none();
        if !streams {
            self.0.remove(id);
            return;
        }
        let mut live = LivePart { session: session.into(), message: message.into(), part: part.clone() };
        // Told again in the middle of its stream, it has the text that it began with.
        if let Some(known) = self.0.get(id)
            && known.text().len() > live.text().len()
        {
            live.part["text"] = known.part["text"].clone();
        }
        self.0.insert(id.into(), live);
    }

    /// Adds a piece of text. True when the part is one of these.
    pub(crate) fn append(&mut self, part: &str, field: &str, delta: &str) -> bool {
        let Some(live) = self.0.get_mut(part) else { return false };
        if field == "text"
            && let Some(Value::String(text)) = live.part.get_mut("text")
            && text.len() + delta.len() <= LARGEST
        {
            text.push_str(delta);
        }
        true
    }

    /// Says in every text that something is missing.
    pub(crate) fn mark_gaps(&mut self) {
        for live in self.0.values_mut() {
            if let Some(Value::String(text)) = live.part.get_mut("text")
                && !text.is_empty()
                && !text.ends_with(GAP)
            {
                text.push_str(GAP);
            }
        }
    }

    pub(crate) fn remove(&mut self, part: &str) {
        self.0.remove(part);
    }

    pub(crate) fn remove_message(&mut self, message: &str) {
        self.0.retain(|_, live| live.message != message);
    }

    pub(crate) fn remove_session(&mut self, session: &str) {
        self.0.retain(|_, live| live.session != session);
    }

    /// Moves the texts of a session to those that are kept, and forgets the oldest of too many.
    pub(crate) fn keep(&mut self, session: &str, kept: &mut Self) {
        let ids: Vec<_> =
            self.0.iter().filter(|(_, live)| live.session == session).map(|(id, _)| id.clone()).collect();
        for id in ids {
            if let Some(live) = self.0.remove(&id).filter(|live| !live.text().is_empty()) {
                kept.0.insert(id, live);
            }
        }
        while kept.0.len() > MOST_KEPT {
            kept.0.pop_first();
        }
    }

    /// The last text, reasoning aside, that is streamed in a session.
    pub(crate) fn last_text(&self, session: &str) -> Option<&str> {
        let texts = self.0.values().filter(|live| live.session == session && live.part["type"] == "text");
        texts.map(LivePart::text).rfind(|text| !text.is_empty())
    }

    pub(crate) fn of_message<'a>(
        &'a self,
        message: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a LivePart)> {
        self.0.iter().filter(move |(_, live)| live.message == message).map(|(id, live)| (id.as_str(), live))
    }

    #[cfg(test)]
    pub(crate) fn get(&self, part: &str) -> Option<&LivePart> {
        self.0.get(part)
    }
}

impl LivePart {
    pub(crate) fn text(&self) -> &str {
        self.part.get("text").and_then(Value::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn part(text: &str, end: Option<u64>) -> Value {
        let mut part =
            json!({"id": "prt_1", "messageID": "msg_1", "type": "text", "text": text, "time": {"start": 1}});
        if let Some(end) = end {
            part["time"]["end"] = end.into();
        }
        part
    }

    #[test]
    fn a_text_is_copied_until_it_ends() {
        let mut live = LiveParts::default();
        live.update("ses_1", &part("", None));
        assert!(live.append("prt_1", "text", "one "));
        assert!(live.append("prt_1", "text", "two"));
        live.update("ses_1", &part("", None));
        assert_eq!(live.get("prt_1").unwrap().text(), "one two");
        live.update("ses_1", &part("one two three", Some(2)));
        assert!(live.get("prt_1").is_none() && !live.append("prt_1", "text", "late"));
    }

    #[test]
    fn what_the_user_wrote_is_not_streaming() {
        let mut live = LiveParts::default();
        live.update("ses_1", &json!({"id": "prt_1", "messageID": "msg_1", "type": "text", "text": "hi"}));
        assert_eq!(live, LiveParts::default());
    }

    #[test]
    fn a_gap_is_said_once() {
        let mut live = LiveParts::default();
        live.update("ses_1", &part("so far", None));
        live.mark_gaps();
        live.mark_gaps();
        assert_eq!(live.get("prt_1").unwrap().text(), format!("so far{GAP}"));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let (mut live, mut kept) = (LiveParts::default(), LiveParts::default());
        for number in 0..MOST_KEPT + 5 {
            let mut part = part("text", None);
            part["id"] = format!("prt_{number:05}").into();
            live.update("ses_1", &part);
        }
        live.keep("ses_1", &mut kept);
        assert_eq!((live.0.len(), kept.0.len()), (0, MOST_KEPT));
        assert!(kept.get("prt_00000").is_none());
    }
}
