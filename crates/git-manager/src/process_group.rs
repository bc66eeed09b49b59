//! What this service starts goes with it: a process group when nobody waits for it any more, its leader also when this
//! process dies, however it dies.

use std::io;

use nix::{
    errno::Errno,
    sys::{
        prctl::set_pdeathsig,
        signal::{Signal, killpg},
    },
    unistd::Pid,
};
use tokio::process::Command;

/// The process group of a running command, killed when this is dropped before the command has ended.
pub(crate) struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    /// That of a command which leads one.
    pub(crate) fn of(leader: Option<u32>) -> Self {
        Self(leader.and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }

    /// The leader was waited for: its number may belong to somebody else from now on.
    pub(crate) fn has_ended(mut self) {
        self.0 = None;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It may have ended just now, which is as good.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

/// Has the kernel kill the command when this process dies. What `prepare` does besides between fork and exec may only be
/// async-signal-safe system calls.
pub(crate) fn die_with_this_process(
    command: &mut Command,
    prepare: impl Fn() -> nix::Result<()> + Send + Sync + 'static,
) {
    let parent = Pid::this();
    let prepare = move || {
        set_pdeathsig(Signal::SIGKILL)?;
        // The parent may have died before that.
        if Pid::parent() != parent {
            return Err(io::Error::from(Errno::ESRCH));
        }
        Ok(prepare()?)
    };
    #[expect(
        unsafe_code,
        reason = "runs between fork and exec: it only makes async-signal-safe system calls"
    )]
    // SAFETY: prctl, getppid and what the callers add (setsid, fcntl) are plain system calls; nothing is allocated and no
    // lock is taken.
    unsafe {
        command.pre_exec(prepare);
    }
}
