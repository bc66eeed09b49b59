//! How often our services call opencode, and how long it takes to answer. What the page asks opencode itself passes through
//! Caddy alone, and is not among these.

use std::time::Duration;

use ocweb_service::metrics::{HistogramVec, IntCounterVec, Readings, counters, histograms};

use crate::Error;

/// From a millisecond up to the half minute after which a call is given up.
const SECONDS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// What is counted. Clones count together.
#[derive(Clone)]
pub(crate) struct Calls {
    ended: IntCounterVec,
    seconds: HistogramVec,
}

impl Calls {
    pub(crate) fn new() -> Self {
        Self {
            ended: counters(
                "ocweb_opencode_calls_total",
                "Calls of a service to opencode, and whether it answered, refused, was not running, or did not answer in time.",
                &["call", "outcome"],
            ),
            seconds: histograms(
                "ocweb_opencode_call_duration_seconds",
                "How long calls took until the head of opencode's answer was there.",
                &SECONDS,
                &["call"],
            ),
        }
    }

    /// Notes a call, which is named by its template.
    pub(crate) fn note<T>(&self, call: &str, answer: &Result<T, Error>, took: Duration) {
        let outcome = match answer {
            Ok(_) => "answered",
            Err(Error::Refused(_)) => "down",
            Err(Error::TimedOut(_)) => "timed_out",
            Err(Error::NotFound | Error::Busy | Error::Unexpected { .. }) => "refused",
        };
        self.ended.with_label_values(&[call, outcome]).inc();
        self.seconds.with_label_values(&[call]).observe(took.as_secs_f64());
    }

    pub(crate) fn read_metrics(&self, readings: &mut Readings) {
        readings.counted(&self.ended);
        readings.counted(&self.seconds);
    }
}
