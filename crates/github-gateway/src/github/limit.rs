//! GitHub's wish to be left alone for a while, remembered: who asks on is made to wait longer.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// No wait is longer: after an hour GitHub's limits begin anew, and what it says may be nonsense.
const LONGEST: Duration = Duration::from_hours(1);

/// Until when GitHub is not asked.
#[derive(Default)]
pub(super) struct Limit(Mutex<Option<Instant>>);

impl Limit {
    /// GitHub wants so many seconds without questions.
    pub(super) fn set(&self, seconds: u64, now: Instant) {
        let until = now + Duration::from_secs(seconds).min(LONGEST);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = (*kept).max(Some(until));
    }

    /// For how many seconds more it is not to be asked.
    pub(super) fn rest(&self, now: Instant) -> Option<u64> {
        let until = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let rest = until.saturating_duration_since(now);
        (!rest.is_zero()).then(|| rest.as_secs() + u64::from(rest.subsec_nanos() > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_counts_until_it_is_over() {
        let (limit, now) = (Limit::default(), Instant::now());
        let after = |milliseconds| limit.rest(now + Duration::from_millis(milliseconds));
        assert_eq!(after(0), None);
        limit.set(60, now);
        limit.set(5, now);
        assert_eq!((after(0), after(59_500), after(60_000)), (Some(60), Some(1), None));
        limit.set(u64::MAX, now);
        assert_eq!(after(0), Some(3600));
    }
}
