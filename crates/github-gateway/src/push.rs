//! A push: what it asks for, whether it may, and how it is told that it may not.
//!
//! git sends the list of references first and the objects behind it, so the list is read and judged before the first
//! object goes on. A push goes on whole or not at all.

mod commands;
mod judgement;
mod refusal;

pub(crate) use commands::{Command, Commands, read};
pub use judgement::Rules;
pub(crate) use judgement::{Change, Refused, judge};
pub(crate) use refusal::refuse;
