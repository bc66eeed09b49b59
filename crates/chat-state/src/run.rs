//! A run: from the moment an agent begins until it rests.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The agent said its last word.
    Completed,
    /// It ended with an error.
    Failed,
    /// A person stopped it.
    Stopped,
    /// opencode died or was restarted in the middle of it.
    Interrupted,
}

/// The last run of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// The message of the agent that it is at, or ended with.
    pub message_id: Option<String>,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// When it ended; `null` while it runs.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// How it ended; `null` while it runs.
    pub outcome: Option<Outcome>,
    /// Why it failed, in opencode's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub error: Option<String>,
}

impl Run {
    pub(crate) fn begin(now: OffsetDateTime) -> Self {
        Self { message_id: None, started_at: now, ended_at: None, outcome: None, error: None }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    pub(crate) fn end(&mut self, outcome: Outcome, now: OffsetDateTime) {
        self.outcome = Some(outcome);
        self.ended_at = Some(now);
    }
}
