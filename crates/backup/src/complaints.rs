//! What a program says on its standard error: read while it runs, for one that is not listened to stops once the pipe is full.

use std::{
    io::{self, Read},
    process::ChildStderr,
    thread::{self, JoinHandle},
};

/// So much is kept of its beginning and of its end: what went wrong is in the one or the other.
const KEPT: usize = 8 << 10;

/// Listens to a process until its end.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Option<JoinHandle<String>>);

impl Complaints {
    /// Begins to listen.
    pub(crate) fn of(said: Option<ChildStderr>) -> Self {
        Self(said.map(|mut said| thread::spawn(move || listen(&mut said))))
    }

    /// All that it said, once it has ended.
    pub(crate) fn end(self) -> String {
        self.0.and_then(|listening| listening.join().ok()).unwrap_or_default()
    }
}

fn listen(said: &mut dyn Read) -> String {
    let (mut begin, mut end) = (Vec::new(), Vec::new());
    let mut piece = [0; 4 << 10];
    loop {
        let piece = match said.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) => break,
            Ok(length) => &piece[..length],
        };
        let (first, rest) = piece.split_at(piece.len().min(KEPT.saturating_sub(begin.len())));
        begin.extend_from_slice(first);
        end.extend_from_slice(rest);
        end.drain(..end.len().saturating_sub(KEPT));
    }
    begin.extend(end);
    // What is no text is no use to anybody.
    String::from_utf8_lossy(&begin).into_owned()
}
