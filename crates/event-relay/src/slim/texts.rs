//! Joins the words of an answer: the first goes out at once, what follows within the window goes together.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Outgoing;

/// How long a word may wait for the next.
pub(super) const WINDOW: Duration = Duration::from_millis(50);

/// After so long without a word a text is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(5);

/// The properties of `message.part.delta`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Delta {
    #[serde(rename = "sessionID")]
    pub(super) session: String,
    #[serde(rename = "messageID")]
    message: String,
    #[serde(rename = "partID")]
    pub(super) part: String,
    field: String,
    #[serde(rename = "delta")]
    text: String,
}

#[derive(Debug)]
struct Text {
    /// What waits.
    waiting: Delta,
    sent_at: Instant,
}

/// The texts that are growing.
#[derive(Debug, Default)]
pub(super) struct Texts(Vec<Text>);

impl Texts {
    /// Takes in a piece, and returns what is to be sent at once.
    pub(super) fn take(&mut self, delta: Delta, now: Instant) -> Option<Outgoing> {
        let known = self
            .0
            .iter_mut()
            .find(|text| (&text.waiting.part, &text.waiting.field) == (&delta.part, &delta.field));
        if let Some(text) = known {
            text.waiting.text.push_str(&delta.text);
            return if now >= text.sent_at + WINDOW { text.send(now) } else { None };
        }
        let mut text = Text { waiting: delta, sent_at: now };
        let sent = text.send(now);
        self.0.push(text);
        sent
    }

    /// When something that waits has to go.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.iter().filter(|text| text.waits()).map(|text| text.sent_at + WINDOW).min()
    }

    /// What has to go now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Outgoing> {
        self.0.retain(|text| text.waits() || now < text.sent_at + FORGOTTEN);
        self.0
            .iter_mut()
            .filter(|text| now >= text.sent_at + WINDOW)
            .filter_map(|text| text.send(now))
            .collect()
    }

    /// All that waits of a session.
    pub(super) fn flush(&mut self, session: &str, now: Instant) -> Vec<Outgoing> {
        self.0
            .iter_mut()
            .filter(|text| text.waiting.session == session)
            .filter_map(|text| text.send(now))
            .collect()
    }

    /// Forgets a text that is complete, with what waits of it.
    pub(super) fn forget(&mut self, part: &str) {
        self.0.retain(|text| text.waiting.part != part);
    }
}

impl Text {
    fn waits(&self) -> bool {
        !self.waiting.text.is_empty()
    }

    fn send(&mut self, now: Instant) -> Option<Outgoing> {
        if !self.waits() {
            return None;
        }
        self.sent_at = now;
        let outgoing = Outgoing::new(&self.waiting.session, "message.part.delta", &self.waiting);
        self.waiting.text.clear();
        Some(outgoing)
    }
}
