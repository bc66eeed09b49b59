//! How long a dead process stays down before it is started again.
//!
//! The first restart comes nearly at once, because most deaths are single accidents and somebody is
//! waiting. Deaths in a row double the pause up to a cap, and a little randomness keeps processes that
//! fell together from rising together.

use std::time::Duration;

/// The pause after the first death.
const FIRST: Duration = Duration::from_millis(60);

/// The pause after the second death; it doubles from here.
const SECOND: Duration = Duration::from_millis(500);

/// The longest pause, and the only one for a process that has failed.
pub(crate) const CAP: Duration = Duration::from_secs(30);

/// The longest pause for a process that had become ready. It can do its work, so whoever killed it (a
/// person, the kernel short of memory) should not also take it away for half a minute; still it must
/// not spin.
const CAP_AFTER_READY: Duration = Duration::from_millis(500);

/// The pause after `deaths` deaths in a row, before jitter.
pub(crate) fn pause(deaths: u32, was_ready: bool) -> Duration {
    let doubling = match deaths {
        0 | 1 => FIRST,
        more => SECOND.saturating_mul(1_u32.checked_shl(more - 2).unwrap_or(u32::MAX)),
    };
    doubling.min(if was_ready { CAP_AFTER_READY } else { CAP })
}

/// Takes up to a quarter off a pause, at random. Without randomness from the system the pause stays
/// whole, which harms nobody.
pub(crate) fn jittered(pause: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0);
    pause.mul_f64(1.0 - 0.25 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_at_once_then_doubles_up_to_the_cap() {
        assert!(pause(1, false) <= Duration::from_millis(100));
        let pauses: Vec<_> = (2..=9).map(|deaths| pause(deaths, false).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        assert_eq!(pause(u32::MAX, false), CAP);
    }

    #[test]
    fn what_had_been_ready_is_never_away_for_long() {
        assert_eq!(pause(50, true), Duration::from_millis(500));
    }

    #[test]
    fn jitter_only_shortens_and_by_a_quarter_at_most() {
        let all: Vec<_> = (0..200).map(|_| jittered(CAP)).collect();
        assert!(all.iter().all(|pause| (CAP.mul_f64(0.75)..=CAP).contains(pause)));
        assert!(all.iter().any(|pause| *pause != all[0]), "200 draws were all alike");
    }
}
