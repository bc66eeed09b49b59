//! All that is known, and how each piece of news changes it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::{
    event::{Event, Message, MessageError, SessionInfo, Status},
    memory::{ChatMemory, Memory, Timestamp},
    record::{ChatRecord, Creation, PromptState},
    request::{Request, RequestKind, StaleRequest},
    run::{Outcome, Run},
    state::{Activity, Facts, Making, Prompts, State, decide},
    survey::Survey,
    view::{ChatError, ChatView, Preparation, Retry},
};

/// Subagents of subagents, at most so deep: a loop in the data must not become one here.
const DEEPEST: usize = 32;
/// What changed so shortly before the last thing we knew may have gone on after it.
const MARGIN: Duration = Duration::seconds(60);
/// At the very first start: how far back answers that were cut off are looked for.
const FIRST_LOOK: Duration = Duration::hours(24);
/// The most sessions whose last message is looked at after a break.
const MOST_CANDIDATES: usize = 50;

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
                self.memory.live.update(&session, &part);
                self.memory_changed = true;
            }
            Event::Delta { part, field, delta } => {
                self.memory_changed |= self.memory.live.append(&part, &field, &delta);
            }
            Event::PartRemoved { part } => self.memory.live.remove(&part),
            Event::Asked { kind, details } => self.note_request(kind, directory, details, now),
            Event::Answered { request } => {
                if let Some(request) = self.requests.remove(&request) {
                    self.touch_session(&request.session_id);
                }
            }
        }
    }

    /// Takes in all of git-manager's chats.
    pub fn replace_chats(&mut self, records: Vec<ChatRecord>, now: OffsetDateTime) {
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

    /// So many devices show a chat now. Who looks at a chat has read it.
    pub fn set_viewers(&mut self, chat: &str, viewers: usize, now: OffsetDateTime) {
        if viewers == 0 {
            self.viewers.remove(chat);
        } else {
            self.viewers.insert(chat.to_owned(), viewers);
            self.mark_read(chat, true, now);
        }
        self.changed.insert(chat.to_owned());
    }

    /// Marks a chat as read or unread, for all devices.
    pub fn mark_read(&mut self, chat: &str, read: bool, now: OffsetDateTime) {
        let memory = self.memory.chats.entry(chat.to_owned()).or_default();
        memory.read_at = read.then_some(now);
        self.changed.insert(chat.to_owned());
        self.memory_changed = true;
    }

    // ---- a break in the stream ----

    /// Events were missed: what streams has a hole until its end sets it right.
    pub fn note_gap(&mut self) {
        self.memory.live.mark_gaps();
        self.memory_changed = true;
    }

    /// The directories whose statuses and requests have to be asked for after a break, if opencode was
    /// not restarted: those where something ran or may have begun since.
    pub fn directories_to_ask(&self, sessions: &[SessionInfo], now: OffsetDateTime) -> Vec<String> {
        let running = self.statuses.keys().filter_map(|id| self.sessions.get(id));
        let recent = sessions.iter().filter(|session| self.is_recent(session, now));
        let named = running.chain(recent).map(|session| session.directory.clone());
        named.chain(self.memory.directories.values().cloned()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The chats whose last message tells how their last run ended.
    pub fn candidates(&self, sessions: &[SessionInfo], now: OffsetDateTime) -> Vec<String> {
        let open = self.memory.chats.iter().filter(|(_, chat)| chat.run.as_ref().is_some_and(Run::is_open));
        let mut candidates: BTreeSet<_> = open.map(|(id, _)| id.clone()).collect();
        let roots = sessions.iter().filter(|session| session.parent.is_none());
        let recent = roots.filter(|session| self.is_recent(session, now));
        candidates.extend(recent.take(MOST_CANDIDATES).map(|session| session.id.clone()));
        candidates.into_iter().collect()
    }

    /// Whether a session changed after the last that we know of it.
    fn is_recent(&self, session: &SessionInfo, now: OffsetDateTime) -> bool {
        let since = self.memory.saved_at.map_or(now - FIRST_LOOK, |saved| saved - MARGIN);
        moment(session.time.updated) > since
    }

    /// Takes in what opencode said after a break.
    pub fn survey(&mut self, survey: Survey, now: OffsetDateTime) {
        let first_ever = self.memory.saved_at.is_none();
        let asked: BTreeSet<_> = survey.directories.iter().cloned().collect();
        for session in survey.sessions {
            self.learn_session(session);
        }
        if survey.restarted {
            self.void_requests(now);
        } else {
            self.requests.retain(|_, request| !asked.contains(&request.directory));
        }
        let affected = self.sessions.values().filter(|session| asked.contains(&session.directory));
        let affected: BTreeSet<_> = affected.map(|session| session.id.clone()).collect();
        let before = std::mem::take(&mut self.statuses);
        for (id, status) in before {
            if !survey.restarted && !affected.contains(&id) {
                self.statuses.insert(id, status);
            }
        }
        for (session, status) in survey.statuses {
            self.set_status(&session, status, now);
        }
        for (kind, directory, details) in survey.requests {
            self.note_request(kind, &directory, details, now);
        }
        for (chat, last) in survey.last_messages {
            self.judge(&chat, last, survey.restarted, now);
            if first_ever {
                self.mark_read(&chat, true, now);
            }
        }
        // Whose last message could not be had has no run any more either.
        let open: Vec<_> = self.open_runs();
        for chat in open {
            if !self.runs(&chat) {
                self.end_run(&chat, Outcome::Interrupted, now);
            }
        }
        self.changed.extend(self.records.keys().cloned());
        self.changed.extend(self.shown.keys().cloned());
        self.memory_changed = true;
    }

    fn open_runs(&self) -> Vec<String> {
        let chats = self.memory.chats.iter();
        chats
            .filter(|(_, chat)| chat.run.as_ref().is_some_and(Run::is_open))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Decides how the last run of a chat ended, from its last message.
    fn judge(&mut self, chat: &str, last: Message, restarted: bool, now: OffsetDateTime) {
        if self.runs(chat) {
            return;
        }
        let run = self.memory.chats.get(chat).and_then(|memory| memory.run.as_ref());
        let is_open = run.is_some_and(Run::is_open);
        let known = run.is_some_and(|run| run.message_id.as_ref() == Some(&last.id));
        if last.role.is_user() {
            // A prompt without a beginning of an answer. Where opencode lives on, it may be about to begin.
            if is_open || (restarted && moment(last.time.created) > now - FIRST_LOOK) {
                self.ensure_run(chat, now);
                self.end_run(chat, Outcome::Interrupted, now);
            }
            return;
        }
        if known && !is_open {
            return;
        }
        let (begun, ended) = (moment(last.time.created), last.time.completed.map(moment));
        let unfinished = ended.is_none() && last.error.is_none();
        let id = last.id.clone();
        self.answers.insert(chat.to_owned(), last);
        let run = self.ensure_run(chat, begun);
        run.message_id = Some(id);
        if unfinished {
            self.end_run(chat, Outcome::Interrupted, now);
        } else {
            self.end_run_by_answer(chat, ended.unwrap_or(now));
        }
    }

    /// What waited for an answer waits in vain.
    fn void_requests(&mut self, now: OffsetDateTime) {
        for request in std::mem::take(&mut self.requests).into_values() {
            let Request { id, kind, summary, session_id, .. } = request;
            let chat = self.chat_of(&session_id).to_owned();
            let memory = self.memory.chats.entry(chat.clone()).or_default();
            memory.stale.push(StaleRequest { id, kind, summary, at: now });
            self.changed.insert(chat);
        }
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

    /// The repository of a chat.
    pub fn repository_of(&self, chat: &str) -> Option<&str> {
        self.records.get(chat).map(|record| record.repo.as_str())
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
            (&known.parent, &known.title, known.time.archived)
                == (&info.parent, &info.title, info.time.archived)
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
        self.requests.retain(|_, request| request.session_id != session);
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

    fn begin_run(&mut self, chat: &str, now: OffsetDateTime) {
        let memory = self.memory.chats.entry(chat.to_owned()).or_default();
        if memory.run.as_ref().is_some_and(Run::is_open) {
            return;
        }
        memory.run = Some(Run::begin(now));
        memory.continuing = None;
        memory.stale.clear();
        memory.active_at = Some(now);
        self.errors.remove(chat);
        self.answers.remove(chat);
    }

    fn ensure_run(&mut self, chat: &str, begun: OffsetDateTime) -> &mut Run {
        let memory = self.memory.chats.entry(chat.to_owned()).or_default();
        let open = memory.run.take().filter(Run::is_open);
        memory.run.insert(open.unwrap_or_else(|| Run::begin(begun)))
    }

    /// Ends the run of a chat as the agent's last message says.
    fn end_run_by_answer(&mut self, chat: &str, now: OffsetDateTime) {
        let error = self.answers.get(chat).and_then(|answer| answer.error.clone());
        let error = error.or_else(|| self.errors.remove(chat));
        let outcome = match &error {
            None => Outcome::Completed,
            Some(error) if error.is_abort() => Outcome::Stopped,
            Some(_) => Outcome::Failed,
        };
        self.end_run(chat, outcome, now);
        if let Some(run) = self.memory.chats.get_mut(chat).and_then(|memory| memory.run.as_mut()) {
            run.error = error.filter(|_| outcome == Outcome::Failed).map(|error| error.words());
        }
    }

    fn end_run(&mut self, chat: &str, outcome: Outcome, now: OffsetDateTime) {
        let is_viewed = self.viewers.contains_key(chat);
        let Some(memory) = self.memory.chats.get_mut(chat) else { return };
        let Some(run) = &mut memory.run else { return };
        run.end(outcome, now);
        memory.active_at = Some(now);
        if is_viewed {
            memory.read_at = Some(now);
        }
        if outcome == Outcome::Completed {
            memory.continued = 0;
        }
        let members: Vec<_> = self.sessions.keys().filter(|id| self.chat_of(id) == chat).cloned().collect();
        for session in members.iter().map(String::as_str).chain([chat]) {
            if outcome == Outcome::Interrupted {
                self.memory.live.keep(session, &mut self.memory.kept);
            } else {
                self.memory.live.remove_session(session);
            }
        }
        // opencode keeps what a run asked for ever; nobody waits for the answer any more.
        let sessions = &self.sessions;
        self.requests.retain(|_, request| {
            request.session_id != chat
                && !(sessions.contains_key(&request.session_id) && members.contains(&request.session_id))
        });
        self.changed.insert(chat.to_owned());
        self.memory_changed = true;
    }

    fn note_message(&mut self, session: &str, message: Message) {
        if message.role.is_user() || self.chat_of(session) != session {
            return;
        }
        if message.time.completed.is_some() {
            self.memory.live.remove_message(&message.id);
        }
        let id = message.id.clone();
        let error = message.error.clone();
        self.answers.insert(session.to_owned(), message);
        let Some(run) = self.memory.chats.get_mut(session).and_then(|memory| memory.run.as_mut()) else {
            return;
        };
        if run.is_open() {
            self.memory_changed |= run.message_id.as_ref() != Some(&id);
            run.message_id = Some(id);
        } else if run.message_id.as_ref() == Some(&id)
            && run.outcome == Some(Outcome::Completed)
            && let Some(error) = error
        {
            // Its error was told after its end.
            self.correct(session, &error);
        }
        self.changed.insert(session.to_owned());
    }

    fn note_error(&mut self, session: &str, error: MessageError, now: OffsetDateTime) {
        if self.chat_of(session) != session {
            return;
        }
        let run = self.memory.chats.get(session).and_then(|memory| memory.run.as_ref());
        match run {
            Some(run) if run.is_open() => {
                self.errors.insert(session.to_owned(), error);
            }
            Some(run) if run.outcome == Some(Outcome::Completed) && run.message_id.is_none() => {
                self.correct(session, &error);
            }
            // Refused before it began.
            None => {
                self.ensure_run(session, now).end(Outcome::Completed, now);
                self.correct(session, &error);
            }
            Some(_) => {}
        }
    }

    fn correct(&mut self, chat: &str, error: &MessageError) {
        if let Some(run) = self.memory.chats.get_mut(chat).and_then(|memory| memory.run.as_mut()) {
            let outcome = if error.is_abort() { Outcome::Stopped } else { Outcome::Failed };
            run.outcome = Some(outcome);
            run.error = (outcome == Outcome::Failed).then(|| error.words());
        }
        self.changed.insert(chat.to_owned());
        self.memory_changed = true;
    }

    // ---- requests ----

    fn note_request(&mut self, kind: RequestKind, directory: &str, details: Value, now: OffsetDateTime) {
        let Some(request) = Request::read(kind, details, directory, String::new(), now) else { return };
        let chat = self.chat_of(&request.session_id).to_owned();
        // opencode never forgets what a run asked that was stopped.
        if !self.runs(&request.session_id) && !self.runs(&chat) {
            return;
        }
        self.memory.chats.entry(chat.clone()).or_default().active_at = Some(now);
        self.requests.entry(request.id.clone()).or_insert(request);
        self.changed.insert(chat);
    }

    /// A request that waits for an answer.
    pub fn request(&self, id: &str) -> Option<&Request> {
        self.requests.get(id)
    }

    /// Everything that waits for a person, the oldest first.
    pub fn requests(&self) -> Vec<Request> {
        let mut requests: Vec<_> = self.requests.values().cloned().collect();
        for request in &mut requests {
            self.chat_of(&request.session_id).clone_into(&mut request.chat_id);
        }
        requests.sort_by(|a, b| (a.asked_at, &a.id).cmp(&(b.asked_at, &b.id)));
        requests
    }

    // ---- going on by itself ----

    /// The runs to be continued without being asked, each at most `limit` times in a row. `new_id` makes
    /// the id of a prompt. What is returned is remembered: store the memory before acting on it.
    pub fn plan_continuations(&mut self, limit: u32, new_id: impl Fn() -> String) -> Vec<Continuation> {
        let interrupted: Vec<_> = self
            .shown
            .values()
            .filter(|view| view.state == State::Interrupted && view.repo.is_some())
            .map(|view| view.id.clone())
            .collect();
        let mut planned = Vec::new();
        for chat in interrupted {
            let Some(memory) = self.memory.chats.get_mut(&chat) else { continue };
            if memory.continuing.is_none() && memory.continued < limit {
                memory.continued += 1;
                memory.continuing = Some(new_id());
                self.memory_changed = true;
            }
            if let Some(prompt) = memory.continuing.clone() {
                planned.push(Continuation { chat, prompt });
            }
        }
        planned
    }

    // ---- what comes out ----

    /// What has changed since this was last asked.
    pub fn take_changes(&mut self, now: OffsetDateTime) -> Vec<Change> {
        let mut changes = Vec::new();
        for id in std::mem::take(&mut self.changed) {
            match self.look(&id, now) {
                Some(view) if self.shown.get(&id) == Some(&view) => {}
                Some(view) => {
                    self.shown.insert(id, view.clone());
                    changes.push(Change::Changed(Box::new(view)));
                }
                None => {
                    if self.shown.remove(&id).is_some() {
                        changes.push(Change::Removed(id));
                    }
                }
            }
        }
        changes
    }

    /// All chats as [`World::take_changes`] last told them, the newest first: that is how their ids sort.
    pub fn views(&self) -> impl Iterator<Item = &ChatView> {
        self.shown.values()
    }

    /// One of them.
    pub fn view(&self, chat: &str) -> Option<&ChatView> {
        self.shown.get(chat)
    }

    fn look(&mut self, id: &str, now: OffsetDateTime) -> Option<ChatView> {
        let record = self.records.get(id);
        let session = self.sessions.get(id).filter(|session| session.parent.is_none());
        if record.is_none() && session.is_none_or(|session| session.time.archived.is_some()) {
            return None;
        }
        let members: Vec<_> = self.statuses.iter().filter(|(id_of, _)| self.chat_of(id_of) == id).collect();
        let activity = members.iter().map(|(_, status)| activity(status)).max().unwrap_or(Activity::Idle);
        let retry = members.iter().find_map(|(_, status)| match status {
            Status::Retry { attempt, message, next } => Some((*attempt, message.clone(), *next)),
            _ => None,
        });
        let requests: Vec<_> = self.requests().into_iter().filter(|request| request.chat_id == id).collect();
        let memory = self.memory.chats.entry(id.to_owned()).or_default();
        let run = memory.run.clone();
        let ended_at = run.as_ref().and_then(|run| run.ended_at);
        let facts = Facts {
            making: record.map_or(Making::Ready, |record| making(record.state)),
            activity,
            asks: !requests.is_empty(),
            prompts: record.map_or(Prompts::None, prompts),
            last: run.as_ref().and_then(|run| run.outcome),
            seen: memory.read_at >= ended_at,
        };
        let state = decide(&facts);
        let since = match memory.state {
            Some((known, since)) if known == state => since.0,
            _ => {
                memory.state = Some((state, Timestamp(now)));
                self.memory_changed = true;
                now
            }
        };
        let created_at = record
            .map(|record| record.created_at)
            .or_else(|| session.map(|session| moment(session.time.created)))?;
        let touched = record.map(|record| record.updated_at).max(memory.active_at);
        Some(ChatView {
            id: id.to_owned(),
            repo: record.map(|record| record.repo.clone()),
            title: title(record, session, memory),
            branch: record.and_then(|record| record.branch.clone()),
            base: record.and_then(|record| record.base.clone()),
            directory: match record {
                Some(record) => record.directory.clone(),
                None => session.map(|session| session.directory.clone()),
            },
            state,
            since,
            updated_at: touched.or_else(|| session.map(|it| moment(it.time.updated))).unwrap_or(created_at),
            created_at,
            preparation: record
                .filter(|_| matches!(facts.making, Making::Queued | Making::UnderWay))
                .map(|record| Preparation { state: record.state, progress: record.progress.clone() }),
            error: error(state, record, run.as_ref(), retry.as_ref().map(|(_, message, _)| message)),
            retry: retry
                .map(|(attempt, _, next)| Retry { attempt, next_at: (next > 0.0).then(|| moment(next)) }),
            prompts: record.map(|record| record.prompts.clone()).unwrap_or_default(),
            requests,
            stale_requests: memory.stale.clone(),
            run,
            viewers: self.viewers.get(id).copied().unwrap_or(0),
            continued: memory.continued,
        })
    }
}

fn activity(status: &Status) -> Activity {
    match status {
        Status::Idle => Activity::Idle,
        Status::Busy => Activity::Busy,
        Status::Retry { .. } => Activity::Retrying,
    }
}

fn making(creation: Creation) -> Making {
    match creation {
        Creation::Queued => Making::Queued,
        Creation::Ready => Making::Ready,
        Creation::Failed => Making::Failed,
        Creation::Cloning | Creation::Fetching | Creation::AddingWorktree | Creation::CreatingSession => {
            Making::UnderWay
        }
    }
}

fn prompts(record: &ChatRecord) -> Prompts {
    match record.prompts.first().map(|prompt| prompt.state) {
        None | Some(PromptState::Delivered) => Prompts::None,
        Some(PromptState::Waiting | PromptState::Sending) => Prompts::Waiting,
        Some(PromptState::Failed) => Prompts::Refused,
    }
}

fn title(record: Option<&ChatRecord>, session: Option<&SessionInfo>, memory: &ChatMemory) -> Option<String> {
    // opencode calls a session "New session - <date>" until it has found a title.
    let found = session.map(|session| session.title.clone());
    let found = found.filter(|title| !title.is_empty() && !title.starts_with("New session - "));
    found.or_else(|| record.and_then(|record| record.title.clone())).or_else(|| memory.asked.clone())
}

fn error(
    state: State,
    record: Option<&ChatRecord>,
    run: Option<&Run>,
    retrying: Option<&String>,
) -> Option<ChatError> {
    let of_problem = |problem: &Value| {
        let text = |name| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        ChatError { title: text("title"), detail: text("detail") }
    };
    let sentence = |title: &str, detail: &str| ChatError { title: title.into(), detail: detail.into() };
    if let Some(message) = retrying {
        return Some(sentence("The model refused for now", message));
    }
    if state != State::Failed {
        return None;
    }
    if let Some(problem) = record.and_then(|record| record.error.as_ref()) {
        return Some(of_problem(problem));
    }
    let refused =
        record.and_then(|record| record.prompts.first()).filter(|it| it.state == PromptState::Failed);
    if let Some(problem) = refused.and_then(|prompt| prompt.rest.get("error")) {
        return Some(of_problem(problem));
    }
    let detail = run.and_then(|run| run.error.as_deref()).unwrap_or("opencode gave no reason.");
    Some(sentence("The agent ended with an error", detail))
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().chars().take(80).collect()
}

/// A time of opencode's, in milliseconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds of any year fit")]
fn moment(milliseconds: f64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(milliseconds as i64)
}
