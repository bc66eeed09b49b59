//! A chat's record, and what a new one may look like.

use ocweb_opencode_client::SessionId as ChatId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{earlier::Earlier, permissions::Permissions};
use crate::{
    clones::Extent,
    conversations::Conversation,
    error::Error,
    names::{BranchName, RepositoryName, SessionId},
    prompts::{InvalidPrompt, NewPrompt, agent_name, model_text},
};

/// The step that a chat's creation is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Taken in; nothing was done yet.
    Queued,
    /// The repository is being cloned.
    Cloning,
    /// The clone is being brought up to date.
    Fetching,
    /// The working copy is being made.
    AddingWorktree,
    /// Files are put into the working copy, and its setup command runs.
    SettingUp,
    /// opencode is being told of the session.
    CreatingSession,
    /// Done: opencode has its session, and the prompts follow by themselves.
    #[serde(alias = "sending_prompt")]
    Ready,
    /// Given up; `error` says why, and what was made has been undone.
    Failed,
}

impl State {
    /// Whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ready | Self::Failed)
    }
}

/// A chat, as it lies on the disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Chat {
    /// The id of its opencode session.
    pub id: ChatId,
    /// The repository.
    pub repo: RepositoryName,
    /// Its title, if one was given.
    pub title: Option<String>,
    /// The branch that is its own.
    pub branch: BranchName,
    /// The remote's branch that was asked for.
    pub wanted_base: Option<BranchName>,
    /// How much of the repository is cloned, if it is cloned for this chat.
    #[serde(default)]
    pub extent: Extent,
    /// The remote's branch that it began at, once known, or that its work belongs to since.
    pub base: Option<BranchName>,
    /// The step that is being taken.
    pub state: State,
    /// Why it failed.
    pub error: Option<Error>,
    /// The model of prompts that name none, `provider/model`, until one named another.
    pub model: Option<String>,
    /// The agent of prompts that name none, until one named another.
    pub agent: Option<String>,
    /// Whether opencode may know of its session.
    #[serde(default)]
    pub may_have_session: bool,
    /// Whether its conversation was there before its working copy: out of a backup or a file. It outlives what fails here.
    #[serde(default)]
    pub had_conversation: bool,
    /// Whether its person has put it away.
    #[serde(default)]
    pub archived: bool,
    /// What its agent may do without asking; `None` where opencode's own configuration says.
    #[serde(default)]
    pub permissions: Option<Permissions>,
    /// When it was taken in.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// What only earlier versions wrote.
    #[serde(flatten, skip_serializing)]
    pub(super) earlier: Earlier,
}

impl Chat {
    /// The record of a new chat in `repo`, and its first prompt.
    pub(super) fn new(new: NewChat, repo: RepositoryName) -> (Self, Option<NewPrompt>) {
        let id = new.id.unwrap_or_else(ChatId::generate);
        let words = new.title.as_deref().or(new.prompt.as_ref().map(NewPrompt::words)).unwrap_or_default();
        let now = OffsetDateTime::now_utc();
        let chat = Self {
            branch: BranchName::for_chat(words, &SessionId::from(&id)),
            id,
            repo,
            title: new.title,
            wanted_base: new.base,
            extent: new.extent,
            base: None,
            state: State::Queued,
            error: None,
            model: new.model,
            agent: new.agent,
            may_have_session: false,
            had_conversation: false,
            archived: false,
            permissions: new.permissions,
            created_at: now,
            updated_at: now,
            earlier: Earlier::default(),
        };
        (chat, new.prompt)
    }

    pub(super) fn enter(&mut self, state: State) {
        self.state = state;
        self.may_have_session |= state == State::CreatingSession;
        self.updated_at = OffsetDateTime::now_utc();
    }

    pub(super) fn begin_anew(&mut self) {
        self.error = None;
        self.base = None;
        self.enter(State::Queued);
    }

    /// Its worktree and its session are gone; not a session that was there before.
    pub(super) fn was_undone(&mut self) {
        self.may_have_session = self.had_conversation;
    }

    /// Its records and its conversation came out of a backup, and its working copy has yet to.
    pub(super) fn return_from_backup(&mut self) {
        self.had_conversation |= self.may_have_session;
        if self.state != State::Failed {
            self.enter(State::Queued);
        }
    }
}

/// A chat that was asked for, checked.
#[derive(Debug)]
pub struct NewChat {
    pub(super) id: Option<ChatId>,
    pub(super) repo: RepositoryName,
    base: Option<BranchName>,
    pub(super) prompt: Option<NewPrompt>,
    title: Option<String>,
    model: Option<String>,
    agent: Option<String>,
    pub(super) permissions: Option<Permissions>,
    extent: Extent,
    pub(super) conversation: Option<Conversation>,
}

/// A request for a chat that cannot be met.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChat {
    /// No list of chats could show it.
    #[error("A title is one line of at most 200 characters.")]
    Title,
    /// Its prompt, model or agent cannot be meant.
    #[error(transparent)]
    Prompt(#[from] InvalidPrompt),
}

impl NewChat {
    /// Checks what came in a request. A blank text counts as not given; without an id one is made.
    pub fn new(
        id: Option<ChatId>,
        repo: RepositoryName,
        base: Option<BranchName>,
        prompt: Option<NewPrompt>,
        title: Option<&str>,
        model: Option<&str>,
        agent: Option<&str>,
    ) -> Result<Self, InvalidChat> {
        let title = title.map(str::trim).filter(|title| !title.is_empty());
        if title.is_some_and(|title| title.chars().count() > 200 || title.chars().any(char::is_control)) {
            return Err(InvalidChat::Title);
        }
        let (model, agent) = (model_text(model)?, agent_name(agent)?);
        let prompt = prompt.map(|prompt| prompt.with_defaults(model.as_deref(), agent.as_deref()));
        let title = title.map(Into::into);
        let (permissions, extent, conversation) = (None, Extent::Full, None);
        Ok(Self { id, repo, base, prompt, title, model, agent, permissions, extent, conversation })
    }

    /// With what its agent may do without asking, if that is not the default.
    #[must_use]
    pub fn with_permissions(self, permissions: Option<Permissions>) -> Self {
        Self { permissions, ..self }
    }

    /// With how much of the repository is cloned if it is not there.
    #[must_use]
    pub fn with_extent(self, extent: Extent) -> Self {
        Self { extent, ..self }
    }

    /// With a conversation that it begins with, whose title it has if none was given.
    #[must_use]
    pub fn with_conversation(self, conversation: Option<Conversation>) -> Self {
        let title = self.title.or_else(|| conversation.as_ref()?.title());
        Self { title, conversation, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(title: Option<&str>, model: Option<&str>, agent: Option<&str>) -> Result<NewChat, InvalidChat> {
        NewChat::new(None, "o/n".parse().unwrap(), None, None, title, model, agent)
    }

    #[test]
    fn blank_texts_count_as_not_given() {
        let chat = new(Some("  "), Some(""), Some(" ")).unwrap();
        assert!(chat.title.is_none() && chat.model.is_none() && chat.agent.is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(new(Some("a\nb"), None, None).is_err());
        assert!(new(Some(&"é".repeat(201)), None, None).is_err());
        assert!(new(None, Some("gpt"), None).is_err());
        assert!(new(None, None, Some("a\0b")).is_err());
    }
}
