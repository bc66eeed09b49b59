//! A world with a clock of its own, and what opencode and git-manager would tell it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file tells other stories; a test that cannot go on fails"
)]

use std::{borrow::Borrow, cell::Cell};

use ocweb_chat_state::{Change, ChatRecord, ChatView, Event, Memory, SessionInfo, State, Survey, World};
use serde_json::{Value, json};
use time::OffsetDateTime;

pub(crate) const CHAT: &str = "ses_1";
pub(crate) const DIRECTORY: &str = "/vol/w/1";

/// A world with a clock of its own.
pub(crate) struct Story {
    pub(crate) world: World,
    now: Cell<i64>,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self::remembering(Memory::default())
    }

    pub(crate) fn remembering(memory: Memory) -> Self {
        Self { world: World::new(memory), now: Cell::new(1_800_000_100) }
    }

    /// A chat that is ready, without a run.
    pub(crate) fn ready() -> Self {
        let mut story = Self::new();
        story.survey(Survey::default());
        story.record(json!({}));
        story.event("session.created", &session(CHAT, None));
        assert_eq!(story.view().state, State::Done);
        story
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.now.set(self.now.get() + 1);
        OffsetDateTime::from_unix_timestamp(self.now.get()).unwrap()
    }

    pub(crate) fn event(&mut self, kind: &str, properties: &Value) {
        let event =
            Event::read(kind, &properties.to_string()).unwrap_or_else(|| panic!("{kind} {properties}"));
        let now = self.now();
        self.world.apply(event, DIRECTORY, now);
    }

    pub(crate) fn status(&mut self, session: &str, status: &str) {
        let mut status = json!({"type": status});
        if status["type"] == "retry" {
            status = json!({"type": "retry", "attempt": 2, "message": "overloaded", "next": 1_800_000_100_000_u64});
        }
        self.event("session.status", &json!({"sessionID": session, "status": status}));
    }

    pub(crate) fn answer(&mut self, id: &str, completed: bool, error: Option<&str>) {
        let mut info = assistant(id, completed);
        if let Some(name) = error {
            info["error"] = json!({"name": name, "data": {"message": "it broke"}});
        }
        self.event("message.updated", &json!({"sessionID": CHAT, "info": info}));
    }

    pub(crate) fn stream(&mut self, message: &str, part: &str, words: &[&str]) {
        let begun = text_part(message, part, "", false);
        self.event("message.part.updated", &json!({"sessionID": CHAT, "part": begun, "time": 1}));
        for word in words {
            let delta = json!({"sessionID": CHAT, "messageID": message, "partID": part, "field": "text", "delta": word});
            self.event("message.part.delta", &delta);
        }
    }

    pub(crate) fn record(&mut self, changes: impl Borrow<Value>) {
        let mut record = json!({
            "id": CHAT, "repo": "octo/hello", "title": null, "branch": "ocweb/x", "base": "main",
            "directory": DIRECTORY, "state": "ready", "progress": null, "error": null, "prompts": [],
            "created_at": "2026-11-21T06:00:00Z", "updated_at": "2026-11-21T06:00:00Z",
        });
        record.as_object_mut().unwrap().extend(changes.borrow().as_object().unwrap().clone());
        let record: ChatRecord = serde_json::from_value(record).unwrap();
        let now = self.now();
        self.world.put_chat(record, now);
    }

    pub(crate) fn survey(&mut self, survey: Survey) {
        let now = self.now();
        self.world.survey(survey, now);
    }

    pub(crate) fn changes(&mut self) -> Vec<Change> {
        let now = self.now();
        self.world.take_changes(now)
    }

    pub(crate) fn view(&mut self) -> ChatView {
        self.changes();
        self.world.view(CHAT).unwrap().clone()
    }

    pub(crate) fn state(&mut self) -> State {
        self.view().state
    }

    /// What a relay that is started anew would know.
    pub(crate) fn memory(&mut self) -> Memory {
        let now = self.now();
        let text = serde_json::to_string(self.world.take_memory(now).unwrap()).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn restart_of_opencode(&mut self, last: Value) {
        let last = serde_json::from_value(last).unwrap();
        self.survey(Survey {
            restarted: true,
            last_messages: [(CHAT.into(), last)].into(),
            ..Survey::default()
        });
    }
}

pub(crate) fn session(id: &str, parent: Option<&str>) -> Value {
    let info = json!({"id": id, "parentID": parent, "directory": DIRECTORY, "title": "New session - 2026",
        "time": {"created": 1_800_000_000_000_u64, "updated": 1_800_000_000_000_u64}});
    json!({"sessionID": id, "info": info})
}

pub(crate) fn session_info(id: &str) -> SessionInfo {
    serde_json::from_value(session(id, None)["info"].clone()).unwrap()
}

pub(crate) fn assistant(id: &str, completed: bool) -> Value {
    let mut info =
        json!({"id": id, "sessionID": CHAT, "role": "assistant", "time": {"created": 1_800_000_000_000_u64}});
    if completed {
        info["time"]["completed"] = json!(1_800_000_005_000_u64);
    }
    info
}

pub(crate) fn user(id: &str) -> Value {
    json!({"id": id, "sessionID": CHAT, "role": "user", "time": {"created": 1_800_000_000_000_u64}})
}

pub(crate) fn text_part(message: &str, part: &str, text: &str, ended: bool) -> Value {
    let time = if ended { json!({"start": 1, "end": 2}) } else { json!({"start": 1}) };
    json!({"id": part, "messageID": message, "sessionID": CHAT, "type": "text", "text": text, "time": time})
}

pub(crate) fn permission(id: &str, session: &str) -> Value {
    json!({"id": id, "sessionID": session, "permission": "bash", "patterns": ["git push"], "metadata": {"command": "git push"}, "always": []})
}

pub(crate) fn prompt(id: &str, state: &str) -> Value {
    json!({"id": id, "text": "do it\nnow", "state": state, "files": [], "created_at": "2026-11-21T06:00:00Z"})
}
