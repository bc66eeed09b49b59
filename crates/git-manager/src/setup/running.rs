//! One run of a setup command: in the working copy, as the agent would run it, and with an end.
//!
//! The command leads a session of its own, so that what it leaves behind on purpose is known as the chat's like all that
//! an agent starts. It dies with this service; what it started and what detached itself is known by a variable in its
//! environment and ended with it, also by the run after a kill.

use std::{
    fs, io,
    os::fd::OwnedFd,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{io::AsyncReadExt, net::unix::pipe, process::Command};
use tokio_util::sync::CancellationToken;

use crate::process_group::{ProcessGroup, die_with_this_process};

/// How much of the output is kept, in bytes: its end.
const KEPT: usize = 128 * 1024;
/// How long what is still in the pipe may take after the command has ended. What it left behind on purpose may hold it for
/// as long as the chat lives.
const LAST_WORDS: Duration = Duration::from_millis(300);
/// By this all processes of one setup are known; its value is the chat.
const MARK: &str = "OCWEB_SETUP";

/// The end of what a command writes.
#[derive(Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Output {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > 2 * KEPT {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.bytes.len() > KEPT {
            self.bytes.drain(..self.bytes.len() - KEPT);
            self.is_cut = true;
        }
    }

    /// The text, and whether something came before it.
    pub(super) fn text(&mut self) -> (String, bool) {
        self.cut();
        (String::from_utf8_lossy(&self.bytes).into_owned(), self.is_cut)
    }
}

/// How a command ended.
pub(super) enum Ended {
    Exited(ExitStatus),
    TimedOut,
    Skipped,
    NotStarted(io::Error),
}

/// What a command is run with.
pub(super) struct Job<'a> {
    /// What the shell is given.
    pub(super) command: &'a str,
    /// The working copy.
    pub(super) directory: &'a Path,
    /// The whole environment; its `SHELL` runs the command.
    pub(super) environment: Vec<(String, String)>,
    /// The chat.
    pub(super) owner: &'a str,
    /// How long it may take.
    pub(super) limit: Duration,
}

/// Runs a command to its end. Dropping the future ends it with all it started.
pub(super) async fn run(job: Job<'_>, output: &Arc<Mutex<Output>>, skip: &CancellationToken) -> Ended {
    let (mut child, reader) = match start(&job) {
        Ok(started) => started,
        Err(error) => return Ended::NotStarted(error),
    };
    let mut processes = Processes { group: Some(ProcessGroup::of(child.id())), owner: job.owner };
    let reading = tokio::spawn(read_on(reader, Arc::clone(output)));
    let ended = tokio::select! {
        status = child.wait() => status.map_or_else(Ended::NotStarted, Ended::Exited),
        () = tokio::time::sleep(job.limit) => Ended::TimedOut,
        () = skip.cancelled() => Ended::Skipped,
    };
    // What is not read by then is of something that goes on.
    let _ = tokio::time::timeout(LAST_WORDS, reading).await;
    if let Ended::Exited(_) = ended {
        processes.have_ended();
    }
    ended
}

/// Reads as long as anybody can write: a server that the command left running would die of its next word if nobody did.
async fn read_on(mut reader: pipe::Receiver, output: Arc<Mutex<Output>>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = reader.read(&mut buffer).await {
        output.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..count]);
    }
}

fn start(job: &Job<'_>) -> io::Result<(tokio::process::Child, pipe::Receiver)> {
    let (reader, writer) = io::pipe()?;
    let shell = job.environment.iter().find(|(name, _)| name == "SHELL");
    let mut command = Command::new(shell.map_or("/bin/sh", |(_, shell)| shell));
    command
        .env_clear()
        .envs(job.environment.iter().map(|(name, value)| (name, value)))
        .env(MARK, job.owner)
        .arg("-c")
        .arg(job.command)
        .current_dir(job.directory)
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .kill_on_drop(true);
    // It leads a session, and with that a group.
    die_with_this_process(&mut command, || nix::unistd::setsid().map(drop));
    let child = command.spawn()?;
    // With the command its copies of the writing end go, without which the reading one never ends.
    drop(command);
    Ok((child, pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?))
}

/// The processes of a running command, killed when this is dropped before the command has ended by itself.
struct Processes<'a> {
    group: Option<ProcessGroup>,
    owner: &'a str,
}

impl Processes<'_> {
    /// What it has left is to stay.
    fn have_ended(&mut self) {
        if let Some(group) = self.group.take() {
            group.has_ended();
        }
    }
}

impl Drop for Processes<'_> {
    fn drop(&mut self) {
        if let Some(group) = self.group.take() {
            drop(group);
            end_all(self.owner);
        }
    }
}

/// Kills every process that carries the mark of this owner's setup.
pub(super) fn end_all(owner: &str) {
    let mark = format!("{MARK}={owner}");
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()) {
            tracing::warn!(pid, owner, "ending what a setup left");
            // It may have ended meanwhile.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_output_is_kept() {
        let mut output = Output::default();
        for _ in 0..100 {
            output.push(&[b'a'; 8 * 1024]);
        }
        output.push(b"the end");
        let (text, is_cut) = output.text();
        assert!(is_cut && text.ends_with("the end") && text.len() <= KEPT, "{}", text.len());
    }
}
