//! A prompt, and what a new one may look like.

use std::path::{Component, Path};

use ocweb_opencode_client::{MessageId, ModelName};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{
    file::{File, FileName},
    kind::PromptKind,
};
use crate::error::Error;

/// The longest text, in bytes.
const TEXT_LIMIT: usize = 1 << 20;
/// How much all files of a prompt may hold, in bytes.
const FILES_LIMIT: usize = 30 << 20;
/// How many files may go with a prompt.
const FILES_COUNT: usize = 50;
/// How many agents or files a text may mention.
const MENTIONS_COUNT: usize = 50;

/// How far a prompt is on its way to opencode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptState {
    /// It waits for the chat to be ready and idle.
    Waiting,
    /// Its chat was stopped: it waits until somebody has it go on.
    Held,
    /// It is being handed over; whether opencode has it yet is not known.
    Sending,
    /// opencode has it.
    Delivered,
    /// opencode does not take it; the prompts behind it wait.
    Failed,
}

impl PromptState {
    /// Whether it goes to opencode once it is its turn.
    pub(super) fn may_go(self) -> bool {
        !matches!(self, Self::Held | Self::Failed)
    }
}

/// A prompt as it lies in an outbox, without the content of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The id that its message gets.
    pub id: MessageId,
    /// What opencode is to do with it.
    #[serde(default)]
    pub kind: PromptKind,
    /// What was typed; of a command, its arguments.
    pub text: String,
    /// The model, `provider/model`.
    pub model: Option<String>,
    /// The model's variant.
    #[serde(default)]
    pub variant: Option<String>,
    /// The agent.
    pub agent: Option<String>,
    /// The subagents that the text mentions.
    #[serde(default)]
    pub agents: Vec<String>,
    /// The files of the working copy that the text mentions.
    #[serde(default)]
    pub mentions: Vec<String>,
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

    /// How many parts its message certainly gets.
    pub fn part_count(&self) -> usize {
        usize::from(!self.text.is_empty()) + self.files.len() + self.agents.len()
    }
}

/// A prompt as somebody wrote it, unchecked.
#[derive(Debug)]
pub struct Draft {
    /// The id that its message is to get.
    pub id: MessageId,
    /// What opencode is to do with it.
    pub kind: PromptKind,
    /// What was typed.
    pub text: String,
    /// The model, `provider/model`.
    pub model: Option<String>,
    /// The model's variant.
    pub variant: Option<String>,
    /// The agent.
    pub agent: Option<String>,
    /// The subagents that the text mentions.
    pub agents: Vec<String>,
    /// The files of the working copy that the text mentions.
    pub mentions: Vec<String>,
    /// What was attached.
    pub files: Vec<File>,
}

impl Draft {
    /// A text for the agent.
    pub fn of_text(id: MessageId, text: String) -> Self {
        let (model, variant, agent) = (None, None, None);
        let (agents, mentions, files) = (Vec::new(), Vec::new(), Vec::new());
        Self { id, kind: PromptKind::Prompt, text, model, variant, agent, agents, mentions, files }
    }
}

/// A prompt that somebody wants to send, checked.
#[derive(Debug)]
pub struct NewPrompt {
    draft: Draft,
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
    /// Checks what came in a request. A blank model, variant or agent counts as not given.
    pub fn new(draft: Draft) -> Result<Self, InvalidPrompt> {
        let Draft { kind, text, files, .. } = &draft;
        if text.len() > TEXT_LIMIT {
            return Err(InvalidPrompt::TooLarge(
                "A prompt's text is at most 1 MB. Attach the rest as a file.",
            ));
        }
        if text.contains('\0') {
            return Err(InvalidPrompt::Malformed("A prompt's text cannot hold a NUL character."));
        }
        let is_blank = text.trim().is_empty();
        match kind {
            PromptKind::Prompt if is_blank && files.is_empty() => {
                return Err(InvalidPrompt::Malformed("A prompt needs a text or a file."));
            }
            PromptKind::Command { name } if !is_name(name) => {
                return Err(InvalidPrompt::Malformed(
                    "A command's name is one line of at most 100 characters.",
                ));
            }
            PromptKind::Shell if is_blank => {
                return Err(InvalidPrompt::Malformed("A shell command needs a text."));
            }
            PromptKind::Shell if !files.is_empty() => {
                return Err(InvalidPrompt::Malformed("A shell command takes no files."));
            }
            _ => {}
        }
        if files.len() > FILES_COUNT || files.iter().map(File::size).sum::<usize>() > FILES_LIMIT {
            return Err(InvalidPrompt::TooLarge("A prompt takes at most 50 files, of 30 MB in all."));
        }
        if draft.agents.len().max(draft.mentions.len()) > MENTIONS_COUNT {
            return Err(InvalidPrompt::TooLarge("A prompt mentions at most 50 agents and 50 files."));
        }
        if !draft.mentions.iter().all(|path| is_below(path)) {
            return Err(InvalidPrompt::Malformed("A mentioned file is a path below the working copy."));
        }
        let agents = draft.agents.iter().map(|agent| agent_name(Some(agent)));
        let agents: Vec<_> = agents.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let variant = given(draft.variant.as_deref()).map(ToOwned::to_owned);
        if variant.as_deref().is_some_and(|variant| !is_name(variant)) {
            return Err(InvalidPrompt::Malformed("A variant's name is one line of at most 100 characters."));
        }
        let (model, agent) = (model_text(draft.model.as_deref())?, agent_name(draft.agent.as_deref())?);
        // opencode itself looks for mentions in a command, and a shell has none.
        let is_prompt = draft.kind == PromptKind::Prompt;
        let (agents, mentions) = if is_prompt { (agents, draft.mentions) } else { (Vec::new(), Vec::new()) };
        let text = if is_blank { String::new() } else { draft.text };
        let draft = Draft { text, model, variant, agent, agents, mentions, ..draft };
        Ok(Self { draft, is_repeatable: true })
    }

    /// Checks a mere text, and makes its id.
    pub fn of_text(text: String) -> Result<Self, InvalidPrompt> {
        let prompt = Self::new(Draft::of_text(MessageId::generate(), text))?;
        Ok(Self { is_repeatable: false, ..prompt })
    }

    /// Whether its id came with it, so that a repetition can be told from another prompt of the same words.
    pub fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    /// Its id.
    pub fn id(&self) -> &MessageId {
        &self.draft.id
    }

    /// The words that tell most about it.
    pub fn words(&self) -> &str {
        match &self.draft.kind {
            PromptKind::Command { name } if self.draft.text.is_empty() => name,
            _ => &self.draft.text,
        }
    }

    /// Uses these where the prompt names no model or agent itself.
    #[must_use]
    pub fn with_defaults(mut self, model: Option<&str>, agent: Option<&str>) -> Self {
        self.draft.model = self.draft.model.or_else(|| model.map(Into::into));
        self.draft.agent = self.draft.agent.or_else(|| agent.map(Into::into));
        self
    }

    /// The prompt as it waits in an outbox, and its files beside it.
    pub(super) fn into_parts(self) -> (Prompt, Vec<File>) {
        let Draft { id, kind, text, model, variant, agent, agents, mentions, files } = self.draft;
        let prompt = Prompt {
            id,
            kind,
            text,
            model,
            variant,
            agent,
            agents,
            mentions,
            files: files.iter().map(|file| file.name().clone()).collect(),
            state: PromptState::Waiting,
            urgent: false,
            error: None,
            created_at: OffsetDateTime::now_utc(),
        };
        (prompt, files)
    }
}

/// The name of an agent as it was sent; a blank one counts as not given.
pub fn agent_name(text: Option<&str>) -> Result<Option<String>, InvalidPrompt> {
    let name = given(text);
    if name.is_some_and(|name| !is_name(name)) {
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

/// Whether it can be the name of an agent, a command or a variant.
fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 100 && !text.chars().any(char::is_control)
}

/// Whether a path stays below the folder that it is relative to, as far as its words tell.
fn is_below(path: &str) -> bool {
    let is_step = |component| matches!(component, Component::Normal(_) | Component::CurDir);
    !path.is_empty()
        && path.len() <= 4096
        && !path.contains('\0')
        && Path::new(path).components().all(is_step)
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(text: &str, model: Option<&str>, agent: Option<&str>) -> Result<NewPrompt, InvalidPrompt> {
        let draft = Draft::of_text(MessageId::generate(), text.into());
        NewPrompt::new(Draft { model: model.map(Into::into), agent: agent.map(Into::into), ..draft })
    }

    #[test]
    fn blank_names_count_as_not_given() {
        let (prompt, _) = new("x", Some(" "), Some("")).unwrap().into_parts();
        assert_eq!((prompt.model, prompt.agent), (None, None));
    }

    #[test]
    fn what_a_prompt_does_not_name_comes_from_the_chat() {
        let prompt = new("x", Some("a/b"), None).unwrap().with_defaults(Some("c/d"), Some("plan"));
        let (prompt, _) = prompt.into_parts();
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
        let with =
            |files| NewPrompt::new(Draft { files, ..Draft::of_text(MessageId::generate(), String::new()) });
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
    fn each_kind_needs_what_it_runs() {
        let file = File::new("image/png", "a.png", "data:image/png;base64,AAAA".into()).unwrap();
        let of = |kind: PromptKind, text: &str, files: &[File]| {
            let draft = Draft::of_text(MessageId::generate(), text.into());
            NewPrompt::new(Draft { kind, files: files.to_vec(), ..draft })
        };
        let command = |name: &str| PromptKind::Command { name: name.into() };
        assert!(of(command("review"), "", &[]).is_ok_and(|prompt| prompt.words() == "review"));
        assert!(
            of(command("review"), "this", std::slice::from_ref(&file))
                .is_ok_and(|prompt| prompt.words() == "this")
        );
        assert!(of(PromptKind::Shell, "ls", &[]).is_ok());
        for (kind, text, files) in [
            (command(" "), "x", &[][..]),
            (command("a\nb"), "x", &[]),
            (PromptKind::Shell, " ", &[]),
            (PromptKind::Shell, "ls", &[file]),
        ] {
            assert!(matches!(of(kind, text, files), Err(InvalidPrompt::Malformed(_))));
        }
    }

    #[test]
    fn mentioned_files_are_below_the_working_copy() {
        let mention = |path: &str| {
            let draft = Draft::of_text(MessageId::generate(), "x".into());
            NewPrompt::new(Draft { mentions: vec![path.into()], ..draft })
        };
        assert!(mention("src/a b.rs").is_ok() && mention("./x").is_ok());
        for path in ["", "/etc/passwd", "../x", "a/../../x", "a\0b"] {
            assert!(mention(path).is_err(), "{path:?}");
        }
        let draft = Draft::of_text(MessageId::generate(), "ls @x".into());
        let shell = Draft { kind: PromptKind::Shell, mentions: vec!["x".into()], ..draft };
        assert!(NewPrompt::new(shell).unwrap().into_parts().0.mentions.is_empty());
    }

    #[test]
    fn a_prompt_of_an_earlier_version_is_read() {
        let record = serde_json::json!({"id": "msg_1", "text": "go", "model": null, "agent": null, "files": [],
            "state": "waiting", "urgent": false, "error": null, "created_at": "2026-01-01T00:00:00Z"});
        let prompt: Prompt = serde_json::from_value(record).unwrap();
        assert_eq!((prompt.kind, prompt.variant), (PromptKind::Prompt, None));
    }

    #[test]
    fn a_models_own_name_may_have_slashes() {
        let model = model_name("openrouter/meta/llama").unwrap();
        assert_eq!((model.provider.as_str(), model.model.as_str()), ("openrouter", "meta/llama"));
    }
}
