//! Handing one prompt over to opencode, so that it arrives exactly once.
//!
//! opencode answers a prompt before it has stored it, stores the message before its parts and these one by
//! one, and then begins to run; it can die at any point in between. Sending a prompt again completes what
//! was stored of it and doubles nothing (see the client's `Prompt`), and begins the run if none answers it.
//! So what is sent is written down first, then looked for, and sent again when it cannot be on its way any
//! more. It has arrived when opencode is at work on it.
//!
//! Commands and shell commands are not safe to repeat: each call runs. They are repeated only where their
//! traces prove that they did not run, and else left for a person to decide.

mod call;
mod manner;
mod mentions;
mod names;

use std::{path::PathBuf, time::Duration};

use ocweb_opencode_client::{
    CallTrace, CommandInfo, Error as ClientError, Prompt as Message, PromptFile, SessionId as ChatId,
};

use self::{
    call::{Call, Progress},
    mentions::Mention,
};
use super::Delivery;
use crate::{
    error::Error,
    prompts::{File, Prompt, PromptKind, PromptState},
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
    Died(Trace),
    /// It was certainly not taken.
    NotTaken,
    /// opencode does not want it.
    Refused(ClientError),
}

/// What is to be seen of a prompt at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trace {
    Nothing,
    Stored,
    Begun,
}

/// Who sent a prompt that has not begun.
#[derive(Clone, Copy)]
enum Sender {
    /// This errand: what opencode did since was seen.
    Us,
    /// A run of ours that was ended since.
    Earlier,
}

/// A prompt with all that is needed to hand it over.
struct Errand<'a> {
    delivery: &'a Delivery,
    chat: &'a ChatId,
    prompt: &'a Prompt,
    directory: PathBuf,
    /// Of a command or shell command that this errand sent.
    call: Option<Call>,
}

impl Delivery {
    pub(super) async fn hand_over(
        &self,
        chat: &ChatId,
        directory: PathBuf,
        prompt: &Prompt,
    ) -> Result<Outcome, Error> {
        Errand { delivery: self, chat, prompt, directory, call: None }.run().await
    }
}

impl Errand<'_> {
    async fn run(mut self) -> Result<Outcome, Error> {
        self.require_directory()?;
        let (mut ignored, mut deaths) = (0, 0);
        // What a run that was killed since has sent may be on its way, or have arrived.
        let sent_before = self.prompt.state == PromptState::Sending;
        if sent_before {
            match self.arrival().await? {
                Arrival::Begun => return Ok(Outcome::Arrived),
                left => self.require_repeatable(&left, Sender::Earlier).await?,
            }
        } else if self.is_there_already().await? {
            return Ok(Outcome::Arrived);
        }
        while ignored < IGNORED_LIMIT && deaths < DEATHS_LIMIT {
            let first = !sent_before && ignored + deaths == 0;
            if !self.send(first).await? {
                return Ok(Outcome::Withdrawn);
            }
            let arrival = self.arrival().await?;
            match &arrival {
                // Why it does nothing it says in the chat itself.
                Arrival::Begun | Arrival::Idle => return Ok(Outcome::Arrived),
                Arrival::NotTaken => {
                    self.note_not_taken(first).await?;
                    // Whatever was in the way may need a moment.
                    tokio::time::sleep(POLL).await;
                }
                Arrival::Refused(error) => return Err(refused(error)),
                Arrival::Ignored => {
                    self.require_repeatable(&arrival, Sender::Us).await?;
                    ignored += 1;
                }
                Arrival::Died(_) => {
                    self.require_repeatable(&arrival, Sender::Us).await?;
                    deaths += 1;
                }
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

    /// Whether it can be sent again without doing twice what can be done only once.
    async fn require_repeatable(&self, left: &Arrival, sender: Sender) -> Result<(), Error> {
        let is_stored = matches!(left, Arrival::Idle | Arrival::Died(Trace::Stored));
        let may_have_acted = match &self.prompt.kind {
            // Its parts have ids of ours; and what is stored of a command is only begun.
            PromptKind::Prompt => false,
            PromptKind::Command { .. } if is_stored => false,
            PromptKind::Command { name } => {
                let command = loop {
                    self.up().await;
                    match self.delivery.opencode.command_info(&self.directory, name).await {
                        Err(error) if error.is_unavailable() => {}
                        command => break command?,
                    }
                };
                command.is_some_and(|command| command.acts_before_it_is_stored(&self.prompt.text))
            }
            // It is stored before it is started; and an opencode that we saw end keeps nothing for later.
            PromptKind::Shell => match (left, sender) {
                (Arrival::Died(_), Sender::Us) => false,
                _ => !is_stored,
            },
        };
        if may_have_acted { Err(Error::MayHaveRun) } else { Ok(()) }
    }

    /// Sends the prompt when it is its turn. False when it was taken back before.
    async fn send(&mut self, first: bool) -> Result<bool, Error> {
        loop {
            self.turn().await?;
            let (delivery, chat) = (self.delivery, self.chat);
            let prompt = match manner::complete(delivery, chat, self.prompt).await {
                Err(error) if error.is_unavailable() => continue,
                prompt => prompt?,
            };
            names::require(&delivery.opencode, &self.directory, &prompt).await?;
            match self.permit(&prompt).await {
                Err(error) if error.is_unavailable() => {
                    tokio::time::sleep(POLL).await;
                    continue;
                }
                Err(error @ ClientError::NotFound) => return Err(refused(&error)),
                permitted => permitted?,
            }
            if !delivery.prompts.begin(chat, prompt.id.clone()).await? {
                return Ok(false);
            }
            let files = delivery.prompts.files(chat, &prompt.id).await?;
            match self.put(prompt, files).await {
                // Without an answer it is not known whether it was taken: find out instead of sending it again.
                Ok(()) | Err(ClientError::TimedOut(_)) => return Ok(true),
                Err(ClientError::Refused(_)) => self.note_not_taken(first).await?,
                Err(error @ ClientError::NotFound) => return Err(refused(&error)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sees to it that the agent may do what was chosen, and no more. A shell line is its person's own word.
    async fn permit(&self, prompt: &Prompt) -> Result<(), ClientError> {
        let Self { delivery, chat, directory, .. } = self;
        let command = match &prompt.kind {
            PromptKind::Shell => return Ok(()),
            PromptKind::Command { name } => delivery.opencode.command_info(directory, name).await?,
            PromptKind::Prompt => None,
        };
        let agent = command.as_ref().and_then(CommandInfo::agent).or(prompt.agent.as_deref());
        delivery.chats.ensure_permissions(chat, directory, agent).await
    }

    /// Gives opencode the prompt.
    async fn put(&mut self, prompt: Prompt, files: Vec<File>) -> Result<(), ClientError> {
        let Self { delivery, chat, directory, .. } = self;
        let opencode = &delivery.opencode;
        let parts: Vec<_> = files.iter().map(prompt_file).collect();
        match &prompt.kind {
            PromptKind::Prompt => {
                let mentions = prompt.mentions.iter().filter_map(|name| Mention::find(directory, name));
                let mentions: Vec<_> = mentions.collect();
                let mentions: Vec<_> = mentions.iter().map(Mention::as_file).collect();
                let model = prompt.model_name();
                let aside = delivery.chats.setups().words_for_the_agent(chat, &prompt.id);
                let message = Message {
                    aside: aside.as_deref(),
                    files: &parts,
                    agents: &prompt.agents,
                    mentions: &mentions,
                    model: model.as_ref(),
                    variant: prompt.variant.as_deref(),
                    agent: prompt.agent.as_deref(),
                    ..Message::of_text(&prompt.id, &prompt.text)
                };
                opencode.prompt_async(chat, &message).await
            }
            PromptKind::Command { name } => {
                if opencode.command_trace(chat, &prompt.id).await.map_err(not_sent)? != CallTrace::Nothing {
                    return opencode.resume_command(chat, &prompt.id, &parts).await;
                }
                let (opencode, chat) = (opencode.clone(), (*chat).clone());
                let name = name.clone();
                self.call = Some(Call::command(opencode, chat, prompt, name, files));
                Ok(())
            }
            PromptKind::Shell => {
                let mut agent = prompt.agent.clone();
                if agent.is_none() {
                    agent = opencode.default_agent(directory).await.map_err(not_sent)?;
                }
                let agent = agent.unwrap_or_else(|| "build".into());
                self.call = Some(Call::shell(opencode.clone(), (*chat).clone(), prompt, agent));
                Ok(())
            }
        }
    }

    /// Lets it be taken back again, where nothing of an earlier attempt can have arrived.
    async fn note_not_taken(&self, first: bool) -> Result<(), Error> {
        if first {
            self.delivery.prompts.wait_again(self.chat, self.prompt.id.clone()).await?;
        }
        Ok(())
    }

    /// Waits until opencode is up and the chat idle, or the prompt urgent.
    async fn turn(&self) -> Result<(), Error> {
        let Self { delivery, chat, prompt, directory, .. } = self;
        loop {
            self.up().await;
            self.require_directory()?;
            let next = delivery.prompts.next(chat);
            if next.is_none_or(|next| next.id != prompt.id) {
                return Ok(());
            }
            match delivery.opencode.busy_sessions(directory).await {
                Ok(busy) if !busy.contains(&chat.to_string()) => return Ok(()),
                // opencode takes a shell command only when it is idle.
                Ok(_) if prompt.kind != PromptKind::Shell && delivery.prompts.is_urgent(chat) => {
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
    async fn arrival(&mut self) -> Result<Arrival, Error> {
        let (mut unseen, mut idle, mut died) = (Duration::ZERO, Duration::ZERO, false);
        let mut progress = Progress::Over;
        loop {
            // Asked before the trace: a call that is over has left its trace.
            if let Some(call) = &mut self.call {
                progress = call.progress().await;
                if !matches!(progress, Progress::Open) {
                    self.call = None;
                }
            }
            match (self.trace().await, progress) {
                (Ok(Trace::Begun), _) => return Ok(Arrival::Begun),
                (Ok(trace), _) if died => return Ok(Arrival::Died(trace)),
                (Ok(Trace::Nothing), Progress::NotTaken) => return Ok(Arrival::NotTaken),
                (Ok(Trace::Nothing), Progress::Refused(error)) => return Ok(Arrival::Refused(error)),
                // It may take its time, and nothing is missing before it is over.
                (Ok(_), Progress::Open) => progress = Progress::Open,
                (Ok(Trace::Stored), _) if idle > BEGIN => return Ok(Arrival::Idle),
                (Ok(Trace::Nothing), _) if unseen > self.delivery.settle => return Ok(Arrival::Ignored),
                (Ok(trace), over) => {
                    progress = over;
                    *(if trace == Trace::Stored { &mut idle } else { &mut unseen }) += LOOK;
                }
                (Err(error), seen) if error.is_unavailable() => {
                    progress = seen;
                    died |= matches!(error, ClientError::Refused(_)) | self.up().await;
                }
                (Err(error), _) => return Err(error.into()),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn trace(&self) -> Result<Trace, ClientError> {
        let Self { delivery: Delivery { opencode, .. }, chat, prompt, directory, .. } = self;
        let is_stored = match &prompt.kind {
            PromptKind::Prompt => opencode.prompt_is_stored(chat, &prompt.id, prompt.part_count()).await?,
            PromptKind::Command { .. } => match opencode.command_trace(chat, &prompt.id).await? {
                CallTrace::Begun => return Ok(Trace::Begun),
                trace => trace == CallTrace::Stored,
            },
            PromptKind::Shell => {
                return Ok(match opencode.shell_trace(chat, &prompt.id).await? {
                    CallTrace::Nothing => Trace::Nothing,
                    CallTrace::Stored => Trace::Stored,
                    CallTrace::Begun => Trace::Begun,
                });
            }
        };
        if !is_stored {
            return Ok(Trace::Nothing);
        }
        let busy = opencode.busy_sessions(directory).await?;
        let begun = busy.contains(&chat.to_string()) || opencode.is_being_answered(chat, &prompt.id).await?;
        Ok(if begun { Trace::Begun } else { Trace::Stored })
    }

    /// Whether opencode has a prompt that, as far as we know, was never sent.
    async fn is_there_already(&self) -> Result<bool, Error> {
        loop {
            self.up().await;
            match self.trace().await {
                Err(error) if error.is_unavailable() => {}
                trace => return Ok(trace? != Trace::Nothing),
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
}

/// What a question that goes before a prompt says about the prompt when it is not answered.
fn not_sent(error: ClientError) -> ClientError {
    if error.is_unavailable() { ClientError::Refused(None) } else { error }
}

/// What opencode said, as a reason that leads on.
fn refused(error: &ClientError) -> Error {
    Error::Undeliverable(match error {
        ClientError::NotFound => {
            "opencode does not know the session of this chat any more. Begin a new chat.".into()
        }
        error => format!("opencode did not run it: {error}. Take it back, or send it again."),
    })
}

fn prompt_file(file: &File) -> PromptFile<'_> {
    PromptFile { mime: &file.name().mime, filename: &file.name().filename, url: file.url() }
}
