//! A chat as git-manager tells of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The step that the making of a chat is at; git-manager's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "documented where the steps are taken")]
pub enum Creation {
    Queued,
    Cloning,
    Fetching,
    AddingWorktree,
    SettingUp,
    CreatingSession,
    Ready,
    Failed,
}

/// What an agent may do without asking; git-manager's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permissions {
    /// It reads, and asks about all else.
    Ask,
    /// It edits too.
    Edits,
    /// Everything.
    All,
}

/// Where a prompt is on its way to opencode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptState {
    /// For its turn.
    Waiting,
    /// For its person, who stopped the chat.
    Held,
    /// Being handed over.
    Sending,
    /// opencode has it.
    Delivered,
    /// opencode refused it.
    Failed,
}

/// A prompt that opencode does not have yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptRecord {
    /// The id of the message that it becomes.
    pub id: String,
    /// What was typed.
    pub text: String,
    /// Where it is.
    pub state: PromptState,
    /// Everything else, passed on as it came.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A chat and how far its making is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ChatRecord {
    /// The id of its session.
    pub id: String,
    /// `owner/name`; `null` for a session that was made elsewhere and only has prompts that wait.
    pub repo: Option<String>,
    /// As given at its creation.
    pub title: Option<String>,
    /// Its own branch.
    pub branch: Option<String>,
    /// The remote's branch that it began at.
    pub base: Option<String>,
    /// Its worktree.
    pub directory: Option<String>,
    /// How far its making is.
    pub state: Creation,
    /// How far the clone is.
    pub progress: Option<Value>,
    /// Why its making failed: a problem document.
    pub error: Option<Value>,
    /// What opencode does not have yet, in order.
    #[serde(default)]
    pub prompts: Vec<PromptRecord>,
    /// Whether its person has put it away; absent where nobody has said so here.
    #[serde(default)]
    pub archived: Option<bool>,
    /// What its agent may do without asking; absent where opencode's own configuration says.
    #[serde(default)]
    pub permissions: Option<Permissions>,
    /// When it was taken in.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}
