//! All tests of this crate over its outside, as one program: it is linked once, and they run beside each other. `memory` is a
//! program of its own: it measures.

mod files;
mod opencode;
mod scripted;
mod sockets;
mod support;
