//! The number of an event, by which a client says how far it has come.

use std::{fmt, str::FromStr};

/// One unbroken sequence of events. A new one begins with each start of the relay, and whenever events may
/// have been missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch(u32);

impl Epoch {
    /// One that differs from those before, but for a chance in four thousand million.
    pub(crate) fn new() -> Self {
        let mut bytes = [0; 4];
        // Without randomness nothing on this machine is safe; there is no sensible way on.
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        Self(u32::from_ne_bytes(bytes))
    }
}

/// `<epoch>-<position>`; positions begin at 1, and 0 stands before the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) epoch: Epoch,
    pub(crate) position: u64,
}

/// A text that is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event's number looks like 1f2e3d4c-123")]
pub(crate) struct InvalidNumber;

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}-{}", self.epoch.0, self.position)
    }
}

impl FromStr for Number {
    type Err = InvalidNumber;

    fn from_str(text: &str) -> Result<Self, InvalidNumber> {
        let (epoch, position) = text.split_once('-').ok_or(InvalidNumber)?;
        let epoch = u32::from_str_radix(epoch, 16).map_err(|_| InvalidNumber)?;
        let position = position.parse().map_err(|_| InvalidNumber)?;
        Ok(Self { epoch: Epoch(epoch), position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_was_written() {
        let number = Number { epoch: Epoch::new(), position: 123 };
        assert_eq!(number.to_string().parse(), Ok(number));
        for wrong in ["", "-", "12", "x-1", "1-x", "1--1", "123456789-1", "1-18446744073709551616"] {
            assert_eq!(wrong.parse::<Number>(), Err(InvalidNumber), "{wrong}");
        }
    }
}
