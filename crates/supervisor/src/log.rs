//! Standard error, written by a thread of its own.
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
    Lines(Vec<u8>),
    /// All before this was written.
    Written(SyncSender<()>),
}

/// Takes whole lines and never blocks.
pub(crate) struct StandardError;

impl Write for StandardError {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        match QUEUE.try_send(Entry::Lines(lines.to_vec())) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                DROPPED.fetch_add(1, Ordering::Relaxed);
            }
            Err(TrySendError::Disconnected(_)) => io::stderr().write_all(lines)?,
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
    // Nobody may be reading any more, which is nobody's error here; supervision goes on.
    for entry in entries {
        match entry {
            Entry::Lines(lines) => {
                let _ = io::stderr().write_all(&lines);
            }
            Entry::Written(sender) => mem::drop(sender.send(())),
        }
        let dropped = DROPPED.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let _ =
                writeln!(io::stderr(), "ocweb: {dropped} lines are missing here: nobody read them in time");
        }
    }
}
