//! What an agent may do in one session without asking.

use std::path::Path;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Client, main_agent};
use crate::Error;

/// A rule of opencode. Of those that match the last one holds, and a session's come after its agent's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRule {
    /// What is to be done, such as `edit` or `bash`; `*` and `?` stand for any characters, and for one.
    pub permission: String,
    /// With what, in the same way.
    pub pattern: String,
    /// What comes of it.
    pub action: PermissionAction,
}

/// What comes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PermissionAction {
    /// It is done.
    Allow,
    /// The person is asked.
    Ask,
    /// It is refused without asking.
    Deny,
}

#[derive(Deserialize)]
struct Session {
    #[serde(default)]
    permission: Vec<PermissionRule>,
}

impl Client {
    /// The rules of an agent in a directory, or of the one that works where none is named: opencode's own and its
    /// configuration's. `None` when there is no such agent.
    pub async fn agent_permissions(
        &self,
        directory: &Path,
        agent: Option<&str>,
    ) -> Result<Option<Vec<PermissionRule>>, Error> {
        let agents = self.agents(directory).await?;
        let found = match agent {
            Some(name) => agents.into_iter().find(|known| known.name == name),
            None => main_agent(agents),
        };
        Ok(found.map(|agent| agent.permission))
    }

    /// A session's own rules, in their order.
    pub async fn session_permissions(&self, session: &str) -> Result<Vec<PermissionRule>, Error> {
        let request = self.request(Method::GET, &["session", session]);
        Ok(self.read::<Session>("GET /session/…", request).await?.permission)
    }

    /// Adds rules to those of a session. opencode forgets none of them, so rules are only ever overruled. A run that
    /// goes on keeps the rules that it began with, and what waits for an answer goes on waiting.
    pub async fn add_permission_rules(&self, session: &str, rules: &[PermissionRule]) -> Result<(), Error> {
        let request = self.request(Method::PATCH, &["session", session]).json(&json!({"permission": rules}));
        self.object("PATCH /session/…", request).await
    }
}
