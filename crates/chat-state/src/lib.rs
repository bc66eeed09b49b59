//! What every chat is doing, decided in one place, for every device and every notification alike.
//!
//! opencode tells of sessions, git-manager of working copies and of prompts that wait; neither knows
//! what a person wants to see: is it at work, does it need me, was it cut off? [`World`] takes in
//! what both say and what people read; [`state::decide`] is the one rule; [`ChatView`] is what comes
//! out. Nothing in here waits, reads a clock or talks to anybody: who uses it does.

mod event;
mod line;
mod live;
mod memory;
mod record;
mod request;
mod run;
pub mod state;
mod survey;
mod transcript;
mod view;
mod visible;
mod world;

pub use event::{Event, Message, SessionInfo, Status};
pub use memory::Memory;
pub use record::{ChatRecord, Creation, Permissions, PromptRecord, PromptState};
pub use request::{Request, RequestKind, StaleRequest};
pub use run::{Outcome, Run};
pub use state::State;
pub use survey::{LastMessage, Survey};
pub use transcript::Overlay;
pub use view::{ChatError, ChatView, Preparation, Retry, Revert};
pub use world::{Change, Continuation, World};
