//! The agent, seen from the volume: is it at work in a folder, can it be stopped, does it let go.
//!
//! When nobody listens at opencode's address, nothing runs in any folder. When somebody listens and does
//! not answer, it cannot be known, and nothing is deleted.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ocweb_opencode_client::{Client, Error as ClientError, SessionId as ChatId};
use serde::Deserialize;

use crate::error::Error;

/// How long an aborted session may take to come to rest.
const REST: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);
/// More sessions than anybody has.
const ALL: usize = 100_000;

/// Whether a session is at work in `directory`.
pub async fn is_at_work(client: &Client, directory: &Path) -> Result<bool, Error> {
    Ok(!busy(client, directory).await?.is_empty())
}

/// Ends what sessions do in `directory`.
pub async fn bring_to_rest(client: &Client, directory: &Path) -> Result<(), Error> {
    let deadline = tokio::time::Instant::now() + REST;
    loop {
        let busy = busy(client, directory).await?;
        if busy.is_empty() {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            return Err(Error::Conflict("The agent does not come to rest. Try again in a moment.".into()));
        }
        for session in &busy {
            abort(client, session, directory).await?;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Ends what a session does, if it does anything.
async fn abort(client: &Client, session: &str, directory: &Path) -> Result<(), Error> {
    match client.abort(session, directory).await {
        Ok(()) | Err(ClientError::NotFound | ClientError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Ends what a chat does, its subagents included; other conversations of its folder go on.
pub async fn abort_chat(client: &Client, chat: &ChatId, directory: &Path) -> Result<(), Error> {
    abort(client, chat.as_str(), directory).await?;
    // Most have ended with it.
    for session in busy(client, directory).await? {
        if is_subagent_of(client, &session, chat).await? {
            abort(client, &session, directory).await?;
        }
    }
    Ok(())
}

async fn is_subagent_of(client: &Client, session: &str, chat: &ChatId) -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Lineage {
        #[serde(rename = "parentID")]
        parent: Option<String>,
    }
    let mut session = session.to_owned();
    loop {
        match client.session::<Lineage>(&session).await {
            Ok(Lineage { parent: Some(parent) }) if parent == chat.as_str() => return Ok(true),
            Ok(Lineage { parent: Some(parent) }) => session = parent,
            Ok(Lineage { parent: None }) | Err(ClientError::NotFound | ClientError::Refused(_)) => {
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The sessions that are at work in `directory`.
async fn busy(client: &Client, directory: &Path) -> Result<Vec<String>, Error> {
    match client.busy_sessions(directory).await {
        Err(ClientError::Refused(_)) => Ok(Vec::new()),
        busy => Ok(busy?),
    }
}

/// A conversation in a folder.
#[derive(Deserialize)]
struct Conversation {
    id: String,
    title: String,
    directory: PathBuf,
    #[serde(rename = "parentID")]
    parent: Option<String>,
}

/// The titles of the conversations in `directory` or below, but that of `chat` and those of subagents.
pub async fn conversations(
    client: &Client,
    directory: &Path,
    chat: Option<&ChatId>,
) -> Result<Vec<String>, Error> {
    let all = match client.latest_sessions::<Conversation>(ALL).await {
        Err(ClientError::Refused(_)) => Vec::new(),
        all => all?,
    };
    let other = |it: &Conversation| {
        it.parent.is_none()
            && it.directory.starts_with(directory)
            && chat.is_none_or(|chat| chat.as_str() != it.id)
    };
    Ok(all.into_iter().filter(other).map(|conversation| conversation.title).collect())
}

/// Makes opencode let go of a folder that is about to be deleted.
pub async fn let_go(client: &Client, directory: &Path) -> Result<(), Error> {
    match client.dispose(directory).await {
        Ok(()) | Err(ClientError::NotFound | ClientError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
