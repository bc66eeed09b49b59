//! A chat's record, and what a new one may look like.

use ocweb_opencode_client::{MessageId, ModelName, SessionId as ChatId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    error::Error,
    names::{BranchName, RepositoryName, SessionId},
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
    /// opencode is being told of the session.
    CreatingSession,
    /// The prompt is being delivered.
    SendingPrompt,
    /// Done: opencode has it all.
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
    /// The remote's branch that it began at, once known.
    pub base: Option<BranchName>,
    /// The step that is being taken.
    pub state: State,
    /// Why it failed.
    pub error: Option<Error>,
    /// The prompt, until it was delivered.
    pub prompt: Option<String>,
    /// The model asked for, `provider/model`.
    pub model: Option<String>,
    /// The agent asked for.
    pub agent: Option<String>,
    /// Whether opencode may know of its session.
    #[serde(default)]
    pub may_have_session: bool,
    /// The id of the prompt's message, once it was chosen.
    pub message: Option<MessageId>,
    /// When the prompt was last sent.
    #[serde(with = "time::serde::rfc3339::option")]
    pub sent_at: Option<OffsetDateTime>,
    /// When it was taken in.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

impl Chat {
    pub(super) fn new(new: NewChat, repo: RepositoryName) -> Self {
        let id = ChatId::generate();
        let words = new.title.as_deref().or(new.prompt.as_deref()).unwrap_or_default();
        let now = OffsetDateTime::now_utc();
        Self {
            branch: BranchName::for_chat(words, &SessionId::from(&id)),
            id,
            repo,
            title: new.title,
            wanted_base: new.base,
            base: None,
            state: State::Queued,
            error: None,
            prompt: new.prompt,
            model: new.model.map(|model| format!("{}/{}", model.provider, model.model)),
            agent: new.agent,
            may_have_session: false,
            message: None,
            sent_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The model, in its parts.
    pub(super) fn model_name(&self) -> Option<ModelName> {
        self.model.as_deref().and_then(|text| model_name(text).ok())
    }

    pub(super) fn enter(&mut self, state: State) {
        self.state = state;
        self.may_have_session |= state == State::CreatingSession;
        self.updated_at = OffsetDateTime::now_utc();
    }

    /// What could not be undone stays known: a prompt that may have arrived is not sent again as another.
    pub(super) fn begin_anew(&mut self) {
        self.error = None;
        self.base = None;
        self.enter(State::Queued);
    }

    /// Its worktree and its session are gone, and the prompt with them.
    pub(super) fn was_undone(&mut self) {
        self.may_have_session = false;
        self.message = None;
        self.sent_at = None;
    }
}

/// A chat that was asked for, checked.
#[derive(Debug)]
pub struct NewChat {
    pub(super) repo: RepositoryName,
    base: Option<BranchName>,
    prompt: Option<String>,
    title: Option<String>,
    model: Option<ModelName>,
    agent: Option<String>,
}

/// A request for a chat that cannot be met.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidChat(String);

impl NewChat {
    /// Checks the texts of a request. A blank one counts as not given.
    pub fn new(
        repo: RepositoryName,
        base: Option<BranchName>,
        prompt: Option<String>,
        title: Option<&str>,
        model: Option<&str>,
        agent: Option<&str>,
    ) -> Result<Self, InvalidChat> {
        let given =
            |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let title = given(title);
        if title
            .as_ref()
            .is_some_and(|title| title.chars().count() > 200 || title.chars().any(char::is_control))
        {
            return Err(InvalidChat("A title is one line of at most 200 characters.".into()));
        }
        let agent = given(agent);
        if agent.as_ref().is_some_and(|agent| agent.len() > 100 || agent.chars().any(char::is_control)) {
            return Err(InvalidChat("An agent's name is one line of at most 100 characters.".into()));
        }
        let model = given(model).map(|text| model_name(&text)).transpose()?;
        let prompt = prompt.filter(|prompt| !prompt.trim().is_empty());
        Ok(Self { repo, base, prompt, title, model, agent })
    }
}

/// `provider/model`, where the model's own name may contain `/`.
fn model_name(text: &str) -> Result<ModelName, InvalidChat> {
    let fits = text.len() <= 200 && !text.chars().any(|letter| letter.is_control() || letter == ' ');
    match text.split_once('/').filter(|(provider, model)| fits && !provider.is_empty() && !model.is_empty()) {
        Some((provider, model)) => Ok(ModelName { provider: provider.into(), model: model.into() }),
        None => Err(InvalidChat("Write a model as provider/model.".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(title: Option<&str>, model: Option<&str>, agent: Option<&str>) -> Result<NewChat, InvalidChat> {
        NewChat::new("o/n".parse().unwrap(), None, Some(" \n".into()), title, model, agent)
    }

    #[test]
    fn blank_texts_count_as_not_given() {
        let chat = new(Some("  "), Some(""), Some(" ")).unwrap();
        assert!(
            chat.title.is_none() && chat.model.is_none() && chat.agent.is_none() && chat.prompt.is_none()
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(new(Some("a\nb"), None, None).is_err());
        assert!(new(Some(&"é".repeat(201)), None, None).is_err());
        assert!(new(None, Some("gpt"), None).is_err());
        assert!(new(None, Some("/gpt"), None).is_err());
        assert!(new(None, None, Some("a\0b")).is_err());
    }

    #[test]
    fn a_models_own_name_may_have_slashes() {
        let model = model_name("openrouter/meta/llama").unwrap();
        assert_eq!((model.provider.as_str(), model.model.as_str()), ("openrouter", "meta/llama"));
    }
}
