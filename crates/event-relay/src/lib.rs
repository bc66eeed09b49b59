//! One event stream of opencode in; numbered, slim, replayable, compressed streams out.

mod compression;
mod filter;
mod number;
mod ring;
mod slim;
mod upstream;
