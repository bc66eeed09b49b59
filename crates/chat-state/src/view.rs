//! What a phone, the inbox and the notifier are told of a chat.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    record::{Creation, Permissions, PromptRecord},
    request::{Request, StaleRequest},
    run::Run,
    state::State,
};

/// How far the making of a working copy is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Preparation {
    /// The step.
    #[schema(value_type = String)]
    pub state: Creation,
    /// How far the clone is.
    pub progress: Option<Value>,
}

/// What went wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChatError {
    /// In a few words.
    pub title: String,
    /// In a sentence.
    pub detail: String,
}

/// When opencode will ask the model again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Retry {
    /// Which attempt that will be.
    pub attempt: u64,
    /// When.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_at: Option<OffsetDateTime>,
}

/// The first message, or part of one, that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Revert {
    /// The message.
    pub message_id: String,
    /// The part of it, if what stands before that stays.
    pub part_id: Option<String>,
}

/// A chat as its person sees it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChatView {
    /// The id of its session.
    pub id: String,
    /// `owner/name`; `null` for a session that was made elsewhere.
    pub repo: Option<String>,
    /// A name for it; `null` while it has none.
    pub title: Option<String>,
    /// Its own branch.
    pub branch: Option<String>,
    /// The remote's branch that it began at.
    pub base: Option<String>,
    /// Where it works; `null` when that is gone.
    pub directory: Option<String>,
    /// Whether it was put away.
    pub archived: bool,
    /// What its agent may do without asking; `null` where opencode's own configuration says.
    #[schema(inline)]
    pub permissions: Option<Permissions>,
    /// The last line of what was said in it: plain, at most 140 characters. Not of an answer that still streams.
    pub last_line: Option<String>,
    /// Where everybody can read it, while it is shared.
    pub share_url: Option<String>,
    /// What was taken back, until the next prompt.
    pub revert: Option<Revert>,
    /// What it is doing.
    #[schema(inline)]
    pub state: State,
    /// Since when it does that.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When something last happened in it.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// How far its working copy is, while that is being made.
    pub preparation: Option<Preparation>,
    /// What went wrong, when it failed or is being retried.
    pub error: Option<ChatError>,
    /// When opencode will ask the model again.
    pub retry: Option<Retry>,
    /// The prompts that opencode does not have yet, in order.
    #[schema(value_type = Vec<Object>)]
    pub prompts: Vec<PromptRecord>,
    /// What waits for a person, the oldest first.
    pub requests: Vec<Request>,
    /// What can no longer be answered, until the next run.
    pub stale_requests: Vec<StaleRequest>,
    /// The last run.
    pub run: Option<Run>,
    /// On how many devices somebody looks at it now.
    pub viewers: usize,
    /// How often it was continued by itself since a person last had a say.
    pub continued: u32,
    /// Whether it was cut off and will go on by itself in a moment.
    pub continuing: bool,
}
