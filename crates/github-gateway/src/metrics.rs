//! What Prometheus is told of git's requests: what was asked for, and whether it passed. A clone and a fetch are the same here;
//! git-manager counts clones.

use ocweb_service::metrics::{IntCounterVec, Readings, counters};

use crate::address::Service;

/// What is counted.
pub(crate) struct Counts {
    git: IntCounterVec,
}

impl Counts {
    /// Counters at zero: one that is not there cannot be seen to grow.
    pub(crate) fn new() -> Self {
        let git = counters(
            "ocweb_git_requests_total",
            "Requests of git and git-lfs on this machine, and whether each passed to GitHub or was refused, by us or by GitHub.",
            &["kind", "outcome"],
        );
        for kind in ["fetch", "push"] {
            for outcome in ["passed", "refused"] {
                git.with_label_values(&[kind, outcome]);
            }
        }
        Self { git }
    }

    /// `service` is what was asked for, where git has a use for it.
    pub(crate) fn note(&self, service: Option<Service>, passed: bool) {
        let kind = match service {
            Some(Service::Reading) => "fetch",
            Some(Service::Pushing) => "push",
            // Before each of the two git asks what there is.
            Some(Service::ReadingRefs | Service::PushingRefs) => "list",
            Some(Service::LargeFiles | Service::Locks | Service::LocksOfPush | Service::Locking) => {
                "large_files"
            }
            None => "other",
        };
        self.git.with_label_values(&[kind, if passed { "passed" } else { "refused" }]).inc();
    }

    pub(crate) fn read_metrics(&self, readings: &mut Readings) {
        readings.counted(&self.git);
    }
}
