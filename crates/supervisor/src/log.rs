//! Standard error, and the log on the volume, written by a thread of their own.
//!
//! Whoever reads it may stop reading: a paused terminal, an SSH session whose laptop sleeps. Writing
//! then blocks, and would block everything with it: probes, restarts, the stop. So lines wait in a
//! queue, and those that do not fit are dropped and counted.

use std::{
    io::{self, Write},
    mem,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use ocweb_service::{ConfigError, Environment, init_telemetry_to};
use time::OffsetDateTime;

use crate::{log_file::LogFile, output::plain};

/// Our own name in the log.
const SUPERVISOR: &str = "supervisor";

/// How many lines may wait. Children's lines have 8 KiB at most.
const WAITING: usize = 1024;

/// How long the last lines may take.
const LAST_LINES: Duration = Duration::from_millis(100);

static QUEUE: LazyLock<SyncSender<Entry>> = LazyLock::new(|| {
    let (sender, entries) = sync_channel(WAITING);
    // Without the thread the queue has no other end, and lines are written directly.
    let _ = thread::Builder::new().name("log".into()).spawn(move || write_all(&entries));
    sender
});

static DROPPED: AtomicU64 = AtomicU64::new(0);

enum Entry {
    /// Whole lines of the supervisor's own.
    Own(Vec<u8>),
    /// A line of a child.
    Of { name: &'static str, line: String },
    /// From now on the lines are kept here, too.
    KeepIn(Keeper),
    /// All before this was written.
    Written(SyncSender<()>),
}

/// Who keeps the lines.
pub(crate) enum Keeper {
    /// The log on the volume.
    File(LogFile),
    /// systemd's journal, which reads standard error and wants to know how grave a line is.
    Journal,
}

/// Takes whole lines and never blocks.
pub(crate) struct StandardError;

impl Write for StandardError {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        queue(Entry::Own(lines.to_vec()));
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn queue(entry: Entry) {
    match QUEUE.try_send(entry) {
        Ok(()) => {}
        Err(TrySendError::Full(_)) => {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
        Err(TrySendError::Disconnected(entry)) => write(&entry, &mut None),
    }
}

/// Passes on a line of a child, with its name. Never blocks.
pub(crate) fn pass_on(name: &'static str, line: &str) {
    queue(Entry::Of { name, line: line.to_owned() });
}

/// Keeps all further lines, too.
pub(crate) fn keep_in(keeper: Keeper) {
    queue(Entry::KeepIn(keeper));
}

/// Starts logging for this process.
pub fn init_log(environment: &Environment) -> Result<(), ConfigError> {
    init_telemetry_to(environment, || StandardError)
}

/// Waits until what was said is written, for a moment at most: to be called before the process ends.
pub fn finish_log() {
    let (sender, written) = sync_channel(1);
    if QUEUE.try_send(Entry::Written(sender)).is_ok() {
        let _ = written.recv_timeout(LAST_LINES);
    }
}

fn write_all(entries: &Receiver<Entry>) {
    let mut keeper = None;
    for entry in entries {
        match entry {
            Entry::KeepIn(new) => keeper = Some(new),
            Entry::Written(sender) => mem::drop(sender.send(())),
            entry => write(&entry, &mut keeper),
        }
        let dropped = DROPPED.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let _ =
                writeln!(io::stderr(), "ocweb: {dropped} lines are missing here: nobody read them in time");
        }
    }
}

/// Nobody may be reading any more, or the disk be full: that is nobody's error here, and supervision goes on.
fn write(entry: &Entry, keeper: &mut Option<Keeper>) {
    let in_journal = matches!(keeper, Some(Keeper::Journal));
    let grave = |text: &str| if in_journal { priority(text) } else { "" };
    let mut keep = |name, text: &str| {
        if let Some(Keeper::File(file)) = keeper {
            let _ = file.write(name, &plain(text), OffsetDateTime::now_utc());
        }
    };
    match entry {
        Entry::Own(lines) => {
            for line in String::from_utf8_lossy(lines).lines() {
                let _ = io::stderr().write_all(format!("{}{line}\n", grave(line)).as_bytes());
                keep(SUPERVISOR, line);
            }
        }
        Entry::Of { name, line } => {
            // Colours are for a terminal.
            let shown = if in_journal { plain(line) } else { line.clone() };
            let _ = io::stderr().write_all(format!("{}{name} | {shown}\n", grave(line)).as_bytes());
            keep(name, line);
        }
        Entry::KeepIn(_) | Entry::Written(_) => {}
    }
}

/// How grave a structured line is, as sd-daemon(3) writes it in front.
fn priority(line: &str) -> &'static str {
    let level =
        line.split_once(r#""level":""#).and_then(|(_, rest)| rest.split_once('"')).map(|(level, _)| level);
    match level {
        Some("ERROR") => "<3>",
        Some("WARN") => "<4>",
        Some("DEBUG" | "TRACE") => "<7>",
        Some(_) => "<6>",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_told_how_grave_a_line_is() {
        assert_eq!(priority(r#"{"timestamp":"T","level":"WARN","message":"died"}"#), "<4>");
        assert_eq!(priority("listening"), "");
    }
}
