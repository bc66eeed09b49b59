//! opencode's events, as far as they say what a chat is doing.

use serde::Deserialize;
use serde_json::Value;

use crate::request::RequestKind;

/// What a session is doing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Status {
    /// Nothing.
    Idle,
    /// At work.
    Busy,
    /// Waits to ask the model again.
    Retry {
        /// Which attempt that will be.
        attempt: u64,
        /// Why the last one failed.
        message: String,
        /// When, in milliseconds since 1970.
        next: f64,
    },
}

/// A session as opencode describes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SessionInfo {
    /// Its id.
    pub id: String,
    /// The session that it is a subagent of.
    #[serde(rename = "parentID")]
    pub parent: Option<String>,
    /// Where it works.
    pub directory: String,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// When it was made, changed and put away.
    pub time: SessionTime,
    /// Where everybody can read it, while it is shared.
    pub share: Option<Share>,
    /// To where it was reverted, until its next prompt.
    pub revert: Option<SessionRevert>,
}

/// A session that is shared.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Share {
    /// Its public address.
    pub url: String,
}

/// The first message, or part of one, that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SessionRevert {
    /// The message.
    #[serde(rename = "messageID")]
    pub message: String,
    /// The part of it, if what stands before that stays.
    #[serde(rename = "partID")]
    pub part: Option<String>,
}

/// Times in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct SessionTime {
    pub created: f64,
    pub updated: f64,
    pub archived: Option<f64>,
}

/// A message, without its parts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// Who speaks.
    pub role: Role,
    /// When.
    pub time: MessageTime,
    /// Why the agent's turn ended badly.
    pub error: Option<MessageError>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    User,
    Assistant,
}

/// Times in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct MessageTime {
    pub created: f64,
    pub completed: Option<f64>,
}

/// Why a turn ended badly.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct MessageError {
    /// Its kind, such as `MessageAbortedError`.
    pub name: String,
    /// `{"message": …}` for most kinds.
    #[serde(default)]
    pub data: Value,
}

impl MessageError {
    /// Whether a person stopped it.
    pub(crate) fn is_abort(&self) -> bool {
        self.name == "MessageAbortedError"
    }

    /// In words.
    pub(crate) fn words(&self) -> String {
        self.data.get("message").and_then(Value::as_str).unwrap_or(&self.name).to_owned()
    }
}

/// An event that says something about a chat.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "opencode's own names")]
pub enum Event {
    Session(SessionInfo),
    SessionDeleted { session: String },
    Status { session: String, status: Status },
    Error { session: String, error: MessageError },
    Message { session: String, message: Message },
    MessageRemoved { message: String },
    Part { session: String, part: Value },
    Delta { part: String, field: String, delta: String },
    PartRemoved { part: String },
    Asked { kind: RequestKind, details: Value },
    Answered { request: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(rename = "sessionID")]
    session: Option<String>,
    #[serde(rename = "messageID")]
    message: Option<String>,
    #[serde(rename = "partID")]
    part_id: Option<String>,
    #[serde(rename = "requestID")]
    request: Option<String>,
    field: Option<String>,
    delta: Option<String>,
    info: Option<Value>,
    part: Option<Value>,
    status: Option<Status>,
    error: Option<MessageError>,
}

impl Event {
    /// The event of a type with these properties (a JSON object); `None` for one that says nothing about
    /// a chat, and for one that cannot be understood.
    pub fn read(kind: &str, properties: &str) -> Option<Self> {
        if let Some(asked) = asked(kind) {
            return Some(Self::Asked { kind: asked, details: serde_json::from_str(properties).ok()? });
        }
        let it: Properties = match kind {
            "session.created"
            | "session.updated"
            | "session.deleted"
            | "session.status"
            | "session.idle"
            | "session.error"
            | "message.updated"
            | "message.removed"
            | "message.part.updated"
            | "message.part.delta"
            | "message.part.removed"
            | "permission.replied"
            | "question.replied"
            | "question.rejected" => serde_json::from_str(properties).ok()?,
            _ => return None,
        };
        Some(match kind {
            "session.created" | "session.updated" => Self::Session(serde_json::from_value(it.info?).ok()?),
            "session.deleted" => Self::SessionDeleted {
                session: it.session.or_else(|| Some(it.info?.get("id")?.as_str()?.to_owned()))?,
            },
            "session.status" => Self::Status { session: it.session?, status: it.status? },
            "session.idle" => Self::Status { session: it.session?, status: Status::Idle },
            "session.error" => Self::Error { session: it.session?, error: it.error? },
            "message.updated" => {
                let message: Value = it.info?;
                let session = message.get("sessionID").and_then(Value::as_str).map(str::to_owned);
                Self::Message {
                    session: session.or(it.session)?,
                    message: serde_json::from_value(message).ok()?,
                }
            }
            "message.removed" => Self::MessageRemoved { message: it.message? },
            "message.part.updated" => {
                let part = it.part?;
                let session = part.get("sessionID").and_then(Value::as_str).map(str::to_owned);
                Self::Part { session: session.or(it.session)?, part }
            }
            "message.part.delta" => Self::Delta { part: it.part_id?, field: it.field?, delta: it.delta? },
            "message.part.removed" => Self::PartRemoved { part: it.part_id? },
            _ => Self::Answered { request: it.request? },
        })
    }
}

fn asked(kind: &str) -> Option<RequestKind> {
    match kind {
        "permission.asked" => Some(RequestKind::Permission),
        "question.asked" => Some(RequestKind::Question),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses() {
        let read = |status: &str| {
            Event::read("session.status", &format!(r#"{{"sessionID":"ses_1","status":{status}}}"#))
        };
        assert!(matches!(
            read(r#"{"type":"busy"}"#),
            Some(Event::Status { session, status: Status::Busy }) if session == "ses_1"
        ));
        let retry = read(r#"{"type":"retry","attempt":2,"message":"overloaded","next":1795235465122}"#);
        assert!(matches!(retry, Some(Event::Status { status: Status::Retry { attempt: 2, .. }, .. })));
        assert_eq!(read(r#"{"type":"dreaming"}"#), None);
    }

    #[test]
    fn what_says_nothing_about_a_chat_is_nothing() {
        assert_eq!(Event::read("plugin.added", "{}"), None);
        assert_eq!(Event::read("session.error", r#"{"error":{"name":"UnknownError","data":{}}}"#), None);
        assert_eq!(Event::read("message.updated", "{"), None);
    }

    #[test]
    fn a_message_knows_its_end() {
        let properties = r#"{"sessionID":"ses_1","info":{"id":"msg_1","role":"assistant","sessionID":"ses_1",
            "time":{"created":1,"completed":2},"error":{"name":"MessageAbortedError","data":{"message":"Aborted"}}}}"#;
        let Some(Event::Message { message, .. }) = Event::read("message.updated", properties) else {
            panic!()
        };
        assert!(message.error.as_ref().is_some_and(MessageError::is_abort));
        assert_eq!(message.time.completed, Some(2.0));
    }
}
