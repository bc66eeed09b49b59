//! Chats as the first version wrote them down: with their only prompt in the chat's own record.

use ocweb_opencode_client::MessageId;
use serde::Deserialize;

use super::Chat;
use crate::prompts::{Prompt, PromptKind, PromptState};

/// What such a record holds besides. It is read, and never written again.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Earlier {
    /// The prompt, until it was delivered.
    prompt: Option<String>,
    /// The id of its message, once chosen.
    message: Option<MessageId>,
    /// When it was last sent.
    sent_at: Option<String>,
}

impl Chat {
    /// Takes the prompt out of an earlier record, if it has one, as it belongs into the chat's outbox.
    pub(super) fn take_earlier_prompt(&mut self) -> Option<Prompt> {
        let Earlier { prompt, message, sent_at } = std::mem::take(&mut self.earlier);
        let text = prompt?;
        // One that was sent may have arrived: it is looked for before it is sent again.
        let state = match (&message, sent_at) {
            (Some(_), Some(_)) => PromptState::Sending,
            _ => PromptState::Waiting,
        };
        Some(Prompt {
            id: message.unwrap_or_else(MessageId::generate),
            kind: PromptKind::Prompt,
            text,
            model: self.model.clone(),
            variant: None,
            agent: self.agent.clone(),
            agents: Vec::new(),
            mentions: Vec::new(),
            files: Vec::new(),
            state,
            urgent: false,
            error: None,
            created_at: self.created_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::chats::State;

    fn record(extra: &Value) -> Chat {
        let mut record = json!({
            "id": "ses_1", "repo": "o/n", "title": null, "branch": "ocweb/x-1", "wanted_base": null,
            "base": "main", "state": "sending_prompt", "error": null, "prompt": "go", "model": "a/b",
            "agent": null, "message": null, "sent_at": null,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"
        });
        record.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn a_prompt_that_was_being_sent_is_looked_for_first() {
        let mut chat = record(&json!({"message": "msg_1", "sent_at": "2026-01-01T00:00:00Z"}));
        assert_eq!(chat.state, State::Ready);
        let prompt = chat.take_earlier_prompt().unwrap();
        assert_eq!((prompt.id.as_str(), prompt.state), ("msg_1", PromptState::Sending));
        assert_eq!((prompt.text.as_str(), prompt.model.as_deref()), ("go", Some("a/b")));
        assert!(chat.take_earlier_prompt().is_none());
    }

    #[test]
    fn one_that_was_not_sent_waits() {
        let mut chat = record(&json!({"state": "cloning"}));
        assert_eq!(chat.state, State::Cloning);
        assert_eq!(chat.take_earlier_prompt().unwrap().state, PromptState::Waiting);
        let mut failed = record(&json!({"state": "failed", "message": "msg_1"}));
        assert_eq!(failed.take_earlier_prompt().unwrap().state, PromptState::Waiting);
    }

    #[test]
    fn what_is_written_has_no_prompt() {
        let chat = record(&json!({}));
        let written = serde_json::to_value(&chat).unwrap();
        assert!(written.get("prompt").is_none() && written.get("earlier").is_none(), "{written}");
        assert!(serde_json::from_value::<Chat>(written).unwrap().take_earlier_prompt().is_none());
        assert!(record(&json!({"prompt": null})).take_earlier_prompt().is_none());
    }
}
