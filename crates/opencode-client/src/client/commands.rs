//! Commands and shell commands.
//!
//! opencode answers both when the run is over. It goes on without whoever asked: a connection that is cut stops
//! nothing. It takes our message id, but a second call with the same id runs a second time, and a command's parts have
//! ids of its own: so what became of a call is found in the transcript.

use std::{path::Path, time::Duration};

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{Client, in_directory};
use crate::{Command, Error, MessageId, ModelName, Prompt, PromptFile, SessionId, ShellCommand};

/// A run may take as long as it likes.
const RUN: Duration = Duration::from_hours(24 * 365);
/// How many of the latest messages are looked through for what became of a call.
const LATEST: &str = "20";

/// A command that opencode knows.
#[derive(Debug, Clone, Deserialize)]
pub struct CommandInfo {
    name: String,
    /// What it says to the model. Those of an MCP server have none before they are run.
    template: Option<Value>,
    /// The agent that it is written for.
    agent: Option<String>,
}

impl CommandInfo {
    /// The agent that runs it, whichever is asked to.
    pub fn agent(&self) -> Option<&str> {
        self.agent.as_deref()
    }

    /// Whether running it may do something before its message is stored: opencode runs the shell snippets
    /// (`` !`date` ``) in a template and its arguments first, and asks an MCP server for its template.
    pub fn acts_before_it_is_stored(&self, arguments: &str) -> bool {
        let template = self.template.as_ref().and_then(Value::as_str);
        template.is_none_or(|template| template.contains("!`")) || arguments.contains("!`")
    }
}

/// What the transcript tells of a command or shell command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallTrace {
    /// Nothing.
    Nothing,
    /// Its message is stored, and nothing came of it.
    Stored,
    /// It was begun. opencode stores that before it starts a shell command.
    Begun,
}

#[derive(Deserialize)]
struct Stored {
    info: Info,
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Info {
    id: String,
    #[serde(rename = "parentID")]
    parent: Option<String>,
    agent: Option<String>,
    model: Option<StoredModel>,
}

#[derive(Deserialize)]
struct StoredModel {
    #[serde(rename = "providerID")]
    provider: String,
    #[serde(rename = "modelID")]
    model: String,
    variant: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
}

impl Client {
    /// The command of this name in a directory.
    pub async fn command_info(&self, directory: &Path, name: &str) -> Result<Option<CommandInfo>, Error> {
        let request = in_directory(self.request(Method::GET, &["command"]), directory);
        let commands: Vec<CommandInfo> = self.read("GET /command", request).await?;
        Ok(commands.into_iter().find(|command| command.name == name))
    }

    /// Runs a command, and waits until the run is over.
    pub async fn run_command(&self, session: &SessionId, command: &Command<'_>) -> Result<(), Error> {
        let request = self.request(Method::POST, &["session", session.as_str(), "command"]);
        self.object("POST /session/…/command", request.json(command).timeout(RUN)).await
    }

    /// Runs a shell command, and waits until it is over. [`Error::Busy`] when the session is at work.
    pub async fn run_shell(&self, session: &SessionId, command: &ShellCommand<'_>) -> Result<(), Error> {
        let request = self.request(Method::POST, &["session", session.as_str(), "shell"]);
        self.object("POST /session/…/shell", request.json(command).timeout(RUN)).await
    }

    /// Begins the run of a command that is stored and that nothing answers, with the model and agent that it was
    /// stored with. Its files are sent again, as they may be missing.
    pub async fn resume_command(
        &self,
        session: &SessionId,
        message: &MessageId,
        files: &[PromptFile<'_>],
    ) -> Result<(), Error> {
        let Some(Stored { info, .. }) = self.stored(session, message).await? else {
            return Err(Error::NotFound);
        };
        let (model, variant) = match info.model {
            Some(StoredModel { provider, model, variant }) => (Some(ModelName { provider, model }), variant),
            None => (None, None),
        };
        let prompt = Prompt {
            files,
            model: model.as_ref(),
            variant: variant.as_deref(),
            agent: info.agent.as_deref(),
            ..Prompt::of_text(message, "")
        };
        self.prompt_async(session, &prompt).await
    }

    /// What became of a command, as far as the transcript tells.
    pub async fn command_trace(&self, session: &SessionId, message: &MessageId) -> Result<CallTrace, Error> {
        match self.stored(session, message).await? {
            // A message that opencode did not come to put anything into.
            Some(stored) if stored.parts.is_empty() => Ok(CallTrace::Nothing),
            stored => self.trace(session, message, stored, |_| true).await,
        }
    }

    /// What became of a shell command, as far as the transcript tells.
    pub async fn shell_trace(&self, session: &SessionId, message: &MessageId) -> Result<CallTrace, Error> {
        let stored = self.stored(session, message).await?;
        let has_run = |answer: &Stored| answer.parts.iter().any(|part| part.kind == "tool");
        self.trace(session, message, stored, has_run).await
    }

    async fn trace(
        &self,
        session: &SessionId,
        message: &MessageId,
        stored: Option<Stored>,
        is_beginning: impl Fn(&Stored) -> bool,
    ) -> Result<CallTrace, Error> {
        if stored.is_none() {
            return Ok(CallTrace::Nothing);
        }
        let request = self.request(Method::GET, &["session", session.as_str(), "message"]);
        let latest: Vec<Stored> =
            self.read("GET /session/…/message", request.query(&[("limit", LATEST)])).await?;
        let is_answer = |known: &Stored| known.info.parent.as_deref() == Some(message.as_str());
        let was_begun = latest.iter().any(|known| is_answer(known) && is_beginning(known));
        // So much came after it that it cannot be one that was cut off before it began.
        let is_long_ago = latest.iter().all(|known| known.info.id != message.as_str());
        Ok(if was_begun || is_long_ago { CallTrace::Begun } else { CallTrace::Stored })
    }

    async fn stored(&self, session: &SessionId, message: &MessageId) -> Result<Option<Stored>, Error> {
        let path = ["session", session.as_str(), "message", message.as_str()];
        match self.read("GET /session/…/message/…", self.request(Method::GET, &path)).await {
            Ok(stored) => Ok(Some(stored)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
