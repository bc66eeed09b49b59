//! A prompt, a command and a shell command as opencode takes them.
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
    /// Its content, as a `data:` URL, or where it is, as a `file:` URL.
    pub url: &'a str,
}

/// A prompt to be sent to a session.
#[derive(Debug, Clone)]
pub struct Prompt<'a> {
    /// The identifier that the user's message gets.
    pub message: &'a MessageId,
    /// What the user typed; may be empty when there are files.
    pub text: &'a str,
    /// What the agent is told besides, and the user is not shown.
    pub aside: Option<&'a str>,
    /// What the user attached.
    pub files: &'a [PromptFile<'a>],
    /// The subagents that the text mentions.
    pub agents: &'a [String],
    /// The files that the text mentions. opencode reads them; what it cannot read becomes no part of the message.
    pub mentions: &'a [PromptFile<'a>],
    /// The model, or opencode's default.
    pub model: Option<&'a ModelName>,
    /// The model's variant, such as how hard it thinks.
    pub variant: Option<&'a str>,
    /// The agent (mode), or opencode's default.
    pub agent: Option<&'a str>,
}

impl<'a> Prompt<'a> {
    /// A prompt of a text alone.
    pub fn of_text(message: &'a MessageId, text: &'a str) -> Self {
        Self {
            message,
            text,
            aside: None,
            files: &[],
            agents: &[],
            mentions: &[],
            model: None,
            variant: None,
            agent: None,
        }
    }
}

/// A command such as `/review`, to be run in a session.
#[derive(Debug, Clone)]
pub struct Command<'a> {
    /// The identifier that the user's message gets.
    pub message: &'a MessageId,
    /// Its name.
    pub name: &'a str,
    /// What follows its name.
    pub arguments: &'a str,
    /// What the user attached.
    pub files: &'a [PromptFile<'a>],
    /// The model, `provider/model`, where the command has none of its own.
    pub model: Option<&'a str>,
    /// The model's variant.
    pub variant: Option<&'a str>,
    /// The agent where the command has none of its own.
    pub agent: Option<&'a str>,
}

/// A line for the shell, to be run in a session's directory.
#[derive(Debug, Clone, Serialize)]
pub struct ShellCommand<'a> {
    /// The identifier that the user's message gets.
    #[serde(rename = "messageID")]
    pub message: &'a MessageId,
    /// The line.
    pub command: &'a str,
    /// The agent that is told of it. opencode insists on one.
    pub agent: &'a str,
    /// The model, or that of the agent or the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<&'a ModelName>,
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
    variant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<&'a str>,
}

#[derive(Serialize)]
struct CommandBody<'a> {
    #[serde(rename = "messageID")]
    message: &'a MessageId,
    command: &'a str,
    arguments: &'a str,
    parts: Vec<Part<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
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
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        synthetic: bool,
    },
    File {
        mime: &'a str,
        filename: &'a str,
        url: &'a str,
    },
    Agent {
        name: &'a str,
    },
}

impl<'a> Content<'a> {
    fn of_file(&PromptFile { mime, filename, url }: &PromptFile<'a>) -> Self {
        Self::File { mime, filename, url }
    }
}

fn parts<'a>(
    message: &MessageId,
    contents: impl IntoIterator<Item = Content<'a>>,
) -> impl Iterator<Item = Part<'a>> {
    let contents = contents.into_iter().enumerate();
    contents.map(move |(index, content)| Part { id: part_id(message, index), content })
}

impl Serialize for Prompt<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Some(self.text).filter(|text| !text.is_empty());
        let text = text.map(|text| Content::Text { text, synthetic: false });
        let aside = self.aside.map(|text| Content::Text { text, synthetic: true });
        let agents = self.agents.iter().map(|name| Content::Agent { name });
        let contents = text.into_iter().chain(self.files.iter().map(Content::of_file));
        let contents = contents.chain(agents).chain(self.mentions.iter().map(Content::of_file)).chain(aside);
        let Self { message, model, variant, agent, .. } = *self;
        Body { message, parts: parts(message, contents).collect(), model, variant, agent }
            .serialize(serializer)
    }
}

impl Serialize for Command<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { message, name: command, arguments, files, model, variant, agent } = *self;
        let parts = parts(message, files.iter().map(Content::of_file)).collect();
        CommandBody { message, command, arguments, parts, model, variant, agent }.serialize(serializer)
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
        let mentioned = PromptFile { mime: "text/plain", filename: "a.rs", url: "file:///w/a.rs" };
        let mut prompt = Prompt {
            files: &[file],
            agents: &["explore".to_owned()],
            mentions: &[mentioned],
            model: Some(&model),
            variant: Some("high"),
            ..Prompt::of_text(&message, "look")
        };
        let file = json!({"type": "file", "mime": "image/png", "filename": "a.png", "url": "data:image/png;base64,AAAA"});
        let part = |id: &str, mut part: serde_json::Value| {
            part["id"] = id.into();
            part
        };
        let text = part("prt_1fce500", json!({"type": "text", "text": "look"}));
        assert_eq!(
            serde_json::to_value(&prompt).unwrap(),
            json!({"messageID": "msg_1fce5", "model": {"providerID": "p", "modelID": "m/n"}, "variant": "high",
                   "parts": [text, part("prt_1fce501", file.clone()),
                       {"id": "prt_1fce502", "type": "agent", "name": "explore"},
                       {"id": "prt_1fce503", "type": "file", "mime": "text/plain", "filename": "a.rs", "url": "file:///w/a.rs"}]})
        );
        (prompt.text, prompt.agents, prompt.mentions) = ("", &[], &[]);
        assert_eq!(serde_json::to_value(&prompt).unwrap()["parts"], json!([part("prt_1fce500", file)]));
    }
}
