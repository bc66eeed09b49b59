//! One run of git: its arguments, its process group, its output.

use std::{
    ffi::OsStr,
    os::fd::{AsRawFd, OwnedFd, RawFd},
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::GitError;
use crate::error::Error;

/// Far beyond any honest local command; a filter that the agent configured may hang for ever.
const LIMIT: Duration = Duration::from_mins(10);
/// How much of what git says on standard error is kept: its end, where the reason stands.
const KEPT: usize = 8 * 1024;
/// How much of standard output is kept: its beginning. More is no answer that anything here asks for, but a
/// working copy with a million new files.
const ANSWER: usize = 8 * 1024 * 1024;

/// A run of git that is being put together. Settings come first, then the subcommand and its arguments.
#[must_use]
pub struct Invocation {
    pub(super) command: Command,
    leftovers: Arc<OwnedFd>,
    subcommand: String,
    limit: Option<Duration>,
    input: Option<String>,
}

/// What a successful run wrote.
#[derive(Debug)]
pub struct Output {
    /// Standard output, where bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// What a run wrote, whether it succeeded or not.
#[derive(Debug)]
pub struct Finished {
    /// Standard output, where bytes that are no UTF-8 are replaced.
    pub text: String,
    /// Whether its status says that all is well.
    pub succeeded: bool,
}

/// What a run wrote until it was ended.
#[derive(Debug, Default)]
pub struct FirstLines {
    /// The lines, each as far as it was asked for, where bytes that are no UTF-8 are replaced.
    pub lines: Vec<String>,
    /// Whether that is all.
    pub complete: bool,
}

impl Invocation {
    pub(super) fn new(binary: &Path, directory: &Path, leftovers: Arc<OwnedFd>) -> Self {
        let mut command = Command::new(binary);
        command
            .env_clear()
            .arg("-C")
            .arg(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        Self { command, leftovers, subcommand: String::new(), limit: Some(LIMIT), input: None }
    }

    /// Adds a setting; all of them come before the first argument.
    pub fn setting(mut self, setting: &str) -> Self {
        self.command.arg("-c").arg(setting);
        self
    }

    /// Overrules what any configuration says, before the subcommand is named.
    pub fn configured(self, name: &str, value: &str) -> Self {
        self.setting(&format!("{name}={value}"))
    }

    /// Adds one argument; the first is the subcommand.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        if self.subcommand.is_empty() {
            self.subcommand = argument.as_ref().to_string_lossy().into_owned();
        }
        self.command.arg(argument);
        self
    }

    /// Adds several arguments.
    pub fn args<A: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = A>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// Adds variables to its environment.
    pub fn environment(mut self, variables: &[(&str, &str)]) -> Self {
        self.command.envs(variables.iter().copied());
        self
    }

    /// Gives it a file to read as its standard input.
    pub fn input_file(mut self, file: std::fs::File) -> Self {
        self.command.stdin(file);
        self
    }

    /// Lets it run as long as it moves: for transfers, which end by themselves when they stall.
    pub fn unlimited(mut self) -> Self {
        self.limit = None;
        self
    }

    /// Gives it less or more time than the ten minutes of every local command.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Gives it something to read on its standard input.
    pub fn input(mut self, text: String) -> Self {
        self.command.stdin(Stdio::piped());
        self.input = Some(text);
        self
    }

    /// Runs it to its end.
    pub async fn run(self) -> Result<Output, GitError> {
        self.run_watched(|_| {}).await
    }

    /// Gives it `input`, and gives all that it writes, byte by byte.
    pub async fn run_with(self, input: Vec<u8>) -> Result<Vec<u8>, Error> {
        let read = async |mut stdout: ChildStdout| {
            let mut bytes = Vec::new();
            stdout.read_to_end(&mut bytes).await?;
            Ok(bytes)
        };
        self.exchange(async move |mut stdin| stdin.write_all(&input).await, read).await
    }

    /// Gives it `input`, and shows what it writes piece by piece as it comes, each without the `end` that it has: of a large
    /// repository all of it is more than anybody wants to hold.
    pub async fn run_pieces(
        self,
        input: Vec<u8>,
        end: u8,
        mut on_piece: impl FnMut(&[u8]),
    ) -> Result<(), Error> {
        let read = async |stdout: ChildStdout| {
            let (mut stdout, mut piece) = (BufReader::with_capacity(64 * 1024, stdout), Vec::new());
            while stdout.read_until(end, &mut piece).await? > 0 {
                on_piece(piece.strip_suffix(&[end]).unwrap_or(&piece));
                piece.clear();
            }
            Ok(())
        };
        self.exchange(async move |mut stdin| stdin.write_all(&input).await, read).await
    }

    /// Has its standard input written by `write`. A failure of `write` ends it.
    pub async fn run_fed(
        self,
        write: impl AsyncFnOnce(ChildStdin) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let read = async |mut stdout: ChildStdout| {
            tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await?;
            Ok(())
        };
        self.exchange(write, read).await
    }

    async fn exchange<T>(
        mut self,
        write: impl AsyncFnOnce(ChildStdin) -> std::io::Result<()>,
        read: impl AsyncFnOnce(ChildStdout) -> std::io::Result<T>,
    ) -> Result<T, Error> {
        self.command.stdin(Stdio::piped());
        let (mut child, group) = self.start()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::Internal("git has no standard input or output".into()));
        };
        let stderr = child.stderr.take();
        let finish = async {
            let (fed, output, said) = tokio::join!(write(stdin), read(stdout), read_lines(stderr, |_| {}));
            (child.wait().await, fed, output, said)
        };
        let limit = self.limit.unwrap_or(Duration::MAX);
        let (status, fed, output, said) = tokio::time::timeout(limit, finish)
            .await
            .map_err(|_| GitError::took_too_long(&self.subcommand, limit))?;
        group.has_ended();
        // Where git ended before it was told everything, it knows why.
        match fed {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                self.outcome(status, said)?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
            Ok(()) => {
                self.outcome(status, said)?;
                Ok(output?)
            }
        }
    }

    /// Runs it until it has written so many lines, of which each is read as far as `width` bytes, until its end or until
    /// its time is over, whatever comes first. What goes on then is killed.
    pub async fn first_lines(mut self, count: usize, width: usize) -> Result<FirstLines, GitError> {
        let (mut child, group) = self.start()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut first = FirstLines::default();
        let finish = async {
            let lines = &mut first.lines;
            let enough =
                async { if read_first_lines(stdout, count, width, lines).await { Err(()) } else { Ok(()) } };
            let said = async { Ok(read_lines(stderr, |_| {}).await) };
            match tokio::try_join!(enough, said) {
                Ok(((), said)) => Some((child.wait().await, said)),
                Err(()) => None,
            }
        };
        let limit = self.limit.unwrap_or(Duration::MAX);
        let Ok(Some((status, said))) = tokio::time::timeout(limit, finish).await else { return Ok(first) };
        group.has_ended();
        self.outcome(status, said)?;
        first.complete = true;
        Ok(first)
    }

    /// Runs it to its end and shows each line of its standard error, progress included, as it comes.
    /// Dropping the future kills git with all it started.
    pub async fn run_watched(mut self, on_line: impl FnMut(&str)) -> Result<Output, GitError> {
        let (status, output, said) = self.watch(on_line).await?;
        self.outcome(status, said)?;
        Ok(Output { text: output })
    }

    /// The same where its status is an answer and no failure.
    pub async fn finished(mut self, on_line: impl FnMut(&str)) -> Result<Finished, GitError> {
        let (status, text, _) = self.watch(on_line).await?;
        let status = status.map_err(|error| GitError::not_started(&self.subcommand, &error))?;
        Ok(Finished { text, succeeded: status.success() })
    }

    async fn watch(
        &mut self,
        on_line: impl FnMut(&str),
    ) -> Result<(std::io::Result<ExitStatus>, String, String), GitError> {
        let (mut child, group) = self.start()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let input = self.input.take().unwrap_or_default();
        let finish = async {
            let (output, said, ()) =
                tokio::join!(read_all(stdout), read_lines(stderr, on_line), write_all(stdin, input));
            (child.wait().await, output, said)
        };
        let limit = self.limit.unwrap_or(Duration::MAX);
        let (status, output, said) = tokio::time::timeout(limit, finish)
            .await
            .map_err(|_| GitError::took_too_long(&self.subcommand, limit))?;
        group.has_ended();
        Ok((status, output, said))
    }

    fn start(&mut self) -> Result<(Child, Group), GitError> {
        die_with_this_process(&mut self.command, self.leftovers.as_raw_fd());
        let child = self.command.spawn().map_err(|error| GitError::not_started(&self.subcommand, &error))?;
        let group = Group::of(child.id());
        Ok((child, group))
    }

    /// Whether it succeeded, by its status and what it said.
    fn outcome(&self, status: std::io::Result<ExitStatus>, said: String) -> Result<(), GitError> {
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(GitError::failed(&self.subcommand, status, said)),
            Err(error) => Err(GitError::not_started(&self.subcommand, &error)),
        }
    }
}

/// The process group of a running git, killed when it is dropped before git has ended.
struct Group(Option<Pid>);

impl Group {
    fn of(leader: Option<u32>) -> Self {
        Self(leader.and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }

    /// The leader was waited for: its number may belong to somebody else from now on.
    fn has_ended(mut self) {
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
fn die_with_this_process(command: &mut Command, inherited: RawFd) {
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

/// Writes all of it, unless git has enough before.
async fn write_all(stream: Option<impl AsyncWrite + Unpin>, text: String) {
    if let Some(mut stream) = stream {
        // git's status tells whether what it did not read matters.
        let _ = stream.write_all(text.as_bytes()).await;
    }
}

async fn read_all(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // A pipe that breaks ends the output; git's status tells whether that matters.
        let _ = (&mut stream).take(ANSWER as u64).read_to_end(&mut bytes).await;
        // Read on, so that git can end.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads lines until there are `count` of them. True when there may be more.
async fn read_first_lines(
    stream: Option<impl AsyncRead + Unpin>,
    count: usize,
    width: usize,
    lines: &mut Vec<String>,
) -> bool {
    let Some(mut stream) = stream else { return false };
    let mut pending = Vec::new();
    let mut buffer = vec![0_u8; 64 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        let mut rest = &buffer[..read];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            append(&mut pending, &rest[..end], width);
            lines.push(String::from_utf8_lossy(&pending).into_owned());
            pending.clear();
            rest = &rest[end + 1..];
            if lines.len() == count {
                return true;
            }
        }
        append(&mut pending, rest, width);
    }
    false
}

/// As much as there is room for.
fn append(line: &mut Vec<u8>, bytes: &[u8], width: usize) {
    line.extend_from_slice(&bytes[..bytes.len().min(width - line.len())]);
}

/// Reads lines that end in a newline or, as progress does, in a carriage return. Gives the end of it all
/// without the progress.
async fn read_lines(stream: Option<impl AsyncRead + Unpin>, mut on_line: impl FnMut(&str)) -> String {
    let Some(mut stream) = stream else { return String::new() };
    let mut kept = String::new();
    let mut pending = Vec::new();
    let mut buffer = [0_u8; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        for &byte in &buffer[..count] {
            if !matches!(byte, b'\n' | b'\r') {
                // The remote has its say here too, and need not end its line.
                if pending.len() < KEPT {
                    pending.push(byte);
                }
                continue;
            }
            let line = String::from_utf8_lossy(&pending);
            on_line(&line);
            if byte == b'\n' {
                keep(&mut kept, &line);
            }
            drop(line);
            pending.clear();
        }
    }
    let line = String::from_utf8_lossy(&pending);
    on_line(&line);
    keep(&mut kept, &line);
    kept
}

fn keep(kept: &mut String, line: &str) {
    // What a fetch tells of each branch that moved begins so, and a branch may be called like an error. One that was
    // rejected is the error.
    if line.starts_with(' ') && !line.starts_with(" ! ") {
        return;
    }
    kept.push_str(line.trim_end());
    kept.push('\n');
    if kept.len() > KEPT {
        let cut = kept.ceil_char_boundary(kept.len() - KEPT);
        kept.drain(..cut);
    }
}
