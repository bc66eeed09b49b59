//! A prompt as opencode takes it.
//!
//! opencode appends the parts of a prompt to a message of the same id, unless they carry ids of their
//! own: a part that is there already is then replaced by itself. So every part's id follows from its
//! message's, and a prompt that may not have arrived whole can be sent again.

use serde::{Serialize, Serializer};

use crate::MessageId;

/// A model as opencode addresses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelName {
    /// The provider's name in opencode's configuration.
    #[serde(rename = "providerID")]
    pub provider: String,
    /// The model's name at that provider; may contain `/`.
    #[serde(rename = "modelID")]
    pub model: String,
}

/// A file that goes with a prompt.
#[derive(Debug, Clone)]
pub struct PromptFile<'a> {
    /// Its media type, such as `image/png`.
    pub mime: &'a str,
    /// Its name.
    pub filename: &'a str,
    /// Its content, as a `data:` URL.
    pub url: &'a str,
}

/// A prompt to be sent to a session.
#[derive(Debug, Clone)]
pub struct Prompt<'a> {
    /// The identifier that the user's message gets.
    pub message: &'a MessageId,
    /// What the user typed; may be empty when there are files.
    pub text: &'a str,
    /// What the user attached.
    pub files: &'a [PromptFile<'a>],
    /// The model, or opencode's default.
    pub model: Option<&'a ModelName>,
    /// The agent (mode), or opencode's default.
    pub agent: Option<&'a str>,
}

/// How many parts the message of a prompt has, opencode's own additions aside.
pub(crate) fn part_count(text: &str, files: usize) -> usize {
    usize::from(!text.is_empty()) + files
}

/// The id of a part. opencode sorts the parts of a message by their ids.
pub(crate) fn part_id(message: &MessageId, index: usize) -> String {
    let rest = message.as_str().trim_start_matches("msg_");
    format!("prt_{rest}{index:02}")
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "messageID")]
    message: &'a MessageId,
    parts: Vec<Part<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a ModelName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
}

#[derive(Serialize)]
struct Part<'a> {
    id: String,
    #[serde(flatten)]
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content<'a> {
    Text { text: &'a str },
    File { mime: &'a str, filename: &'a str, url: &'a str },
}

impl Serialize for Prompt<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Some(self.text).filter(|text| !text.is_empty()).map(|text| Content::Text { text });
        let files = self.files.iter().map(|&PromptFile { mime, filename, url }| Content::File {
            mime,
            filename,
            url,
        });
        let contents = text.into_iter().chain(files).enumerate();
        let parts =
            contents.map(|(index, content)| Part { id: part_id(self.message, index), content }).collect();
        let Self { message, model, agent, .. } = *self;
        Body { message, parts, model, agent }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_part_has_an_id_that_follows_from_the_messages() {
        let message: MessageId = "msg_1fce5".parse().unwrap();
        let file = PromptFile { mime: "image/png", filename: "a.png", url: "data:image/png;base64,AAAA" };
        let model = ModelName { provider: "p".into(), model: "m/n".into() };
        let mut prompt =
            Prompt { message: &message, text: "look", files: &[file], model: Some(&model), agent: None };
        let file = json!({"type": "file", "mime": "image/png", "filename": "a.png", "url": "data:image/png;base64,AAAA"});
        let part = |id: &str, mut part: serde_json::Value| {
            part["id"] = id.into();
            part
        };
        let text = part("prt_1fce500", json!({"type": "text", "text": "look"}));
        assert_eq!(
            serde_json::to_value(&prompt).unwrap(),
            json!({"messageID": "msg_1fce5", "model": {"providerID": "p", "modelID": "m/n"},
                   "parts": [text, part("prt_1fce501", file.clone())]})
        );
        prompt.text = "";
        assert_eq!(serde_json::to_value(&prompt).unwrap()["parts"], json!([part("prt_1fce500", file)]));
    }
}
