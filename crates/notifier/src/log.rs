//! What was told, held back and why, or failed: the last two hundred, for the page.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{channel::Channel, event::Notice};

/// How many entries are kept.
const MOST_ENTRIES: usize = 200;

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationOutcome)]
pub(crate) enum LogOutcome {
    /// The channel took it.
    Sent,
    /// It was not told, for the reason in `detail`.
    HeldBack,
    /// It could not be sent yet, and is tried again.
    Retrying,
    /// It could not be sent, and is not tried again.
    Failed,
}

/// One line of the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The delivery that it speaks of, if one was begun: later news of it replace the entry.
    pub(crate) delivery: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    pub(crate) event: crate::event::Event,
    pub(crate) chat_id: String,
    pub(crate) title: String,
    pub(crate) channel: Option<Channel>,
    pub(crate) outcome: LogOutcome,
    pub(crate) detail: String,
    pub(crate) attempts: u32,
}

impl Entry {
    /// An entry of a notice that no channel was tried for.
    pub(crate) fn held_back(notice: &Notice, detail: String, at: OffsetDateTime) -> Self {
        Self {
            delivery: None,
            at,
            event: notice.event,
            chat_id: notice.chat_id.clone(),
            title: notice.title.clone(),
            channel: None,
            outcome: LogOutcome::HeldBack,
            detail,
            attempts: 0,
        }
    }
}

/// The entries, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Log(VecDeque<Entry>);

impl Log {
    /// Adds an entry, in place of what was said before of the same delivery.
    pub(crate) fn add(&mut self, entry: Entry) {
        if entry.delivery.is_some() {
            self.0.retain(|earlier| earlier.delivery != entry.delivery);
        }
        self.0.push_back(entry);
        while self.0.len() > MOST_ENTRIES {
            self.0.pop_front();
        }
    }

    /// The entries, newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(delivery: Option<&str>, detail: &str) -> Entry {
        let notice = json!({
            "key": "permission:per_1", "event": "permission", "chat_id": "ses_1", "title": "Fix it",
            "repo": null, "text": "bash: ls", "ask": null,
        });
        let notice = serde_json::from_value(notice).unwrap();
        let entry = Entry::held_back(&notice, detail.into(), OffsetDateTime::UNIX_EPOCH);
        Entry { delivery: delivery.map(str::to_owned), ..entry }
    }

    #[test]
    fn the_last_two_hundred_are_kept_and_a_delivery_has_one_line() {
        let mut log = Log::default();
        for number in 0..MOST_ENTRIES + 5 {
            log.add(entry(None, &number.to_string()));
        }
        log.add(entry(Some("a"), "retrying"));
        log.add(entry(Some("b"), "sent"));
        log.add(entry(Some("a"), "sent"));
        let details: Vec<_> = log.newest_first().map(|entry| entry.detail.as_str()).collect();
        assert_eq!(details.len(), MOST_ENTRIES);
        assert_eq!(details[..3], ["sent", "sent", "204"], "the first line of a was replaced");
    }
}
