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

/// What git says when nothing takes its connection. All it is ever led to is the gateway.
const NO_GATEWAY: [&str; 4] =
    ["Failed to connect", "Could not connect", "Couldn't connect", "Connection refused"];

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
        if let Some(sentence) = self.of_gateway() {
            return said_by_gateway(sentence);
        }
        if self.has(&NO_GATEWAY) {
            return RemoteFailure::GatewayDown;
        }
        if let Some(failure) = self.status().and_then(meaning) {
            return failure;
        }
        if self.has(&["' not found", "Repository not found"]) {
            RemoteFailure::NotFound
        } else if self.has(&["Authentication failed", "could not read Username", "could not read Password"]) {
            RemoteFailure::Unauthorized
        } else if self.has(&["Operation too slow", "timed out", "Timeout was reached"]) {
            RemoteFailure::TimedOut
        } else if self.has(&["Could not resolve host"]) {
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

    /// What the gateway itself said, in one sentence.
    fn of_gateway(&self) -> Option<&str> {
        self.said.lines().find_map(|line| Some(line.split_once("ocweb: ")?.1.trim()))
    }

    /// The status that git tells of.
    fn status(&self) -> Option<u16> {
        let behind = |sign: &str| self.said.split_once(sign)?.1.get(..3)?.parse().ok();
        ["returned error: ", "HTTP "].iter().find_map(|sign| behind(sign))
    }

    fn has(&self, signs: &[&str]) -> bool {
        signs.iter().any(|sign| self.said.contains(sign))
    }
}

/// The gateway's words, of which some have a status of GitHub's behind them.
fn said_by_gateway(sentence: &str) -> RemoteFailure {
    let has = |words: &str| sentence.contains(words);
    if has("cannot be reached from here") {
        RemoteFailure::Unreachable
    } else if has("is not trusted here") {
        RemoteFailure::Untrusted
    } else if has("stood still for too long") {
        RemoteFailure::TimedOut
    } else {
        let status = sentence.split('(').find_map(|part| part.get(..4)?.strip_suffix(')')?.parse().ok());
        status.and_then(meaning).unwrap_or_else(|| RemoteFailure::Refused(sentence.into()))
    }
}

/// What a status means.
fn meaning(status: u16) -> Option<RemoteFailure> {
    match status {
        401 => Some(RemoteFailure::Unauthorized),
        403 => Some(RemoteFailure::Forbidden),
        404 => Some(RemoteFailure::NotFound),
        429 => Some(RemoteFailure::RateLimited),
        500..=599 => Some(RemoteFailure::ServerError),
        _ => None,
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
    fn what_the_gateway_says_is_told_apart_from_what_github_says() {
        let refused = |sentence: &str, status: u16| {
            let url = "unable to access 'http://127.0.0.1:4000/o/n.git/'";
            let said = format!(
                "remote: ocweb: {sentence}\nfatal: {url}: The requested URL returned error: {status}"
            );
            remote(&said)
        };
        let closed =
            "only the git of a chat's folder gets to GitHub through here. If this is one, restart ocweb.";
        assert_eq!(refused(closed, 403), RemoteFailure::Refused(closed.into()));
        assert_eq!(
            refused("GitHub does not take GITHUB_TOKEN for o/n (401): it is wrong or has expired.", 403),
            RemoteFailure::Unauthorized
        );
        assert_eq!(
            refused("github.com cannot be reached from here: dns error.", 502),
            RemoteFailure::Unreachable
        );
        assert_eq!(refused("github.com stood still for too long.", 504), RemoteFailure::TimedOut);
        let late = "fatal: remote error: ocweb: GitHub refuses this for o/n (429): slow down.";
        assert_eq!(remote(late), RemoteFailure::RateLimited);
        let url = "unable to access 'http://127.0.0.1:4000/o/n.git/'";
        let down = format!("fatal: {url}: Failed to connect to 127.0.0.1 port 4000 after 0 ms");
        assert_eq!(remote(&down), RemoteFailure::GatewayDown);
    }

    #[test]
    fn the_reason_is_the_first_fatal_line() {
        let said = "note\nfatal: one\nfatal: two\n".into();
        let error = GitError { subcommand: "fetch".into(), said, end: End::NotStarted };
        assert_eq!(error.to_string(), "git fetch failed: fatal: one");
    }
}
