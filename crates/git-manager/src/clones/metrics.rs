//! What Prometheus is told of clones that were made here. What git asked GitHub for the gateway counts.

use ocweb_service::metrics::{IntCounterVec, Readings, counters};

use super::Clones;

/// How the making of a clone ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    Made,
    Failed,
    Cancelled,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Made, Self::Failed, Self::Cancelled];

    fn name(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A counter at zero for each outcome: one that is not there cannot be seen to grow.
pub(super) fn ended() -> IntCounterVec {
    let ended = counters(
        "ocweb_clone_jobs_total",
        "Clones that were begun, and whether each was made, failed, or was cancelled, by the person or by a stop of ocweb.",
        &["outcome"],
    );
    for outcome in Outcome::ALL {
        ended.with_label_values(&[outcome.name()]);
    }
    ended
}

impl Clones {
    pub(super) fn note_end(&self, outcome: Outcome) {
        self.ended.with_label_values(&[outcome.name()]).inc();
    }

    /// Adds what was counted.
    pub fn read_metrics(&self, readings: &mut Readings) {
        readings.counted(&self.ended);
    }
}
