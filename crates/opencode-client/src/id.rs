//! Identifiers in opencode's own format, so that ours sort among its own.
//!
//! A prefix, twelve hexadecimal digits of the time, and fourteen random base62 characters. The time is
//! milliseconds since 1970 times 4096 plus a counter, cut to 48 bits; sessions carry its complement,
//! so that the newest sorts first.

use std::{
    fmt,
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LOW_48_BITS: u64 = (1 << 48) - 1;

/// A text that is no identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an identifier of opencode begins with {prefix:?}, followed by letters and digits")]
pub struct InvalidId {
    prefix: &'static str,
}

/// The last time given out, so that two identifiers of one millisecond differ and stay in order.
static LAST: AtomicU64 = AtomicU64::new(0);

fn ticks() -> u64 {
    let milliseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let now = u64::try_from(milliseconds).unwrap_or(u64::MAX >> 12) << 12;
    let next = |last: u64| now.max(last + 1);
    match LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last))) {
        Ok(last) | Err(last) => next(last),
    }
}

fn random_base62(length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0_u8; 32];
        // Without randomness nothing on this machine is safe; there is no sensible way on.
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        // 248 is the largest multiple of 62 in a byte: what is above would make some characters likelier.
        let fair =
            bytes.iter().filter(|&&byte| byte < 248).map(|byte| BASE62[usize::from(byte % 62)] as char);
        text.extend(fair.take(length - text.len()));
    }
    text
}

macro_rules! identifier {
    ($name:ident, $prefix:literal, $documentation:literal, $time:expr) => {
        #[doc = $documentation]
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new one, later in order than every other that this process made.
            pub fn generate() -> Self {
                let time: fn(u64) -> u64 = $time;
                Self(format!("{}{:012x}{}", $prefix, time(ticks()) & LOW_48_BITS, random_base62(14)))
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let rest = text.strip_prefix($prefix).unwrap_or_default();
                let fits =
                    (1..=60).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
                if fits { Ok(Self(text.into())) } else { Err(InvalidId { prefix: $prefix }) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier!(SessionId, "ses_", "The identifier of a session; the newest sorts first.", |time| !time);
identifier!(MessageId, "msg_", "The identifier of a message; the newest sorts last.", |time| time);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_sort_newest_first_and_messages_newest_last() {
        let sessions: Vec<_> = (0..5000).map(|_| SessionId::generate()).collect();
        assert!(sessions.is_sorted_by(|earlier, later| earlier > later));
        let messages: Vec<_> = (0..5000).map(|_| MessageId::generate()).collect();
        assert!(messages.is_sorted_by(|earlier, later| earlier < later));
    }

    #[test]
    fn the_form_is_opencodes() {
        let id = SessionId::generate();
        assert_eq!(id.as_str().len(), 4 + 12 + 14);
        assert!(
            id.as_str()[4..16].bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        );
        assert_eq!(id.as_str().parse::<SessionId>(), Ok(id));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "ses_", "msg_1", "ses_a/b", "ses_..", "ses_a?b", "ses_é"] {
            assert!(text.parse::<SessionId>().is_err(), "{text:?}");
        }
    }
}
