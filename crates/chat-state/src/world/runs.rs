//! Runs: when one begins, when it ends and how, and which is continued by itself.

use time::OffsetDateTime;

use super::{Continuation, World};
use crate::{
    event::{Message, MessageError},
    run::{Outcome, Run},
    state::State,
};

impl World {
    pub(super) fn begin_run(&mut self, chat: &str, now: OffsetDateTime) {
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

    pub(super) fn ensure_run(&mut self, chat: &str, begun: OffsetDateTime) -> &mut Run {
        let memory = self.memory.chats.entry(chat.to_owned()).or_default();
        let open = memory.run.take().filter(Run::is_open);
        memory.run.insert(open.unwrap_or_else(|| Run::begin(begun)))
    }

    /// Ends the run of a chat as the agent's last message says.
    pub(super) fn end_run_by_answer(&mut self, chat: &str, now: OffsetDateTime) {
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

    pub(super) fn end_run(&mut self, chat: &str, outcome: Outcome, now: OffsetDateTime) {
        let Some(memory) = self.memory.chats.get_mut(chat) else { return };
        let Some(run) = &mut memory.run else { return };
        run.end(outcome, now);
        memory.active_at = Some(now);
        memory.is_unread = true;
        self.ended_unseen.insert(chat.to_owned());
        if outcome == Outcome::Completed {
            memory.continued = 0;
        }
        let members: Vec<_> = self.sessions.keys().filter(|id| self.chat_of(id) == chat).cloned().collect();
        self.note_cut_line(chat);
        for session in members.iter().map(String::as_str).chain([chat]) {
            if outcome == Outcome::Interrupted {
                self.memory.live.keep(session, &mut self.memory.kept);
            } else {
                self.memory.live.remove_session(session);
            }
        }
        // opencode keeps what a run asked for ever; nobody waits for the answer any more.
        self.drop_requests(|request| request.session_id == chat || members.contains(&request.session_id));
        self.changed.insert(chat.to_owned());
        self.memory_changed = true;
    }

    pub(super) fn note_message(&mut self, session: &str, message: Message) {
        if message.role.is_user() || self.chat_of(session) != session {
            return;
        }
        if message.time.completed.is_some() {
            self.memory.live.remove_message(&message.id);
        }
        let id = message.id.clone();
        let error = message.error.clone();
        if error.is_none() {
            // It goes on after an error, as when a conversation that was too long was summarised.
            self.errors.remove(session);
        }
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

    pub(super) fn note_error(&mut self, session: &str, error: MessageError, now: OffsetDateTime) {
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

    pub(super) fn correct(&mut self, chat: &str, error: &MessageError) {
        if let Some(run) = self.memory.chats.get_mut(chat).and_then(|memory| memory.run.as_mut()) {
            let outcome = if error.is_abort() { Outcome::Stopped } else { Outcome::Failed };
            run.outcome = Some(outcome);
            run.error = (outcome == Outcome::Failed).then(|| error.words());
        }
        self.changed.insert(chat.to_owned());
        self.memory_changed = true;
    }

    /// How often in a row a run that was cut off is continued without being asked, from now on.
    pub fn continue_by_itself(&mut self, most: u32) {
        self.most_continuations = most;
        let interrupted = self.shown.values().filter(|view| view.state == State::Interrupted);
        self.changed.extend(interrupted.map(|view| view.id.clone()));
    }

    /// A continuation was refused: its chat waits for a person, as any other that was cut off.
    pub fn give_up_continuation(&mut self, chat: &str) {
        let Some(memory) = self.memory.chats.get_mut(chat) else { return };
        memory.continuing = None;
        memory.continued = u32::MAX;
        self.changed.insert(chat.to_owned());
        self.memory_changed = true;
    }

    /// The runs to be continued without being asked. `new_id` makes the id of a prompt. What is returned is
    /// remembered: store the memory before acting on it.
    pub fn plan_continuations(&mut self, new_id: impl Fn() -> String) -> Vec<Continuation> {
        let due: Vec<_> =
            self.shown.values().filter(|view| view.continuing).map(|view| view.id.clone()).collect();
        let mut planned = Vec::new();
        for chat in due {
            let Some(memory) = self.memory.chats.get_mut(&chat) else { continue };
            if memory.continuing.is_none() {
                memory.continued = memory.continued.saturating_add(1);
                memory.continuing = Some(new_id());
                self.changed.insert(chat.clone());
                self.memory_changed = true;
            }
            if let Some(prompt) = memory.continuing.clone() {
                planned.push(Continuation { chat, prompt });
            }
        }
        planned
    }
}
