//! What it takes to be an ocweb service, once.
//!
//! A service is a library with a `router()` and a `main.rs` that reads as a story: start the logs,
//! read the configuration, build the domain, [`serve`] the router. Everything here is about that
//! story; nothing here knows what any service is for.

mod body;
mod client;
pub mod config;
mod connection;
mod exit;
pub mod extract;
pub mod health;
pub mod metrics;
mod port;
mod printable;
pub mod private_file;
pub mod problem;
mod proxies;
mod secrecy;
mod serve;
mod telemetry;

pub use client::{client_builder, local_client_builder};
pub use config::{ConfigError, Environment};
pub use exit::{WRONG_SETTING, exit_code};
pub use port::{BACKEND_PORTS, free_port};
pub use printable::printable;
pub use problem::Problem;
pub use proxies::Proxies;
pub use secrecy::hide;
pub use serve::{Listener, ServeError, serve, serve_until, with_fallbacks};
pub use telemetry::{init as init_telemetry, init_to as init_telemetry_to};
