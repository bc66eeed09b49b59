//! What an event of opencode is, read no further than needed.
//!
//! Half of opencode's stream are twins: every durable event comes a second time, wrapped as `sync`. Of the
//! rest much is of no use to a chat (`plugin.added` alone is 9 KB for each directory). Both can be told by
//! the first bytes, before anything is parsed.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// How far into an event its type is looked for: behind a directory's path and a project's id.
const HEAD: usize = 8 << 10;

/// Goes on to the page.
const FORWARDED: [&str; 10] = [
    "message.updated",
    "message.removed",
    "message.part.updated",
    "message.part.delta",
    "message.part.removed",
    "session.updated",
    "session.status",
    "session.error",
    "session.compacted",
    "todo.updated",
];

/// Only says what a chat is doing.
const WATCHED: [&str; 8] = [
    "session.created",
    "session.deleted",
    "session.idle",
    "permission.asked",
    "permission.replied",
    "question.asked",
    "question.replied",
    "question.rejected",
];

/// An event; its properties are still the text that came.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    /// Its type, such as `message.updated`.
    pub(crate) kind: Cow<'a, str>,
    /// The directory that it happened in; empty for opencode's own.
    pub(crate) directory: Cow<'a, str>,
    /// A JSON object.
    pub(crate) properties: &'a RawValue,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    directory: Cow<'a, str>,
    #[serde(borrow)]
    payload: Payload<'a>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    properties: &'a RawValue,
}

#[derive(Deserialize)]
struct Addressed<'a> {
    #[serde(borrow, rename = "sessionID")]
    session: Option<Cow<'a, str>>,
}

impl<'a> Event<'a> {
    /// Whether the first bytes of an event tell that it is of no use.
    pub(crate) fn is_noise(data: &[u8]) -> bool {
        peek_type(data).is_some_and(|kind| !is_wanted(kind))
    }

    /// Reads an event; `None` for what is of no use and for what cannot be read.
    pub(crate) fn read(data: &'a [u8]) -> Option<Self> {
        let Wire { directory, payload } = serde_json::from_slice(data).ok()?;
        let event = Self { kind: payload.kind, directory, properties: payload.properties };
        is_wanted(event.kind.as_bytes()).then_some(event)
    }

    /// The session that it is about.
    pub(crate) fn session(&self) -> Option<Cow<'a, str>> {
        serde_json::from_str::<Addressed<'a>>(self.properties.get()).ok()?.session
    }

    /// Whether the page is told of it.
    pub(crate) fn is_forwarded(&self) -> bool {
        FORWARDED.contains(&&*self.kind)
    }

    /// As the page gets it.
    pub(crate) fn to_json(&self) -> String {
        format!(r#"{{"type":"{}","properties":{}}}"#, self.kind, self.properties)
    }
}

fn is_wanted(kind: &[u8]) -> bool {
    FORWARDED.iter().chain(&WATCHED).any(|wanted| wanted.as_bytes() == kind)
}

/// The type of an event whose type comes first in its payload, or right behind the payload's id. A quote
/// inside a string is escaped, so this cannot be found in one.
fn peek_type(data: &[u8]) -> Option<&[u8]> {
    let head = &data[..data.len().min(HEAD)];
    let mut rest = after(head, b"\"payload\":{")?;
    if let Some(id) = rest.strip_prefix(b"\"id\":\"") {
        rest = after(id, b"\",")?;
    }
    let kind = rest.strip_prefix(b"\"type\":\"")?;
    kind.iter().position(|&byte| byte == b'"').map(|end| &kind[..end])
}

fn after<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    text.windows(mark.len()).position(|window| window == mark).map(|at| &text[at + mark.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(data: &str) -> Option<String> {
        Event::read(data.as_bytes()).map(|event| event.kind.into_owned())
    }

    #[test]
    fn an_event_is_read_in_any_order_of_its_members() {
        let first = r#"{"directory":"/a","payload":{"id":"evt_1","type":"session.status","properties":{"sessionID":"ses_1"}}}"#;
        let last =
            r#"{"payload":{"properties":{"sessionID":"ses_1"},"type":"session.status"},"directory":"/a"}"#;
        for data in [first, last] {
            let event = Event::read(data.as_bytes()).unwrap();
            assert_eq!((&*event.kind, &*event.directory), ("session.status", "/a"));
            assert_eq!(event.session().as_deref(), Some("ses_1"));
            assert_eq!(event.to_json(), r#"{"type":"session.status","properties":{"sessionID":"ses_1"}}"#);
        }
    }

    #[test]
    fn twins_are_told_by_their_first_bytes() {
        let beginning = br#"{"directory":"/a","payload":{"type":"sync","syncEv"#;
        assert!(Event::is_noise(beginning));
        assert!(!Event::is_noise(br#"{"payload":{"id":"evt_1","type":"session.idle","prop"#));
        assert!(!Event::is_noise(br#"{"payload":{"properties":{},"type":"sync"}}"#), "not told yet");
    }

    #[test]
    fn twins_and_noise_are_dropped() {
        let twin = r#"{"directory":"/a","payload":{"type":"sync","syncEvent":{"id":"evt_1","type":"message.updated.1","data":{}},"id":"evt_1"}}"#;
        for data in [
            twin,
            r#"{"payload":{"id":"evt_1","type":"plugin.added","properties":{}}}"#,
            r#"{"payload":{"properties":{},"type":"server.heartbeat"}}"#,
            r#"{"payload":{"id":"evt_1","type":"session.diff","properties":{}}}"#,
            "not json",
            "",
        ] {
            assert_eq!(kind(data), None, "{data}");
        }
    }

    #[test]
    fn a_directory_cannot_pass_for_a_twin() {
        let data = serde_json::json!({
            "directory": r#"/a"payload":{"type":"sync""#,
            "payload": {"type": "session.idle", "properties": {}},
        });
        assert_eq!(kind(&data.to_string()).as_deref(), Some("session.idle"));
    }
}
