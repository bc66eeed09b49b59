//! Why a git command failed, and which of the known reasons it is.
//!
//! git has one exit status for everything, so the reason is read from what it said, in the C locale.

use std::{process::ExitStatus, time::Duration};

use crate::error::RemoteFailure;

/// What git says when the remote lacks what it promised.
const DAMAGED: [&str; 9] = [
    "repository corruption on the remote side",
    "did not send all necessary objects",
    "missing necessary objects",
    "bad object",
    "missing blob",
    "missing tree",
    "missing commit",
    "not our ref",
    "remote did not send",
];

/// What git says when the connection ended too soon.
const INTERRUPTED: [&str; 14] = [
    "length header were received",
    "early EOF",
    "unexpected disconnect",
    "bytes of body are still expected",
    "expected flush",
    "transfer closed",
    "Empty reply",
    "Recv failure",
    "Send failure",
    "Connection reset",
    "the remote end hung up",
    "index-pack",
    "unpack-objects",
    "bad pack header",
];

/// A git command that failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("git {subcommand} failed: {}", self.reason())]
pub struct GitError {
    subcommand: String,
    said: String,
    end: End,
}

/// How a failed command came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// By itself, with a status and, perhaps, a word.
    Exited { silently: bool, code: Option<i32> },
    /// It was never begun.
    NotStarted,
    /// By us, because it took too long.
    Stopped,
}

impl GitError {
    pub(super) fn failed(subcommand: &str, status: ExitStatus, said: String) -> Self {
        let silently = said.trim().is_empty();
        let said = if silently { status.to_string() } else { said };
        Self { subcommand: subcommand.into(), said, end: End::Exited { silently, code: status.code() } }
    }

    pub(crate) fn not_started(subcommand: &str, error: &std::io::Error) -> Self {
        Self { subcommand: subcommand.into(), said: format!("fatal: {error}"), end: End::NotStarted }
    }

    pub(super) fn took_too_long(subcommand: &str, limit: Duration) -> Self {
        let said = format!("fatal: not done after {} s", limit.as_secs());
        Self { subcommand: subcommand.into(), said, end: End::Stopped }
    }

    /// All that git said on standard error, except progress.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// The line that says why, for a person.
    pub fn reason(&self) -> &str {
        let mut lines = self.said.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.clone().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
        first.or_else(|| lines.next_back()).unwrap_or("no reason was given")
    }

    /// Whether a search simply had no result.
    pub fn found_nothing(&self) -> bool {
        self.end == End::Exited { silently: true, code: Some(1) }
    }

    /// The status that it exited with, if it did so by itself.
    pub fn exit_code(&self) -> Option<i32> {
        match self.end {
            End::Exited { code, .. } => code,
            End::NotStarted | End::Stopped => None,
        }
    }

    /// Whether the disk is full.
    pub fn is_disk_full(&self) -> bool {
        self.has(&["No space left on device", "Disk quota exceeded", "File too large"])
    }

    /// What went wrong at the remote or on the way to it.
    pub fn at_remote(&self) -> RemoteFailure {
        // The gateway says these in its own words, with a status that git does not take for a question.
        if self.has(&["ocweb: "]) && self.has(&["(401)"]) {
            RemoteFailure::Unauthorized
        } else if self.has(&["cannot be reached from here"]) {
            RemoteFailure::Unreachable
        } else if self.has(&["is not trusted here"]) {
            RemoteFailure::Untrusted
        } else if self.has(&["stood still for too long"]) {
            RemoteFailure::TimedOut
        } else if self.has(&["returned error: 429"]) {
            RemoteFailure::RateLimited
        } else if self.has(&["returned error: 403", "HTTP 403"]) {
            RemoteFailure::Forbidden
        } else if self.has(&["returned error: 404", "' not found", "Repository not found"]) {
            RemoteFailure::NotFound
        } else if self.has(&[
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "returned error: 401",
        ]) {
            RemoteFailure::Unauthorized
        } else if self.has(&["Operation too slow", "timed out", "Timeout was reached"]) {
            RemoteFailure::TimedOut
        } else if self.has(&["returned error: 5", "HTTP 5"]) {
            RemoteFailure::ServerError
        } else if self.has(&[
            "Could not resolve host",
            "Failed to connect",
            "Could not connect",
            "Connection refused",
            "Couldn't connect",
        ]) {
            RemoteFailure::Unreachable
        } else if self.has(&["SSL certificate", "certificate verif", "TLS"]) {
            RemoteFailure::Untrusted
        } else if self.has(&DAMAGED) {
            RemoteFailure::Damaged
        } else if self.has(&INTERRUPTED) {
            RemoteFailure::Interrupted
        } else {
            RemoteFailure::Other(self.reason().into())
        }
    }

    fn has(&self, signs: &[&str]) -> bool {
        signs.iter().any(|sign| self.said.contains(sign))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(said: &str) -> RemoteFailure {
        GitError { subcommand: "fetch".into(), said: said.into(), end: End::Stopped }.at_remote()
    }

    #[test]
    fn what_git_says_about_a_remote_is_understood() {
        let url = "unable to access 'https://github.com/o/n.git/'";
        let http = |code: u16| remote(&format!("fatal: {url}: The requested URL returned error: {code}"));
        assert_eq!(http(403), RemoteFailure::Forbidden);
        assert_eq!(http(429), RemoteFailure::RateLimited);
        assert_eq!(http(502), RemoteFailure::ServerError);
        assert_eq!(
            remote("remote: Repository not found.\nfatal: repository 'https://x/' not found"),
            RemoteFailure::NotFound
        );
        assert_eq!(remote("fatal: Authentication failed for 'https://x/'"), RemoteFailure::Unauthorized);
        assert_eq!(
            remote("fatal: could not read Username for 'https://x': terminal prompts disabled"),
            RemoteFailure::Unauthorized
        );
        assert_eq!(
            remote(&format!("fatal: {url}: Could not resolve host: github.com")),
            RemoteFailure::Unreachable
        );
        assert_eq!(
            remote("fatal: early EOF\nfatal: fetch-pack: invalid index-pack output"),
            RemoteFailure::Interrupted
        );
        let slow = "error: RPC failed; curl 28 Operation too slow. Less than 1 bytes/sec";
        assert_eq!(remote(slow), RemoteFailure::TimedOut);
        assert_eq!(remote("fatal: what?"), RemoteFailure::Other("fatal: what?".into()));
    }

    #[test]
    fn the_reason_is_the_first_fatal_line() {
        let said = "note\nfatal: one\nfatal: two\n".into();
        let error = GitError { subcommand: "fetch".into(), said, end: End::NotStarted };
        assert_eq!(error.to_string(), "git fetch failed: fatal: one");
    }
}
