//! The samples of the last day, in order, and few enough of them for a chart. Pure.

use std::collections::VecDeque;

use time::{Duration, OffsetDateTime};

use super::{Hours, INTERVAL_SECONDS, LoadReport, LoadSample, MOST_HOURS};

/// Samples in an answer at most.
const MOST_ANSWERED: u32 = 360;

/// Always in order of time and never of more than a day, so it is bounded.
#[derive(Default)]
pub(super) struct History(VecDeque<LoadSample>);

impl History {
    /// Adds the latest. What is as late or later was told before the clock was set back, and goes.
    pub(super) fn push(&mut self, sample: LoadSample) {
        while self.0.pop_back_if(|last| last.at >= sample.at).is_some() {}
        let oldest = sample.at - Duration::hours(i64::from(MOST_HOURS));
        while self.0.pop_front_if(|first| first.at <= oldest).is_some() {}
        self.0.push_back(sample);
    }

    /// The latest.
    pub(super) fn last(&self) -> Option<LoadSample> {
        self.0.back().copied()
    }

    /// All of them.
    pub(super) fn samples(&self) -> Vec<LoadSample> {
        self.0.iter().copied().collect()
    }

    /// Those of the last hours before `now`. Time is divided at the same moments whenever somebody asks, so
    /// a chart that is asked for again has not changed but at its end.
    pub(super) fn over(&self, Hours(hours): Hours, now: OffsetDateTime) -> LoadReport {
        let asked = u32::from(hours) * 3600;
        let interval_seconds = INTERVAL_SECONDS * asked.div_ceil(INTERVAL_SECONDS * MOST_ANSWERED);
        let slot = |at: OffsetDateTime| at.unix_timestamp().div_euclid(i64::from(interval_seconds));
        let first = slot(now) - i64::from(asked / interval_seconds) + 1;
        let mut samples: Vec<LoadSample> = Vec::new();
        for &sample in self.0.iter().filter(|sample| (first..=slot(now)).contains(&slot(sample.at))) {
            match samples.last_mut() {
                Some(last) if slot(last.at) == slot(sample.at) => *last = last.worst(sample),
                _ => samples.push(sample),
            }
        }
        LoadReport { interval_seconds, samples }
    }
}

impl FromIterator<LoadSample> for History {
    fn from_iter<T: IntoIterator<Item = LoadSample>>(samples: T) -> Self {
        let mut history = Self::default();
        samples.into_iter().for_each(|sample| history.push(sample));
        history
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon of a day in 2030.
    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_893_585_600).unwrap()
    }

    fn sample(at: OffsetDateTime, memory_used_bytes: u64) -> LoadSample {
        LoadSample {
            at,
            memory_used_bytes,
            memory_total_bytes: 1000,
            load_1: 0.5,
            disk_available_bytes: 1000 - memory_used_bytes,
            opencode_memory_bytes: None,
        }
    }

    /// Two days of samples up to now, one with a peak at each half past.
    fn two_days() -> History {
        let ticks =
            (0..2 * 2880).rev().map(|tick| now() - Duration::seconds(i64::from(INTERVAL_SECONDS)) * tick);
        ticks.map(|at| sample(at, if at.minute() == 30 && at.second() == 0 { 900 } else { 100 })).collect()
    }

    #[test]
    fn a_day_is_kept_and_no_more() {
        let samples = two_days().samples();
        assert_eq!(samples.len(), 2880);
        assert!(samples.first().unwrap().at > now() - Duration::DAY);
        assert_eq!(samples.last().unwrap().at, now());
    }

    #[test]
    fn long_times_are_thinned_without_losing_their_peaks() {
        let history = two_days();
        for (hours, interval, count) in
            [(1, 30, 120), (3, 30, 360), (6, 60, 360), (7, 90, 280), (24, 240, 360)]
        {
            let report = history.over(Hours(hours), now());
            assert_eq!((report.interval_seconds, report.samples.len()), (interval, count), "{hours} h");
            assert!(report.samples.is_sorted_by(|a, b| a.at < b.at));
            assert!(report.samples[0].at > now() - Duration::hours(hours.into()), "{hours} h");
            let peaks = report.samples.iter().filter(|sample| sample.memory_used_bytes == 900);
            assert_eq!(peaks.clone().count(), usize::from(hours), "{hours} h");
            assert!(peaks.clone().all(|peak| peak.disk_available_bytes == 100));
        }
    }

    #[test]
    fn what_was_measured_stays_where_it_was() {
        let history = two_days();
        let before = history.over(Hours(24), now()).samples;
        let after = history.over(Hours(24), now() + Duration::minutes(4)).samples;
        assert_eq!(before[1..], after[..]);
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_an_order() {
        let mut history: History =
            [0, 30, 60, 90].map(|s| sample(now() + Duration::seconds(s), 1)).into_iter().collect();
        history.push(sample(now() + Duration::seconds(45), 2));
        let used: Vec<_> = history.samples().iter().map(|sample| sample.memory_used_bytes).collect();
        assert_eq!(used, [1, 1, 2]);
        assert_eq!(history.over(Hours(1), now() - Duration::DAY).samples, []);
    }
}
