//! Waiting for the dead, by system call.
//!
//! nix cannot name real-time signals and fails on a process that one ended. A reaper that cannot get
//! past one dead process reaps no other, so these two calls are made directly.

use std::{mem::zeroed, os::unix::process::ExitStatusExt, process::ExitStatus};

use nix::libc;

/// A child that is dead and not buried yet, if there is one.
pub(crate) fn next_dead() -> Option<i32> {
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    #[expect(unsafe_code, reason = "the call writes one structure of ours, which zeroes make valid")]
    let pid = unsafe {
        let mut found: libc::siginfo_t = zeroed();
        match libc::waitid(libc::P_ALL, 0, &raw mut found, options) {
            0 => found.si_pid(),
            _ => 0,
        }
    };
    (pid != 0).then_some(pid)
}

/// Buries a dead child and tells how it ended.
pub(crate) fn bury(pid: i32) -> ExitStatus {
    let mut status = 0;
    #[expect(unsafe_code, reason = "the call writes one integer of ours")]
    unsafe {
        libc::waitpid(pid, &raw mut status, libc::WNOHANG);
    }
    ExitStatus::from_raw(status)
}
