//! All tests of this crate over its outside, as one program: it is linked once, and they run beside each other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod backups;
mod certificate;
mod database;
mod door;
mod harness;
mod metrics;
mod pair;
mod restart;
mod start;
mod stop;
mod users;
