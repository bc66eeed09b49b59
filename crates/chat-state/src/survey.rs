//! What opencode says when it is asked, after the stream of its events was broken.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    event::{Message, SessionInfo, Status},
    request::RequestKind,
};

/// The last message of a session.
pub type LastMessage = Message;

/// Everything that was asked for. Nothing in it is older than the break.
#[derive(Debug, Default)]
pub struct Survey {
    /// Whether opencode itself was restarted: then nothing that ran before runs still, and no directory
    /// needs to be asked.
    pub restarted: bool,
    /// The latest sessions.
    pub sessions: Vec<SessionInfo>,
    /// The directories whose statuses and requests were asked for.
    pub directories: Vec<String>,
    /// Their sessions that are not idle.
    pub statuses: BTreeMap<String, Status>,
    /// Their requests: kind, directory, opencode's object.
    pub requests: Vec<(RequestKind, String, Value)>,
    /// The last messages of [`crate::World::candidates`].
    pub last_messages: BTreeMap<String, LastMessage>,
    /// The parts of those messages.
    pub last_parts: BTreeMap<String, Vec<Value>>,
}
