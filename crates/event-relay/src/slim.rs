//! What of opencode's events goes on the wire: the same conversation in a fraction of the bytes.
//!
//! Words of a streamed text are joined (`texts`), a command's output is sent as what was added to it
//! (`outputs`), and what was told already is not told again. Order is kept within each part of a message,
//! which is all that a conversation depends on. Pure: who uses it says what time it is.

mod increment;
mod outputs;
mod texts;

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Instant,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::upstream::Event;
use outputs::{Outputs, Taken};
use texts::Texts;

/// Of so many sessions and messages it is remembered what was told last.
const MOST_REMEMBERED: usize = 512;

/// An event on its way to the clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// The session that it is about; empty for none.
    pub(crate) session: String,
    /// `{"type", "properties"}`.
    pub(crate) json: String,
}

impl Outgoing {
    fn new(session: &str, kind: &str, properties: &impl Serialize) -> Self {
        // Texts and numbers always have a JSON form.
        let properties = serde_json::to_string(properties).unwrap_or_default();
        Self { session: session.into(), json: format!(r#"{{"type":"{kind}","properties":{properties}}}"#) }
    }
}

/// Makes a conversation slim.
#[derive(Debug, Default)]
pub(crate) struct Slimmer {
    texts: Texts,
    outputs: Outputs,
    /// A hash of what was last told of a session or message.
    told: HashMap<(String, String), u64>,
}

#[derive(Deserialize)]
struct PartUpdated<'a> {
    #[serde(borrow)]
    part: Part<'a>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    time: Option<Time>,
    #[serde(borrow)]
    state: Option<State<'a>>,
}

#[derive(Deserialize)]
struct Time {
    end: Option<f64>,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Removed<'a> {
    #[serde(borrow, rename = "messageID")]
    message: Cow<'a, str>,
    #[serde(borrow, rename = "partID")]
    part: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Informed<'a> {
    #[serde(borrow)]
    info: Option<Identified<'a>>,
}

#[derive(Deserialize)]
struct Identified<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

impl Slimmer {
    /// Takes in an event that the page is told of, and returns what is to be sent at once.
    pub(crate) fn take(&mut self, event: &Event<'_>, now: Instant) -> Vec<Outgoing> {
        let session = event.session().unwrap_or_default().into_owned();
        let properties = event.properties.get();
        match &*event.kind {
            "message.part.delta" => {
                if let Ok(delta) = serde_json::from_str(properties) {
                    return self.texts.take(delta, now).into_iter().collect();
                }
            }
            "message.part.updated" => {
                if let Ok(PartUpdated { part }) = serde_json::from_str(properties) {
                    return self.take_part(event, session, &part, now);
                }
            }
            "message.part.removed" | "message.removed" => self.forget(properties),
            "message.updated" | "session.updated" | "session.status" if self.is_told(event, &session) => {
                return Vec::new();
            }
            _ => {}
        }
        vec![Outgoing { session, json: event.to_json() }]
    }

    fn take_part(
        &mut self,
        event: &Event<'_>,
        session: String,
        part: &Part<'_>,
        now: Instant,
    ) -> Vec<Outgoing> {
        if part.state.as_ref().is_some_and(|state| state.status == "running") {
            if let Taken::Instead(outgoing) = self.outputs.take(&part.id, event.properties.get(), now) {
                return outgoing.into_iter().collect();
            }
        } else {
            self.outputs.forget(&part.id);
        }
        let mut all = Vec::new();
        if part.time.as_ref().is_some_and(|time| time.end.is_some()) {
            // It has the whole text.
            self.texts.forget(&part.id);
        } else {
            all = self.texts.flush(&session, now);
        }
        all.push(Outgoing { session, json: event.to_json() });
        all
    }

    fn forget(&mut self, properties: &str) {
        let Ok(removed) = serde_json::from_str::<Removed<'_>>(properties) else { return };
        if let Some(part) = removed.part {
            self.texts.forget(&part);
            self.outputs.forget(&part);
        } else {
            self.outputs.forget_message(&removed.message);
            self.told.retain(|(_, id), _| *id != *removed.message);
        }
    }

    /// Whether the clients have been told just this.
    fn is_told(&mut self, event: &Event<'_>, session: &str) -> bool {
        let info = serde_json::from_str::<Informed<'_>>(event.properties.get()).ok();
        let id = info.and_then(|it| it.info).map_or_else(|| session.to_owned(), |info| info.id.into_owned());
        let mut hasher = DefaultHasher::new();
        event.properties.get().hash(&mut hasher);
        if self.told.len() > MOST_REMEMBERED {
            self.told.clear();
        }
        let hash = hasher.finish();
        self.told.insert((event.kind.to_string(), id), hash) == Some(hash)
    }

    /// When something that waits has to go.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.texts.deadline().into_iter().chain(self.outputs.deadline()).min()
    }

    /// What has to go now.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Outgoing> {
        let mut all = self.texts.due(now);
        all.extend(self.outputs.due(now));
        all
    }

    /// All that waits of a session.
    pub(crate) fn flush(&mut self, session: &str, now: Instant) -> Vec<Outgoing> {
        let mut all = self.texts.flush(session, now);
        all.extend(self.outputs.flush(session, now));
        all
    }

    /// The running tools of a session, as the clients have them.
    pub(crate) fn running_tools(&self, session: &str) -> Vec<Value> {
        self.outputs.parts(session)
    }

    /// Forgets what runs in a session.
    pub(crate) fn forget_session(&mut self, session: &str) {
        self.outputs.forget_session(session);
    }
}

#[cfg(test)]
mod tests;
