//! The few calls to opencode that our services make, typed.
//!
//! opencode answers an unknown path with 200 and its web page, so a status alone proves nothing: every
//! answer is checked to be JSON of the expected shape. What a caller must tell apart is in [`Error`]:
//! nobody listens, nobody answered in time, the thing is not there, or something else came back.

mod calls;
mod characters;
mod client;
mod contents;
mod error;
#[cfg(test)]
mod fuzz;
mod id;
mod prompt;

pub use characters::whole_characters;
pub use client::{
    CallTrace, Catalogue, CatalogueEntry, Client, CommandInfo, LastUsed, MessagePage, Model, ModelCost,
    ModelProvider, PermissionAction, PermissionRule, Question, Reply, folder_aside, is_aside,
};
pub use contents::{ContentCutter, Piece, content_number, has_content_mark};
pub use error::Error;
pub use id::{InvalidId, MessageId, SessionId};
pub use prompt::{Command, ModelName, Prompt, PromptFile, ShellCommand};
