//! What this instance uses of the machine: disk by owner, and processes that nobody looks after.
//!
//! [`disk`] adds up what each clone, each worktree and each part of the state takes on the volume.
//! [`processes`] finds the processes of this instance whose parent is gone, and ends one when asked.
//! `http` translates.

pub mod disk;
mod http;
mod names;
pub mod processes;

pub use http::{openapi, router};

/// The name of the service, of its socket and of its tag in the API's document.
pub const SERVICE: &str = "resource-monitor";
