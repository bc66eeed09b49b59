//! All tests of this crate over its outside, as one program: it is linked once, and they run beside each other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod git;
mod large_files;
mod long_lists;
mod moved;
mod opening;
mod pull_requests;
mod repositories;
mod submodules;
mod support;
mod words;
