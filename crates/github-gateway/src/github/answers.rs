//! What GitHub answered last, to be shown again when it says that nothing has changed.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use axum::body::Bytes;
use reqwest::{Url, header::HeaderValue};

/// So many answers are kept, the ones read last.
const MOST: usize = 200;
/// Larger ones are asked for anew each time.
const LARGEST: usize = 256 * 1024;

/// Answers by address.
#[derive(Default)]
pub(super) struct Answers(Mutex<VecDeque<(Url, Known)>>);

/// An answer with its tag.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) tag: HeaderValue,
    pub(super) body: Bytes,
    pub(super) next: Option<Url>,
}

impl Answers {
    pub(super) fn get(&self, address: &Url) -> Option<Known> {
        let mut kept = self.lock();
        let at = kept.iter().position(|(known, _)| known == address)?;
        let found = kept.remove(at)?;
        let known = found.1.clone();
        kept.push_back(found);
        Some(known)
    }

    pub(super) fn keep(&self, address: Url, tag: HeaderValue, body: Bytes, next: Option<Url>) {
        let mut kept = self.lock();
        kept.retain(|(known, _)| *known != address);
        if body.len() > LARGEST {
            return;
        }
        kept.push_back((address, Known { tag, body, next }));
        if kept.len() > MOST {
            kept.pop_front();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Url, Known)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_asked_for_longest_makes_room() {
        let answers = Answers::default();
        let address = |number: usize| format!("https://a/{number}").parse::<Url>().unwrap();
        let keep = |number: usize, size: usize| {
            answers.keep(address(number), HeaderValue::from_static("x"), vec![0; size].into(), None);
        };
        (0..MOST).for_each(|number| keep(number, 1));
        assert!(answers.get(&address(0)).is_some());
        keep(MOST, 1);
        assert!(answers.get(&address(0)).is_some() && answers.get(&address(1)).is_none());
        keep(0, LARGEST + 1);
        assert!(answers.get(&address(0)).is_none(), "an old answer is not shown for a new one");
    }
}
