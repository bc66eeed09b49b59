//! A call that opencode answers when the run is over: of a command or a shell command.
//!
//! It goes on beside whoever looks for its traces. Whether anybody waits for the answer changes nothing in opencode,
//! so an answer that does not come is no failure.

use ocweb_opencode_client::{Client, Command, Error as ClientError, SessionId as ChatId, ShellCommand};
use tokio::task::JoinHandle;

use super::prompt_file;
use crate::prompts::{File, Prompt};

/// A call on its way.
pub(super) struct Call(JoinHandle<Result<(), ClientError>>);

/// What is known of a call.
pub(super) enum Progress {
    /// It is under way.
    Open,
    /// It was answered, or the connection broke: only the transcript can tell.
    Over,
    /// It was certainly not taken: nobody listened, or the session was at work.
    NotTaken,
    /// opencode says why it did not do it, or not to its end.
    Refused(ClientError),
}

impl Call {
    pub(super) fn command(
        opencode: Client,
        chat: ChatId,
        prompt: Prompt,
        name: String,
        files: Vec<File>,
    ) -> Self {
        Self(tokio::spawn(async move {
            let files: Vec<_> = files.iter().map(prompt_file).collect();
            let command = Command {
                message: &prompt.id,
                name: &name,
                arguments: &prompt.text,
                files: &files,
                model: prompt.model.as_deref(),
                variant: prompt.variant.as_deref(),
                agent: prompt.agent.as_deref(),
            };
            opencode.run_command(&chat, &command).await
        }))
    }

    pub(super) fn shell(opencode: Client, chat: ChatId, prompt: Prompt, agent: String) -> Self {
        Self(tokio::spawn(async move {
            let model = prompt.model_name();
            let command = ShellCommand {
                message: &prompt.id,
                command: &prompt.text,
                agent: &agent,
                model: model.as_ref(),
            };
            opencode.run_shell(&chat, &command).await
        }))
    }

    pub(super) async fn progress(&mut self) -> Progress {
        if !self.0.is_finished() {
            return Progress::Open;
        }
        match (&mut self.0).await {
            Ok(Err(ClientError::Refused(_) | ClientError::Busy)) => Progress::NotTaken,
            Ok(Err(error)) if !error.is_unavailable() => Progress::Refused(error),
            Ok(_) | Err(_) => Progress::Over,
        }
    }
}
