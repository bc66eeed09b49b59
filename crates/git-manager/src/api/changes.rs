//! `/chats/changes`: the chats as they change, for the services beside this one.
//!
//! Caddy has no route to it. Each line is made when the reader is there to take it, from what is then the
//! case: a slow reader gets fewer lines and costs nothing.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use ocweb_opencode_client::SessionId as ChatId;
use serde::Serialize;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::chats::{ChatDocument, ChatList};
use crate::{Manager, changes::Follower, git::CloneProgress};

/// How often the progress of clones is told.
const PROGRESS: Duration = Duration::from_millis(500);
/// After how long without a line an empty one is sent.
const SILENCE: Duration = Duration::from_secs(5);

pub(super) fn router() -> Router<Manager> {
    Router::new().route("/chats/changes", get(changes))
}

async fn changes(State(manager): State<Manager>) -> Response {
    let feed = Feed::new(manager);
    let lines = futures_util::stream::unfold(feed, async |mut feed| {
        let line = feed.line().await?;
        Some((Ok::<_, std::convert::Infallible>(line), feed))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Chat(Box<ChatDocument>),
    Removed(ChatId),
}

/// One reader's place.
struct Feed {
    manager: Manager,
    follower: Follower,
    /// Chats whose state is to be told.
    due: VecDeque<ChatId>,
    /// What was last told of the clones that chats wait for.
    progress: HashMap<ChatId, CloneProgress>,
    ticks: Interval,
    begun: bool,
}

impl Feed {
    fn new(manager: Manager) -> Self {
        let follower = manager.changes.follow();
        let mut ticks = interval(PROGRESS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { manager, follower, due: VecDeque::new(), progress: HashMap::new(), ticks, begun: false }
    }

    /// The next line, as soon as there is one; nothing when the service stops.
    async fn line(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.begun, true) {
            return Some(bytes(&ChatList::new(&self.manager)));
        }
        let silence = Instant::now() + SILENCE;
        loop {
            if let Some(chat) = self.due.pop_front() {
                let line = match self.manager.chats.get(&chat) {
                    Ok(chat) => Line::Chat(Box::new(ChatDocument::new(&self.manager, chat))),
                    Err(_) => Line::Removed(chat),
                };
                return Some(bytes(&line));
            }
            tokio::select! {
                () = self.manager.stop.cancelled() => return None,
                chats = self.follower.next() => self.due.extend(chats),
                _ = self.ticks.tick() => self.look_at_clones(),
                () = sleep_until(silence) => return Some(Bytes::from_static(b"\n")),
            }
        }
    }

    /// Makes the chats due whose clone has come further.
    fn look_at_clones(&mut self) {
        let now: HashMap<_, _> = self.manager.clone_progress().into_iter().collect();
        self.due.extend(
            now.iter()
                .filter(|(chat, now)| self.progress.get(chat) != Some(now))
                .map(|(chat, _)| chat.clone()),
        );
        self.progress = now;
    }
}

/// A document as a line of its own.
fn bytes(document: &impl Serialize) -> Bytes {
    // Our documents are plain data, which always can be written as JSON.
    let mut line = serde_json::to_vec(document).unwrap_or_default();
    line.push(b'\n');
    line.into()
}
