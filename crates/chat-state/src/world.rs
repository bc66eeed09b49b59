//! All that is known, and how each piece of news changes it.

mod breaks;
mod lines;
mod looks;
mod requests;
mod runs;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::{
    event::{Event, Message, MessageError, SessionInfo, Status},
    memory::Memory,
    record::ChatRecord,
    request::Request,
    view::ChatView,
};

/// Subagents of subagents, at most so deep: a loop in the data must not become one here.
const DEEPEST: usize = 32;

/// What became of a chat.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is now this.
    Changed(Box<ChatView>),
    /// It is gone.
    Removed(String),
}

/// A run that was cut off, to be continued by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation {
    /// The chat.
    pub chat: String,
    /// The id of the prompt that continues it; the same until git-manager has taken it.
    pub prompt: String,
}

/// All that is known of all chats.
#[derive(Debug, Default)]
pub struct World {
    pub(crate) memory: Memory,
    memory_changed: bool,
    surveyed: bool,
    /// When the stream broke, until opencode was asked.
    broken_at: Option<OffsetDateTime>,
    has_records: bool,
    records: BTreeMap<String, ChatRecord>,
    sessions: BTreeMap<String, SessionInfo>,
    /// Sessions that are not idle.
    statuses: BTreeMap<String, Status>,
    requests: BTreeMap<String, Request>,
    /// The agent's last message in each chat's own session.
    answers: BTreeMap<String, Message>,
    /// Errors that came in the middle of a run.
    errors: BTreeMap<String, MessageError>,
    viewers: BTreeMap<String, usize>,
    /// The chats at which somebody looks, as they said at least once.
    looked_at: BTreeSet<String>,
    /// The chats in which a run ended since somebody last said that they look.
    ended_unseen: BTreeSet<String>,
    /// How often in a row a run that was cut off is continued without being asked.
    most_continuations: u32,
    shown: BTreeMap<String, ChatView>,
    changed: BTreeSet<String>,
}

impl World {
    /// A world that knows nothing but what an earlier one remembered.
    pub fn new(memory: Memory) -> Self {
        Self { memory, ..Self::default() }
    }

    /// What must be stored, if that has changed since it was last taken.
    pub fn take_memory(&mut self, now: OffsetDateTime) -> Option<&Memory> {
        if !std::mem::take(&mut self.memory_changed) {
            return None;
        }
        self.memory.saved_at = Some(now);
        Some(&self.memory)
    }

    /// What was taken last could not be stored, and has to be taken again.
    pub fn memory_was_not_stored(&mut self) {
        self.memory_changed = true;
    }

    /// Whether both opencode and git-manager have said what there is: before that, chats are missing or
    /// shown as they were.
    pub fn is_complete(&self) -> bool {
        self.surveyed && self.has_records
    }

    // ---- news ----

    /// Takes in one of opencode's events, which happened in `directory`.
    pub fn apply(&mut self, event: Event, directory: &str, now: OffsetDateTime) {
        match event {
            Event::Session(info) => self.learn_session(info),
            Event::SessionDeleted { session } => self.forget_session(&session),
            Event::Status { session, status } => self.set_status(&session, status, now),
            Event::Error { session, error } => self.note_error(&session, error, now),
            Event::Message { session, message } => self.note_message(&session, message),
            Event::MessageRemoved { message } => self.memory.live.remove_message(&message),
            Event::Part { session, part } => {
                self.note_line(&session, &part);
                self.memory.live.update(&session, &part);
                self.memory_changed = true;
            }
            Event::Delta { part, field, delta } => {
                self.memory_changed |= self.memory.live.append(&part, &field, &delta);
            }
            Event::PartRemoved { part } => self.memory.live.remove(&part),
            Event::Asked { kind, details } => {
                // Who asks runs, whether its beginning was heard or not.
                let asker = details.get("sessionID").and_then(Value::as_str).map(str::to_owned);
                if let Some(session) = asker.filter(|session| !self.runs(session)) {
                    self.set_status(&session, Status::Busy, now);
                }
                self.note_request(kind, directory, details, now);
            }
            Event::Answered { request } => {
                if let Some(known) = self.requests.get(&request) {
                    self.touch_session(&known.session_id.clone());
                }
                self.drop_requests(|known| known.id == request);
            }
        }
    }

    /// Takes in all of git-manager's chats.
    pub fn replace_chats(&mut self, records: Vec<ChatRecord>, now: OffsetDateTime) {
        self.has_records = true;
        let gone: Vec<_> = std::mem::take(&mut self.records).into_keys().collect();
        self.changed.extend(gone);
        for record in records {
            self.put_chat(record, now);
        }
    }

    /// Takes in one of git-manager's chats.
    pub fn put_chat(&mut self, record: ChatRecord, now: OffsetDateTime) {
        let id = record.id.clone();
        let known = self.records.get(&id);
        let memory = self.memory.chats.entry(id.clone()).or_default();
        if let Some(first) = record.prompts.first() {
            memory.asked.get_or_insert_with(|| first_line(&first.text));
        }
        // Somebody has had a say: what is continued by itself counts from here.
        if record.prompts.iter().any(|prompt| memory.continuing.as_ref() != Some(&prompt.id))
            && memory.continued > 0
        {
            memory.continued = 0;
        }
        let prompts =
            |record: &ChatRecord| record.prompts.iter().map(|prompt| prompt.id.clone()).collect::<Vec<_>>();
        if known.is_some_and(|known| known.state != record.state || prompts(known) != prompts(&record)) {
            memory.active_at = Some(now);
        }
        self.records.insert(id.clone(), record);
        self.changed.insert(id);
        self.memory_changed = true;
    }

    /// git-manager has no such chat any more.
    pub fn remove_chat(&mut self, id: &str) {
        self.records.remove(id);
        self.memory.chats.remove(id);
        self.changed.insert(id.to_owned());
        self.memory_changed = true;
    }

    /// So many devices show a chat now.
    pub fn set_viewers(&mut self, chat: &str, viewers: usize) {
        if viewers == 0 {
            self.viewers.remove(chat);
            self.looked_at.remove(chat);
        } else {
            self.viewers.insert(chat.to_owned(), viewers);
        }
        self.changed.insert(chat.to_owned());
    }

    /// Somebody says that they look at a chat, for the first time or again. That reads what ended before; what
    /// ends later is read when they say so again: a phone without a network looks like one that is looked at.
    pub fn confirm_look(&mut self, chat: &str) {
        let is_first = self.looked_at.insert(chat.to_owned());
        // Marked as unread since, it stays so.
        if is_first || self.ended_unseen.contains(chat) {
            self.mark_read(chat, true);
        }
    }

    /// Marks a chat as read or unread, for all devices.
    pub fn mark_read(&mut self, chat: &str, read: bool) {
        self.ended_unseen.remove(chat);
        self.memory.chats.entry(chat.to_owned()).or_default().is_unread = !read;
        self.changed.insert(chat.to_owned());
        self.memory_changed = true;
    }

    // ---- sessions ----

    /// The chat that a session belongs to: itself, or the one that it is a subagent of.
    pub fn chat_of<'a>(&'a self, session: &'a str) -> &'a str {
        let mut id = session;
        for _ in 0..DEEPEST {
            match self.sessions.get(id).and_then(|session| session.parent.as_deref()) {
                Some(parent) => id = parent,
                None => break,
            }
        }
        id
    }

    /// Whether a session was ever heard of.
    pub fn knows_session(&self, session: &str) -> bool {
        self.sessions.contains_key(session)
    }

    /// How many sessions are known, subagents' included.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// The repository of a chat.
    pub fn repository_of(&self, chat: &str) -> Option<&str> {
        self.records.get(chat).and_then(|record| record.repo.as_deref())
    }

    /// Whether anything runs anywhere.
    pub fn is_busy(&self) -> bool {
        !self.statuses.is_empty()
    }

    /// Whether a session itself is at work.
    pub(crate) fn runs(&self, session: &str) -> bool {
        self.statuses.contains_key(session)
    }

    fn learn_session(&mut self, info: SessionInfo) {
        let id = info.id.clone();
        let known = self.sessions.get(&id);
        let same = known.is_some_and(|known| {
            let shown = |it: &SessionInfo| {
                (it.parent.clone(), it.title.clone(), it.time.archived, it.share.clone(), it.revert.clone())
            };
            shown(known) == shown(&info)
        });
        self.sessions.insert(id.clone(), info);
        if !same {
            self.touch_session(&id);
        }
    }

    fn forget_session(&mut self, session: &str) {
        self.touch_session(session);
        self.sessions.remove(session);
        self.statuses.remove(session);
        self.answers.remove(session);
        self.errors.remove(session);
        self.drop_requests(|request| request.session_id == session);
        self.memory.live.remove_session(session);
        self.memory.kept.remove_session(session);
        self.memory.directories.remove(session);
        if !self.records.contains_key(session) {
            self.memory.chats.remove(session);
        }
        self.memory_changed = true;
    }

    fn touch_session(&mut self, session: &str) {
        let chat = self.chat_of(session).to_owned();
        self.changed.insert(chat);
    }

    fn set_status(&mut self, session: &str, status: Status, now: OffsetDateTime) {
        let idle = status == Status::Idle;
        let before = if idle {
            self.memory.directories.remove(session);
            self.statuses.remove(session)
        } else {
            if let Some(info) = self.sessions.get(session) {
                self.memory.directories.insert(session.to_owned(), info.directory.clone());
            }
            self.statuses.insert(session.to_owned(), status)
        };
        self.touch_session(session);
        self.memory_changed = true;
        // A subagent's run is a part of its chat's.
        if self.chat_of(session) != session {
            return;
        }
        match (before.is_some(), idle) {
            (_, false) => self.begin_run(session, now),
            (true, true) => self.end_run_by_answer(session, now),
            (false, true) => {}
        }
    }
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().chars().take(80).collect()
}

/// A time of opencode's, in milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of any year fit")]
fn moment(milliseconds: f64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(milliseconds as i64)
}
