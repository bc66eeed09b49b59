//! An opencode that remembers what it was asked, and fails when told to.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

/// What the fake has seen, and how it behaves.
#[allow(clippy::struct_excessive_bools, reason = "each is a way in which it can be told to behave")]
#[derive(Default)]
pub struct Memory {
    /// Session id to directory and title.
    pub sessions: BTreeMap<String, (String, Option<String>)>,
    /// Messages in the order in which they came.
    pub messages: Vec<Message>,
    /// Bodies of the prompts.
    pub prompts: Vec<Value>,
    /// Bodies of the commands and shell commands.
    pub calls: Vec<Value>,
    /// What becomes of them.
    pub calling: Calling,
    /// The sessions that subagents' sessions belong to.
    pub parents: BTreeMap<String, String>,
    /// Directories in which a session is at work, by session.
    pub busy: BTreeMap<String, String>,
    /// Directories that were let go.
    pub disposed: BTreeSet<String>,
    /// Directories in the order in which they were opened.
    pub opened: Vec<String>,
    /// Answers everything with this.
    pub fail_with: Option<u16>,
    /// Answers the making of a session with this.
    pub refuse_session: bool,
    /// Takes prompts and forgets them.
    pub forget_prompts: bool,
    /// Stores the message of a prompt without its parts, this many times.
    pub forget_parts: usize,
    /// Whether a session that stored a prompt is at work until the test says that it is not any more.
    pub keeps_working: bool,
    /// How long a prompt takes from its answer to its being stored.
    pub store_delay: Duration,
    /// What sessions note of what they used last, by session.
    pub used: BTreeMap<String, Value>,
    /// Does not answer at all.
    pub mute: bool,
}

/// What becomes of a command or shell command.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub enum Calling {
    /// It is stored, runs and is answered.
    #[default]
    Answered,
    /// It is stored and never over.
    Endless,
    /// It is lost on its way: never stored, never answered.
    Lost,
    /// The session is at work, whatever its status says.
    Busy,
    /// It is refused with an error that says nothing.
    Failing,
}

/// What a prompt became. Parts without an id of their own get a new one each time they come.
pub struct Message {
    pub session: String,
    pub id: String,
    pub parts: BTreeMap<String, Value>,
}

impl Memory {
    /// The texts of the messages of a session; several in one are parts that came twice.
    pub fn texts(&self, session: &str) -> Vec<Vec<String>> {
        let of_it = self.messages.iter().filter(|message| message.session == session);
        let text = |part: &Value| part["text"].as_str().map(str::to_owned);
        of_it.map(|message| message.parts.values().filter_map(text).collect()).collect()
    }
}

pub struct FakeOpencode {
    pub url: String,
    memory: Arc<Mutex<Memory>>,
}

type Shared = State<Arc<Mutex<Memory>>>;
type Directory = Query<BTreeMap<String, String>>;

impl FakeOpencode {
    pub async fn start() -> Self {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let router = Router::new()
            .route("/project/current", get(open))
            .route("/api/session", post(create))
            .route("/session/status", get(status))
            .route("/experimental/session", get(sessions))
            .route("/session/{id}", get(session).patch(patch).delete(delete))
            .route("/session/{id}/message", get(latest))
            .route("/session/{id}/message/{message}", get(message))
            .route("/global/health", get(async || Json(json!({"healthy": true}))))
            .route("/agent", get(agents))
            .route("/command", get(commands))
            .route("/session/{id}/command", post(call))
            .route("/session/{id}/shell", post(call))
            .route("/config/providers", get(providers))
            .route("/session/{id}/prompt_async", post(prompt))
            .route("/session/{id}/abort", post(abort))
            .route("/instance/dispose", post(dispose))
            .layer(middleware::from_fn_with_state(Arc::clone(&memory), misbehave))
            .with_state(Arc::clone(&memory));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, memory }
    }

    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }
}

async fn misbehave(
    State(memory): Shared,
    request: axum::extract::Request,
    next: middleware::Next,
) -> Response {
    let (mute, fail_with) = {
        let memory = memory.lock().unwrap();
        (memory.mute, memory.fail_with)
    };
    if mute {
        std::future::pending::<()>().await;
    }
    match fail_with {
        Some(status) => (StatusCode::from_u16(status).unwrap(), "told to fail").into_response(),
        None => next.run(request).await,
    }
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"name": "NotFoundError"}))).into_response()
}

async fn open(State(memory): Shared, Query(query): Directory) -> Json<Value> {
    memory.lock().unwrap().opened.push(query["directory"].clone());
    Json(json!({"id": "project"}))
}

async fn create(State(memory): Shared, Json(body): Json<Value>) -> Response {
    let mut memory = memory.lock().unwrap();
    if memory.refuse_session {
        return (StatusCode::BAD_REQUEST, Json(json!({"name": "InvalidRequestError"}))).into_response();
    }
    let (id, directory) = (body["id"].as_str().unwrap(), body["location"]["directory"].as_str().unwrap());
    assert!(std::path::Path::new(directory).join(".git").exists(), "a session needs its worktree first");
    memory.sessions.entry(id.into()).or_insert_with(|| (directory.into(), None));
    Json(json!({"data": {"id": id}})).into_response()
}

async fn session(State(memory): Shared, Path(id): Path<String>) -> Response {
    if !id.starts_with("ses") {
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"name": "UnknownError"}))).into_response();
    }
    let memory = memory.lock().unwrap();
    match memory.sessions.get(&id) {
        Some((directory, _)) => {
            let used = memory.used.get(&id);
            let (agent, model) = (used.map(|used| &used["agent"]), used.map(|used| &used["model"]));
            let time = json!({"created": 1_700_000_000_000_u64});
            let parent = memory.parents.get(&id);
            Json(json!({"id": id, "parentID": parent, "directory": directory, "time": time, "agent": agent, "model": model}))
                .into_response()
        }
        None => missing(),
    }
}

async fn sessions(State(memory): Shared) -> Json<Value> {
    let memory = memory.lock().unwrap();
    let sessions = memory.sessions.iter();
    Json(sessions.map(|(id, (directory, title))| json!({"id": id, "directory": directory, "title": title.as_deref().unwrap_or("New session")})).collect())
}

async fn patch(State(memory): Shared, Path(id): Path<String>, Json(body): Json<Value>) -> Response {
    match memory.lock().unwrap().sessions.get_mut(&id) {
        Some(session) => {
            session.1 = body["title"].as_str().map(Into::into);
            Json(json!({"id": id})).into_response()
        }
        None => missing(),
    }
}

async fn delete(State(memory): Shared, Path(id): Path<String>) -> Response {
    if memory.lock().unwrap().sessions.remove(&id).is_some() { Json(true).into_response() } else { missing() }
}

async fn status(State(memory): Shared, Query(query): Directory) -> Json<Value> {
    let memory = memory.lock().unwrap();
    let busy = memory.busy.iter().filter(|(_, directory)| **directory == query["directory"]);
    Json(busy.map(|(id, _)| (id.clone(), json!({"type": "busy"}))).collect::<serde_json::Map<_, _>>().into())
}

async fn providers() -> Json<Value> {
    let thinker = json!({"name": "Thinker", "variants": {"low": {}, "high": {}}});
    let models = json!({"demo": {"name": "Demo"}, "org/thinker": thinker});
    Json(json!({"providers": [{"id": "demo", "name": "Demo", "models": models}]}))
}

async fn agents() -> Json<Value> {
    let agent = |name: &str, mode: &str| json!({"name": name, "mode": mode});
    Json(json!([agent("explore", "subagent"), agent("build", "primary"), agent("plan", "primary")]))
}

async fn commands() -> Json<Value> {
    Json(json!([
        {"name": "review", "template": "Review $ARGUMENTS"},
        {"name": "dated", "template": "It is !`date`"},
    ]))
}

/// Runs a command or shell command.
async fn call(State(memory): Shared, Path(session): Path<String>, Json(body): Json<Value>) -> Response {
    let calling = {
        let mut memory = memory.lock().unwrap();
        memory.calls.push(body.clone());
        let calling = memory.calling;
        if matches!(calling, Calling::Answered | Calling::Endless) {
            let part = json!({"id": "prt_x", "type": "text", "text": body["command"]});
            let (id, parts) = (body["messageID"].as_str().unwrap().into(), [("prt_x".into(), part)].into());
            memory.messages.push(Message { session, id, parts });
        }
        calling
    };
    match calling {
        Calling::Answered => Json(json!({"info": {}, "parts": []})).into_response(),
        Calling::Endless | Calling::Lost => std::future::pending().await,
        Calling::Busy => (StatusCode::CONFLICT, Json(json!({"_tag": "SessionBusyError"}))).into_response(),
        Calling::Failing => {
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"name": "UnknownError"}))).into_response()
        }
    }
}

async fn message(State(memory): Shared, Path((session, message)): Path<(String, String)>) -> Response {
    let memory = memory.lock().unwrap();
    match memory.messages.iter().find(|known| known.session == session && known.id == message) {
        Some(Message { id, parts, .. }) => {
            Json(json!({"info": {"id": id}, "parts": parts.values().collect::<Vec<_>>()})).into_response()
        }
        None => missing(),
    }
}

/// Every prompt is answered at once, so the latest message is an answer to the latest prompt.
async fn latest(State(memory): Shared, Path(session): Path<String>) -> Json<Value> {
    let memory = memory.lock().unwrap();
    let prompt = memory.messages.iter().rev().find(|message| message.session == session);
    let answer = prompt.filter(|prompt| !prompt.parts.is_empty());
    let tool = json!({"id": "prt_t", "type": "tool"});
    Json(
        answer
            .map(|prompt| json!({"info": {"id": "msg_answer", "parentID": prompt.id}, "parts": [tool]}))
            .into_iter()
            .collect(),
    )
}

async fn prompt(State(memory): Shared, Path(session): Path<String>, Json(body): Json<Value>) -> Response {
    let delay = {
        let mut memory = memory.lock().unwrap();
        if !memory.sessions.contains_key(&session) {
            return missing();
        }
        memory.prompts.push(body.clone());
        if memory.forget_prompts {
            return StatusCode::NO_CONTENT.into_response();
        }
        memory.store_delay
    };
    tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        let mut memory = memory.lock().unwrap();
        let forgets = memory.forget_parts > 0;
        memory.forget_parts = memory.forget_parts.saturating_sub(1);
        let id = body["messageID"].as_str().unwrap();
        let is_it = |known: &Message| known.session == session && known.id == id;
        if !memory.messages.iter().any(is_it) {
            memory.messages.push(Message { session: session.clone(), id: id.into(), parts: BTreeMap::new() });
        }
        let message = memory.messages.iter_mut().find(|known| is_it(known)).unwrap();
        for part in body["parts"].as_array().unwrap().iter().filter(|_| !forgets) {
            let own = part["id"].as_str().map_or(format!("prt_{}", message.parts.len()), Into::into);
            message.parts.insert(own, part.clone());
        }
        if memory.keeps_working
            && let Some((directory, _)) = memory.sessions.get(&session).cloned()
        {
            memory.busy.insert(session, directory);
        }
    });
    StatusCode::NO_CONTENT.into_response()
}

async fn abort(State(memory): Shared, Path(id): Path<String>) -> Json<bool> {
    Json(memory.lock().unwrap().busy.remove(&id).is_some())
}

async fn dispose(State(memory): Shared, Query(query): Directory) -> Json<bool> {
    Json(memory.lock().unwrap().disposed.insert(query["directory"].clone()))
}
