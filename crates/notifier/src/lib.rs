//! Tells the person what needs them or is done: ntfy, Discord, Web Push and a webhook.
//!
//! Level-triggered: `relay` says how every chat stands now, `review` compares that with what was already
//! handled and rules what to tell, what to hold back and why, and what to wait for. `ledger` keeps what
//! must survive a restart, `delivery` decides when to try again, `channel` speaks each receiver's protocol,
//! and `notifier` ties them together. `capability` is what a button in a notification can do without a
//! login; `login` is whether a device still has one. `http` translates.

mod capability;
mod channel;
mod chats;
mod delivery;
mod event;
#[cfg(test)]
mod fuzz;
mod http;
mod kept;
mod ledger;
mod log;
mod login;
mod metrics;
mod notifier;
mod outbound;
mod quiet_hours;
mod relay;
mod review;
mod settings;
mod subscription;
mod text;

pub use http::{openapi, router};
pub use notifier::{Notifier, StartError};

/// The name of this service: of its socket and of its folder on the volume.
pub const SERVICE: &str = "notifier";
