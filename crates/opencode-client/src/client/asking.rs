//! Asking a model something that is nobody's chat: a session for one question, without tools, in a folder aside.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{Client, in_directory, permissions::PermissionAction};
use crate::{Error, ModelName, PermissionRule};

/// The name of a folder in which our services ask something for themselves.
const ASIDE: &str = "ocweb-aside";

/// Something to ask a model.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What it is to do, beside what opencode tells it.
    pub instructions: &'a str,
    /// What it is asked.
    pub text: &'a str,
    /// The model, or opencode's default.
    pub model: Option<&'a ModelName>,
    /// For how long somebody waits for the answer.
    pub patience: Duration,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// What the model says.
    Said(String),
    /// Why it says nothing, in words of opencode or the provider.
    Failed(String),
}

/// Where our services ask, below a folder that opencode may use.
pub fn folder_aside(folder: &Path) -> PathBuf {
    folder.join(ASIDE)
}

/// Whether a session in this directory is a question of ours, and so nobody's chat.
pub fn is_aside(directory: impl AsRef<Path>) -> bool {
    directory.as_ref().file_name().is_some_and(|name| name == ASIDE)
}

#[derive(Deserialize)]
struct Session {
    id: String,
    directory: PathBuf,
}

#[derive(Deserialize)]
struct Answer {
    info: Info,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Info {
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    name: String,
    #[serde(default)]
    data: FailureData,
}

#[derive(Default, Deserialize)]
struct FailureData {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Settings {
    small_model: Option<String>,
}

impl Client {
    /// Asks in a session of its own in `directory`, which [`folder_aside`] gave. Whatever comes of it, the session is
    /// deleted; only a caller that is dropped leaves it behind, for [`Client::forget_questions`].
    pub async fn ask(&self, directory: &Path, question: &Question<'_>) -> Result<Reply, Error> {
        let nothing =
            PermissionRule { permission: "*".into(), pattern: "*".into(), action: PermissionAction::Deny };
        // With a title of its own opencode does not ask a model for one.
        let body = json!({"title": "A question of ocweb", "permission": [nothing]});
        let request = in_directory(self.request(Method::POST, &["session"]), directory).json(&body);
        let session: Session = self.read("POST /session", request).await?;
        let answer = self.answer_in(&session.id, question).await;
        if answer.is_err() {
            // It may be waiting for a provider that does not answer.
            let _ = self.abort(&session.id, directory).await;
        }
        // What resists goes with the next `forget_questions`.
        let _ = self.delete_session(&session.id).await;
        answer
    }

    async fn answer_in(&self, session: &str, question: &Question<'_>) -> Result<Reply, Error> {
        let Question { instructions, text, model, patience } = *question;
        let mut body = json!({"system": instructions, "parts": [{"type": "text", "text": text}]});
        if let Some(model) = model {
            body["model"] = json!(model);
        }
        let request = self.request(Method::POST, &["session", session, "message"]).json(&body);
        let answer: Answer = self.read("POST /session/…/message", request.timeout(patience)).await?;
        if let Some(Failure { name, data: FailureData { message } }) = answer.info.error {
            return Ok(Reply::Failed(if message.is_empty() { name } else { message }));
        }
        let texts = answer.parts.into_iter().filter(|part| part.kind == "text").map(|part| part.text);
        Ok(Reply::Said(texts.collect::<Vec<_>>().join("\n")))
    }

    /// Deletes the sessions of questions that were cut off, and has opencode let go of the folder.
    pub async fn forget_questions(&self, directory: &Path) -> Result<(), Error> {
        let request = in_directory(self.request(Method::GET, &["session"]), directory);
        let sessions: Vec<Session> = self.read("GET /session", request).await?;
        // The list may be that of all folders without a repository.
        for session in sessions.iter().filter(|session| is_aside(&session.directory)) {
            self.delete_session(&session.id).await?;
        }
        self.dispose(directory).await
    }

    /// The model that a directory's configuration names for small things.
    pub async fn small_model(&self, directory: &Path) -> Result<Option<ModelName>, Error> {
        let request = in_directory(self.request(Method::GET, &["config"]), directory);
        let Settings { small_model } = self.read("GET /config", request).await?;
        let named = small_model.as_deref().and_then(|name| name.split_once('/'));
        Ok(named.map(|(provider, model)| ModelName { provider: provider.into(), model: model.into() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_aside_is_aside() {
        assert!(is_aside(folder_aside(Path::new("/vol/opencode-state"))));
        for directory in ["", "/", "/vol/ocweb-aside/x", "/vol/projects/worktrees/o__n__ses_1"] {
            assert!(!is_aside(directory), "{directory}");
        }
    }
}
