//! What Prometheus is told of notifications. Those that only try a channel out are not counted.

use ocweb_service::metrics::{IntCounterVec, Readings, counters, number};

use crate::{channel::Channel, delivery::Next};

/// What is counted.
pub(crate) struct Counts {
    notifications: IntCounterVec,
}

impl Counts {
    /// Counters at zero: one that is not there cannot be seen to grow.
    pub(crate) fn new() -> Self {
        let notifications = counters(
            "ocweb_notifications_total",
            "Attempts to send a notification to a receiver: sent, failed for good, or to be tried again (retried).",
            &["channel", "outcome"],
        );
        for channel in Channel::ALL {
            for outcome in ["sent", "failed", "retried"] {
                notifications.with_label_values(&[channel.name(), outcome]);
            }
        }
        Self { notifications }
    }

    pub(crate) fn note(&self, channel: Channel, next: &Next) {
        let outcome = match next {
            Next::Sent => "sent",
            Next::GiveUp { .. } => "failed",
            Next::Retry { .. } => "retried",
        };
        self.notifications.with_label_values(&[channel.name(), outcome]).inc();
    }

    pub(crate) fn read_metrics(&self, readings: &mut Readings, devices: usize) {
        readings.counted(&self.notifications);
        readings.gauge("ocweb_notification_devices", "Devices that are subscribed.", number(devices as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_named_as_in_json_and_begin_at_zero() {
        let counts = Counts::new();
        counts.note(Channel::Ntfy, &Next::GiveUp { detail: String::new() });
        let mut readings = Readings::default();
        counts.read_metrics(&mut readings, 2);
        let told = readings.to_text().unwrap();
        assert!(told.contains(r#"ocweb_notifications_total{channel="ntfy",outcome="failed"} 1"#), "{told}");
        for channel in Channel::ALL {
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.name());
            let sent =
                format!(r#"ocweb_notifications_total{{channel="{}",outcome="sent"}} 0"#, channel.name());
            assert!(told.contains(&sent), "{told}");
        }
    }
}
