//! The client itself: one method for each call.

mod asking;
mod commands;
mod last_used;
mod permissions;
mod providers;
mod relay;

pub use asking::{Question, Reply, folder_aside, is_aside};
pub use commands::{CallTrace, CommandInfo};
pub use last_used::LastUsed;
pub use permissions::{PermissionAction, PermissionRule};
pub use providers::{Catalogue, CatalogueEntry, Model, ModelCost, ModelProvider};
pub use relay::MessagePage;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use ocweb_service::metrics::Readings;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    Error, MessageId, ModelName, Prompt, SessionId, calls::Calls, prompt::part_id, whole_characters,
};

/// opencode opens a directory when it is first named, which takes seconds on a small machine.
const CALL: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(2);
/// A probe must not hang on the connection that a starting opencode accepts and never answers.
const PROBE: Duration = Duration::from_secs(2);

/// Calls opencode at one address with one password. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    password: Option<String>,
    /// The folder in which a supervisor says whether opencode is ready.
    run: Option<Arc<Path>>,
    calls: Calls,
}

#[derive(Deserialize)]
struct Health {
    healthy: bool,
}

#[derive(Deserialize)]
struct Message {
    info: MessageInfo,
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct MessageInfo {
    /// Of an answer: the message that is answered.
    #[serde(rename = "parentID")]
    parent: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    id: String,
    /// Added by opencode itself.
    #[serde(default)]
    synthetic: bool,
}

#[derive(Deserialize)]
struct Agent {
    name: String,
    mode: String,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    permission: Vec<PermissionRule>,
}

#[derive(Deserialize)]
struct SessionStatus {
    #[serde(rename = "type")]
    kind: String,
}

impl Client {
    /// A client for the opencode at `base`; the user of the password is `opencode`.
    pub fn new(base: Url, password: Option<String>) -> Result<Self, reqwest::Error> {
        let http = ocweb_service::local_client_builder()
            .connect_timeout(CONNECT)
            .timeout(CALL)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, base, password, run: None, calls: Calls::new() })
    }

    /// The same for an opencode that a supervisor runs, with its run folder: what reaches an opencode that is
    /// still starting is never answered, so nothing is sent before the supervisor says that it is ready.
    #[must_use]
    pub fn supervised_in(self, run: &Path) -> Self {
        Self { run: Some(run.into()), ..self }
    }

    /// Whether opencode says that it is well.
    pub async fn healthy(&self) -> Result<bool, Error> {
        let request = self.request(Method::GET, &["global", "health"]).timeout(PROBE);
        Ok(self.read::<Health>("GET /global/health", request).await?.healthy)
    }

    /// Makes opencode open a directory. A clone must be opened before its worktrees: the first
    /// directory of a project becomes the project's root.
    pub async fn open_directory(&self, directory: &Path) -> Result<(), Error> {
        let request = in_directory(self.request(Method::GET, &["project", "current"]), directory);
        self.read::<BTreeMap<String, Value>>("GET /project/current", request).await.map(drop)
    }

    /// Creates a session with our identifier in `directory`. Safe to repeat: a session that is there is kept.
    pub async fn create_session(&self, session: &SessionId, directory: &Path) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Created {
            data: Identified,
        }
        #[derive(Deserialize)]
        struct Identified {
            id: String,
        }
        let body = json!({"id": session, "location": {"directory": directory}});
        let request = self.request(Method::POST, &["api", "session"]).json(&body);
        let created: Created = self.read("POST /api/session", request).await?;
        if created.data.id == session.as_str() {
            Ok(())
        } else {
            Err(Error::Unexpected { call: "POST /api/session".into(), detail: "another id than ours".into() })
        }
    }

    /// Whether a session exists.
    pub async fn session_exists(&self, session: &str) -> Result<bool, Error> {
        // opencode answers 500 to what cannot be an id of its own.
        if !session.starts_with("ses") {
            return Ok(false);
        }
        match self.object("GET /session/…", self.request(Method::GET, &["session", session])).await {
            Ok(()) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sets a session's title.
    pub async fn set_title(&self, session: &SessionId, title: &str) -> Result<(), Error> {
        let request =
            self.request(Method::PATCH, &["session", session.as_str()]).json(&json!({"title": title}));
        self.object("PATCH /session/…", request).await
    }

    /// The sessions of a directory that are at work, whatever they wait for.
    pub async fn busy_sessions(&self, directory: &Path) -> Result<Vec<String>, Error> {
        let request = in_directory(self.request(Method::GET, &["session", "status"]), directory);
        let statuses: BTreeMap<String, SessionStatus> = self.read("GET /session/status", request).await?;
        Ok(statuses.into_iter().filter(|(_, status)| status.kind != "idle").map(|(id, _)| id).collect())
    }

    /// Whether the prompt of this message is stored whole: its first `parts` parts of our making. opencode stores
    /// the message first and its parts a moment later, one by one; parts that are not of our making count as a
    /// prompt sent in another way.
    pub async fn prompt_is_stored(
        &self,
        session: &SessionId,
        message: &MessageId,
        parts: usize,
    ) -> Result<bool, Error> {
        let path = ["session", session.as_str(), "message", message.as_str()];
        let request = self.request(Method::GET, &path);
        let stored_parts = match self.read::<Message>("GET /session/…/message/…", request).await {
            Ok(message) => message.parts,
            Err(Error::NotFound) => return Ok(false),
            Err(error) => return Err(error),
        };
        let wanted: Vec<_> = (0..parts).map(|index| part_id(message, index)).collect();
        let stored = wanted.iter().filter(|id| stored_parts.iter().any(|part| part.id == **id)).count();
        let foreign = stored_parts.iter().any(|part| !part.synthetic && !wanted.contains(&part.id));
        Ok(if stored == 0 { foreign } else { stored == wanted.len() })
    }

    /// Whether the latest message of a session is an answer, finished or not, to this one.
    pub async fn is_being_answered(&self, session: &SessionId, message: &MessageId) -> Result<bool, Error> {
        let request = self.request(Method::GET, &["session", session.as_str(), "message"]);
        let latest: Vec<Message> =
            self.read("GET /session/…/message", request.query(&[("limit", "1")])).await?;
        Ok(latest.iter().any(|latest| latest.info.parent.as_deref() == Some(message.as_str())))
    }

    /// Whether there is an agent of this name in a directory.
    pub async fn knows_agent(&self, directory: &Path, agent: &str) -> Result<bool, Error> {
        Ok(self.agents(directory).await?.iter().any(|known| known.name == agent))
    }

    /// The agent of those who name none.
    pub async fn default_agent(&self, directory: &Path) -> Result<Option<String>, Error> {
        Ok(main_agent(self.agents(directory).await?).map(|agent| agent.name))
    }

    async fn agents(&self, directory: &Path) -> Result<Vec<Agent>, Error> {
        self.read("GET /agent", in_directory(self.request(Method::GET, &["agent"]), directory)).await
    }

    /// The variants of a model that can be used in a directory; `None` when it cannot.
    pub async fn variants(&self, directory: &Path, model: &ModelName) -> Result<Option<Vec<String>>, Error> {
        let providers = self.models(Some(directory)).await?;
        let provider = providers.into_iter().find(|known| known.id == model.provider);
        let model = provider.and_then(|mut provider| provider.models.remove(&model.model));
        Ok(model.map(|model| model.variants))
    }

    /// Sends a prompt and does not wait for the answer; its message is stored a little after this returns.
    /// Sending it again completes what was stored of it, and starts a run if nothing answers it: look
    /// with [`Client::prompt_is_stored`] first.
    pub async fn prompt_async(&self, session: &SessionId, prompt: &Prompt<'_>) -> Result<(), Error> {
        let call = "POST /session/…/prompt_async";
        let request = self.request(Method::POST, &["session", session.as_str(), "prompt_async"]).json(prompt);
        let response = self.send(call, request).await?;
        if response.status() == StatusCode::NO_CONTENT {
            Ok(())
        } else {
            Err(Error::Unexpected { call: call.into(), detail: response.status().to_string() })
        }
    }

    /// Stops what a session is doing.
    pub async fn abort(&self, session: &str, directory: &Path) -> Result<(), Error> {
        let request = in_directory(self.request(Method::POST, &["session", session, "abort"]), directory);
        self.read::<bool>("POST /session/…/abort", request).await.map(drop)
    }

    /// Lets go of everything that opencode holds for a directory.
    pub async fn dispose(&self, directory: &Path) -> Result<(), Error> {
        let request = in_directory(self.request(Method::POST, &["instance", "dispose"]), directory);
        self.read::<bool>("POST /instance/dispose", request).await.map(drop)
    }

    /// Deletes a session with its messages. One that is not there counts as deleted.
    pub async fn delete_session(&self, session: &str) -> Result<(), Error> {
        let request = self.request(Method::DELETE, &["session", session]);
        match self.read::<bool>("DELETE /session/…", request).await {
            Ok(_) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A request to a path whose segments are escaped, so that none can leave its place.
    fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        let request = self.http.request(method, url);
        match &self.password {
            Some(password) => request.basic_auth("opencode", Some(password)),
            None => request,
        }
    }

    /// Adds what was counted of the calls of this client and its clones.
    pub fn read_metrics(&self, readings: &mut Readings) {
        self.calls.read_metrics(readings);
    }

    async fn send(&self, call: &'static str, request: RequestBuilder) -> Result<reqwest::Response, Error> {
        let begun = Instant::now();
        let answer = self.exchange(call, request).await;
        self.calls.note(call, &answer, begun.elapsed());
        answer
    }

    async fn exchange(&self, call: &str, request: RequestBuilder) -> Result<reqwest::Response, Error> {
        self.check_ready()?;
        let response = request.send().await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status == StatusCode::CONFLICT {
            return Err(Error::Busy);
        }
        let text = response.text().await?;
        // Only its own JSON says that a thing is missing; anything else with 404 is not opencode's answer.
        let missing = status == StatusCode::NOT_FOUND && serde_json::from_str::<Value>(&text).is_ok();
        Err(if missing { Error::NotFound } else { unexpected(call, status, &text) })
    }

    fn check_ready(&self) -> Result<(), Error> {
        let is_there = |run: &Arc<Path>, name: &str| run.join(name).exists();
        // Without its list there is no supervisor, as when a service is started by hand.
        let starting = self
            .run
            .as_ref()
            .is_some_and(|run| is_there(run, "processes.json") && !is_there(run, "opencode.ready"));
        if starting { Err(Error::Refused(None)) } else { Ok(()) }
    }

    async fn read<T: DeserializeOwned>(
        &self,
        call: &'static str,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let response = self.send(call, request).await?;
        let status = response.status();
        let text = response.text().await?;
        serde_json::from_slice(&whole_characters(text.as_bytes()))
            .map_err(|_| unexpected(call, status, &text))
    }

    async fn object(&self, call: &'static str, request: RequestBuilder) -> Result<(), Error> {
        self.read::<BTreeMap<String, Value>>(call, request).await.map(drop)
    }
}

/// The one that works where no agent is named: opencode lists it first.
fn main_agent(agents: Vec<Agent>) -> Option<Agent> {
    agents.into_iter().find(|agent| agent.mode != "subagent" && !agent.hidden)
}

fn in_directory(request: RequestBuilder, directory: &Path) -> RequestBuilder {
    request.query(&[("directory", directory)])
}

fn unexpected(call: &str, status: StatusCode, text: &str) -> Error {
    let beginning: String = text.chars().take(200).collect();
    Error::Unexpected { call: call.into(), detail: format!("{status} {beginning}") }
}
