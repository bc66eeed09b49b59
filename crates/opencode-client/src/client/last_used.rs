//! How a session was spoken to last. opencode itself, told no agent, takes its default one, and forgets the variant.

use reqwest::Method;
use serde::Deserialize;

use super::Client;
use crate::{Error, ModelName, SessionId};

/// What answers were last made with, as far as opencode tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastUsed {
    /// The agent (mode).
    pub agent: Option<String>,
    /// The model.
    pub model: Option<ModelName>,
    /// The model's variant; `None` is the model's own way.
    pub variant: Option<String>,
}

/// A session's own note, which a fork or an imported session does not have yet.
#[derive(Deserialize)]
struct Session {
    agent: Option<String>,
    model: Option<SessionModel>,
}

#[derive(Deserialize)]
struct SessionModel {
    id: String,
    #[serde(rename = "providerID")]
    provider: String,
    variant: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    info: MessageInfo,
}

/// Of a prompt, which has its model in one field, or of an answer.
#[derive(Deserialize)]
struct MessageInfo {
    agent: Option<String>,
    model: Option<PromptModel>,
    #[serde(rename = "providerID")]
    provider: Option<String>,
    #[serde(rename = "modelID")]
    model_id: Option<String>,
    variant: Option<String>,
}

#[derive(Deserialize)]
struct PromptModel {
    #[serde(rename = "providerID")]
    provider: String,
    #[serde(rename = "modelID")]
    model: String,
    variant: Option<String>,
}

impl From<Session> for LastUsed {
    fn from(Session { agent, model }: Session) -> Self {
        let Some(SessionModel { id, provider, variant }) = model else {
            return Self { agent, ..Self::default() };
        };
        // How it writes that there is none.
        let variant = variant.filter(|variant| variant != "default");
        Self { agent, model: Some(ModelName { provider, model: id }), variant }
    }
}

impl From<MessageInfo> for LastUsed {
    fn from(MessageInfo { agent, model, provider, model_id, variant }: MessageInfo) -> Self {
        if let Some(PromptModel { provider, model, variant }) = model {
            return Self { agent, model: Some(ModelName { provider, model }), variant };
        }
        let model = provider.zip(model_id).map(|(provider, model)| ModelName { provider, model });
        Self { agent, model, variant }
    }
}

impl Client {
    /// What a session's latest prompt used; nothing of one that is not there, or was never spoken to.
    pub async fn last_used(&self, session: &SessionId) -> Result<LastUsed, Error> {
        let request = self.request(Method::GET, &["session", session.as_str()]);
        let noted: LastUsed = match self.read::<Session>("GET /session/…", request).await {
            Ok(session) => session.into(),
            Err(Error::NotFound) => return Ok(LastUsed::default()),
            Err(error) => return Err(error),
        };
        if noted.agent.is_some() && noted.model.is_some() {
            return Ok(noted);
        }
        let request = self.request(Method::GET, &["session", session.as_str(), "message"]);
        let latest: Vec<Message> =
            self.read("GET /session/…/message", request.query(&[("limit", "1")])).await?;
        Ok(latest.into_iter().next().map_or(noted, |message| message.info.into()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn used(agent: &str, model: &str, variant: Option<&str>) -> LastUsed {
        let model = Some(ModelName { provider: "p".into(), model: model.into() });
        LastUsed { agent: Some(agent.into()), model, variant: variant.map(Into::into) }
    }

    #[test]
    fn a_session_tells_what_it_used() {
        let read = |session: Value| LastUsed::from(from_value::<Session>(session).unwrap());
        let model = json!({"id": "m", "providerID": "p", "variant": "high"});
        assert_eq!(read(json!({"agent": "plan", "model": model})), used("plan", "m", Some("high")));
        let model = json!({"id": "m", "providerID": "p", "variant": "default"});
        assert_eq!(read(json!({"agent": "plan", "model": model})), used("plan", "m", None));
        assert_eq!(read(json!({"id": "ses_1"})), LastUsed::default());
    }

    #[test]
    fn a_prompt_and_an_answer_tell_it_in_their_own_ways() {
        let read = |info: Value| LastUsed::from(from_value::<MessageInfo>(info).unwrap());
        let model = json!({"providerID": "p", "modelID": "m", "variant": "low"});
        assert_eq!(read(json!({"agent": "plan", "model": model})), used("plan", "m", Some("low")));
        let answer = json!({"agent": "build", "providerID": "p", "modelID": "m", "parentID": "msg_1"});
        assert_eq!(read(answer), used("build", "m", None));
        assert_eq!(read(json!({"id": "msg_1"})), LastUsed::default());
    }
}
