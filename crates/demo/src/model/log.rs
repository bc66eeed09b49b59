//! What the model was asked: tests prove "exactly once" with it.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::conversation::{Conversation, Wanted};

/// One completion that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// opencode's session, when the client told it.
    pub session: String,
    /// The model asked for.
    pub model: String,
    /// What kind of answer was wanted.
    pub wanted: Wanted,
    /// What the person said last.
    pub prompt: String,
    /// Turns taken before, since then.
    pub turns_taken: usize,
}

/// Every completion since the world started.
#[derive(Debug, Clone, Default)]
pub struct Completions(Arc<Mutex<Vec<Completion>>>);

impl Completions {
    /// The completions, oldest first.
    pub fn list(&self) -> Vec<Completion> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes one, and says whether the same one was asked for before, as by a retry.
    pub(super) fn record(&self, session: &str, model: &str, conversation: &Conversation) -> bool {
        let completion = Completion {
            session: session.into(),
            model: model.into(),
            wanted: conversation.wanted,
            prompt: conversation.prompt.clone(),
            turns_taken: conversation.turns_taken,
        };
        let mut completions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen_before = completions.contains(&completion);
        completions.push(completion);
        seen_before
    }
}
