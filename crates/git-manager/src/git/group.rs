//! What a run of git starts goes with it: its process group when nobody waits any more, all of it when this process dies.

use std::os::fd::RawFd;

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::process::Command;

/// The process group of a running git, killed when it is dropped before git has ended.
pub(super) struct Group(Option<Pid>);

impl Group {
    pub(super) fn of(leader: Option<u32>) -> Self {
        Self(leader.and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }

    /// The leader was waited for: its number may belong to somebody else from now on.
    pub(super) fn has_ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It may have ended just now, which is as good.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

/// Has the kernel kill git when this process dies, however it dies, and passes one descriptor on to it.
pub(super) fn die_with_this_process(command: &mut Command, inherited: RawFd) {
    let parent = Pid::this();
    let prepare = move || {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        // The parent may have died before that.
        if Pid::parent() != parent {
            return Err(nix::errno::Errno::ESRCH.into());
        }
        keep_over_exec(inherited)?;
        Ok(())
    };
    #[expect(
        unsafe_code,
        reason = "runs between fork and exec: it only makes async-signal-safe system calls"
    )]
    // SAFETY: prctl, getppid and fcntl are plain system calls; nothing is allocated and no lock is taken.
    unsafe {
        command.pre_exec(prepare);
    }
}

fn keep_over_exec(descriptor: RawFd) -> nix::Result<()> {
    #[expect(unsafe_code, reason = "the descriptor's owner is kept by the Invocation")]
    // SAFETY: `Invocation::leftovers` holds the owner until git has been started.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(descriptor) };
    fcntl(borrowed, FcntlArg::F_SETFD(FdFlag::empty())).map(drop)
}
