//! All tests of this crate over its outside, as one program: it is linked once, and they run beside each other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod deployments;
mod manual;
mod service;
mod settings;
mod setup;
mod support;
mod update;
