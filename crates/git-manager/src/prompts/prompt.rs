//! A prompt, and what a new one may look like.

use ocweb_opencode_client::{MessageId, ModelName};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::file::{File, FileName};
use crate::error::Error;

/// The longest text, in bytes.
const TEXT_LIMIT: usize = 1 << 20;
/// How much all files of a prompt may hold, in bytes.
const FILES_LIMIT: usize = 30 << 20;
/// How many files may go with a prompt.
const FILES_COUNT: usize = 50;

/// How far a prompt is on its way to opencode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptState {
    /// It waits for the chat to be ready and idle.
    Waiting,
    /// It is being handed over; whether opencode has it yet is not known.
    Sending,
    /// opencode has it.
    Delivered,
    /// opencode does not take it; the prompts behind it wait.
    Failed,
}

/// A prompt as it lies in an outbox, without the content of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The id that its message gets.
    pub id: MessageId,
    /// What was typed.
    pub text: String,
    /// The model, `provider/model`.
    pub model: Option<String>,
    /// The agent.
    pub agent: Option<String>,
    /// What was attached.
    pub files: Vec<FileName>,
    /// How far it is.
    pub state: PromptState,
    /// Whether it was asked to be delivered although the chat is busy.
    pub urgent: bool,
    /// Why it failed.
    pub error: Option<Error>,
    /// When it was taken in.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

impl Prompt {
    /// The model, in its parts.
    pub fn model_name(&self) -> Option<ModelName> {
        self.model.as_deref().and_then(|text| model_name(text).ok())
    }
}

/// A prompt that somebody wants to send, checked.
#[derive(Debug)]
pub struct NewPrompt {
    id: MessageId,
    text: String,
    model: Option<String>,
    agent: Option<String>,
    files: Vec<File>,
    is_repeatable: bool,
}

/// Why a prompt, its model or its agent cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrompt {
    /// Something in it cannot be used.
    #[error("{0}")]
    Malformed(&'static str),
    /// There is too much of it.
    #[error("{0}")]
    TooLarge(&'static str),
}

impl NewPrompt {
    /// Checks what came in a request. A blank model or agent counts as not given.
    pub fn new(
        id: MessageId,
        text: String,
        model: Option<&str>,
        agent: Option<&str>,
        files: Vec<File>,
    ) -> Result<Self, InvalidPrompt> {
        if text.len() > TEXT_LIMIT {
            return Err(InvalidPrompt::TooLarge(
                "A prompt's text is at most 1 MB. Attach the rest as a file.",
            ));
        }
        if text.contains('\0') {
            return Err(InvalidPrompt::Malformed("A prompt's text cannot hold a NUL character."));
        }
        if text.trim().is_empty() && files.is_empty() {
            return Err(InvalidPrompt::Malformed("A prompt needs a text or a file."));
        }
        if files.len() > FILES_COUNT || files.iter().map(File::size).sum::<usize>() > FILES_LIMIT {
            return Err(InvalidPrompt::TooLarge("A prompt takes at most 50 files, of 30 MB in all."));
        }
        let text = if text.trim().is_empty() { String::new() } else { text };
        let (model, agent) = (model_text(model)?, agent_name(agent)?);
        Ok(Self { id, text, model, agent, files, is_repeatable: true })
    }

    /// Checks a mere text, and makes its id.
    pub fn of_text(text: String) -> Result<Self, InvalidPrompt> {
        let prompt = Self::new(MessageId::generate(), text, None, None, Vec::new())?;
        Ok(Self { is_repeatable: false, ..prompt })
    }

    /// Whether its id came with it, so that a repetition can be told from another prompt of the same words.
    pub fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    /// Its id.
    pub fn id(&self) -> &MessageId {
        &self.id
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Uses these where the prompt names no model or agent itself.
    #[must_use]
    pub fn with_defaults(mut self, model: Option<&str>, agent: Option<&str>) -> Self {
        self.model = self.model.or_else(|| model.map(Into::into));
        self.agent = self.agent.or_else(|| agent.map(Into::into));
        self
    }

    /// The prompt as it waits in an outbox, and its files beside it.
    pub(super) fn into_parts(self) -> (Prompt, Vec<File>) {
        let prompt = Prompt {
            id: self.id,
            text: self.text,
            model: self.model,
            agent: self.agent,
            files: self.files.iter().map(|file| file.name().clone()).collect(),
            state: PromptState::Waiting,
            urgent: false,
            error: None,
            created_at: OffsetDateTime::now_utc(),
        };
        (prompt, self.files)
    }
}

/// The name of an agent as it was sent; a blank one counts as not given.
pub fn agent_name(text: Option<&str>) -> Result<Option<String>, InvalidPrompt> {
    let name = given(text);
    if name.is_some_and(|name| name.len() > 100 || name.chars().any(char::is_control)) {
        return Err(InvalidPrompt::Malformed("An agent's name is one line of at most 100 characters."));
    }
    Ok(name.map(Into::into))
}

/// A model as it was sent, `provider/model`; a blank one counts as not given.
pub fn model_text(text: Option<&str>) -> Result<Option<String>, InvalidPrompt> {
    given(text).map(|text| model_name(text).map(|_| text.to_owned())).transpose()
}

/// `provider/model`, where the model's own name may contain `/`.
fn model_name(text: &str) -> Result<ModelName, InvalidPrompt> {
    let fits = text.len() <= 200 && !text.chars().any(|letter| letter.is_control() || letter == ' ');
    match text.split_once('/').filter(|(provider, model)| fits && !provider.is_empty() && !model.is_empty()) {
        Some((provider, model)) => Ok(ModelName { provider: provider.into(), model: model.into() }),
        None => Err(InvalidPrompt::Malformed("Write a model as provider/model.")),
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(text: &str, model: Option<&str>, agent: Option<&str>) -> Result<NewPrompt, InvalidPrompt> {
        NewPrompt::new(MessageId::generate(), text.into(), model, agent, Vec::new())
    }

    #[test]
    fn blank_names_count_as_not_given() {
        let (prompt, _) = new("x", Some(" "), Some("")).unwrap().into_parts();
        assert_eq!((prompt.model, prompt.agent), (None, None));
    }

    #[test]
    fn what_a_prompt_does_not_name_comes_from_the_chat() {
        let prompt = new("x", Some("a/b"), None).unwrap().with_defaults(Some("c/d"), Some("plan"));
        assert_eq!((prompt.model.as_deref(), prompt.agent.as_deref()), (Some("a/b"), Some("plan")));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, model, agent) in [
            (" \n", None, None),
            ("a\0b", None, None),
            ("x", Some("gpt"), None),
            ("x", Some("/gpt"), None),
            ("x", Some("a b/c"), None),
            ("x", None, Some("a\0b")),
        ] {
            assert!(matches!(new(text, model, agent), Err(InvalidPrompt::Malformed(_))), "{text} {model:?}");
        }
        let long = "x".repeat(TEXT_LIMIT + 1);
        assert!(matches!(new(&long, None, None), Err(InvalidPrompt::TooLarge(_))));
        assert!(new(&long[1..], None, None).is_ok());
    }

    #[test]
    fn files_are_bounded_in_number_and_size() {
        let with = |files| NewPrompt::new(MessageId::generate(), String::new(), None, None, files);
        let file = |bytes: usize| {
            let url = format!("data:image/png;base64,{}", "A".repeat(bytes.div_ceil(3) * 4));
            File::new("image/png", "a.png", url).unwrap()
        };
        assert!(with(vec![file(10)]).is_ok());
        assert!(matches!(with(vec![file(1); 51]), Err(InvalidPrompt::TooLarge(_))));
        assert!(with(vec![file(10 << 20); 2]).is_ok());
        assert!(matches!(with(vec![file(11 << 20); 3]), Err(InvalidPrompt::TooLarge(_))));
    }

    #[test]
    fn a_models_own_name_may_have_slashes() {
        let model = model_name("openrouter/meta/llama").unwrap();
        assert_eq!((model.provider.as_str(), model.model.as_str()), ("openrouter", "meta/llama"));
    }
}
