//! What a client sent, reduced to what the script needs.

use serde::Deserialize;
use serde_json::Value;

/// A chat completion request, as far as it matters here.
#[derive(Debug, Clone)]
pub struct Request {
    /// The model asked for.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether the model may call tools.
    pub has_tools: bool,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
}

/// A message of a conversation.
#[derive(Debug, Clone)]
pub struct Message {
    /// Whose it is.
    pub role: Role,
    /// Its text parts.
    pub texts: Vec<String>,
    /// Whether it calls a tool.
    pub calls_tools: bool,
}

/// Whose message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions by the client.
    System,
    /// The same, under its newer name.
    Developer,
    /// The person, or what the client puts into their mouth.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
}

#[derive(Deserialize)]
struct WireRequest {
    model: String,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    tools: Vec<Value>,
    messages: Vec<WireMessage>,
}

#[derive(Deserialize)]
struct WireMessage {
    role: Role,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    tool_calls: Vec<Value>,
}

impl Request {
    /// Reads the body of a request.
    pub fn parse(body: &Value) -> Result<Self, serde_json::Error> {
        let wire = WireRequest::deserialize(body)?;
        let messages = wire.messages.into_iter().map(|message| Message {
            role: message.role,
            texts: texts(&message.content),
            calls_tools: !message.tool_calls.is_empty(),
        });
        Ok(Self {
            model: wire.model,
            stream: wire.stream,
            has_tools: !wire.tools.is_empty(),
            messages: messages.collect(),
        })
    }
}

/// The content is a text, or a list of parts of which some are texts.
fn texts(content: &Value) -> Vec<String> {
    match content {
        Value::String(text) => vec![text.clone()],
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// What is wanted now, and how much of it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// What kind of answer is wanted.
    pub wanted: Wanted,
    /// What the person said last.
    pub prompt: String,
    /// Turns already taken since then, each of which ended in a tool call.
    pub turns_taken: usize,
    /// The agent's working directory, empty when the client does not tell.
    pub directory: String,
}

/// What kind of answer a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// Work on what the person said.
    Chat,
    /// A title for the conversation.
    Title,
    /// A summary of the conversation.
    Summary,
    /// The message of a commit, or the title and text of a pull request: what ocweb has a model propose.
    Words,
}

impl Conversation {
    /// Looks through the messages of a request.
    pub fn of(request: &Request) -> Self {
        let system = request
            .messages
            .iter()
            .filter(|message| matches!(message.role, Role::System | Role::Developer))
            .flat_map(|message| &message.texts);
        let system = system.map(String::as_str).collect::<Vec<_>>().join("\n");
        let wanted = if system.contains("You write the message of a git commit")
            || system.contains("You write the title and the description of a pull request")
        {
            Wanted::Words
        } else if request.has_tools {
            Wanted::Chat
        } else if system.contains("title generator") {
            Wanted::Title
        } else if system.contains("summar") {
            Wanted::Summary
        } else {
            Wanted::Chat
        };
        let said = |message: &Message| (message.role == Role::User).then(|| words_of_the_person(message))?;
        let last =
            request.messages.iter().enumerate().rev().find_map(|(at, message)| Some((at, said(message)?)));
        let (at, prompt) = last.unwrap_or_default();
        let turns_taken = request.messages.iter().skip(at).filter(|message| message.calls_tools).count();
        Self { wanted, prompt, turns_taken, directory: working_directory(&system) }
    }
}

/// A user message without what the client added to it. `None` when nothing is left.
fn words_of_the_person(message: &Message) -> Option<String> {
    let kept = message.texts.iter().map(|text| without_reminders(text));
    let kept: Vec<String> = kept
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty() && !is_synthetic(text))
        .collect();
    (!kept.is_empty()).then(|| kept.join("\n"))
}

/// Removes every `<system-reminder>…</system-reminder>`.
fn without_reminders(text: &str) -> String {
    const OPEN: &str = "<system-reminder>";
    const CLOSE: &str = "</system-reminder>";
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, reminder)) = rest.split_once(OPEN) {
        kept.push_str(before);
        rest = reminder.split_once(CLOSE).map_or("", |(_, after)| after);
    }
    kept + rest
}

/// Whether opencode wrote this in the user's name: attachments that it read, and nudges.
fn is_synthetic(text: &str) -> bool {
    const BEGINNINGS: [&str; 8] = [
        "Called the Read tool with",
        "Called the Task tool with",
        "<path>",
        "<file>",
        "Summarize the task tool output above",
        "Continue if you have next steps",
        "Generate a title for this conversation",
        "The previous request exceeded",
    ];
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// opencode tells the model where it works, in a line `Working directory: …`.
fn working_directory(system: &str) -> String {
    let line = system.lines().find_map(|line| line.trim().strip_prefix("Working directory:"));
    line.unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conversation(messages: &Value) -> Conversation {
        let body = json!({"model": "demo", "tools": [{}], "messages": messages});
        Conversation::of(&Request::parse(&body).unwrap())
    }

    #[test]
    fn turns_are_counted_from_what_the_person_said_last() {
        let call = json!({"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]});
        let result = json!({"role": "tool", "tool_call_id": "1", "content": "ok"});
        let seen = conversation(&json!([
            {"role": "system", "content": "x\n  Working directory: /vol/a b\n"},
            {"role": "user", "content": "first"}, call, result, {"role": "assistant", "content": "done"},
            {"role": "user", "content": [{"type": "text", "text": "run: ls"}]}, call, result,
        ]));
        assert_eq!(seen.prompt, "run: ls");
        assert_eq!(seen.turns_taken, 1);
        assert_eq!(seen.directory, "/vol/a b");
    }

    #[test]
    fn what_the_client_adds_is_not_what_the_person_said() {
        let call = json!({"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]});
        let seen = conversation(&json!([
            {"role": "user", "content": [
                {"type": "text", "text": "run: ls\n<system-reminder>plan\nmode</system-reminder>"},
                {"type": "text", "text": "Called the Read tool with the following input: {}"},
            ]},
            call,
            {"role": "user", "content": "<system-reminder>Beware.</system-reminder>"},
            {"role": "user", "content": "Summarize the task tool output above and continue with your task."},
        ]));
        assert_eq!(seen.prompt, "run: ls");
        assert_eq!(seen.turns_taken, 1);
    }

    #[test]
    fn titles_and_summaries_are_told_apart_by_their_instructions() {
        let wanted = |system: &str| {
            let body = json!({"model": "small", "messages": [{"role": "system", "content": system}]});
            Conversation::of(&Request::parse(&body).unwrap()).wanted
        };
        assert_eq!(wanted("You are a title generator."), Wanted::Title);
        assert_eq!(wanted("You write summaries."), Wanted::Summary);
        assert_eq!(
            wanted("opencode. You write the message of a git commit, and nothing else"),
            Wanted::Words
        );
        assert_eq!(wanted("You are helpful."), Wanted::Chat);
    }
}
