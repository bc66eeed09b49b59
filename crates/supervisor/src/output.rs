//! What a child writes: passed on line by line with its name in front, the last lines remembered.
//!
//! A process that dies has often just said why, so the last lines become part of its last exit.

use std::{
    collections::VecDeque,
    io::{self, PipeReader},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ocweb_service::metrics::Requests;
use serde_json::Value;
use tokio::{io::AsyncReadExt, net::unix::pipe, task::JoinHandle, time::timeout};

use crate::{log, passed_on};

/// Longer lines are cut, so that a child cannot make us hold what it likes.
const LINE_LIMIT: usize = 8 << 10;

/// How many of the last lines are remembered.
const REMEMBERED: usize = 20;

/// The longest explanation that is passed on, in characters.
const WORDS_LIMIT: usize = 500;

/// How long to wait for the last lines of a child that has died. What it wrote is in the pipe by then;
/// the pipe's end may never come, when a grandchild holds it.
const LAST_LINES: Duration = Duration::from_millis(30);

/// The output of one child.
pub(crate) struct Output {
    tail: Arc<Mutex<Tail>>,
    forwarding: JoinHandle<()>,
}

impl Output {
    /// Passes on to standard error what comes out of `pipe`, until its last writer is gone. Where `requests` are counted, lines
    /// that tell of them are not passed on.
    pub(crate) fn forward(
        name: &'static str,
        pipe: PipeReader,
        requests: Option<Requests>,
    ) -> io::Result<Self> {
        let pipe = pipe::Receiver::from_owned_fd(pipe.into())?;
        let tail = Arc::<Mutex<Tail>>::default();
        let forwarding = tokio::spawn(forward(name, pipe, tail.clone(), requests));
        Ok(Self { tail, forwarding })
    }

    /// What a child that has just died said last, in words for a person.
    pub(crate) async fn last_words(mut self) -> Option<String> {
        let _ = timeout(LAST_LINES, &mut self.forwarding).await;
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.explanation()
    }
}

async fn forward(
    name: &'static str,
    mut pipe: pipe::Receiver,
    tail: Arc<Mutex<Tail>>,
    requests: Option<Requests>,
) {
    let pass_on = |line: String| {
        if requests.as_ref().is_none_or(|requests| !passed_on::count(&line, requests)) {
            log::pass_on(name, &line);
            tail.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    };
    let mut lines = Lines::default();
    let mut buffer = [0; 4096];
    // An error of the pipe is the end of the output, as its end is.
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        lines.push(&buffer[..count]).into_iter().for_each(pass_on);
    }
    lines.rest().into_iter().for_each(pass_on);
}

/// The last lines of a child, without backtraces: those are long and would push out what they explain.
#[derive(Default)]
struct Tail {
    lines: VecDeque<String>,
    in_backtrace: bool,
}

impl Tail {
    fn push(&mut self, line: String) {
        self.in_backtrace = line.trim().eq_ignore_ascii_case("stack backtrace:")
            || (self.in_backtrace && line.starts_with(char::is_whitespace));
        if self.in_backtrace || line.trim().is_empty() {
            return;
        }
        if self.lines.len() == REMEMBERED {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// The sentence among the last lines that says most likely why the process died: from the last
    /// line that begins an error report on, else the last line.
    fn explanation(&self) -> Option<String> {
        let lines: Vec<String> = self.lines.iter().map(|line| plain(line)).collect();
        let begins_report = |line: &String| {
            let line = line.to_lowercase();
            line.starts_with("error") || line.starts_with("fatal") || line.contains("panicked at")
        };
        let start = lines.iter().rposition(begins_report).unwrap_or(lines.len().checked_sub(1)?);
        let words = lines[start..].iter().map(|line| message(line.trim())).collect::<Vec<_>>().join(" ");
        Some(words.chars().take(WORDS_LIMIT).collect())
    }
}

/// Cuts bytes into lines of bounded length.
#[derive(Default)]
struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                lines.push(self.take());
            } else {
                self.pending.push(byte);
                if self.pending.len() == LINE_LIMIT {
                    lines.push(self.take());
                }
            }
        }
        lines
    }

    fn rest(&mut self) -> Option<String> {
        (!self.pending.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> String {
        let line = String::from_utf8_lossy(&self.pending).trim_end_matches('\r').to_owned();
        self.pending.clear();
        line
    }
}

/// The message of a line of structured log; other lines as they are.
fn message(line: &str) -> String {
    let Ok(Value::Object(entry)) = serde_json::from_str(line) else { return line.to_owned() };
    let text = |name| entry.get(name).and_then(Value::as_str);
    match (text("message").or(text("msg")), text("error")) {
        (Some(message), Some(error)) => format!("{message}: {error}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => line.to_owned(),
    }
}

/// A line without the escape sequences that colour it.
pub(crate) fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        text.push_str(before);
        rest = after.split_once(|end: char| end.is_ascii_alphabetic()).map_or("", |(_, rest)| rest);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(lines: &[&str]) -> Option<String> {
        let mut tail = Tail::default();
        for line in lines {
            tail.push((*line).to_owned());
        }
        tail.explanation()
    }

    #[test]
    fn lines_are_cut_where_they_end_and_where_they_are_too_long() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"one\r\ntw"), ["one"]);
        assert_eq!(lines.push(b"o\n\n"), ["two", ""]);
        let cut = lines.push(&[b'x'; LINE_LIMIT + 5]);
        assert_eq!(cut.len(), 1);
        assert_eq!(cut[0].len(), LINE_LIMIT);
        assert_eq!(lines.rest().as_deref(), Some("xxxxx"));
        assert_eq!(lines.rest(), None);
    }

    #[test]
    fn the_last_error_is_the_explanation() {
        assert_eq!(explain(&[]), None);
        assert_eq!(explain(&["starting", "", "no such port"]).unwrap(), "no such port");
        let report = ["listening", "Error: cannot start", "", "Caused by:", "    AUTH_PASSWORD is not set"];
        assert_eq!(explain(&report).unwrap(), "Error: cannot start Caused by: AUTH_PASSWORD is not set");
    }

    #[test]
    fn a_backtrace_does_not_hide_what_it_explains() {
        let mut lines = vec!["thread 'main' panicked at src/main.rs:1:2:", "no disk", "stack backtrace:"];
        lines.extend(["   0: std::panicking", "             at /rustc/x.rs:1:2"].repeat(30));
        assert_eq!(explain(&lines).unwrap(), "thread 'main' panicked at src/main.rs:1:2: no disk");
        lines.push("Error: second thoughts");
        assert_eq!(explain(&lines).unwrap(), "Error: second thoughts");
    }

    #[test]
    fn structured_and_coloured_lines_are_put_in_plain_words() {
        let json = r#"{"level":"error","msg":"listening failed","error":"address in use"}"#;
        assert_eq!(explain(&[json]).unwrap(), "listening failed: address in use");
        assert_eq!(explain(&["\x1b[31mERROR\x1b[0m no disk"]).unwrap(), "ERROR no disk");
    }

    #[test]
    fn an_explanation_has_an_end() {
        assert_eq!(explain(&["x".repeat(5000).as_str()]).unwrap().len(), WORDS_LIMIT);
    }
}
