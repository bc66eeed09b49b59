//! What opencode is asked after its stream was broken: what it says now, in place of what was missed.

use futures_util::{StreamExt, TryStreamExt, stream};
use ocweb_chat_state::{LastMessage, RequestKind, SessionInfo, Survey};
use ocweb_opencode_client::{Client, Error, is_aside};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::{files, hub::Hub};

/// So many sessions are known from the start.
const SESSIONS: usize = 500;
/// So many questions are asked at once: opencode answers them on one processor.
const AT_ONCE: usize = 4;
/// A last message is not larger, in bytes.
const LARGEST: usize = 16 << 20;

#[derive(Deserialize)]
struct Stored {
    info: LastMessage,
    #[serde(default)]
    parts: Vec<Value>,
}

/// Asks what has to be known.
pub(super) async fn ask(client: &Client, hub: &Hub, restarted: bool) -> Result<Survey, Error> {
    let sessions: Vec<Value> = client.latest_sessions(SESSIONS).await?;
    // One that cannot be understood must not hide the others.
    let sessions: Vec<SessionInfo> = sessions
        .into_iter()
        .filter_map(|session| serde_json::from_value::<SessionInfo>(session).ok())
        .filter(|session| !is_aside(&session.directory))
        .collect();
    let now = OffsetDateTime::now_utc();
    let (directories, candidates) = {
        let state = hub.look();
        let directories = state.world.directories_to_ask(&sessions, restarted, now);
        (directories, state.world.candidates(&sessions, now))
    };
    let mut survey = Survey { restarted, sessions, ..Survey::default() };
    for directory in directories {
        match ask_directory(client, &directory, &mut survey).await {
            Ok(()) => survey.directories.push(directory),
            // One that hangs must not keep the others from being known.
            Err(Error::TimedOut(_)) if client.healthy().await.unwrap_or(false) => {
                tracing::warn!(directory, "opencode does not say how this is in time");
            }
            Err(error) => skip(error, &directory)?,
        }
    }
    let last_messages = stream::iter(candidates).map(async |chat| {
        let last = last_message(client, &chat).await.or_else(|error| skip(error, &chat).map(|()| None))?;
        Ok::<_, Error>(last.map(|last| (chat, last)))
    });
    let last_messages: Vec<_> = last_messages.buffered(AT_ONCE).try_collect().await?;
    for (chat, Stored { info, mut parts }) in last_messages.into_iter().flatten() {
        parts.iter_mut().for_each(files::address);
        survey.last_messages.insert(chat.clone(), info);
        survey.last_parts.insert(chat, parts);
    }
    Ok(survey)
}

/// One thing that cannot be had must not keep the rest from being known; an opencode that is gone does.
fn skip(error: Error, what: &str) -> Result<(), Error> {
    if error.is_unavailable() {
        return Err(error);
    }
    tracing::warn!(%error, what, "opencode does not say how this is");
    Ok(())
}

async fn ask_directory(client: &Client, directory: &str, survey: &mut Survey) -> Result<(), Error> {
    survey.statuses.extend(client.statuses(directory).await?);
    let with = |kind, requests: Vec<Value>| {
        let directory = directory.to_owned();
        requests.into_iter().map(move |details| (kind, directory.clone(), details))
    };
    survey.requests.extend(with(RequestKind::Permission, client.permissions(directory).await?));
    survey.requests.extend(with(RequestKind::Question, client.questions(directory).await?));
    Ok(())
}

async fn last_message(client: &Client, chat: &str) -> Result<Option<Stored>, Error> {
    let page = match client.messages(chat, 1, None, LARGEST).await {
        Ok(page) => page,
        Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    let stored: Option<Vec<Stored>> = page.and_then(|page| serde_json::from_slice(&page.json).ok());
    Ok(stored.and_then(|mut stored| stored.pop()))
}
