//! One notification on its way to one receiver: what an answer means, and when to try again.
//!
//! A program that is killed between sending and writing down that it sent cannot know which of the two
//! happened. We err on the side of silence: an attempt is written to the disk before it is made, and one
//! that is found unfinished at the next start is not made again. So nobody is told twice of one request
//! across restarts; a kill in just that moment can cost a notification, and the log says so.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{channel::Target, event::Notice};

/// How often a delivery is tried.
pub(crate) const MOST_ATTEMPTS: u32 = 8;

/// A receiver that wants to be left alone for longer than this is given up for this notification.
const MOST_PATIENCE: Duration = Duration::from_hours(1);

/// The first wait; each further one is three times as long, up to [`LONGEST_BACKOFF`].
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

/// A notification that is to reach one receiver.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// Also names it to receivers, so that they can drop a second copy.
    pub(crate) id: String,
    pub(crate) notice: Notice,
    pub(crate) target: Target,
    /// How many attempts were begun.
    pub(crate) attempts: u32,
    pub(crate) stage: Stage,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub(crate) enum Stage {
    /// To be tried at this time, or as soon after it as possible.
    Due {
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
    /// An attempt was begun; whether it arrived is not known yet.
    Sending,
}

/// What came of an attempt. The texts are sentences without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The receiver took it.
    Taken,
    /// The receiver refused for now, or was not reached: certainly not taken.
    NotNow { detail: String, retry_after: Option<Duration> },
    /// It was sent, and no answer came: it may have been taken.
    Silence { detail: String },
    /// The receiver refused for good.
    Refused { detail: String },
    /// There is no such receiver any more.
    Gone { detail: String },
}

/// What to do after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: it arrived.
    Sent,
    /// Try again after this time.
    Retry { after: Duration, detail: String },
    /// Give up.
    GiveUp { detail: String },
}

/// Decides after the `attempts`-th attempt. `repeats_replace` says whether a second copy would replace the
/// first at the receiver's; `jitter` is from 0 to 1 and keeps several deliveries from coming at once.
pub(crate) fn next(answer: &Answer, attempts: u32, repeats_replace: bool, jitter: f64) -> Next {
    let (detail, retry_after) = match answer {
        Answer::Taken => return Next::Sent,
        Answer::Refused { detail } | Answer::Gone { detail } => {
            return Next::GiveUp { detail: detail.clone() };
        }
        Answer::Silence { detail } if !repeats_replace => {
            let detail = format!("{detail} It may have arrived, so it is not sent a second time.");
            return Next::GiveUp { detail };
        }
        Answer::Silence { detail } => (detail, None),
        Answer::NotNow { detail, retry_after } => (detail, *retry_after),
    };
    if attempts >= MOST_ATTEMPTS {
        return Next::GiveUp { detail: format!("{detail} Given up after {attempts} attempts.") };
    }
    if let Some(wanted) = retry_after.filter(|wanted| *wanted > MOST_PATIENCE) {
        let minutes = wanted.as_secs() / 60;
        return Next::GiveUp { detail: format!("{detail} It wants to be left alone for {minutes} minutes.") };
    }
    let backoff = FIRST_BACKOFF.saturating_mul(3_u32.saturating_pow(attempts.saturating_sub(1)));
    let backoff = backoff.min(LONGEST_BACKOFF).mul_f64(1.0 + jitter / 4.0);
    // What the receiver asks for is never undercut, and a short wish does not make us impatient.
    let after = retry_after.map_or(backoff, |wanted| wanted.max(Duration::from_millis(100)));
    Next::Retry { after, detail: detail.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(retry_after: Option<u64>) -> Answer {
        Answer::NotNow { detail: "Busy.".into(), retry_after: retry_after.map(Duration::from_secs) }
    }

    fn wait(answer: &Answer, attempts: u32, jitter: f64) -> Option<Duration> {
        match next(answer, attempts, false, jitter) {
            Next::Retry { after, .. } => Some(after),
            Next::Sent | Next::GiveUp { .. } => None,
        }
    }

    #[test]
    fn the_waits_grow_up_to_a_cap_and_end() {
        let waits: Vec<_> = (1..=MOST_ATTEMPTS).map(|n| wait(&busy(None), n, 0.0)).collect();
        let seconds = [1, 3, 9, 27, 81, 243, 300].map(|seconds| Some(Duration::from_secs(seconds)));
        assert_eq!(waits[..7], seconds);
        assert_eq!(waits[7], None, "bounded");
        assert_eq!(wait(&busy(None), 1, 1.0), Some(Duration::from_millis(1250)));
    }

    #[test]
    fn what_the_receiver_asks_for_is_honoured() {
        assert_eq!(wait(&busy(Some(7)), 1, 1.0), Some(Duration::from_secs(7)));
        assert_eq!(wait(&busy(Some(0)), 3, 1.0), Some(Duration::from_millis(100)));
        assert_eq!(wait(&busy(Some(3600)), 1, 0.0), Some(Duration::from_hours(1)));
        assert_eq!(wait(&busy(Some(3601)), 1, 0.0), None);
    }

    #[test]
    fn silence_is_broken_again_only_where_a_copy_replaces_the_first() {
        let silence = Answer::Silence { detail: "No answer.".into() };
        assert!(matches!(next(&silence, 1, true, 0.0), Next::Retry { .. }));
        let Next::GiveUp { detail } = next(&silence, 1, false, 0.0) else { panic!("told twice") };
        assert_eq!(detail, "No answer. It may have arrived, so it is not sent a second time.");
    }

    #[test]
    fn a_refusal_is_final() {
        for answer in [Answer::Refused { detail: "No.".into() }, Answer::Gone { detail: "No.".into() }] {
            assert_eq!(next(&answer, 1, true, 0.0), Next::GiveUp { detail: "No.".into() });
        }
        assert_eq!(next(&Answer::Taken, 1, false, 0.0), Next::Sent);
    }
}
