//! What is shown of a chat, and whether that has changed.

use serde_json::Value;
use time::OffsetDateTime;

use super::{Change, World, moment};
use crate::{
    event::{SessionInfo, SessionRevert, Status},
    line,
    memory::{ChatMemory, Timestamp},
    record::{ChatRecord, Creation, PromptState},
    run::Run,
    state::{Activity, Facts, Making, Prompts, State, decide},
    view::{ChatError, ChatView, Preparation, Retry, Revert},
};

impl World {
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
        // Of a session that was made elsewhere git-manager may keep a record longer than opencode the session.
        let is_there = record.is_some_and(|record| record.repo.is_some() || !record.prompts.is_empty());
        if session.is_none() && !is_there {
            return None;
        }
        let members: Vec<_> = self.statuses.iter().filter(|(id_of, _)| self.chat_of(id_of) == id).collect();
        let heard = members.iter().map(|(_, status)| activity(status)).max().unwrap_or(Activity::Idle);
        let retry = members.iter().find_map(|(_, status)| match status {
            Status::Retry { attempt, message, next } => Some((*attempt, message.clone(), *next)),
            _ => None,
        });
        let requests = self.requests_of(id);
        let memory = self.memory.chats.entry(id.to_owned()).or_default();
        let run = memory.run.clone();
        // What ran when this was last stored runs, for all that is known before opencode was asked.
        let is_remembered = !self.surveyed && run.as_ref().is_some_and(Run::is_open);
        let activity = if is_remembered { Activity::Busy } else { heard };
        // A subagent that went away leaves its questions behind.
        let requests = if heard == Activity::Idle { Vec::new() } else { requests };
        let facts = Facts {
            making: record.map_or(Making::Ready, |record| making(record.state)),
            activity,
            asks: !requests.is_empty(),
            prompts: record.map_or(Prompts::None, prompts),
            last: run.as_ref().and_then(|run| run.outcome),
            seen: !memory.is_unread,
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
            repo: record.and_then(|record| record.repo.clone()),
            title: title(record, session, memory),
            branch: record.and_then(|record| record.branch.clone()),
            base: record.and_then(|record| record.base.clone()),
            directory: match record {
                Some(record) => record.directory.clone(),
                None => session.map(|session| session.directory.clone()),
            },
            archived: is_archived(record, session),
            permissions: record.and_then(|record| record.permissions),
            last_line: last_line(record, memory),
            share_url: session.and_then(|session| session.share.clone()).map(|share| share.url),
            revert: session
                .and_then(|session| session.revert.clone())
                .map(|SessionRevert { message, part }| Revert { message_id: message, part_id: part }),
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
            continuing: state == State::Interrupted
                && record.is_some()
                && (memory.continuing.is_some() || memory.continued < self.most_continuations),
        })
    }
}

/// opencode's own word holds where nobody has said so here. It cannot take it back: with a time of 0 it still hides
/// the session from its lists.
fn is_archived(record: Option<&ChatRecord>, session: Option<&SessionInfo>) -> bool {
    let here = record.and_then(|record| record.archived);
    here.unwrap_or_else(|| session.is_some_and(|session| session.time.archived.is_some()))
}

/// What was last said, or is to be said as soon as it can.
fn last_line(record: Option<&ChatRecord>, memory: &ChatMemory) -> Option<String> {
    let waiting = record.and_then(|record| record.prompts.last());
    waiting.and_then(|prompt| line::last_line(&prompt.text)).or_else(|| memory.last_line.clone())
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
        Creation::Cloning
        | Creation::Fetching
        | Creation::AddingWorktree
        | Creation::SettingUp
        | Creation::CreatingSession => Making::UnderWay,
    }
}

fn prompts(record: &ChatRecord) -> Prompts {
    match record.prompts.first().map(|prompt| prompt.state) {
        // What is held does not make its chat wait: nothing happens before its person says so.
        None | Some(PromptState::Delivered | PromptState::Held) => Prompts::None,
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
