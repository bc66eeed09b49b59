//! All tests of this crate over its outside, as one program: it is linked once, and they run beside each other.

mod deployments;
mod manual;
mod service;
mod settings;
mod setup;
mod support;
mod update;
