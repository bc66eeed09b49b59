//! Turns the output of a running command, which opencode tells whole each time, into what was added.
//!
//! Very much output goes out less often, so that a phone gets no more of it than it can show: opencode keeps only
//! the end of it anyway. The last state always arrives: it comes whole when the command ends.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Outgoing, increment::Increment, texts::WINDOW};

/// In bytes each second, once the window has passed.
const PACE: u32 = 16 << 10;

/// The most commands that are followed at once. Of others each output is sent whole.
const MOST: usize = 64;

/// Where the output is in `message.part.updated`.
const OUTPUT: &str = "/part/state/metadata/output";

/// A running tool, as the clients know it.
#[derive(Debug)]
struct Running {
    session: String,
    message: String,
    /// The event's properties, without its time and with an empty output.
    rest: Value,
    /// The output that the clients have.
    sent: String,
    /// The output that waits to be sent.
    waiting: Option<String>,
    next_at: Instant,
}

/// The properties of `message.part.output`.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(rename = "sessionID")]
    session: &'a str,
    #[serde(rename = "messageID")]
    message: &'a str,
    #[serde(rename = "partID")]
    part: &'a str,
    #[serde(flatten)]
    increment: Increment<'a>,
}

/// What becomes of an update of a part.
#[derive(Debug)]
pub(super) enum Taken {
    /// It has to be sent as it is.
    AsItIs,
    /// This is to be sent in its place, now or later.
    Instead(Option<Outgoing>),
}

/// The tools that are running, by the ids of their parts.
#[derive(Debug, Default)]
pub(super) struct Outputs(BTreeMap<String, Running>);

impl Outputs {
    /// Takes in the properties of an update of a running tool's part.
    pub(super) fn take(&mut self, part: &str, properties: &str, now: Instant) -> Taken {
        let Some((rest, output)) = take_apart(properties) else {
            self.0.remove(part);
            return Taken::AsItIs;
        };
        if let Some(running) = self.0.get_mut(part)
            && running.rest == rest
        {
            running.waiting = Some(output);
            return Taken::Instead(if now >= running.next_at { running.send(part, now) } else { None });
        }
        let text = |pointer| rest.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (session, message) = (text("/part/sessionID"), text("/part/messageID"));
        let next_at = now + pause(output.len());
        let running = Running { session, message, rest, sent: output, waiting: None, next_at };
        self.0.insert(part.to_owned(), running);
        while self.0.len() > MOST {
            self.0.pop_first();
        }
        Taken::AsItIs
    }

    /// When something that waits has to go.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.values().filter(|running| running.waiting.is_some()).map(|running| running.next_at).min()
    }

    /// What has to go now.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Outgoing> {
        self.send_where(now, |running| now >= running.next_at)
    }

    /// All that waits of a session.
    pub(super) fn flush(&mut self, session: &str, now: Instant) -> Vec<Outgoing> {
        self.send_where(now, |running| running.session == session)
    }

    fn send_where(&mut self, now: Instant, wanted: impl Fn(&Running) -> bool) -> Vec<Outgoing> {
        let wanted = self.0.iter_mut().filter(|(_, running)| wanted(running));
        wanted.filter_map(|(part, running)| running.send(part, now)).collect()
    }

    pub(super) fn forget(&mut self, part: &str) {
        self.0.remove(part);
    }

    pub(super) fn forget_message(&mut self, message: &str) {
        self.0.retain(|_, running| running.message != message);
    }

    pub(super) fn forget_session(&mut self, session: &str) {
        self.0.retain(|_, running| running.session != session);
    }

    /// The parts of a session as the clients have them.
    pub(super) fn parts(&self, session: &str) -> Vec<Value> {
        let running = self.0.values().filter(|running| running.session == session);
        running.filter_map(Running::part).collect()
    }
}

impl Running {
    fn send(&mut self, part: &str, now: Instant) -> Option<Outgoing> {
        let output = self.waiting.take().filter(|output| *output != self.sent)?;
        let increment = Increment::between(&self.sent, &output);
        let outgoing = Outgoing::new(
            &self.session,
            "message.part.output",
            &Output { session: &self.session, message: &self.message, part, increment },
        );
        self.next_at = now + pause(outgoing.json.len());
        self.sent = output;
        Some(outgoing)
    }

    fn part(&self) -> Option<Value> {
        let mut whole = self.rest.clone();
        *whole.pointer_mut(OUTPUT)? = Value::String(self.sent.clone());
        whole.get_mut("part").map(Value::take)
    }
}

/// How long to wait after so many bytes were sent.
fn pause(bytes: usize) -> Duration {
    WINDOW.max(Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / PACE)
}

/// The output, and all else that must be the same for it to be sent alone.
fn take_apart(properties: &str) -> Option<(Value, String)> {
    let mut rest = Value::deserialize(&mut serde_json::Deserializer::from_str(properties)).ok()?;
    rest.as_object_mut()?.remove("time");
    match rest.pointer_mut(OUTPUT)?.take() {
        Value::String(output) => Some((rest, output)),
        _ => None,
    }
}
