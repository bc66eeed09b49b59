//! The commands, each in a module of its own. They translate between what is typed and shown and what the other modules do.

pub mod backup;
pub mod completions;
pub mod config;
pub mod conversation;
pub mod doctor;
pub mod logs;
pub mod password;
pub mod restart;
pub mod restore;
pub mod service;
pub mod setup;
pub mod start;
pub mod status;
pub mod stop;
pub mod token;
pub mod update;
pub mod url;
