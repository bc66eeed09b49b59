//! The last line of what was said in each chat. Of a text that streams it is taken when the text ends: a list that
//! changed with each word would be all that a phone is told.

use serde_json::Value;

use super::World;
use crate::line::last_line;

impl World {
    /// Takes the last line of a text that is complete: a prompt's, which has no times, or an answer's that has ended.
    pub(super) fn note_line(&mut self, session: &str, part: &Value) {
        let is_aside = part["synthetic"] == true || part["ignored"] == true;
        let streams = part.pointer("/time/start").is_some() && part.pointer("/time/end").is_none();
        if part["type"] == "text" && !is_aside && !streams {
            self.say(session, part["text"].as_str().unwrap_or_default());
        }
    }

    /// Takes the last line of an answer that gets no end, since its run has ended.
    pub(super) fn note_cut_line(&mut self, chat: &str) {
        if let Some(text) = self.memory.live.last_text(chat).map(str::to_owned) {
            self.say(chat, &text);
        }
    }

    fn say(&mut self, session: &str, text: &str) {
        // What is said to and by a subagent is its chat's only through the answer that comes of it.
        if self.chat_of(session) != session {
            return;
        }
        let Some(line) = last_line(text) else { return };
        let memory = self.memory.chats.entry(session.to_owned()).or_default();
        if memory.last_line.as_ref() != Some(&line) {
            memory.last_line = Some(line);
            self.changed.insert(session.to_owned());
            self.memory_changed = true;
        }
    }
}
