//! Stand-ins for opencode, git-manager and auth that do what a test tells them.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path as UrlPath, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, UnixListener},
    sync::{mpsc, watch},
    task::JoinHandle,
};

type Lines = mpsc::UnboundedSender<Bytes>;

/// What it answers, and whom it tells.
#[derive(Default)]
pub struct Script {
    streams: Vec<Lines>,
    pub sessions: Vec<Value>,
    pub messages: BTreeMap<String, Value>,
    pub statuses: BTreeMap<String, Value>,
    pub permissions: Vec<Value>,
    /// Path and body of each answer to a request.
    pub answers: Vec<(String, Value)>,
    /// The directories that were asked for.
    pub asked: Vec<String>,
    /// The question for the terminals of the chats' directory is not answered.
    pub terminals_held: bool,
    /// A prompt is on its way.
    pub prompted: bool,
    /// The queries with which directories were let go of, and whether a prompt was on its way then.
    pub disposed: Vec<(String, bool)>,
    /// Says nothing more, not even that it lives.
    pub stalled: bool,
    /// So many connections to the stream are accepted and never answered.
    pub ignored: usize,
    /// Path, query and directory of each stream that was opened.
    pub opened: Vec<(String, String, String)>,
}

/// An opencode that plays a script.
#[derive(Clone)]
pub struct Opencode {
    script: Arc<Mutex<Script>>,
    address: std::net::SocketAddr,
    serving: Arc<Serving>,
}

/// Ends with whoever holds it.
struct Serving(Mutex<JoinHandle<()>>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.lock().unwrap().abort();
    }
}

impl Opencode {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(Script::default()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&script)));
        tokio::spawn(beat(Arc::downgrade(&script)));
        Self { script, address, serving: Arc::new(Serving(Mutex::new(serving))) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// Sends bytes on every stream that is open.
    pub fn send_bytes(&self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        self.script().streams.retain(|stream| stream.send(bytes.clone()).is_ok());
    }

    /// Tells of an event, and of its twin.
    pub fn send(&self, kind: &str, properties: &Value) {
        self.send_in("/vol/copy", kind, properties);
    }

    /// The same, in another directory than that of the chats.
    pub fn send_in(&self, directory: &str, kind: &str, properties: &Value) {
        let payload = json!({"id": "evt_1", "type": kind, "properties": properties});
        let event = json!({"directory": directory, "project": "p", "payload": payload});
        let twin = json!({"directory": directory, "payload": {"type": "sync", "syncEvent": payload}});
        self.send_bytes(format!("data: {event}\n\ndata: {twin}\n\n"));
    }

    /// Ends every stream.
    pub fn cut(&self) {
        self.script().streams.clear();
    }

    /// How many streams are open now.
    pub fn streams(&self) -> usize {
        let mut script = self.script();
        script.streams.retain(|stream| !stream.is_closed());
        script.streams.len()
    }

    /// Listens no more, as if it was killed.
    pub async fn die(&self) {
        let serving = std::mem::replace(&mut *self.serving.0.lock().unwrap(), tokio::spawn(async {}));
        serving.abort();
        let _ = serving.await;
        self.cut();
    }

    /// Listens again at the same address.
    pub async fn come_back(&self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        *self.serving.0.lock().unwrap() = tokio::spawn(serve(listener, Arc::clone(&self.script)));
    }

    /// A session that it knows.
    pub fn add_session(&self, id: &str, parent: Option<&str>) {
        let session = session(id, parent);
        self.script().sessions.push(session);
    }
}

pub fn session(id: &str, parent: Option<&str>) -> Value {
    let now = 1_000 * time::OffsetDateTime::now_utc().unix_timestamp();
    let mut session = json!({
        "id": id, "directory": "/vol/copy", "title": format!("Title of {id}"), "time": {"created": now, "updated": now - 30_000},
    });
    if let Some(parent) = parent {
        session["parentID"] = parent.into();
    }
    session
}

pub fn busy(session: &str) -> Value {
    json!({"sessionID": session, "status": {"type": "busy"}})
}

pub fn idle(session: &str) -> Value {
    json!({"sessionID": session, "status": {"type": "idle"}})
}

pub fn answer(session: &str, message: &str) -> Value {
    json!({"sessionID": session, "info": {
        "id": message, "sessionID": session, "role": "assistant", "time": {"created": 1_795_000_000_000_u64},
    }})
}

pub fn text(session: &str, message: &str, part: &str, text: &str, end: Option<u64>) -> Value {
    let mut time = json!({"start": 1});
    if let Some(end) = end {
        time["end"] = end.into();
    }
    json!({"sessionID": session, "part": {
        "id": part, "messageID": message, "sessionID": session, "type": "text", "text": text, "time": time,
    }})
}

pub fn delta(session: &str, message: &str, part: &str, text: &str) -> Value {
    json!({"sessionID": session, "messageID": message, "partID": part, "field": "text", "delta": text})
}

/// A heartbeat now and then, as long as somebody holds the script.
async fn beat(script: Weak<Mutex<Script>>) {
    let heartbeat =
        Bytes::from_static(b"data: {\"payload\":{\"type\":\"server.heartbeat\",\"properties\":{}}}\n\n");
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let Some(script) = script.upgrade() else { return };
        let mut script = script.lock().unwrap();
        if !script.stalled {
            script.streams.retain(|stream| stream.send(heartbeat.clone()).is_ok());
        }
    }
}

async fn serve(listener: TcpListener, script: Arc<Mutex<Script>>) {
    let router = Router::new()
        .route("/global/event", get(open_stream))
        .route("/event", get(open_stream))
        .route("/experimental/session", get(sessions))
        .route("/session/status", get(statuses))
        .route("/session/{id}", get(one_session))
        .route("/session/{id}/message", get(messages))
        .route("/session/{id}/message/{message}", get(one_message))
        .route("/path", get(async || axum::Json(json!({"directory": "/vol/own"}))))
        .route("/pty", get(terminals))
        .route("/instance/dispose", post(dispose))
        .route("/permission", get(permissions))
        .route("/question", get(async || axum::Json(json!([]))))
        .route("/permission/{id}/reply", post(take_answer))
        .route("/question/{id}/reply", post(take_answer))
        .with_state(script);
    axum::serve(listener, router).await.unwrap();
}

type Shared = State<Arc<Mutex<Script>>>;

async fn open_stream(
    State(script): Shared,
    uri: axum::http::Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let is_ignored = {
        let mut script = script.lock().unwrap();
        let is_ignored = script.ignored > 0;
        script.ignored = script.ignored.saturating_sub(1);
        script.stalled = false;
        is_ignored
    };
    if is_ignored {
        std::future::pending::<()>().await;
    }
    let (sender, receiver) = mpsc::unbounded_channel();
    let connected = json!({"payload": {"type": "server.connected", "properties": {}}});
    sender.send(Bytes::from(format!("data: {connected}\n\n"))).unwrap();
    let directory =
        headers.get("x-opencode-directory").map_or("", |value| value.to_str().unwrap()).to_owned();
    let mut script = script.lock().unwrap();
    script.opened.push((uri.path().to_owned(), query.unwrap_or_default(), directory));
    script.streams.push(sender);
    let lines = futures_util::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|line| (Ok::<_, Infallible>(line), receiver))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(lines.boxed())).into_response()
}

async fn sessions(State(script): Shared) -> axum::Json<Value> {
    axum::Json(script.lock().unwrap().sessions.clone().into())
}

async fn one_session(State(script): Shared, UrlPath(id): UrlPath<String>) -> Response {
    let script = script.lock().unwrap();
    match script.sessions.iter().find(|session| session["id"] == id) {
        Some(session) => axum::Json(session.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, axum::Json(json!({"name": "NotFoundError"}))).into_response(),
    }
}

async fn statuses(State(script): Shared, RawQuery(query): RawQuery) -> axum::Json<Value> {
    let mut script = script.lock().unwrap();
    script.asked.push(query.unwrap_or_default());
    axum::Json(json!(script.statuses))
}

async fn terminals(State(script): Shared, RawQuery(query): RawQuery) -> axum::Json<Value> {
    let query = query.unwrap_or_default();
    script.lock().unwrap().asked.push(format!("pty {query}"));
    while query.contains("copy") && script.lock().unwrap().terminals_held {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    axum::Json(json!([]))
}

async fn dispose(State(script): Shared, RawQuery(query): RawQuery) -> axum::Json<bool> {
    let mut script = script.lock().unwrap();
    let prompted = script.prompted;
    script.disposed.push((query.unwrap_or_default(), prompted));
    axum::Json(true)
}

async fn permissions(State(script): Shared) -> axum::Json<Value> {
    axum::Json(script.lock().unwrap().permissions.clone().into())
}

async fn messages(State(script): Shared, UrlPath(id): UrlPath<String>) -> Response {
    match script.lock().unwrap().messages.get(&id) {
        Some(messages) => axum::Json(messages.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, axum::Json(json!({"name": "NotFoundError"}))).into_response(),
    }
}

async fn one_message(State(script): Shared, UrlPath((id, message)): UrlPath<(String, String)>) -> Response {
    let script = script.lock().unwrap();
    let messages = script.messages.get(&id).and_then(Value::as_array);
    match messages.into_iter().flatten().find(|known| known["info"]["id"] == message) {
        Some(message) => axum::Json(message.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, axum::Json(json!({"name": "NotFoundError"}))).into_response(),
    }
}

async fn take_answer(
    State(script): Shared,
    uri: axum::http::Uri,
    axum::Json(body): axum::Json<Value>,
) -> axum::Json<Value> {
    script.lock().unwrap().answers.push((uri.path().to_owned(), body));
    axum::Json(json!(true))
}

/// A service on its socket, for as long as this lives.
pub struct OnSocket(JoinHandle<()>);

impl OnSocket {
    pub fn start(socket: &Path, router: Router) -> Self {
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        Self(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
    }
}

impl Drop for OnSocket {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An auth that knows one login until it is revoked.
pub fn auth(login: &'static str, holds: watch::Receiver<bool>) -> Router {
    let answer = async move |UrlPath(id): UrlPath<String>| {
        if id == login && *holds.borrow() { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
    };
    Router::new().route("/internal/sessions/{id}", get(answer))
}

/// A git-manager: the lines of its feed, and the prompts that it was handed.
#[derive(Clone, Default)]
pub struct GitManager {
    feeds: Arc<Mutex<Vec<Lines>>>,
    first: Arc<Mutex<String>>,
    pub prompts: Arc<Mutex<Vec<(String, Value)>>>,
}

impl GitManager {
    pub fn new(chats: &Value) -> Self {
        let manager = Self::default();
        *manager.first.lock().unwrap() = format!("{}\n", json!({"chats": chats}));
        manager
    }

    pub fn say(&self, line: &Value) {
        let line = Bytes::from(format!("{line}\n\n"));
        self.feeds.lock().unwrap().retain(|feed| feed.send(line.clone()).is_ok());
    }

    pub fn router(&self) -> Router {
        let (feed, taken) = (self.clone(), self.clone());
        let changes = async move || {
            let (sender, receiver) = mpsc::unbounded_channel();
            sender.send(Bytes::from(feed.first.lock().unwrap().clone())).unwrap();
            feed.feeds.lock().unwrap().push(sender);
            Body::from_stream(
                futures_util::stream::unfold(receiver, async |mut receiver| {
                    receiver.recv().await.map(|line| (Ok::<_, Infallible>(line), receiver))
                })
                .boxed(),
            )
        };
        let prompts = async move |UrlPath(chat): UrlPath<String>, axum::Json(body): axum::Json<Value>| {
            taken.prompts.lock().unwrap().push((chat, body));
            StatusCode::ACCEPTED
        };
        Router::new().route("/chats/changes", get(changes)).route("/admin/chats/{id}/prompts", post(prompts))
    }
}

pub fn chat_record(id: &str) -> Value {
    json!({
        "id": id, "repo": "demo/hello-web", "title": null, "branch": "ocweb/x", "base": "main",
        "directory": "/vol/copy", "state": "ready", "progress": null, "error": null, "prompts": [],
        "created_at": "2026-11-21T00:00:00Z", "updated_at": "2026-11-21T00:00:00Z",
    })
}
