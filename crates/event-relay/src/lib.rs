//! One event stream of opencode in; numbered, slim, replayable, compressed streams out.
