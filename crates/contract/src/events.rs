//! Everything that `/global/event` told since it was opened.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::StreamExt;
use ocweb_opencode_client::Client;
use serde_json::Value;
use tokio_util::task::AbortOnDropHandle;

use crate::finding::Broken;

const LOOK_AGAIN: Duration = Duration::from_millis(30);

/// The events, as they come. They are no longer followed when this is dropped.
pub(crate) struct Events {
    all: Arc<Mutex<Vec<Value>>>,
    _following: AbortOnDropHandle<()>,
}

impl Events {
    pub(crate) async fn follow(client: &Client) -> Result<Self, Broken> {
        let mut chunks = client.events().await?.bytes_stream();
        let all = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&all);
        let following = tokio::spawn(async move {
            let mut text = Vec::new();
            while let Some(Ok(chunk)) = chunks.next().await {
                text.extend_from_slice(&chunk);
                while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = text.drain(..=end).collect();
                    let data = line.strip_prefix(b"data:").and_then(|data| serde_json::from_slice(data).ok());
                    seen.lock().unwrap_or_else(PoisonError::into_inner).extend(data);
                }
            }
        });
        Ok(Self { all, _following: AbortOnDropHandle::new(following) })
    }

    /// The events for which this is true, the oldest first.
    pub(crate) fn all(&self, is_wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|event| is_wanted(event)).cloned().collect()
    }

    /// The first event for which this is true, as soon as there is one. The check's own time-out ends the wait.
    pub(crate) async fn until(&self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(event) = self.all(&is_wanted).into_iter().next() {
                return event;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Whether an event is of this type and about this session.
pub(crate) fn is_about(event: &Value, kind: &str, session: &str) -> bool {
    let payload = &event["payload"];
    let properties = &payload["properties"];
    let about = [
        &properties["sessionID"],
        &properties["info"]["sessionID"],
        &properties["part"]["sessionID"],
        &properties["info"]["id"],
    ];
    payload["type"] == kind && about.into_iter().any(|id| id == session)
}
