//! opencode's one stream of events, as it comes in, and what is asked after it was broken.

mod connection;
mod event;
mod process;
mod sse;
mod survey;

pub(crate) use connection::Upstream;
pub(crate) use event::Event;
pub(crate) use process::Process;
pub(crate) use sse::Parser;
