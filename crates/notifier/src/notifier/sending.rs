//! Making deliveries: written down, sent, and what came of it written down again.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use time::OffsetDateTime;

use super::Notifier;
use crate::{
    capability::{Bond, random_text},
    channel::{Button, Channel, Context, Message, Target, compose},
    chats::Chats,
    delivery::{Answer, Next, next},
    ledger::{Attempt, Ledger},
    login::Standing,
};

/// How soon a delivery is begun again that could not be written down: the disk may be full.
const DISK_WAIT: time::Duration = time::Duration::seconds(5);

impl Notifier {
    /// Goes on with the deliveries of the last run.
    pub(super) fn resume_deliveries(&self) {
        if self.ledger(Ledger::has_deliveries) {
            let ids = self.0.ledger.change(|ledger| ledger.recover(OffsetDateTime::now_utc()));
            for id in ids {
                self.0.tasks.spawn(self.clone().deliver(id));
            }
        }
    }

    /// Makes one delivery: tries until it arrived, was given up, or is not wanted any more.
    pub(super) async fn deliver(self, id: String) {
        while let Some((due, target)) = self.ledger(|ledger| ledger.due(&id)) {
            let wait = Duration::try_from(due - OffsetDateTime::now_utc()).unwrap_or_default();
            let wait = wait.max(self.wait_of(&target));
            if !wait.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(wait) => continue,
                    () = self.0.stop.cancelled() => return,
                }
            }
            if self.0.stop.is_cancelled() {
                return;
            }
            self.prepare_outbound().await;
            let now = OffsetDateTime::now_utc();
            let bond = self.bond_of(&target).await;
            let begun = self.0.ledger.change(|ledger| ledger.begin(&id, bond.as_ref(), now));
            let Some(attempt) = begun else { return };
            // From here until the answer is written down, a kill leaves the attempt as begun.
            if let Err(error) = self.0.ledger.flush().await {
                tracing::error!(%error, "a notification waits, because it cannot be written down");
                self.0.ledger.change(|ledger| ledger.postpone(&id, now + DISK_WAIT));
                continue;
            }
            self.attempt(&id, attempt).await;
            if let Err(error) = self.0.ledger.flush().await {
                tracing::error!(%error, "what became of a notification could not be written down");
            }
        }
    }

    /// What binds the buttons for a receiver; `None` where there can be none.
    async fn bond_of(&self, target: &Target) -> Option<Bond> {
        match target {
            Target::WebPush { subscription } => Some(Bond::Device { subscription: subscription.clone() }),
            Target::Ntfy => self.0.logins.era().await.map(|era| Bond::Era { era }),
            Target::Discord | Target::Webhook => None,
        }
    }

    async fn attempt(&self, id: &str, attempt: Attempt) {
        let Attempt { notice, target, attempts, buttons } = attempt;
        let channel = target.channel();
        let answer = if self.channels().contains(&channel) {
            let message = Message::of(&notice, id, OffsetDateTime::now_utc());
            self.send(&target, &message, &buttons).await
        } else {
            Answer::Refused { detail: "The channel was switched off before it could be sent.".into() }
        };
        if let Answer::NotNow { retry_after: Some(wanted), .. } = &answer {
            let mut not_before = self.0.not_before.lock().unwrap_or_else(PoisonError::into_inner);
            not_before.insert(target.clone(), Instant::now() + *wanted);
        }
        let next = next(&answer, attempts, channel.repeats_replace(), jitter());
        self.conclude(id, &target, &answer, next);
    }

    fn conclude(&self, id: &str, target: &Target, answer: &Answer, next: Next) {
        self.0.counts.note(target.channel(), &next);
        let now = OffsetDateTime::now_utc();
        let (device, error) = match &next {
            Next::Sent => (device_of(target), None),
            Next::GiveUp { detail } | Next::Retry { detail, .. } => (device_of(target), Some(detail.clone())),
        };
        self.0.ledger.change(|ledger| {
            let name = device.and_then(|id| ledger.subscription(id)).map(|device| device.device.clone());
            let sent = name.map_or_else(|| "Sent.".into(), |name| format!("Sent to {name}."));
            ledger.conclude(id, next, &sent, now);
            if let Some(device) = device {
                ledger.note_device(device, error, now);
            }
            forget_gone(ledger, target, answer);
        });
        if matches!(answer, Answer::Gone { .. }) {
            // It may have been the last receiver.
            self.settings_changed();
        }
    }

    /// Sends a message once, to one receiver.
    async fn send(&self, target: &Target, message: &Message, buttons: &[Button]) -> Answer {
        let settings = self.settings();
        let subscription =
            device_of(target).and_then(|id| self.ledger(|ledger| ledger.subscription(id).cloned()));
        if let Some(login) = subscription.as_ref().and_then(|device| device.login.as_ref())
            && self.0.logins.standing(login).await == Standing::Ended
        {
            let detail = "The device was logged out, so its subscription was removed.";
            return Answer::Gone { detail: detail.into() };
        }
        let context = Context {
            settings: &settings,
            vapid: &self.0.vapid,
            subscription: subscription.as_ref(),
            badge: self.chats().as_ref().and_then(Chats::badge),
            now: OffsetDateTime::now_utc(),
        };
        match compose(target, message, buttons, &context) {
            Ok(outgoing) => self.0.outbound.send(target.channel(), outgoing).await,
            Err(error) => Answer::Refused { detail: error.to_string() },
        }
    }

    /// Sends a test to a channel, once, whether it is switched on or not. Answers with what to say of it,
    /// in a sentence, as an error when it did not arrive.
    pub(crate) async fn test(&self, channel: Channel) -> Result<String, String> {
        let targets = match channel {
            Channel::Ntfy => vec![Target::Ntfy],
            Channel::Discord => vec![Target::Discord],
            Channel::Webhook => vec![Target::Webhook],
            Channel::WebPush => self.ledger(|ledger| {
                let devices = ledger.subscriptions().iter().map(|device| device.id.clone());
                devices.map(|subscription| Target::WebPush { subscription }).collect()
            }),
        };
        if targets.is_empty() {
            return Err("No device is subscribed.".into());
        }
        let mut failures = Vec::new();
        for target in &targets {
            let now = OffsetDateTime::now_utc();
            let answer = self.send(target, &Message::test(random_text::<12>(), now), &[]).await;
            let error = match &answer {
                Answer::Taken => None,
                Answer::NotNow { detail, .. }
                | Answer::Silence { detail }
                | Answer::Refused { detail }
                | Answer::Gone { detail } => Some(detail.clone()),
            };
            failures.extend(error.clone());
            if let Some(device) = device_of(target) {
                self.0.ledger.change(|ledger| {
                    ledger.note_device(device, error, now);
                    forget_gone(ledger, target, &answer);
                });
            }
        }
        if self.0.ledger.flush().await.is_err() {
            tracing::error!("what became of a test could not be written down");
        }
        self.settings_changed();
        let sent = targets.len() - failures.len();
        match (failures.is_empty(), channel) {
            (true, Channel::WebPush) => Ok(format!("Sent to {sent} of {} devices.", targets.len())),
            (true, _) => Ok("Sent.".into()),
            (false, _) if sent > 0 => {
                Err(format!("Sent to {sent} of {} devices. {}", targets.len(), failures.join(" ")))
            }
            (false, _) => Err(failures.join(" ")),
        }
    }

    /// For how long this receiver still wants to be left alone.
    fn wait_of(&self, target: &Target) -> Duration {
        let mut not_before = self.0.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        not_before.retain(|_, until| *until > now);
        not_before.get(target).map_or(Duration::ZERO, |until| *until - now)
    }
}

fn device_of(target: &Target) -> Option<&str> {
    match target {
        Target::WebPush { subscription } => Some(subscription),
        Target::Ntfy | Target::Discord | Target::Webhook => None,
    }
}

/// A device that is gone, by its push service or because it was logged out, is forgotten.
fn forget_gone(ledger: &mut Ledger, target: &Target, answer: &Answer) {
    if let (Some(device), Answer::Gone { .. }) = (device_of(target), answer) {
        tracing::info!(device, "a device is forgotten");
        ledger.unsubscribe(device);
    }
}

/// From 0 to 1, without need to be unpredictable.
fn jitter() -> f64 {
    f64::from(OffsetDateTime::now_utc().nanosecond()) / 1e9
}
