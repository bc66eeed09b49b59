//! git-manager's word on chats and their prompts: followed as it comes, and asked to continue a run.

use std::{path::Path, sync::Arc, time::Duration};

use ocweb_chat_state::{ChatRecord, Continuation};
use reqwest::Response;
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use tokio::time::{sleep, timeout};

use crate::hub::Hub;

/// It sends an empty line every 5 s.
const SILENCE: Duration = Duration::from_secs(12);
const PAUSE: Duration = Duration::from_millis(500);
const ANSWER: Duration = Duration::from_secs(10);

/// What a run that was cut off is told.
const CONTINUE: &str = "Go on where you were cut off. (opencode was restarted in the middle of your work.)";

/// A line of the feed.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line<'a> {
    #[serde(borrow)]
    Chats(Vec<&'a RawValue>),
    #[serde(borrow)]
    Chat(&'a RawValue),
    Removed(String),
}

/// A call that git-manager did not do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// It could not be reached.
    #[error("git-manager does not answer: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// It refused.
    #[error("git-manager answered {0}")]
    Refused(reqwest::StatusCode),
}

impl CallError {
    /// Whether trying again changes nothing.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Refused(status) if status.is_client_error())
    }
}

/// git-manager on its socket.
#[derive(Clone)]
pub(crate) struct GitManager(reqwest::Client);

impl GitManager {
    pub(crate) fn new(socket: &Path) -> Result<Self, reqwest::Error> {
        Ok(Self(ocweb_service::local_client_builder().unix_socket(socket).build()?))
    }

    /// Takes in all that it says, for ever.
    pub(crate) async fn follow(self, hub: Arc<Hub>) {
        loop {
            match timeout(ANSWER, self.0.get("http://git-manager/chats/changes").send()).await {
                Ok(Ok(response)) if response.status().is_success() => {
                    read(response, &hub).await;
                    tracing::warn!("the feed of git-manager's chats broke");
                }
                // The supervisor says why it is not there.
                _ => {}
            }
            sleep(PAUSE).await;
        }
    }

    /// Hands the prompt over that continues a run. Safe to repeat.
    pub(crate) async fn send(&self, continuation: &Continuation) -> Result<(), CallError> {
        let address = format!("http://git-manager/admin/chats/{}/prompts", continuation.chat);
        let body = json!({"id": continuation.prompt, "text": CONTINUE});
        let answer = self.0.post(address).timeout(ANSWER).json(&body).send().await?;
        if answer.status().is_success() { Ok(()) } else { Err(CallError::Refused(answer.status())) }
    }
}

/// Reads until the feed ends, breaks or falls silent.
async fn read(mut response: Response, hub: &Hub) {
    let mut waiting = Vec::new();
    while let Ok(Ok(Some(bytes))) = timeout(SILENCE, response.chunk()).await {
        waiting.extend_from_slice(&bytes);
        while let Some(end) = waiting.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = waiting.drain(..=end).collect();
            if !line.trim_ascii().is_empty() {
                take(&line, hub);
            }
        }
    }
}

fn take(line: &[u8], hub: &Hub) {
    match serde_json::from_slice(line) {
        Ok(Line::Chats(records)) => {
            let records = records.into_iter().filter_map(record).collect();
            hub.change(|state, now| state.world.replace_chats(records, now));
        }
        Ok(Line::Chat(text)) => {
            if let Some(record) = record(text) {
                hub.change(|state, now| state.world.put_chat(record, now));
            }
        }
        Ok(Line::Removed(chat)) => hub.change(|state, _| state.world.remove_chat(&chat)),
        Err(error) => tracing::error!(%error, "a line of git-manager's feed cannot be read"),
    }
}

/// One chat that cannot be read must not hide the others.
fn record(text: &RawValue) -> Option<ChatRecord> {
    serde_json::from_str(text.get())
        .inspect_err(|error| tracing::error!(%error, "a chat of git-manager's cannot be read"))
        .ok()
}
