//! A process number that a signal may be sent to.

use std::str::FromStr;

/// The largest number the kernel gives, `PID_MAX_LIMIT`.
const LARGEST: i32 = 1 << 22;

/// The number of one process: never 0 or negative, which address groups, and never 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pid(i32);

/// Why a text is no number of a process that may be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PidError {
    /// Not a number of a process.
    #[error("A process number is a whole number from 2 to {LARGEST}.")]
    NotAPid,
    /// 1 is the machine's or container's first process.
    #[error("Process 1 runs this machine and cannot be ended from here.")]
    First,
}

impl Pid {
    /// The number.
    pub fn get(self) -> i32 {
        self.0
    }
}

impl FromStr for Pid {
    type Err = PidError;

    fn from_str(text: &str) -> Result<Self, PidError> {
        // `+5` and `007` are numbers to Rust, and nobody's way to write a process number.
        if text.starts_with(['+', '0']) {
            return Err(PidError::NotAPid);
        }
        match text.parse() {
            Ok(1) => Err(PidError::First),
            Ok(number @ 2..=LARGEST) => Ok(Self(number)),
            _ => Err(PidError::NotAPid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_of_single_processes_pass() {
        assert_eq!("2".parse::<Pid>().map(Pid::get), Ok(2));
        assert_eq!("4194304".parse::<Pid>().map(Pid::get), Ok(4_194_304));
        assert_eq!("1".parse::<Pid>(), Err(PidError::First));
        for text in
            ["0", "-1", "-5", "+5", "007", "", " 5", "5 ", "4194305", "2147483648", "5x", "init", "1.5"]
        {
            assert_eq!(text.parse::<Pid>(), Err(PidError::NotAPid), "{text:?}");
        }
    }
}
