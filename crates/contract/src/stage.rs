//! What a check stands on: the program, running; a model that does what it is told; and a repository with a working copy.

use std::{
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use ocweb_demo::World;
use ocweb_opencode_client::{Client, MessageId, Prompt, SessionId};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::{
    process::{Child, Command},
    sync::Mutex,
};

use crate::{
    Error,
    events::Events,
    finding::{Broken, ensure},
    program::Program,
};

const CALL: Duration = Duration::from_mins(2);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A command of the configuration, for the checks of commands. Not in a folder of configuration: for one of those opencode
/// would get its libraries from the internet first.
const GREET: &str =
    r#"{"command": {"greet": {"description": "Greets", "template": "say: hello $ARGUMENTS"}}}"#;

pub(crate) struct Stage {
    pub(crate) program: Program,
    pub(crate) client: Client,
    pub(crate) events: Events,
    pub(crate) world: World,
    /// A clone, opened before its worktree.
    pub(crate) clone: PathBuf,
    /// The clone's worktree, where chats are.
    pub(crate) copy: PathBuf,
    /// How long the program took to start.
    pub(crate) start: Duration,
    folder: PathBuf,
    http: reqwest::Client,
    child: Mutex<Child>,
}

impl Stage {
    /// Sets everything up below `folder`; what is broken is the program's start.
    pub(crate) async fn set(program: &Path, folder: &Path) -> Result<Result<Self, Broken>, Error> {
        let folder = folder.canonicalize()?;
        let world = World::start(&folder.join("world"), ([127, 0, 0, 1], 0).into()).await?;
        let home = folder.join("home");
        let mut environment: Vec<_> =
            world.environment().into_iter().filter(|(name, _)| name.starts_with("OPENCODE_")).collect();
        environment.push(("SHELL".into(), shell(&folder)?.display().to_string()));
        environment.push(("OPENCODE_CONFIG_CONTENT".into(), GREET.into()));
        let program = Program::new(program, &home, environment)?;
        let clone = repository(&folder, "clone").await?;
        let copy = folder.join("worktree");
        git(&clone, &["worktree", "add", "--quiet", "-b", "chat", &copy.display().to_string()]).await?;
        let url = program.url().parse().map_err(io::Error::other)?;
        let client = Client::new(url, Some(program.password().into()))?;
        let http = ocweb_service::local_client_builder().timeout(CALL).build()?;
        let begin = Instant::now();
        let mut child = program.serve()?;
        if let Err(broken) = program.healthy(&mut child, &client).await {
            return Ok(Err(broken));
        }
        let start = begin.elapsed();
        let events = match Events::follow(&client).await {
            Ok(events) => events,
            Err(broken) => return Ok(Err(broken)),
        };
        let stage = Self {
            program,
            client,
            events,
            world,
            clone,
            copy,
            start,
            folder,
            http,
            child: Mutex::new(child),
        };
        Ok(stage.client.open_directory(&stage.clone).await.map(|()| stage).map_err(Broken::from))
    }

    /// Kills the program without a warning, and starts it anew.
    pub(crate) async fn kill(&self) -> Result<(), Broken> {
        let mut child = self.child.lock().await;
        child.kill().await?;
        *child = self.program.serve()?;
        self.program.healthy(&mut child, &self.client).await
    }

    /// Ends everything.
    pub(crate) async fn strike(self) {
        // It may have ended by itself.
        let _ = self.child.lock().await.kill().await;
        self.world.stop().await;
    }

    /// A further repository, for what would disturb others.
    pub(crate) async fn aside(&self, name: &str) -> Result<PathBuf, Broken> {
        Ok(repository(&self.folder, name).await?)
    }

    /// A request, for a directory.
    pub(crate) fn request(&self, method: Method, path: &str, directory: Option<&Path>) -> RequestBuilder {
        let url = format!("{}{}", self.program.url().trim_end_matches('/'), path);
        let request = self.http.request(method, url).basic_auth("opencode", Some(self.program.password()));
        match directory {
            Some(directory) => request.query(&[("directory", directory)]),
            None => request,
        }
    }

    /// The same without the password.
    pub(crate) fn stranger(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{}", self.program.url().trim_end_matches('/'), path))
    }

    /// The status of another server's answer.
    pub(crate) async fn elsewhere(&self, url: &str) -> Result<u16, Broken> {
        Ok(self.http.get(url).send().await?.status().as_u16())
    }

    /// The JSON of an answer that is a success.
    pub(crate) async fn json(&self, request: RequestBuilder) -> Result<Value, Broken> {
        let response = request.send().await?;
        let call = response.url().path().to_owned();
        let status = response.status();
        let text = response.text().await?;
        match serde_json::from_str(&text) {
            Ok(json) if status.is_success() => Ok(json),
            _ => Err(Broken::new(format!("{call} to answer in JSON"), format!("{status} {text}"))),
        }
    }

    /// GET, for the worktree.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, Broken> {
        self.json(self.request(Method::GET, path, Some(&self.copy))).await
    }

    /// POST, for the worktree.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Broken> {
        self.json(self.request(Method::POST, path, Some(&self.copy)).json(body)).await
    }

    /// Whatever is answered to a POST for the worktree.
    pub(crate) async fn answer(&self, path: &str, body: &Value) -> Result<Response, Broken> {
        Ok(self.request(Method::POST, path, Some(&self.copy)).json(body).send().await?)
    }

    /// A session in the worktree.
    pub(crate) async fn session(&self) -> Result<SessionId, Broken> {
        self.session_in(&self.copy).await
    }

    /// A session in a directory.
    pub(crate) async fn session_in(&self, directory: &Path) -> Result<SessionId, Broken> {
        let session = SessionId::generate();
        self.client.create_session(&session, directory).await?;
        Ok(session)
    }

    /// Sends a prompt.
    pub(crate) async fn say(&self, session: &SessionId, text: &str) -> Result<MessageId, Broken> {
        let message = MessageId::generate();
        self.client.prompt_async(session, &Prompt::of_text(&message, text)).await?;
        Ok(message)
    }

    /// Sends a prompt, and waits for the whole answer.
    pub(crate) async fn ask(&self, session: &SessionId, text: &str) -> Result<Said, Broken> {
        let prompt = self.say(session, text).await?;
        self.answered(session, prompt.as_str()).await
    }

    /// The whole answer to a prompt, as soon as it is there.
    pub(crate) async fn answered(&self, session: &SessionId, prompt: &str) -> Result<Said, Broken> {
        loop {
            let messages = self.messages(session).await?;
            let answers: Vec<_> =
                messages.iter().filter(|message| message["info"]["parentID"] == prompt).cloned().collect();
            let is_over = answers.last().is_some_and(|last| {
                let info = &last["info"];
                let goes_on = info["finish"] == "tool-calls" && info["error"].is_null();
                info["time"]["completed"].is_number() && !goes_on
            });
            if is_over {
                return Ok(Said { prompt: prompt.into(), messages, answers });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// A session's messages.
    pub(crate) async fn messages(&self, session: &SessionId) -> Result<Vec<Value>, Broken> {
        let messages = self.get(&format!("/session/{session}/message")).await?;
        messages.as_array().cloned().ok_or_else(|| Broken::new("a list of messages", messages))
    }

    /// Asks again and again until it is as it should be.
    pub(crate) async fn until(
        &self,
        path: &str,
        is_wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, Broken> {
        loop {
            let came = self.get(path).await?;
            if is_wanted(&came) {
                return Ok(came);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until a session rests.
    pub(crate) async fn idle(&self, session: &SessionId) -> Result<(), Broken> {
        self.until("/session/status", |statuses| statuses[session.as_str()].is_null()).await.map(drop)
    }

    /// What a session asks to be allowed, or to know.
    pub(crate) async fn asked(&self, kind: &str, session: &SessionId) -> Result<Value, Broken> {
        let of_session = |list: &Value| {
            list.as_array()
                .and_then(|list| list.iter().find(|one| one["sessionID"] == session.as_str()).cloned())
        };
        let list = self.until(&format!("/{kind}"), |list| of_session(list).is_some()).await?;
        let asked = of_session(&list).unwrap_or_default();
        ensure(asked["id"].is_string(), &format!("a {kind} with an id"), &asked)?;
        Ok(asked)
    }
}

/// A prompt and what came of it.
pub(crate) struct Said {
    /// The prompt's id.
    pub(crate) prompt: String,
    /// All messages of the session.
    pub(crate) messages: Vec<Value>,
    /// Those that answer the prompt.
    pub(crate) answers: Vec<Value>,
}

impl Said {
    /// The prompt's own message.
    pub(crate) fn asked(&self) -> Value {
        let asked = self.messages.iter().find(|message| message["info"]["id"] == self.prompt.as_str());
        asked.cloned().unwrap_or_default()
    }

    /// The answers' parts of a type.
    pub(crate) fn parts(&self, kind: &str) -> Vec<Value> {
        let parts = self.answers.iter().filter_map(|message| message["parts"].as_array()).flatten();
        parts.filter(|part| part["type"] == kind).cloned().collect()
    }

    /// Its words.
    pub(crate) fn text(&self) -> String {
        let texts = self.parts("text");
        texts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
    }

    /// What its first tool gave back, or complained of.
    pub(crate) fn tool(&self) -> Value {
        self.parts("tool").first().map_or(Value::Null, |part| part["state"].clone())
    }
}

/// A shell that says that it was the one that was named.
fn shell(folder: &Path) -> io::Result<PathBuf> {
    // opencode looks at the name to know how to call it.
    let path = folder.join("bash");
    std::fs::write(
        &path,
        "#!/bin/sh\nCONTRACT_SHELL=named exec env CONTRACT_SHELL=named /bin/bash \"$@\"\n",
    )?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

async fn repository(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let path = folder.join(name);
    std::fs::create_dir_all(&path)?;
    std::fs::write(path.join("notes.md"), "remember the milk\n")?;
    git(&path, &["init", "--quiet", "--initial-branch=main"]).await?;
    git(&path, &["add", "."]).await?;
    // Each repository is a project of its own by its first commit.
    git(&path, &["commit", "--quiet", "--message", name]).await?;
    Ok(path)
}

async fn git(directory: &Path, arguments: &[&str]) -> io::Result<()> {
    let status = Command::new("git")
        .args([
            "-c",
            "user.name=contract",
            "-c",
            "user.email=contract@example.org",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(directory)
        .status()
        .await?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("git {} failed", arguments.join(" "))))
    }
}

/// A body with nothing in it.
pub(crate) fn nothing() -> Value {
    json!({})
}
