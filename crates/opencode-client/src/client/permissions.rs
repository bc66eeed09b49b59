//! What an agent may do in one session without asking.

use reqwest::Method;
use serde::Serialize;
use serde_json::json;

use super::Client;
use crate::Error;

/// A rule of opencode. Of those that match the last one holds, and a session's come after its agent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PermissionRule {
    /// What is to be done, such as `edit` or `bash`.
    pub permission: &'static str,
    /// With what; `*` is anything.
    pub pattern: &'static str,
    /// `allow`, `ask` or `deny`.
    pub action: &'static str,
}

impl Client {
    /// Adds rules to those of a session. opencode forgets none of them, so rules are only ever overruled. A run that
    /// goes on keeps the rules that it began with, and what waits for an answer goes on waiting.
    pub async fn add_permission_rules(&self, session: &str, rules: &[PermissionRule]) -> Result<(), Error> {
        let request = self.request(Method::PATCH, &["session", session]).json(&json!({"permission": rules}));
        self.object("PATCH /session/…", request).await
    }
}
