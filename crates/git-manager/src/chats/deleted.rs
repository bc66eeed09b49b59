//! Which chats were deleted: a phone that repeats what it once asked for must not bring one back.

use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use ocweb_opencode_client::SessionId as ChatId;

use crate::records::Records;

/// How many are remembered. A phone repeats what it asked for within days, never after so many chats.
const LIMIT: usize = 1000;
/// The one record.
const NAME: &str = "chats";

/// The ids of deleted chats, the latest last.
pub(super) struct Deleted {
    records: Records<VecDeque<ChatId>>,
    known: Mutex<VecDeque<ChatId>>,
}

impl Deleted {
    /// Those that are written down in `folder`.
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        let records = Records::open(folder)?;
        let known = records.all()?.into_iter().map(|(_, known)| known).next().unwrap_or_default();
        Ok(Self { records, known: Mutex::new(known) })
    }

    /// Remembers a chat, first on the disk. A disk too full for it must not keep chats from being deleted:
    /// then it is remembered until the next start, or until another one can be written down.
    pub(super) fn add(&self, chat: &ChatId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|deleted| deleted != chat);
        known.push_back(chat.clone());
        let excess = known.len().saturating_sub(LIMIT);
        known.drain(..excess);
        if let Err(error) = self.records.put(NAME, &known) {
            tracing::warn!(%chat, %error, "it could not be written down that a chat was deleted");
        }
    }

    /// Forgets that a chat was deleted: it is back.
    pub(super) fn remove(&self, chat: &ChatId) -> io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|deleted| deleted != chat);
        self.records.put(NAME, &known)
    }

    pub(super) fn contains(&self, chat: &ChatId) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(chat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let deleted = Deleted::open(folder.path().into()).unwrap();
        let [first, second, third] = [(); 3].map(|()| ChatId::generate());
        let others = (0..LIMIT - 2).map(|number| format!("ses_{number}").parse().unwrap());
        *deleted.known.lock().unwrap() = [first.clone()].into_iter().chain(others).collect();
        deleted.add(&second);
        deleted.add(&second);
        assert!(deleted.contains(&first) && deleted.contains(&second) && !deleted.contains(&third));
        deleted.add(&third);
        let deleted = Deleted::open(folder.path().into()).unwrap();
        assert!(!deleted.contains(&first) && deleted.contains(&second) && deleted.contains(&third));
    }

    #[test]
    fn one_that_cannot_be_written_down_is_remembered_for_now() {
        let folder = tempfile::tempdir().unwrap();
        let deleted = Deleted::open(folder.path().join("gone")).unwrap();
        std::fs::remove_dir(folder.path().join("gone")).unwrap();
        let chat = ChatId::generate();
        deleted.add(&chat);
        assert!(deleted.contains(&chat));
    }
}
