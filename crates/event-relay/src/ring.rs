//! The latest events, serialised once and shared by all clients.
//!
//! A client is only a cursor into the ring, so a slow one costs nothing; one that falls out of it needs a
//! snapshot.

use std::collections::VecDeque;

use axum::body::Bytes;

use crate::{
    filter::Scope,
    number::{Epoch, Number},
};

/// Some minutes of a busy machine's events.
const MOST_FRAMES: usize = 8192;
/// In bytes.
const MOST_BYTES: usize = 4 << 20;
/// What a frame costs beside its text, in bytes.
const OVERHEAD: usize = 96;

/// An event as it goes out.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Whom it concerns.
    pub(crate) scope: Scope,
    /// `id: …`, `data: …` and the empty line.
    pub(crate) text: Bytes,
}

impl Frame {
    /// The event without what makes it an event of a stream.
    pub(crate) fn json(&self) -> &[u8] {
        let text = &self.text[..];
        let begin = text.iter().position(|&byte| byte == b'{').unwrap_or(text.len());
        text[begin..].trim_ascii_end()
    }
}

/// The latest events of the present epoch.
#[derive(Debug)]
pub(crate) struct Ring {
    epoch: Epoch,
    frames: VecDeque<Frame>,
    /// The position of the latest frame, 0 before the first.
    head: u64,
    bytes: usize,
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self { epoch: Epoch::new(), frames: VecDeque::new(), head: 0, bytes: 0 }
    }

    /// The number of the latest event.
    pub(crate) fn head(&self) -> Number {
        Number { epoch: self.epoch, position: self.head }
    }

    /// Adds an event, and forgets the oldest ones of too many.
    pub(crate) fn push(&mut self, scope: Scope, json: &str) {
        self.head += 1;
        let text = Bytes::from(format!("id: {}\ndata: {json}\n\n", self.head()));
        self.bytes += text.len() + OVERHEAD;
        self.frames.push_back(Frame { scope, text });
        // The latest stays, however large.
        while self.frames.len() > 1 && (self.frames.len() > MOST_FRAMES || self.bytes > MOST_BYTES) {
            if let Some(frame) = self.frames.pop_front() {
                self.bytes -= frame.text.len() + OVERHEAD;
            }
        }
    }

    /// Begins anew: no earlier number can be continued from.
    pub(crate) fn begin_epoch(&mut self) {
        *self = Self::new();
    }

    /// The events after a number with their positions, or `None` when some of them are gone.
    pub(crate) fn after(&self, number: Number) -> Option<impl Iterator<Item = (u64, &Frame)>> {
        let first = self.head + 1 - self.frames.len() as u64;
        if number.epoch != self.epoch || number.position > self.head || number.position + 1 < first {
            return None;
        }
        let skipped = usize::try_from(number.position + 1 - first).ok()?;
        Some((number.position + 1..).zip(self.frames.range(skipped..)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(ring: &Ring, position: u64) -> Option<Vec<u64>> {
        let number = Number { position, ..ring.head() };
        ring.after(number).map(|frames| frames.map(|(position, _)| position).collect())
    }

    #[test]
    fn what_came_after_a_number_is_found() {
        let mut ring = Ring::new();
        assert_eq!(positions(&ring, 0), Some(vec![]));
        for _ in 0..3 {
            ring.push(Scope::Everybody, "{}");
        }
        assert_eq!(positions(&ring, 0), Some(vec![1, 2, 3]));
        assert_eq!(positions(&ring, 2), Some(vec![3]));
        assert_eq!(positions(&ring, 3), Some(vec![]));
        assert_eq!(positions(&ring, 4), None, "a number that was never given out");
        let (_, frame) = ring.after(Number { position: 2, ..ring.head() }).unwrap().next().unwrap();
        assert_eq!(frame.text, format!("id: {}\ndata: {{}}\n\n", ring.head()));
        assert_eq!(frame.json(), b"{}");
    }

    #[test]
    fn the_oldest_are_forgotten_by_count() {
        let mut ring = Ring::new();
        for _ in 0..MOST_FRAMES + 5 {
            ring.push(Scope::Everybody, "{}");
        }
        assert_eq!(positions(&ring, 4), None);
        assert_eq!(positions(&ring, 5).map(|it| it.len()), Some(MOST_FRAMES));
    }

    #[test]
    fn the_oldest_are_forgotten_by_bytes() {
        let mut ring = Ring::new();
        let large = format!("\"{}\"", "x".repeat(MOST_BYTES / 4));
        for _ in 0..10 {
            ring.push(Scope::Everybody, &large);
        }
        assert!(ring.bytes <= MOST_BYTES);
        assert_eq!(positions(&ring, 7), Some(vec![8, 9, 10]));
        ring.push(Scope::Everybody, &"x".repeat(2 * MOST_BYTES));
        assert_eq!(positions(&ring, 10), Some(vec![11]), "the latest stays, however large");
        ring.push(Scope::Everybody, "{}");
        assert_eq!(positions(&ring, 11), Some(vec![12]));
        assert!(ring.bytes < 1000);
    }

    #[test]
    fn a_new_epoch_knows_nothing_of_the_one_before() {
        let mut ring = Ring::new();
        ring.push(Scope::Everybody, "{}");
        let before = ring.head();
        ring.begin_epoch();
        assert!(ring.after(before).is_none());
        assert_eq!(positions(&ring, 0), Some(vec![]));
    }
}
