//! What is in the file of a conversation, and what of it is let in.
//!
//! A file may come from anywhere. Every id in it is made anew, so it can neither touch what is here nor come twice in its own
//! way. Of the session only what it was called and when it was is taken: not where it lay, what its agent was allowed, nor what it
//! had taken back. And of the messages not the copies of files that undoing would put back: they lie at the old place, and
//! opencode removes from the new one what it has no copy of.

use std::collections::HashMap;

use ocweb_opencode_client::{MessageId, SessionId as ChatId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

/// What is taken of a session.
const OF_SESSION: [&str; 6] = ["title", "version", "time", "cost", "tokens", "summary"];
/// The members that hold the id of a message, a part or the session.
const IDS: [&str; 5] = ["id", "sessionID", "messageID", "parentID", "tail_start_id"];
/// How many characters a title may have.
const TITLE: usize = 200;

/// A conversation. opencode checks all of what it is made of.
#[derive(Debug, Serialize, Deserialize)]
pub struct Conversation {
    pub(super) info: Value,
    pub(super) messages: Vec<Value>,
}

/// A file that is something else.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is no conversation that was exported: {0}.")]
pub struct NoConversation(&'static str);

impl Conversation {
    /// Looks at what came in a request.
    pub fn read(file: Value) -> Result<Self, NoConversation> {
        let Ok(conversation) = serde_json::from_value::<Self>(file) else {
            return Err(NoConversation("it has no info or no messages"));
        };
        if !conversation.info["id"].as_str().is_some_and(|id| id.starts_with("ses_")) {
            return Err(NoConversation("its info names no session"));
        }
        let is_message = |message: &Value| {
            let parts = message["parts"].as_array();
            matches!(message["info"]["role"].as_str(), Some("user" | "assistant"))
                && message["info"]["id"].is_string()
                && parts.is_some_and(|parts| parts.iter().all(|part| part["id"].is_string()))
        };
        if conversation.messages.is_empty() {
            return Err(NoConversation("nothing was said in it"));
        }
        if !conversation.messages.iter().all(is_message) {
            return Err(NoConversation("it has a message without role, id or parts"));
        }
        Ok(conversation)
    }

    /// Its title, as one of a chat may look.
    pub fn title(&self) -> Option<String> {
        let title = self.info["title"].as_str()?.chars().filter(|character| !character.is_control());
        let title: String = title.take(TITLE).collect();
        Some(title.trim().to_owned()).filter(|title| !title.is_empty())
    }

    /// The same as the conversation of a chat here.
    pub(super) fn belonging_to(mut self, id: &ChatId) -> Self {
        let mut names = HashMap::new();
        if let Some(old) = self.info["id"].as_str() {
            names.insert(old.to_owned(), id.to_string());
        }
        let mut ids = Ids::before(OffsetDateTime::now_utc());
        for message in &mut self.messages {
            if let Some(parts) = message["parts"].as_array_mut() {
                parts.retain(|part| !matches!(part["type"].as_str(), Some("patch" | "snapshot")));
            }
            names.extend(message["info"]["id"].as_str().map(|old| (old.to_owned(), ids.next("msg_"))));
            let parts = message["parts"].as_array().into_iter().flatten();
            let parts = parts.filter_map(|part| part["id"].as_str());
            names.extend(parts.map(|old| (old.to_owned(), ids.next("prt_"))));
        }
        let title = self.title();
        let old = self.info.as_object();
        let kept = OF_SESSION.iter().filter_map(|name| Some(((*name).to_owned(), old?.get(*name)?.clone())));
        let mut info: Map<_, _> = kept.collect();
        info.insert("id".into(), json!(id));
        info.insert("title".into(), json!(title.unwrap_or_else(|| "Imported".into())));
        // opencode demands them, and takes its own.
        info.extend(["slug", "projectID", "directory"].map(|name| (name.to_owned(), json!("imported"))));
        self.info = Value::Object(info);
        for message in &mut self.messages {
            rename(&mut message["info"], &names);
            let (new, whose) = (message["info"]["id"].clone(), json!(id));
            message["info"]["sessionID"] = whose.clone();
            for part in message["parts"].as_array_mut().into_iter().flatten() {
                rename(part, &names);
                (part["messageID"], part["sessionID"]) = (new.clone(), whose.clone());
                tame(part);
            }
        }
        self
    }
}

/// Takes from a part what would have opencode reach for something.
fn tame(part: &mut Value) {
    if let Some(members) = part.as_object_mut() {
        members.remove("snapshot");
    }
    let is_elsewhere =
        part["type"] == "file" && !part["url"].as_str().is_some_and(|url| url.starts_with("data:"));
    if is_elsewhere && part["mime"] != "application/x-directory" {
        // What was mentioned was read when it was sent: opencode fetches text no more, but would anything else.
        part["mime"] = json!("text/plain");
    }
}

/// Gives a message or a part the new ids.
fn rename(value: &mut Value, names: &HashMap<String, String>) {
    for (_, member) in
        value.as_object_mut().into_iter().flatten().filter(|(name, _)| IDS.contains(&name.as_str()))
    {
        if let Some(new) = member.as_str().and_then(|old| names.get(old)) {
            *member = json!(new);
        }
    }
}

/// New ids in the order in which they are asked for.
struct Ids(u64);

impl Ids {
    /// opencode takes what is said for answered when a later id is there. So these are an hour old: also what a phone sends whose
    /// clock is behind comes after them.
    fn before(now: OffsetDateTime) -> Self {
        let then = now - Duration::HOUR;
        Self(then.unix_timestamp().unsigned_abs() * 1000 * 0x1000)
    }

    fn next(&mut self, prefix: &str) -> String {
        self.0 += 1;
        let random = MessageId::generate().to_string();
        // After `msg_` and twelve digits of the time.
        let random = random.get(16..).unwrap_or_default();
        format!("{prefix}{:012x}{random}", self.0 & 0xffff_ffff_ffff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forged() -> Value {
        json!({
            "info": {
                "id": "ses_../../etc", "title": "a\n$(reboot)", "parentID": "ses_other", "directory": "/etc", "projectID": "../..",
                "permission": [{"permission": "*", "pattern": "*", "action": "allow"}], "revert": {"messageID": "m"}, "time": {"created": 1, "updated": 2},
            },
            "messages": [
                {"info": {"id": "../../m", "sessionID": "ses_victim", "role": "user"}, "parts": [
                    {"id": "a b", "messageID": "msg_victim", "sessionID": "ses_victim", "type": "file", "mime": "image/png", "url": "file:///etc/shadow"},
                    {"id": "b", "type": "file", "mime": "image/png", "url": "data:image/png;base64,AA=="},
                ]},
                {"info": {"id": "n", "role": "assistant", "parentID": "../../m"}, "parts": [
                    {"id": "c", "type": "patch", "hash": "x", "files": ["/home/me/.ssh/id_ed25519"]},
                    {"id": "d", "type": "step-start", "snapshot": "../x"},
                ]},
            ],
        })
    }

    #[test]
    fn nothing_of_a_file_names_anything_here() {
        let id = ChatId::generate();
        let Conversation { info, messages } = Conversation::read(forged()).unwrap().belonging_to(&id);
        let expected = json!({
            "id": id, "title": "a$(reboot)", "time": {"created": 1, "updated": 2},
            "slug": "imported", "projectID": "imported", "directory": "imported",
        });
        assert_eq!(info, expected);
        let all = serde_json::to_string(&messages).unwrap();
        for forged in ["victim", "..", "ssh", "a b"] {
            assert!(!all.contains(forged), "{forged}: {all}");
        }
        let [first, second] = &messages[..] else { panic!("two") };
        let ids = [&first["info"]["id"], &second["info"]["id"]].map(|id| id.as_str().unwrap());
        assert!(ids[0] < ids[1] && ids.iter().all(|id| id.parse::<MessageId>().is_ok()), "{ids:?}");
        assert_eq!(second["info"]["parentID"], ids[0]);
        assert_eq!(
            (&first["parts"][0]["mime"], &first["parts"][1]["mime"]),
            (&json!("text/plain"), &json!("image/png"))
        );
        for message in &messages {
            for part in message["parts"].as_array().unwrap() {
                assert_eq!((&part["messageID"], &part["sessionID"]), (&message["info"]["id"], &json!(id)));
            }
        }
        assert_eq!(second["parts"].as_array().unwrap().len(), 1, "the copies of files are not taken");
    }

    #[test]
    fn what_is_no_export_is_told_why() {
        let message = json!({"info": {"id": "msg_1", "role": "user"}, "parts": []});
        for (file, why) in [
            (json!(null), "info"),
            (json!("ses_1"), "info"),
            (json!({"messages": []}), "info"),
            (json!({"info": {"id": "ses_1"}}), "messages"),
            (json!({"info": {}, "messages": [message]}), "session"),
            (json!({"info": {"id": "ses_1"}, "messages": []}), "nothing"),
            (json!({"info": {"id": "ses_1"}, "messages": [message, 1]}), "message"),
            (
                json!({"info": {"id": "ses_1"}, "messages": [{"info": {"id": "m", "role": "system"}, "parts": []}]}),
                "role",
            ),
        ] {
            let told = Conversation::read(file.clone())
                .err()
                .unwrap_or_else(|| panic!("{file} was taken"))
                .to_string();
            assert!(told.contains(why), "{file}: {told}");
        }
        Conversation::read(json!({"info": {"id": "ses_1"}, "messages": [message]})).unwrap();
    }
}
