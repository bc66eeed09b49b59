//! What changed, for whoever follows the chats.
//!
//! A change is noted as the chat it concerns, never as its content: a follower asks for the present state
//! when it gets to it. One that is slow misses intermediate states, holds no memory, and never the last.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use ocweb_opencode_client::SessionId as ChatId;
use tokio::sync::watch;

/// The chats, each with the number of its latest change.
#[derive(Default)]
pub struct Changes {
    numbers: Mutex<BTreeMap<ChatId, u64>>,
    latest: watch::Sender<u64>,
}

impl Changes {
    /// Notes that a chat, its prompts or its folder changed. Call it after the change can be seen.
    pub fn note(&self, chat: &ChatId) {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *self.latest.borrow() + 1;
        numbers.insert(chat.clone(), number);
        self.latest.send_replace(number);
    }

    /// Follows the changes from now on.
    pub fn follow(self: &Arc<Self>) -> Follower {
        let mut latest = self.latest.subscribe();
        let seen = *latest.borrow_and_update();
        Follower { changes: Arc::clone(self), latest, seen }
    }
}

/// A place in the sequence of changes.
pub struct Follower {
    changes: Arc<Changes>,
    latest: watch::Receiver<u64>,
    seen: u64,
}

impl Follower {
    /// The chats that changed since the last call, once there is one. Dropping the call loses nothing.
    pub async fn next(&mut self) -> Vec<ChatId> {
        // The sender is kept alive by `changes`, so this ends with a change.
        let _ = self.latest.changed().await;
        let numbers = self.changes.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = std::mem::replace(&mut self.seen, *self.latest.borrow_and_update());
        numbers.iter().filter(|&(_, number)| *number > seen).map(|(chat, _)| chat.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_follower_is_told_of_each_changed_chat_once() {
        let changes = Arc::new(Changes::default());
        let [first, second, third] = [(); 3].map(|()| ChatId::generate());
        changes.note(&first);
        let mut follower = changes.follow();
        changes.note(&second);
        changes.note(&third);
        changes.note(&second);
        let mut expected = vec![second.clone(), third];
        expected.sort();
        assert_eq!(follower.next().await, expected);
        changes.note(&second);
        assert_eq!(follower.next().await, [second]);
        let nothing = tokio::time::timeout(std::time::Duration::from_millis(20), follower.next()).await;
        assert!(nothing.is_err());
    }
}
