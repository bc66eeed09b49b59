//! Prompts that were taken back before they came: a request that its phone has given up may arrive late.

use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use ocweb_opencode_client::{MessageId, SessionId as ChatId};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::records::Records;

/// How long one is remembered. No network delivers anything so late.
const AGE: Duration = Duration::days(30);
/// How many are remembered.
const LIMIT: usize = 1000;
/// The one record.
const NAME: &str = "prompts";

/// A prompt that shall not be taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    chat: ChatId,
    prompt: MessageId,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

/// The prompts that shall not be taken in, the latest last. Their chats need not be known.
pub(super) struct Withdrawn {
    records: Records<VecDeque<Entry>>,
    known: Mutex<VecDeque<Entry>>,
}

impl Withdrawn {
    /// Those that are written down in `folder`.
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        let records = Records::open(folder)?;
        let known = records.all()?.into_iter().map(|(_, known)| known).next().unwrap_or_default();
        Ok(Self { records, known: Mutex::new(known) })
    }

    /// Remembers one; when this returns it is on the disk. What is too old is forgotten.
    pub(super) fn add(&self, chat: &ChatId, prompt: &MessageId, now: OffsetDateTime) -> io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next: VecDeque<_> =
            known.iter().filter(|entry| now - entry.at < AGE && !entry.is(chat, prompt)).cloned().collect();
        next.push_back(Entry { chat: chat.clone(), prompt: prompt.clone(), at: now });
        let excess = next.len().saturating_sub(LIMIT);
        next.drain(..excess);
        self.records.put(NAME, &next)?;
        *known = next;
        Ok(())
    }

    pub(super) fn contains(&self, chat: &ChatId, prompt: &MessageId) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|entry| entry.is(chat, prompt))
    }
}

impl Entry {
    fn is(&self, chat: &ChatId, prompt: &MessageId) -> bool {
        self.chat == *chat && self.prompt == *prompt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_remembered_after_a_restart_for_a_month_and_only_so_many() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Withdrawn::open(folder.path().into()).unwrap();
        let (chat, other, now) = (ChatId::generate(), ChatId::generate(), OffsetDateTime::now_utc());
        let [first, second, third] = [(); 3].map(|()| MessageId::generate());
        open().add(&chat, &first, now - AGE).unwrap();
        assert!(open().contains(&chat, &first) && !open().contains(&other, &first));
        let withdrawn = open();
        for _ in 0..2 {
            withdrawn.add(&chat, &second, now).unwrap();
        }
        assert!(!withdrawn.contains(&chat, &first) && open().contains(&chat, &second));
        let many = (1..LIMIT).map(|_| MessageId::generate());
        let entry = |prompt| Entry { chat: chat.clone(), prompt, at: now };
        withdrawn.known.lock().unwrap().extend(many.map(entry));
        withdrawn.add(&chat, &third, now).unwrap();
        assert_eq!(withdrawn.known.lock().unwrap().len(), LIMIT);
        assert!(!open().contains(&chat, &second) && open().contains(&chat, &third));
    }

    #[test]
    fn one_that_cannot_be_written_down_is_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let withdrawn = Withdrawn::open(folder.path().join("gone")).unwrap();
        std::fs::remove_dir(folder.path().join("gone")).unwrap();
        let (chat, prompt) = (ChatId::generate(), MessageId::generate());
        withdrawn.add(&chat, &prompt, OffsetDateTime::now_utc()).unwrap_err();
        assert!(!withdrawn.contains(&chat, &prompt));
    }
}
