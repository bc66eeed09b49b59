//! One client's stream: a cursor into the ring, what the client wants of it, and its compression.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::Bytes;
use futures_util::Stream;
use serde::Serialize;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    clients::ClientId,
    compression::Encoder,
    filter::{Filter, Reading},
    hub::{Hub, State},
    instance::Instance,
    number::Number,
    permit::Permit,
};
use ocweb_chat_state::ChatView;

/// As much goes into one batch, in bytes before compression.
const BATCH: usize = 64 << 10;
/// The longest silence while something runs, and while nothing does.
const BUSY: Duration = Duration::from_secs(2);
const QUIET: Duration = Duration::from_secs(10);
/// So much earlier than promised a heartbeat is sent.
const EARLY: Duration = Duration::from_millis(200);

/// Why a client has to begin anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// It has nothing yet.
    First,
    /// What it missed is forgotten.
    TooOld,
    /// opencode or the relay was restarted, or events were missed.
    Restarted,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Message<'a> {
    Snapshot { reason: Reason, complete: bool, chats: Vec<&'a ChatView>, instance: &'a Instance },
    Resumed,
    Heartbeat { within_ms: u128 },
}

/// What a client asked for when it opened its stream.
pub(crate) struct Wishes {
    /// The page, if it is one.
    pub(crate) client: Option<ClientId>,
    /// The chat that the page shows; `None` leaves that as it was.
    pub(crate) viewing: Option<String>,
    /// What it wants to be told of.
    pub(crate) filter: Filter,
    /// The last event that it has.
    pub(crate) last: Option<Number>,
    /// What it can decode.
    pub(crate) encoder: Encoder,
}

/// A stream that is open. The page counts as gone when this is dropped.
pub(crate) struct Subscription {
    hub: Arc<Hub>,
    wishes: Wishes,
    /// The last event that was looked at; `None` before the first snapshot.
    cursor: Option<Number>,
    /// Whether it has been said that the stream goes on where the last one ended.
    welcomed: bool,
    changed: watch::Receiver<()>,
    /// The silence that was promised to be the longest.
    promised: Duration,
    next_by: Instant,
    permit: Permit,
}

/// What happened while a stream had nothing to send.
enum Wake {
    News,
    Silence,
    End,
}

impl Subscription {
    pub(crate) fn new(hub: Arc<Hub>, mut wishes: Wishes, permit: Permit) -> Self {
        if let Some(client) = &wishes.client {
            let viewing = wishes.viewing.take();
            hub.look().clients.opened(client, viewing);
        }
        let changed = hub.subscribe();
        let cursor = wishes.last;
        let next_by = Instant::now() + QUIET;
        Self { hub, wishes, cursor, welcomed: false, changed, promised: QUIET, next_by, permit }
    }

    /// The stream's body, which ends with the client's login and with the service.
    pub(crate) fn into_body(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures_util::stream::unfold(Some(self), |subscription| async {
            let mut subscription = subscription?;
            match subscription.next().await {
                Some(batch) => Some((Ok(batch), Some(subscription))),
                None => Some((Ok(subscription.wishes.encoder.finish()), None)),
            }
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.permit.is_over() {
                return None;
            }
            self.changed.mark_unchanged();
            let mut batch = self.collect();
            if batch.is_empty() {
                match self.wait().await {
                    Wake::News => continue,
                    Wake::Silence => batch = self.heartbeat(),
                    Wake::End => return None,
                }
            }
            self.next_by = Instant::now() + self.promised - EARLY;
            return Some(self.wishes.encoder.encode(batch));
        }
    }

    async fn wait(&mut self) -> Wake {
        tokio::select! {
            () = self.permit.over() => Wake::End,
            _ = self.changed.changed() => Wake::News,
            () = sleep_until(self.next_by) => Wake::Silence,
        }
    }

    /// What the client has not been told yet.
    fn collect(&mut self) -> Vec<u8> {
        let hub = Arc::clone(&self.hub);
        let state = hub.look();
        let Some(cursor) = self.cursor else { return self.snapshot(&state, Reason::First) };
        let Some(frames) = state.ring.after(cursor) else {
            let same = cursor.epoch == state.ring.head().epoch;
            return self.snapshot(&state, if same { Reason::TooOld } else { Reason::Restarted });
        };
        let mut batch = Vec::new();
        if !self.welcomed {
            self.welcomed = true;
            put(&mut batch, Some(cursor), &Message::Resumed);
            batch.append(&mut self.heartbeat_in(&state));
        }
        let reading = match &self.wishes.client {
            None => Reading::All,
            Some(client) => Reading::Of(state.clients.shown(client)),
        };
        let mut position = cursor.position;
        for (at, frame) in frames {
            position = at;
            if self.wishes.filter.lets_pass(&frame.scope, reading) {
                batch.extend_from_slice(&frame.text);
                if batch.len() >= BATCH {
                    break;
                }
            }
        }
        self.cursor = Some(Number { position, ..cursor });
        // Work has begun: from now on a long silence is suspicious.
        if self.promised > silence(&state) {
            batch.append(&mut self.heartbeat_in(&state));
        }
        batch
    }

    fn snapshot(&mut self, state: &State, reason: Reason) -> Vec<u8> {
        let head = state.ring.head();
        self.cursor = Some(head);
        self.welcomed = true;
        let complete = state.world.is_complete();
        let chats = state.world.views().filter(|chat| self.wishes.filter.shows(chat)).collect();
        let mut batch = Vec::new();
        put(
            &mut batch,
            Some(head),
            &Message::Snapshot { reason, complete, chats, instance: &state.instance },
        );
        batch.append(&mut self.heartbeat_in(state));
        batch
    }

    fn heartbeat(&mut self) -> Vec<u8> {
        let hub = Arc::clone(&self.hub);
        let state = hub.look();
        self.heartbeat_in(&state)
    }

    fn heartbeat_in(&mut self, state: &State) -> Vec<u8> {
        self.promised = silence(state);
        let mut batch = Vec::new();
        put(&mut batch, None, &Message::Heartbeat { within_ms: self.promised.as_millis() });
        batch
    }
}

/// The longest silence that may be promised now.
fn silence(state: &State) -> Duration {
    if state.world.is_busy() { BUSY } else { QUIET }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(client) = &self.wishes.client {
            self.hub.change_clients(|clients| (clients.closed(client), ()));
        }
    }
}

fn put(batch: &mut Vec<u8>, number: Option<Number>, message: &Message<'_>) {
    if let Some(number) = number {
        batch.extend_from_slice(format!("id: {number}\n").as_bytes());
    }
    batch.extend_from_slice(b"data: ");
    // Texts, numbers and times of this century always have a JSON form, and a vector takes all of it.
    let _ = serde_json::to_writer(&mut *batch, message);
    batch.extend_from_slice(b"\n\n");
}
