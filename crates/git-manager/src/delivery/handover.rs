//! Handing one prompt over to opencode, so that it arrives exactly once.
//!
//! opencode answers a prompt before it has stored it, stores the message before its parts and these one by
//! one, and then begins to run; it can die at any point in between. Sending a prompt again completes what
//! was stored of it and doubles nothing (see the client's `Prompt`), and begins the run if none answers it.
//! So what is sent is written down first, then looked for, and sent again when it cannot be on its way any
//! more. It has arrived when opencode is at work on it.

use std::{path::PathBuf, time::Duration};

use ocweb_opencode_client::{Error as ClientError, Prompt as Message, PromptFile, SessionId as ChatId};

use super::Delivery;
use crate::{
    error::Error,
    prompts::{File, Prompt, PromptState},
};

/// How often opencode is asked whether a chat has become idle, or whether it is up.
const POLL: Duration = Duration::from_millis(250);
/// How often a prompt that was sent is looked for.
const LOOK: Duration = Duration::from_millis(50);
/// How long opencode may take from storing a prompt to working on it.
const BEGIN: Duration = Duration::from_secs(3);
/// How often a prompt is sent to an opencode that makes nothing of it.
const IGNORED_LIMIT: u32 = 2;
/// How often a prompt is sent to an opencode that dies of it, or so it seems.
const DEATHS_LIMIT: u32 = 5;

/// How a handover ended.
pub(super) enum Outcome {
    /// opencode has it.
    Arrived,
    /// It was taken back before it was sent.
    Withdrawn,
}

/// What became of a prompt that was sent.
enum Arrival {
    /// opencode works on it, or has done so.
    Begun,
    /// It is stored, and the opencode that stored it does nothing about it.
    Idle,
    /// It did not appear.
    Ignored,
    /// The opencode that it was sent to is gone, and had not begun.
    Died,
}

/// What is to be seen of a prompt at one moment.
enum Trace {
    Nothing,
    Stored,
    Begun,
}

/// A prompt with all that is needed to hand it over.
struct Errand<'a> {
    delivery: &'a Delivery,
    chat: &'a ChatId,
    prompt: &'a Prompt,
    directory: PathBuf,
}

impl Delivery {
    pub(super) async fn hand_over(
        &self,
        chat: &ChatId,
        directory: PathBuf,
        prompt: &Prompt,
    ) -> Result<Outcome, Error> {
        Errand { delivery: self, chat, prompt, directory }.run().await
    }
}

impl Errand<'_> {
    async fn run(&self) -> Result<Outcome, Error> {
        self.require_directory()?;
        let (mut ignored, mut deaths) = (0, 0);
        // What a run that was killed since has sent may be on its way, or have arrived.
        let sent_before = self.prompt.state == PromptState::Sending;
        if sent_before && matches!(self.arrival().await?, Arrival::Begun) {
            return Ok(Outcome::Arrived);
        }
        if !sent_before && self.is_there_already().await? {
            return Ok(Outcome::Arrived);
        }
        while ignored < IGNORED_LIMIT && deaths < DEATHS_LIMIT {
            let first = !sent_before && ignored + deaths == 0;
            if !self.send(first).await? {
                return Ok(Outcome::Withdrawn);
            }
            match self.arrival().await? {
                // Why it does nothing it says in the chat itself.
                Arrival::Begun | Arrival::Idle => return Ok(Outcome::Arrived),
                Arrival::Ignored => ignored += 1,
                Arrival::Died => deaths += 1,
            }
        }
        let reason = match () {
            () if deaths == DEATHS_LIMIT => "opencode ended each time that it was given this prompt.",
            () if self.prompt.files.is_empty() => {
                "opencode took the prompt and made nothing of it. Send it again."
            }
            () => "opencode took the prompt and made nothing of it. One of its files may be damaged.",
        };
        Err(Error::Undeliverable(reason.into()))
    }

    /// Sends the prompt when it is its turn. False when it was taken back before.
    async fn send(&self, first: bool) -> Result<bool, Error> {
        let Self { delivery, chat, prompt, .. } = self;
        loop {
            self.turn().await?;
            self.require_names().await?;
            if !delivery.prompts.begin(chat, prompt.id.clone()).await? {
                return Ok(false);
            }
            let files = delivery.prompts.files(chat, &prompt.id).await?;
            let files: Vec<_> = files.iter().map(prompt_file).collect();
            let (model, agent) = (prompt.model_name(), prompt.agent.as_deref());
            let message = Message {
                message: &prompt.id,
                text: &prompt.text,
                files: &files,
                model: model.as_ref(),
                agent,
            };
            match delivery.opencode.prompt_async(chat, &message).await {
                // Without an answer it is not known whether it was taken: find out instead of sending it again.
                Ok(()) | Err(ClientError::TimedOut(_)) => return Ok(true),
                Err(ClientError::Refused(_)) if first => {
                    delivery.prompts.wait_again(chat, prompt.id.clone()).await?;
                }
                Err(ClientError::Refused(_)) => {}
                Err(ClientError::NotFound) => {
                    let reason =
                        "opencode does not know the session of this chat any more. Begin a new chat.";
                    return Err(Error::Undeliverable(reason.into()));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits until opencode is up and the chat idle, or the prompt urgent.
    async fn turn(&self) -> Result<(), Error> {
        let Self { delivery, chat, prompt, directory } = self;
        loop {
            self.up().await;
            self.require_directory()?;
            let next = delivery.prompts.next(chat);
            if next.is_none_or(|next| next.id != prompt.id) {
                return Ok(());
            }
            match delivery.opencode.busy_sessions(directory).await {
                Ok(busy) if delivery.prompts.is_urgent(chat) || !busy.contains(&chat.to_string()) => {
                    return Ok(());
                }
                Err(error) if !error.is_unavailable() => return Err(error.into()),
                Ok(_) | Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// Waits until opencode is up. True when it was seen to be gone.
    async fn up(&self) -> bool {
        let mut gone = false;
        loop {
            // The health check is answered soon or not at all; any other call may hang on an opencode that starts.
            match self.delivery.opencode.healthy().await {
                Err(error) if error.is_unavailable() => gone |= matches!(error, ClientError::Refused(_)),
                Ok(false) => {}
                Ok(true) | Err(_) => return gone,
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Finds out what became of the prompt.
    async fn arrival(&self) -> Result<Arrival, Error> {
        let (mut unseen, mut idle, mut died) = (Duration::ZERO, Duration::ZERO, false);
        loop {
            match self.trace().await {
                Ok(Trace::Begun) => return Ok(Arrival::Begun),
                Ok(Trace::Stored | Trace::Nothing) if died => return Ok(Arrival::Died),
                Ok(Trace::Stored) if idle > BEGIN => return Ok(Arrival::Idle),
                Ok(Trace::Nothing) if unseen > self.delivery.settle => return Ok(Arrival::Ignored),
                Ok(Trace::Stored) => idle += LOOK,
                Ok(Trace::Nothing) => unseen += LOOK,
                Err(error) if error.is_unavailable() => {
                    died |= matches!(error, ClientError::Refused(_)) | self.up().await;
                }
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn trace(&self) -> Result<Trace, ClientError> {
        let Self { delivery: Delivery { opencode, .. }, chat, prompt, directory } = self;
        if !opencode.prompt_is_stored(chat, &prompt.id, &prompt.text, prompt.files.len()).await? {
            return Ok(Trace::Nothing);
        }
        let busy = opencode.busy_sessions(directory).await?;
        let begun = busy.contains(&chat.to_string()) || opencode.is_being_answered(chat, &prompt.id).await?;
        Ok(if begun { Trace::Begun } else { Trace::Stored })
    }

    /// Whether opencode has a prompt that, as far as we know, was never sent.
    async fn is_there_already(&self) -> Result<bool, Error> {
        let Self { delivery, chat, prompt, .. } = self;
        loop {
            self.up().await;
            let stored =
                delivery.opencode.prompt_is_stored(chat, &prompt.id, &prompt.text, prompt.files.len()).await;
            match stored {
                Err(error) if error.is_unavailable() => {}
                stored => return Ok(stored?),
            }
        }
    }

    /// opencode would run in a folder that is not there.
    fn require_directory(&self) -> Result<(), Error> {
        if self.directory.is_dir() {
            return Ok(());
        }
        let reason = "The working copy of this chat was deleted, so nothing can run in it. Begin a new chat.";
        Err(Error::Undeliverable(reason.into()))
    }

    /// opencode drops a prompt whose agent it does not know without a word, and does not run one whose
    /// model it does not know.
    async fn require_names(&self) -> Result<(), Error> {
        let opencode = &self.delivery.opencode;
        let mut unknown = None;
        if let Some(agent) = &self.prompt.agent
            && matches!(opencode.knows_agent(&self.directory, agent).await, Ok(false))
        {
            unknown = Some(format!("agent \"{agent}\""));
        }
        if let Some(model) = self.prompt.model_name()
            && matches!(opencode.knows_model(&self.directory, &model).await, Ok(false))
        {
            unknown = Some(format!("model \"{}/{}\"", model.provider, model.model));
        }
        unknown.map_or(Ok(()), |what| {
            Err(Error::Undeliverable(format!(
                "opencode has no {what}. Take the prompt back and choose another one, or set it up and send again."
            )))
        })
    }
}

fn prompt_file(file: &File) -> PromptFile<'_> {
    PromptFile { mime: &file.name().mime, filename: &file.name().filename, url: file.url() }
}
