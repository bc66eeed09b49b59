//! After a break in the stream: what is to be asked, and what the answers mean.

use std::collections::BTreeSet;

use time::{Duration, OffsetDateTime};

use super::{World, moment};
use crate::{
    event::{Message, SessionInfo},
    memory::Pending,
    request::StaleRequest,
    run::{Outcome, Run},
    survey::Survey,
};

/// What changed so shortly before the last thing we knew may have gone on after it.
const MARGIN: Duration = Duration::seconds(60);
/// At the very first start: how far back answers that were cut off are looked for.
const FIRST_LOOK: Duration = Duration::hours(24);
/// A session that changed so shortly before a restart of opencode was noticed may be at work in the new one.
const JUST_BEGUN: Duration = Duration::seconds(20);
/// The most sessions whose last message is looked at after a break.
const MOST_CANDIDATES: usize = 50;

impl World {
    /// The stream broke: what comes after this may be missed.
    pub fn note_break(&mut self, now: OffsetDateTime) {
        self.broken_at.get_or_insert(now);
    }

    /// Events were missed: what streams has a hole until its end sets it right.
    pub fn note_gap(&mut self) {
        self.memory.live.mark_gaps();
        self.memory_changed = true;
    }

    /// The directories whose statuses and requests have to be asked for after a break: those where something
    /// ran or may have begun since. After a restart of opencode what ran does not run any more, and only what
    /// changed in the last moments may have begun already.
    pub fn directories_to_ask(
        &self,
        sessions: &[SessionInfo],
        restarted: bool,
        now: OffsetDateTime,
    ) -> Vec<String> {
        if restarted {
            let young = sessions.iter().filter(|session| moment(session.time.updated) > now - JUST_BEGUN);
            return young
                .map(|session| session.directory.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
        }
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
        let known = self.broken_at.or(self.memory.saved_at);
        let since = known.map_or(now - FIRST_LOOK, |known| known - MARGIN);
        moment(session.time.updated) > since
    }

    /// Takes in what opencode said after a break.
    pub fn survey(&mut self, survey: Survey, now: OffsetDateTime) {
        let first_ever = !std::mem::replace(&mut self.surveyed, true) && self.memory.saved_at.is_none();
        let asked: BTreeSet<_> = survey.directories.iter().cloned().collect();
        for session in survey.sessions {
            self.learn_session(session);
        }
        if survey.restarted {
            self.void_requests(now);
        } else {
            self.drop_requests(|request| asked.contains(&request.directory));
        }
        let affected = self.sessions.values().filter(|session| asked.contains(&session.directory));
        let affected: BTreeSet<_> = affected.map(|session| session.id.clone()).collect();
        self.broken_at = None;
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
        for (chat, parts) in survey.last_parts {
            for part in parts {
                self.note_line(&chat, &part);
            }
        }
        for (chat, last) in survey.last_messages {
            self.judge(&chat, last, survey.restarted, now);
            if first_ever {
                self.mark_read(&chat, true);
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
            // A prompt without a beginning of an answer. Where opencode lives on, it may be about to begin; and
            // that of a run which is over was stopped, or is known to be cut off.
            let is_over = run.and_then(|run| run.ended_at) > Some(moment(last.time.created));
            if is_over {
                return;
            }
            if is_open || (restarted && moment(last.time.created) > now - FIRST_LOOK) {
                self.ensure_run(chat, now);
                self.end_run(chat, Outcome::Interrupted, now);
            }
            return;
        }
        let (begun, ended) = (moment(last.time.created), last.time.completed.map(moment));
        // Of the run that is known to be over, or of one before it.
        let is_old = run.and_then(|run| run.ended_at) >= Some(ended.unwrap_or(begun));
        if !is_open && (known || is_old) {
            return;
        }
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
        self.requests.clear();
        for (id, Pending { chat, kind, summary }) in std::mem::take(&mut self.memory.pending) {
            let memory = self.memory.chats.entry(chat.clone()).or_default();
            memory.stale.push(StaleRequest { id, kind, summary, at: now });
            self.changed.insert(chat);
        }
    }
}
