//! What must outlive a restart: kept as small as can be, since it is written often.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    live::LiveParts,
    request::{RequestKind, StaleRequest},
    run::Run,
    state::State,
};

/// What is remembered of one chat.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ChatMemory {
    pub(crate) run: Option<Run>,
    /// Whether nobody has seen the end of its last run. No time: clocks jump.
    pub(crate) is_unread: bool,
    /// Continued by itself, so often since a person last had a say.
    pub(crate) continued: u32,
    /// The prompt that continues it, from the decision until git-manager has it.
    pub(crate) continuing: Option<String>,
    pub(crate) stale: Vec<StaleRequest>,
    /// The beginning of what was first asked, for a title until opencode has found one.
    pub(crate) asked: Option<String>,
    /// The last line of what was said.
    pub(crate) last_line: Option<String>,
    pub(crate) state: Option<(State, Timestamp)>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) active_at: Option<OffsetDateTime>,
}

/// A time that can be serialised inside other things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Timestamp(#[serde(with = "time::serde::rfc3339")] pub(crate) OffsetDateTime);

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) chat: String,
    pub(crate) kind: RequestKind,
    pub(crate) summary: String,
}

/// Everything that is remembered. Opaque to who stores it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub(crate) chats: BTreeMap<String, ChatMemory>,
    /// The directories of the sessions that were running.
    pub(crate) directories: BTreeMap<String, String>,
    /// What waits for a person, as it would be said if opencode were restarted now.
    pub(crate) pending: BTreeMap<String, Pending>,
    /// What was streaming.
    pub(crate) live: LiveParts,
    /// What was streamed of answers that were cut off: opencode has forgotten it.
    pub(crate) kept: LiveParts,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) saved_at: Option<OffsetDateTime>,
}

impl Memory {
    /// When it was last taken, in UTC.
    pub fn saved_at(&self) -> Option<OffsetDateTime> {
        self.saved_at
    }
}
