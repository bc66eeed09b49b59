//! A server of the event relay's shape: numbered events, replay after `Last-Event-ID`, and an inbox.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path as PathParameter, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::UnixListener, sync::watch};
use tokio_util::sync::CancellationToken;

use super::until;

/// The relay, stopped when this is dropped.
pub struct Relay {
    socket: PathBuf,
    shared: Arc<Shared>,
    serving: Mutex<CancellationToken>,
}

struct Shared {
    world: Mutex<World>,
    /// Counts what was emitted, so that streams wake up.
    emitted: watch::Sender<usize>,
    /// Ends every open stream.
    cut: Mutex<CancellationToken>,
}

#[derive(Default)]
struct World {
    epoch: usize,
    chats: BTreeMap<String, Value>,
    /// Every frame's data of this epoch.
    frames: Vec<Value>,
    /// How each stream began.
    streams: Vec<String>,
    answers: Vec<(String, Value)>,
    /// Streams send nothing any more, and do not end.
    is_stalled: bool,
    /// The status that answers are refused with.
    refusal: Option<StatusCode>,
    /// Nothing is known of any chat yet.
    is_ignorant: bool,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Relay {
    pub fn start(socket: &Path) -> Self {
        let shared =
            Arc::new(Shared { world: Mutex::default(), emitted: watch::channel(0).0, cut: Mutex::default() });
        let relay = Self { socket: socket.to_owned(), shared, serving: Mutex::default() };
        relay.serve();
        relay
    }

    /// Listens (again), under a new epoch.
    pub fn serve(&self) {
        let _ = std::fs::remove_file(&self.socket);
        std::fs::create_dir_all(self.socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(&self.socket).unwrap();
        let stop = CancellationToken::new();
        *self.serving.lock().unwrap() = stop.clone();
        {
            let mut world = self.shared.world.lock().unwrap();
            world.epoch += 1;
            world.frames.clear();
            world.is_stalled = false;
        }
        let router = Router::new()
            .route("/admin/events", get(events))
            .route("/admin/inbox/{id}/answer", post(answer))
            .with_state(Arc::clone(&self.shared));
        tokio::spawn(async move {
            tokio::select! {
                result = axum::serve(listener, router) => result.unwrap(),
                () = stop.cancelled() => {}
            }
        });
    }

    /// Goes away, with its socket.
    pub fn stop(&self) {
        self.serving.lock().unwrap().cancel();
        let _ = std::fs::remove_file(&self.socket);
        self.cut();
    }

    /// Ends every open stream.
    pub fn cut(&self) {
        std::mem::take(&mut *self.shared.cut.lock().unwrap()).cancel();
    }

    /// Makes open streams silent without ending them; new ones are as they should be.
    pub fn stall(&self) {
        self.shared.world.lock().unwrap().is_stalled = true;
    }

    pub fn stop_stalling(&self) {
        self.shared.world.lock().unwrap().is_stalled = false;
    }

    /// Refuses answers with a status.
    pub fn refuse_answers(&self, status: u16) {
        self.shared.world.lock().unwrap().refusal = Some(StatusCode::from_u16(status).unwrap());
    }

    pub fn take_answers(&self) {
        self.shared.world.lock().unwrap().refusal = None;
    }

    /// Knows nothing of any chat, until [`Self::learn`].
    pub fn forget(&self) {
        self.shared.world.lock().unwrap().is_ignorant = true;
    }

    /// Knows all chats again, and says so.
    pub fn learn(&self) {
        let snapshot = {
            let mut world = self.shared.world.lock().unwrap();
            world.is_ignorant = false;
            world.snapshot("restarted")
        };
        self.shared.emit(snapshot);
    }

    /// A chat is like this now.
    pub fn put(&self, chat: &Value) {
        let id = chat["id"].as_str().unwrap().to_owned();
        self.shared.world.lock().unwrap().chats.insert(id, chat.clone());
        self.shared.emit(json!({ "type": "chat", "chat": chat }));
    }

    pub fn remove(&self, id: &str) {
        self.shared.world.lock().unwrap().chats.remove(id);
        self.shared.emit(json!({ "type": "chat_removed", "id": id }));
    }

    /// Any other event.
    pub fn emit(&self, data: Value) {
        self.shared.emit(data);
    }

    /// How each stream began so far: `snapshot` or `resumed`.
    pub fn streams(&self) -> Vec<String> {
        self.shared.world.lock().unwrap().streams.clone()
    }

    /// Waits until somebody reads a stream.
    pub async fn followed(&self) {
        until("a reader", async || (!self.streams().is_empty()).then_some(())).await;
    }

    /// The answers that were given: the request's id and the body.
    pub fn answers(&self) -> Vec<(String, Value)> {
        self.shared.world.lock().unwrap().answers.clone()
    }
}

impl World {
    fn snapshot(&self, reason: &str) -> Value {
        let chats: Vec<_> = self.chats.values().filter(|_| !self.is_ignorant).collect();
        let mut snapshot =
            json!({ "type": "snapshot", "reason": reason, "chats": chats, "instance": { "opencode": "up" } });
        if self.is_ignorant {
            snapshot["complete"] = false.into();
        }
        snapshot
    }
}

impl Shared {
    fn emit(&self, data: Value) {
        let mut world = self.world.lock().unwrap();
        world.frames.push(data);
        self.emitted.send_replace(world.frames.len());
    }
}

async fn events(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let (mut next, epoch, first) = {
        let mut world = shared.world.lock().unwrap();
        let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.split_once('-'));
        let known = last.filter(|(epoch, _)| *epoch == world.epoch.to_string());
        let begin = known.and_then(|(_, number)| number.parse().ok()).unwrap_or(world.frames.len());
        let first = if known.is_some() {
            json!({ "type": "resumed" })
        } else {
            world.snapshot(if last.is_some() { "restarted" } else { "first" })
        };
        let kind = first["type"].as_str().unwrap().to_owned();
        world.streams.push(kind);
        (begin, world.epoch, format!("id: {}-{begin}\ndata: {first}\n\n", world.epoch))
    };
    let cut = shared.cut.lock().unwrap().clone();
    let (sender, receiver) = tokio::sync::mpsc::channel::<String>(100);
    tokio::spawn(async move {
        let mut emitted = shared.emitted.subscribe();
        // What was missed follows at once.
        emitted.mark_changed();
        let mut text = first;
        let is_stalled = || shared.world.lock().unwrap().is_stalled;
        loop {
            if !text.is_empty() && !is_stalled() && sender.send(std::mem::take(&mut text)).await.is_err() {
                return;
            }
            tokio::select! {
                () = cut.cancelled() => return,
                () = sender.closed() => return,
                _ = emitted.changed() => {
                    let world = shared.world.lock().unwrap();
                    if world.epoch == epoch {
                        for data in &world.frames[next..] {
                            next += 1;
                            write!(text, "id: {epoch}-{next}\ndata: {data}\n\n").unwrap();
                        }
                    }
                }
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    text.push_str("data: {\"type\":\"heartbeat\",\"within_ms\":500}\n\n");
                }
            }
        }
    });
    let stream = futures_util::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|text| (Ok::<_, Infallible>(text), receiver))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(stream)).into_response()
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    PathParameter(id): PathParameter<String>,
    axum::Json(body): axum::Json<Value>,
) -> StatusCode {
    let answered = {
        let mut world = shared.world.lock().unwrap();
        if let Some(status) = world.refusal {
            return status;
        }
        let asks = |chat: &Value| {
            let requests = chat["requests"].as_array().unwrap();
            requests.iter().any(|request| request["id"] == id.as_str())
        };
        let Some(chat) = world.chats.values_mut().find(|chat| asks(chat)) else {
            return StatusCode::NOT_FOUND;
        };
        chat["requests"].as_array_mut().unwrap().retain(|request| request["id"] != id.as_str());
        chat["state"] = "working".into();
        let chat = chat.clone();
        world.answers.push((id, body));
        chat
    };
    shared.emit(json!({ "type": "chat", "chat": answered }));
    StatusCode::NO_CONTENT
}
