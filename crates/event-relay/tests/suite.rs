//! All tests of this crate over its outside, as one program: it is linked once, and they run beside each other. `memory` is a
//! program of its own: it measures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod files;
mod opencode;
mod scripted;
mod sockets;
mod support;
