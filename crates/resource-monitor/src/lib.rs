//! What this instance uses of the machine: disk by owner, memory and load, and its processes.
//!
//! [`disk`] adds up what each clone, each worktree and each part of the state takes on the volume.
//! [`load`] measures memory, load and free disk, and keeps the last day.
//! [`processes`] finds the processes of this instance, tells those whose parent is gone, and ends one of
//! these when asked.
//! `http` translates.

pub mod disk;
mod http;
pub mod load;
pub mod metrics;
mod names;
pub mod processes;

pub use http::{openapi, router};

/// The name of the service, of its socket and of its tag in the API's document.
pub const SERVICE: &str = "resource-monitor";
