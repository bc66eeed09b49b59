//! `/chats/changes`: the chats as they change, for the services beside this one.
//!
//! Caddy has no route to it. Each line is made when the reader is there to take it, from what is then the
//! case: a slow reader gets fewer lines and costs nothing.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
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
use time::OffsetDateTime;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::{chats::ChatDocument, prompts::PromptDocument};
use crate::{
    Manager,
    changes::Follower,
    chats::{ForeignSession, Permissions, State as ChatState},
    git::Progress,
};

/// How often the progress of what chats wait for is told.
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
    Chats(Vec<Entry>),
    Chat(Entry),
    Removed(ChatId),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Chat(Box<ChatDocument>),
    Foreign(ForeignDocument),
}

/// A session that was begun elsewhere, told for its prompts and for what was said of it here: the fields of a chat that it has.
#[derive(Serialize)]
struct ForeignDocument {
    id: String,
    /// Always `null`.
    repo: Option<String>,
    directory: PathBuf,
    state: ChatState,
    prompts: Vec<PromptDocument>,
    /// `null` where opencode's word holds.
    archived: Option<bool>,
    permissions: Option<Permissions>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl ForeignDocument {
    fn new(manager: &Manager, session: ForeignSession) -> Self {
        let ForeignSession { id, directory, archived, permissions, created_at, updated_at } = session;
        let prompts = manager.chats.prompts().list(&id).into_iter().map(Into::into).collect();
        Self {
            id: id.into(),
            repo: None,
            directory,
            state: ChatState::Ready,
            prompts,
            archived,
            permissions,
            created_at,
            updated_at,
        }
    }
}

/// One reader's place.
struct Feed {
    manager: Manager,
    follower: Follower,
    /// Chats whose state is to be told.
    due: VecDeque<ChatId>,
    /// What was last told of what chats wait for.
    progress: HashMap<ChatId, Progress>,
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
            return Some(bytes(&self.everything()));
        }
        let silence = Instant::now() + SILENCE;
        loop {
            if let Some(chat) = self.due.pop_front() {
                return Some(bytes(&self.line_of(chat)));
            }
            tokio::select! {
                () = self.manager.stop.cancelled() => return None,
                chats = self.follower.next() => self.due.extend(chats),
                _ = self.ticks.tick() => self.look_at_progress(),
                () = sleep_until(silence) => return Some(Bytes::from_static(b"\n")),
            }
        }
    }

    /// All chats, and the sessions begun elsewhere for which prompts wait or of which it was said whether they are put
    /// away.
    fn everything(&self) -> Line {
        let Manager { chats, .. } = &self.manager;
        let own = chats
            .list()
            .into_iter()
            .map(|chat| Entry::Chat(Box::new(ChatDocument::new(&self.manager, chat))));
        let foreign = chats.list_foreign().into_iter().map(|it| ForeignDocument::new(&self.manager, it));
        let foreign = foreign
            .filter(|it| !it.prompts.is_empty() || it.archived.is_some() || it.permissions.is_some())
            .map(Entry::Foreign);
        Line::Chats(own.chain(foreign).collect())
    }

    fn line_of(&self, id: ChatId) -> Line {
        let Manager { chats, .. } = &self.manager;
        if let Ok(chat) = chats.get(&id) {
            return Line::Chat(Entry::Chat(Box::new(ChatDocument::new(&self.manager, chat))));
        }
        match chats.foreign(&id) {
            // Told also without prompts: it is not removed, only nothing waits any more.
            Some(session) => Line::Chat(Entry::Foreign(ForeignDocument::new(&self.manager, session))),
            None => Line::Removed(id),
        }
    }

    /// Makes the chats due whose creation has come further.
    fn look_at_progress(&mut self) {
        let now: HashMap<_, _> = self.manager.all_progress().into_iter().collect();
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
