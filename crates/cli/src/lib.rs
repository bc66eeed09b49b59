//! The `ocweb` command.
//!
//! Settings are one table; the config file and the environment are read by it; what is started is told by its
//! environment, as ever. Commands translate: what they do is done by the modules that they name.

pub mod addresses;
pub mod arguments;
pub mod backup;
pub mod commands;
pub mod config_file;
pub mod config_store;
pub mod context;
pub mod doctor;
pub mod failure;
pub mod instance;
pub mod interruption;
pub mod journal;
pub mod layout;
pub mod log_lines;
pub mod program;
pub mod resolution;
pub mod schema;
pub mod service;
pub mod settings;
pub mod setup;
pub mod table;
pub mod terminal;
pub mod tokens;
pub mod update;
