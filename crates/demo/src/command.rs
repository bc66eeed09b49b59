//! The command that runs inside the world: it and the world end together.

use std::{ffi::OsString, os::unix::process::ExitStatusExt, process::ExitCode};

use anyhow::{Context, Result};
use nix::{
    sys::{prctl, signal::Signal, signal::kill},
    unistd::Pid,
};
use tokio::{process::Command, signal::unix::Signal as Listener};

/// Runs the command to its end, passing TERM and INT on, and returns its exit code as a shell does.
pub(crate) async fn run(
    command: &[OsString],
    environment: Vec<(String, String)>,
    terminate: &mut Listener,
    interrupt: &mut Listener,
) -> Result<ExitCode> {
    let (program, arguments) = command.split_first().context("there is no command")?;
    let mut child = Command::new(program);
    // A group of its own: the terminal's INT reaches it once, through us, and not a second time.
    child.args(arguments).envs(environment).process_group(0);
    // SAFETY: prctl is one system call; it allocates nothing and takes no lock.
    #[expect(
        unsafe_code,
        reason = "only code between fork and exec can ask for a signal at the parent's death"
    )]
    unsafe {
        child.pre_exec(|| Ok(prctl::set_pdeathsig(Signal::SIGTERM)?));
    }
    let mut child = child.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
    let pass_on = |signal| {
        // It may have ended a moment ago; then there is nobody to tell.
        let _ = pid.map(|pid| kill(pid, signal));
    };
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = terminate.recv() => pass_on(Signal::SIGTERM),
            _ = interrupt.recv() => pass_on(Signal::SIGINT),
        }
    };
    let code = status.code().or_else(|| Some(128 + status.signal()?)).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
