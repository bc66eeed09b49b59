//! One event stream of opencode in; numbered, slim, replayable, compressed streams out.
//!
//! `upstream` reads opencode's stream, `git_manager` its feed of chats. Both change the `hub`: the world (what every
//! chat is doing), and the `ring` of the latest events, made `slim`. A client's `stream` is a cursor into the ring.
//! `transcript` gives a conversation as it is at a number of the ring. `api` translates.

mod api;
mod clients;
mod compression;
mod config;
mod continuation;
mod files;
mod filter;
#[cfg(test)]
mod fuzz;
mod git_manager;
mod hub;
mod instance;
mod logins;
mod memory;
mod metrics;
mod number;
mod permit;
mod providers;
mod relay;
mod ring;
mod slim;
mod spending;
mod stream;
mod transcript;
mod upstream;

pub use api::{openapi, router};
pub use config::Config;
pub use relay::{Relay, StartError};

/// The name of the service, of its socket and of its folder.
pub const SERVICE: &str = "event-relay";
