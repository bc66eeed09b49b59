//! Holds the one connection to opencode's stream of events, and makes a new one as soon as it breaks.

use std::{path::PathBuf, sync::Arc, time::Duration};

use ocweb_chat_state::Survey;
use ocweb_opencode_client::{Client, Error};
use reqwest::Response;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{Parser, Process, survey};
use crate::{
    hub::{Hub, State},
    instance::Opencode,
    memory::Memory,
};

/// A starting opencode never answers the first connection that it accepts.
const ANSWER: Duration = Duration::from_secs(3);
/// opencode sends a heartbeat every 10 s.
const SILENCE: Duration = Duration::from_secs(25);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Follows opencode for as long as the service runs.
pub(crate) struct Upstream {
    pub(crate) client: Client,
    pub(crate) hub: Arc<Hub>,
    pub(crate) memory: Arc<Memory>,
    /// Where the supervisor says which process opencode is.
    pub(crate) run_folder: PathBuf,
    pub(crate) stop: CancellationToken,
}

impl Upstream {
    /// Ends when the service does.
    pub(crate) async fn follow(self) {
        let stop = self.stop.clone();
        stop.run_until_cancelled(self.follow_on()).await;
    }

    async fn follow_on(self) {
        let mut pause = FIRST_PAUSE;
        let mut refused = false;
        let mut said = String::new();
        loop {
            match self.connect(refused).await {
                Ok(response) => {
                    (pause, refused) = (FIRST_PAUSE, false);
                    said.clear();
                    self.read(response).await;
                    tracing::warn!("the stream of opencode's events broke");
                    self.hub.change(|state, now| state.world.note_break(now));
                    sleep(pause).await;
                }
                Err(error) => {
                    refused |= matches!(error, Error::Refused(_));
                    // Once for each reason, however long it holds.
                    if error.to_string() != said {
                        said = error.to_string();
                        tracing::warn!(%error, "opencode's events cannot be followed");
                    }
                    let down = |state: &mut State, now| {
                        state.set_instance(Opencode::Down, state.instance.disk, now);
                    };
                    self.hub.change(down);
                    sleep(pause).await;
                    // The supervisor's word that it is not there costs nobody anything, and is asked for often.
                    if !matches!(error, Error::Refused(None)) {
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                }
            }
        }
    }

    /// Opens the stream, and asks what was missed. What happens meanwhile waits in the stream.
    async fn connect(&self, refused: bool) -> Result<Response, Error> {
        let response = timeout(ANSWER, self.client.events()).await.unwrap_or_else(|_| {
            Err(Error::Unexpected { call: "GET /global/event".into(), detail: "nothing within 3 s".into() })
        })?;
        let process = Process::running(&self.run_folder);
        let known = self.memory.process();
        // Without the supervisor's word, only an opencode that nobody listened for can have been another one.
        let restarted = if process.is_some() && known.is_some() { process != known } else { refused };
        let survey = survey::ask(&self.client, &self.hub, restarted).await?;
        self.memory.set_process(process);
        self.take(survey);
        Ok(response)
    }

    fn take(&self, survey: Survey) {
        let restarted = survey.restarted;
        tracing::info!(restarted, sessions = survey.sessions.len(), "following opencode's events");
        self.hub.change(|state, now| {
            state.begin_epoch();
            if !restarted {
                state.world.note_gap();
            }
            state.world.survey(survey, now);
            state.set_instance(Opencode::Up, state.instance.disk, now);
        });
    }

    /// Reads until the stream ends, breaks or falls silent.
    async fn read(&self, mut response: Response) {
        let mut parser = Parser::default();
        let mut silent_at = Instant::now() + SILENCE;
        loop {
            let due = self.hub.deadline().map(Instant::from_std);
            tokio::select! {
                chunk = response.chunk() => match chunk {
                    Ok(Some(bytes)) => {
                        silent_at = Instant::now() + SILENCE;
                        self.hub.take_bytes(&mut parser, &bytes);
                    }
                    Ok(None) | Err(_) => return,
                },
                () = sleep_until(due.unwrap_or(silent_at)), if due.is_some() => self.hub.send_due(),
                () = sleep_until(silent_at) => return,
            }
        }
    }
}
