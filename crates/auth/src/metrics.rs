//! What Prometheus is told of who came in, and who was kept out. How many requests were checked is counted with all others.

use std::time::Duration;

use ocweb_service::metrics::{IntCounterVec, Readings, counters, number};

use crate::authenticator::LoginError;

/// What is counted.
pub(crate) struct Counts {
    logins: IntCounterVec,
    wrong_tokens: IntCounterVec,
}

impl Counts {
    /// Counters at zero: one that is not there cannot be seen to grow.
    pub(crate) fn new() -> Self {
        let logins = counters(
            "ocweb_logins_total",
            "Logins, and whether each was accepted, refused for a wrong password, throttled, or failed for a reason of ours.",
            &["outcome"],
        );
        let wrong_tokens = counters(
            "ocweb_wrong_tokens_total",
            "Requests with a token that does not hold, and whether each was refused or throttled.",
            &["outcome"],
        );
        for outcome in ["accepted", "refused", "throttled", "failed"] {
            logins.with_label_values(&[outcome]);
        }
        for outcome in ["refused", "throttled"] {
            wrong_tokens.with_label_values(&[outcome]);
        }
        Self { logins, wrong_tokens }
    }

    pub(crate) fn note_login(&self, outcome: &Result<String, LoginError>) {
        let outcome = match outcome {
            Ok(_) => "accepted",
            Err(LoginError::WrongPassword | LoginError::NoPassword(_)) => "refused",
            Err(LoginError::Throttled(_)) => "throttled",
            Err(LoginError::Random(_)) => "failed",
        };
        self.logins.with_label_values(&[outcome]).inc();
    }

    pub(crate) fn note_wrong_token(&self, outcome: &Result<(), Duration>) {
        let outcome = if outcome.is_ok() { "refused" } else { "throttled" };
        self.wrong_tokens.with_label_values(&[outcome]).inc();
    }

    pub(crate) fn read_metrics(&self, readings: &mut Readings, logins: usize, tokens: usize) {
        readings.counted(&self.logins);
        readings.counted(&self.wrong_tokens);
        readings.gauge("ocweb_active_logins", "Browsers that are logged in.", number(logins as u64));
        readings.gauge("ocweb_active_tokens", "Tokens that are kept.", number(tokens as u64));
    }
}
