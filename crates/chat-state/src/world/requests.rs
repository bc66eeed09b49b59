//! What waits for a person.

use serde_json::Value;
use time::OffsetDateTime;

use super::World;
use crate::{
    memory::Pending,
    request::{Request, RequestKind},
};

impl World {
    pub(super) fn note_request(
        &mut self,
        kind: RequestKind,
        directory: &str,
        details: Value,
        now: OffsetDateTime,
    ) {
        let Some(request) = Request::read(kind, details, directory, String::new(), now) else { return };
        let chat = self.chat_of(&request.session_id).to_owned();
        // opencode never forgets what a run asked that was stopped.
        if !self.runs(&request.session_id) && !self.runs(&chat) {
            return;
        }
        self.memory.chats.entry(chat.clone()).or_default().active_at = Some(now);
        let Request { kind, summary, .. } = request.clone();
        self.memory.pending.insert(request.id.clone(), Pending { chat: chat.clone(), kind, summary });
        self.memory_changed = true;
        self.requests.entry(request.id.clone()).or_insert(request);
        self.changed.insert(chat);
    }

    /// Nobody waits for these any more.
    pub(super) fn drop_requests(&mut self, is_over: impl Fn(&Request) -> bool) {
        let over: Vec<_> =
            self.requests.values().filter(|request| is_over(request)).map(|it| it.id.clone()).collect();
        for id in over {
            self.requests.remove(&id);
            self.memory.pending.remove(&id);
            self.memory_changed = true;
        }
    }

    /// A request that waits for an answer.
    pub fn request(&self, id: &str) -> Option<&Request> {
        self.requests.get(id)
    }

    /// Everything that waits for a person in any chat that is shown, the oldest first.
    pub fn requests(&self) -> Vec<Request> {
        in_order(self.shown.values().flat_map(|view| view.requests.iter().cloned()).collect())
    }

    /// What waits for a person in one chat, the oldest first.
    pub(super) fn requests_of(&self, chat: &str) -> Vec<Request> {
        let of_it = self.requests.values().filter(|request| self.chat_of(&request.session_id) == chat);
        in_order(of_it.map(|request| Request { chat_id: chat.to_owned(), ..request.clone() }).collect())
    }
}

fn in_order(mut requests: Vec<Request>) -> Vec<Request> {
    requests.sort_by(|a, b| (a.asked_at, &a.id).cmp(&(b.asked_at, &b.id)));
    requests
}
