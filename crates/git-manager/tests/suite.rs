//! All tests of this crate over its outside, as one program: it is linked once, and they run beside each other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod archive;
mod backup;
mod calls;
mod changes;
mod chats;
mod conversations;
mod deleting;
mod extents;
mod foreign;
mod killed;
mod never_lost;
mod openapi;
mod permissions;
mod progress;
mod prompts;
mod proposals;
mod real_calls;
mod real_opencode;
mod real_prompts;
mod repair;
mod repair_hard;
mod repositories;
mod restoring;
mod saved;
mod setup;
mod shipping;
mod support;
mod token;
mod two_volumes;
mod view;
mod view_cost;
mod view_files;
mod view_hostile;
mod view_numbers;
mod view_search;
mod view_states;
mod work;
mod worktrees;
