//! Starts opencode, our services and Caddy, keeps them alive, and leaves nobody behind.
//!
//! Theory of operation. The process table (`table`) is data, made from the settings. Each row gets a
//! task (`process`) that carries out what a pure state machine (`state`) decides: start, probe until
//! ready, watch, restart after a pause (`backoff`), stop. Children are made and reaped in one place
//! (`children`), since as PID 1 or subreaper we inherit orphans too. Caddy's task waits until every
//! other process is running or has failed. What the tasks know they publish, and `api` shows it.
//!
//! Nobody is left behind, by three nets: every child is killed by the kernel when we die; every
//! process of the instance carries a mark in its environment, by which a stop and the next start find
//! those that detached themselves (`leftovers`); and the volume has one supervisor at a time
//! (`run_folder`).
//!
//! Started as root, the agent runs as one user and what holds secrets as another (`users`, `ownership`).
//!
//! Processes that an agent detached outlive a restart of opencode on purpose: they may be somebody's
//! dev server. resource-monitor lists them as orphans.

mod agent_shell;
mod api;
mod backoff;
mod backup;
mod backups;
mod capability;
mod certificate;
mod children;
mod doorway;
mod edge;
mod environment;
mod exposition;
mod first_look;
mod footprint;
mod installation;
mod leftovers;
mod log;
mod log_file;
mod metrics;
mod output;
mod ownership;
mod passed_on;
mod probe;
mod process;
mod run_folder;
mod settings;
mod state;
mod supervisor;
mod table;
mod users;
mod wait;

pub use api::openapi;
pub use log::{finish_log, init_log};
pub use run_folder::LockError;
pub use settings::{PortError, Settings};
pub use supervisor::{RunError, check, run};
