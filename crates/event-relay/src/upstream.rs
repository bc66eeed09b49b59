//! opencode's one stream of events, as it comes in.

mod event;
mod sse;

pub(crate) use event::Event;
pub(crate) use sse::Parser;
