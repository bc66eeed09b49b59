//! The git-manager: everything that writes to the volume's projects or talks to a git remote.
//!
//! A request becomes a chat step by step (`chats`), over a clone (`clones`) and a worktree (`worktrees`).
//! Its prompts wait in an outbox (`prompts`) until `delivery` has handed them over, each once and in order.
//! A fresh working copy is prepared by `setup`.
//! Whoever follows the chats is told by `changes`. Deleting anything goes through `removal`, which asks
//! `agent` whether a chat is at work, `loss` what would be lost (`merged` knows what is in a merged pull request) and `processes`
//! what runs there, and refuses with all `reasons` that were not accepted; what is deleted all the same is `saved` first.
//! `garbage` collects by the same rule.
//! `repair` finds damage and sets it right.
//! `underway` tells how far a clone, a fetch or a checkout is.
//! `view` shows the working copies to those who only read, and `proposals` has a model put them into words.
//! `shipping` commits, pushes and updates for a person.
//! `git` is the only place that runs git, and `access` leads the agent's git to the gateway. `api` translates.

pub mod access;
pub mod agent;
mod api;
pub mod backup;
pub mod changes;
pub mod chats;
pub mod clones;
pub mod config;
pub mod conversations;
pub mod delivery;
pub mod error;
#[cfg(test)]
mod fuzz;
pub mod garbage;
pub mod git;
pub mod loss;
pub mod manager;
pub mod merged;
mod process_group;
pub mod processes;
pub mod prompts;
pub mod proposals;
pub mod reasons;
pub mod records;
pub mod removal;
pub mod repair;
pub mod saved;
pub mod setup;
pub mod shipping;
pub mod underway;
pub mod view;
pub mod worktrees;

pub use api::{BODY_LIMIT, openapi, router};
pub use config::Config;
pub use error::Error;
pub use manager::{Manager, StartError};
pub use ocweb_git_access as names;

/// The name of the service, of its socket and of its folder.
pub const SERVICE: &str = "git-manager";
