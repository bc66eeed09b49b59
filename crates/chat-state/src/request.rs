//! Permissions and questions that wait for a person.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::visible::visible;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// To be allowed to do something.
    Permission,
    /// An answer.
    Question,
}

/// A permission or a question that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Request {
    /// opencode's id of it.
    pub id: String,
    /// What is asked for.
    #[schema(inline)]
    pub kind: RequestKind,
    /// The chat that it holds up.
    pub chat_id: String,
    /// The session that asks: the chat's own, or a subagent's.
    pub session_id: String,
    /// Where that session works.
    pub directory: String,
    /// When it was first heard of.
    #[serde(with = "time::serde::rfc3339")]
    pub asked_at: OffsetDateTime,
    /// One line for a list or a notification.
    pub summary: String,
    /// opencode's own object.
    pub details: Value,
}

impl Request {
    /// The request in opencode's object, if it is one.
    pub(crate) fn read(
        kind: RequestKind,
        details: Value,
        directory: &str,
        chat_id: String,
        now: OffsetDateTime,
    ) -> Option<Self> {
        Some(Self {
            id: details.get("id")?.as_str()?.to_owned(),
            session_id: details.get("sessionID")?.as_str()?.to_owned(),
            summary: summary(kind, &details),
            kind,
            chat_id,
            directory: directory.to_owned(),
            asked_at: now,
            details,
        })
    }
}

/// The longest line about a request, in characters.
const LONGEST: usize = 200;

/// What a question or permission is about, in one line in which nothing is hidden; where it is cut it says so.
fn summary(kind: RequestKind, details: &Value) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let line = match kind {
        RequestKind::Question => text(details.pointer("/questions/0/question")),
        RequestKind::Permission => {
            let name = text(details.get("permission")).unwrap_or_default();
            let what = text(details.pointer("/metadata/command"))
                .or_else(|| text(details.pointer("/metadata/filepath")))
                .or_else(|| text(details.pointer("/patterns/0")))
                .unwrap_or_default();
            Some(format!("{name}: {what}"))
        }
    };
    let line = visible(&line.unwrap_or_default());
    let one: String = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if one.chars().count() <= LONGEST {
        return one;
    }
    one.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// A request that nobody can answer any more, because opencode was restarted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StaleRequest {
    /// opencode's id of it.
    pub id: String,
    /// What was asked for.
    #[schema(inline)]
    pub kind: RequestKind,
    /// One line.
    pub summary: String,
    /// When it went stale.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_summary_is_one_line() {
        let bash = json!({"permission": "bash", "metadata": {"command": "git push\n  origin"}});
        assert_eq!(summary(RequestKind::Permission, &bash), "bash: git push origin");
        let edit = json!({"permission": "edit", "patterns": ["src/*"], "metadata": {}});
        assert_eq!(summary(RequestKind::Permission, &edit), "edit: src/*");
        let question = json!({"questions": [{"question": "é".repeat(300)}]});
        let cut = summary(RequestKind::Question, &question);
        assert!(cut.chars().count() == 200 && cut.ends_with('…'));
    }

    #[test]
    fn nothing_in_a_summary_is_hidden() {
        let bash = json!({"permission": "bash", "metadata": {"command": "ls \u{202e}a\u{200b}"}});
        assert_eq!(summary(RequestKind::Permission, &bash), "bash: ls ⟨U+202E⟩a⟨U+200B⟩");
    }
}
