//! One run of git: its arguments, its process group, its output.

use std::{
    ffi::OsStr,
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{
    GitError,
    leftovers::keep_over_exec,
    streams::{read_all, read_first_lines, read_lines, write_all},
};
use crate::{
    error::Error,
    process_group::{ProcessGroup, die_with_this_process},
};

/// Far beyond any honest local command; a filter that the agent configured may hang for ever.
const LIMIT: Duration = Duration::from_mins(10);
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

    fn start(&mut self) -> Result<(Child, ProcessGroup), GitError> {
        let lock = self.leftovers.as_raw_fd();
        die_with_this_process(&mut self.command, move || keep_over_exec(lock));
        let child = self.command.spawn().map_err(|error| GitError::not_started(&self.subcommand, &error))?;
        let group = ProcessGroup::of(child.id());
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
