//! What a prompt is for opencode: words, one of its commands, or a line for the shell.

use serde::{Deserialize, Serialize};

/// What opencode is to do with a prompt's text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptKind {
    /// Say it to the agent.
    #[default]
    Prompt,
    /// Run one of opencode's commands, such as `/review`, with the text as its arguments.
    Command {
        /// Its name, without the slash.
        name: String,
    },
    /// Run it in the shell.
    Shell,
}
