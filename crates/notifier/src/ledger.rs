//! What must survive a restart: what was handled, what is on its way, what buttons stand for, which
//! devices subscribed, and the log. One file, so that what belongs together is written together.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    capability::{Bond, CapabilityHash, Grant, random_text},
    channel::{Button, Target},
    chats::Chats,
    delivery::{Delivery, Next, Stage},
    event::{Key, Notice},
    log::{Entry, Log, LogOutcome},
    login::LoginId,
    review::{Handled, HeldBack},
    settings::Address,
    subscription::{Keys, MOST_SUBSCRIPTIONS, Subscription},
};

/// For how long it is remembered that something was handled. What ended before that is no news either.
const MEMORY: Duration = Duration::from_hours(30 * 24);

/// All of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Ledger {
    /// Since when there is somebody to tell; `None` while no channel is on.
    #[serde(with = "time::serde::rfc3339::option")]
    following_since: Option<OffsetDateTime>,
    /// When each key was handled, in seconds since 1970.
    handled: BTreeMap<Key, i64>,
    deliveries: Vec<Delivery>,
    grants: Vec<Grant>,
    subscriptions: Vec<Subscription>,
    log: Log,
}

impl Handled for Ledger {
    fn contains(&self, key: &Key) -> bool {
        self.handled.contains_key(key)
    }

    fn news_since(&self) -> OffsetDateTime {
        self.following_since.unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// What an attempt at a delivery needs.
pub(crate) struct Attempt {
    pub(crate) notice: Notice,
    pub(crate) target: Target,
    pub(crate) attempts: u32,
    pub(crate) buttons: Vec<Button>,
}

/// Whether a device was known before it subscribed.
pub(crate) enum Subscribed {
    /// It is new.
    New(String),
    /// Its subscription was there, and has its new keys.
    Again(String),
}

impl Ledger {
    /// Whether somebody is told of what happens.
    pub(crate) fn is_following(&self) -> bool {
        self.following_since.is_some()
    }

    /// From now on there is somebody to tell, or nobody any more. What is over by then counts as handled.
    pub(crate) fn follow(&mut self, now: Option<OffsetDateTime>) {
        self.following_since = now;
    }

    /// Writes down what a review ruled, and makes a delivery of each notice to each target. Answers with
    /// the deliveries' ids.
    pub(crate) fn record(
        &mut self,
        settled: Vec<Key>,
        held_back: Vec<HeldBack>,
        tell: Vec<Notice>,
        targets: &[Target],
        now: OffsetDateTime,
    ) -> Vec<String> {
        for key in settled {
            tracing::debug!(key = key.as_str(), "handled");
            self.handled.insert(key, now.unix_timestamp());
        }
        for HeldBack { notice, reason } in held_back {
            tracing::info!(key = notice.key.as_str(), %reason, "held back");
            self.log.add(Entry::held_back(&notice, reason.to_string(), now));
        }
        let mut ids = Vec::new();
        for notice in tell {
            for target in targets {
                let id = random_text::<12>();
                ids.push(id.clone());
                let (notice, target) = (notice.clone(), target.clone());
                self.deliveries.push(Delivery {
                    id,
                    notice,
                    target,
                    attempts: 0,
                    stage: Stage::Due { at: now },
                });
            }
        }
        ids
    }

    /// Whether a delivery of the last run is left.
    pub(crate) fn has_deliveries(&self) -> bool {
        !self.deliveries.is_empty()
    }

    /// After a restart: what was being sent may have arrived, and is not sent again. Answers with the
    /// deliveries that are still to be made.
    pub(crate) fn recover(&mut self, now: OffsetDateTime) -> Vec<String> {
        let unknown = self.deliveries.extract_if(.., |delivery| delivery.stage == Stage::Sending);
        for delivery in unknown.collect::<Vec<_>>() {
            let detail =
                "ocweb ended while it was being sent. It may have arrived, so it is not sent a second time.";
            self.note(&delivery, LogOutcome::Failed, detail.into(), now);
        }
        self.deliveries.iter().map(|delivery| delivery.id.clone()).collect()
    }

    /// When a delivery is to be tried; `None` when it is done with.
    pub(crate) fn due(&self, id: &str) -> Option<(OffsetDateTime, Target)> {
        let delivery = self.deliveries.iter().find(|delivery| delivery.id == id)?;
        match delivery.stage {
            Stage::Due { at } => Some((at, delivery.target.clone())),
            Stage::Sending => None,
        }
    }

    /// Begins an attempt, with buttons if there is something that binds them. It may be made once this is on the disk.
    pub(crate) fn begin(&mut self, id: &str, bond: Option<&Bond>, now: OffsetDateTime) -> Option<Attempt> {
        let delivery = self.deliveries.iter_mut().find(|delivery| delivery.id == id)?;
        delivery.stage = Stage::Sending;
        delivery.attempts += 1;
        let (notice, target, attempts) =
            (delivery.notice.clone(), delivery.target.clone(), delivery.attempts);
        let mut buttons = Vec::new();
        // Each attempt has capabilities of its own: the text of earlier ones is kept nowhere.
        for (ask, bond) in notice.ask.iter().zip(bond) {
            for verdict in &ask.choices {
                let (capability, grant) = Grant::issue(&ask.id, verdict.clone(), bond.clone(), now);
                buttons.push(Button { verdict: verdict.clone(), capability: capability.into_text() });
                self.grants.push(grant);
            }
        }
        Some(Attempt { notice, target, attempts, buttons })
    }

    /// Takes an attempt back that was begun and not made.
    pub(crate) fn postpone(&mut self, id: &str, until: OffsetDateTime) {
        if let Some(delivery) = self.deliveries.iter_mut().find(|delivery| delivery.id == id) {
            delivery.stage = Stage::Due { at: until };
            delivery.attempts = delivery.attempts.saturating_sub(1);
        }
    }

    /// Writes down what came of an attempt.
    pub(crate) fn conclude(&mut self, id: &str, next: Next, sent: &str, now: OffsetDateTime) {
        let Some(place) = self.deliveries.iter().position(|delivery| delivery.id == id) else { return };
        match next {
            Next::Sent => {
                let delivery = self.deliveries.remove(place);
                self.note(&delivery, LogOutcome::Sent, sent.into(), now);
            }
            Next::GiveUp { detail } => {
                let delivery = self.deliveries.remove(place);
                self.note(&delivery, LogOutcome::Failed, detail, now);
            }
            Next::Retry { after, detail } => {
                self.deliveries[place].stage = Stage::Due { at: now + after };
                let delivery = self.deliveries[place].clone();
                let seconds = after.as_secs_f64().ceil();
                self.note(
                    &delivery,
                    LogOutcome::Retrying,
                    format!("{detail} Next attempt in {seconds} s."),
                    now,
                );
            }
        }
    }

    fn note(&mut self, delivery: &Delivery, outcome: LogOutcome, detail: String, at: OffsetDateTime) {
        let channel = delivery.target.channel();
        tracing::info!(key = delivery.notice.key.as_str(), ?channel, ?outcome, detail, "notification");
        self.log.add(Entry {
            delivery: Some(delivery.id.clone()),
            channel: Some(channel),
            outcome,
            attempts: delivery.attempts,
            ..Entry::held_back(&delivery.notice, detail, at)
        });
    }

    /// Whether something here is about a request that is no longer asked.
    pub(crate) fn has_answered(&self, chats: &Chats) -> bool {
        self.grants.iter().any(|grant| chats.has_answered(&grant.request))
            || self.deliveries.iter().any(|delivery| is_answered(delivery, chats))
    }

    /// Lets go of what is about requests that are no longer asked: their buttons die, and what was not
    /// sent yet is not sent.
    pub(crate) fn drop_answered(&mut self, chats: &Chats, now: OffsetDateTime) {
        self.grants.retain(|grant| !chats.has_answered(&grant.request));
        let answered = self.deliveries.extract_if(.., |delivery| is_answered(delivery, chats));
        for delivery in answered.collect::<Vec<_>>() {
            self.note(
                &delivery,
                LogOutcome::HeldBack,
                "It was answered before it could be sent.".into(),
                now,
            );
        }
    }

    /// Forgets what is too old to matter. What still stands is kept however old it is.
    pub(crate) fn prune(&mut self, chats: &Chats, now: OffsetDateTime) {
        let horizon = now - MEMORY;
        let standing: BTreeSet<_> =
            chats.iter().flat_map(|chat| chat.requests().map(|notice| notice.key)).collect();
        if chats.is_complete() {
            self.handled.retain(|key, at| *at > horizon.unix_timestamp() || standing.contains(key));
        }
        self.following_since = self.following_since.map(|since| since.max(horizon));
        self.grants.retain(|grant| !grant.is_expired(now));
    }

    /// What a capability that may be used now is bound to; `None` when it may not. Looking changes nothing, so that
    /// whoever tries does not make us write.
    pub(crate) fn bond(&self, capability: &CapabilityHash, now: OffsetDateTime) -> Option<&Bond> {
        self.grants.iter().find(|grant| grant.permits(capability, now))?.bond.as_ref()
    }

    /// What capabilities were bound to holds no longer, and they do not either.
    pub(crate) fn release(&mut self, bond: &Bond) {
        self.grants.retain(|grant| grant.bond.as_ref() != Some(bond));
    }

    /// Takes a capability away from whoever presents it, and answers what it stood for.
    pub(crate) fn spend(&mut self, capability: &CapabilityHash, now: OffsetDateTime) -> Option<Grant> {
        let place = self.grants.iter().position(|grant| grant.permits(capability, now))?;
        Some(self.grants.remove(place))
    }

    /// Gives a capability back that was spent on nothing.
    pub(crate) fn give_back(&mut self, grant: Grant) {
        self.grants.push(grant);
    }

    /// A request was answered: none of its buttons works any more.
    pub(crate) fn revoke(&mut self, request: &str) {
        self.grants.retain(|grant| grant.request != request);
    }

    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    pub(crate) fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    pub(crate) fn subscription(&self, id: &str) -> Option<&Subscription> {
        self.subscriptions.iter().find(|subscription| subscription.id == id)
    }

    /// Takes a device in.
    pub(crate) fn subscribe(
        &mut self,
        endpoint: Address,
        keys: Keys,
        device: &str,
        login: Option<LoginId>,
        now: OffsetDateTime,
    ) -> Subscribed {
        let new = Subscription::new(endpoint, keys, device, login, now);
        if let Some(known) = self.subscriptions.iter_mut().find(|known| known.endpoint == new.endpoint) {
            known.keys = new.keys;
            known.device = new.device;
            known.login = new.login;
            return Subscribed::Again(known.id.clone());
        }
        if self.subscriptions.len() >= MOST_SUBSCRIPTIONS {
            let used =
                |subscription: &Subscription| subscription.last_sent_at.unwrap_or(subscription.created_at);
            let oldest = (0..self.subscriptions.len()).min_by_key(|&place| used(&self.subscriptions[place]));
            if let Some(id) = oldest.map(|place| self.subscriptions[place].id.clone()) {
                self.unsubscribe(&id);
            }
        }
        let id = new.id.clone();
        self.subscriptions.push(new);
        Subscribed::New(id)
    }

    /// Lets a device go, with the buttons that it was given. False when there is no such device.
    pub(crate) fn unsubscribe(&mut self, id: &str) -> bool {
        self.release(&Bond::Device { subscription: id.to_owned() });
        let before = self.subscriptions.len();
        self.subscriptions.retain(|subscription| subscription.id != id);
        self.subscriptions.len() < before
    }

    /// Writes down at a device whether something could be sent to it.
    pub(crate) fn note_device(&mut self, id: &str, error: Option<String>, now: OffsetDateTime) {
        if let Some(subscription) = self.subscriptions.iter_mut().find(|subscription| subscription.id == id) {
            if error.is_none() {
                subscription.last_sent_at = Some(now);
            }
            subscription.last_error = error;
        }
    }
}

/// Whether a delivery is about a request that nobody asks any more. One that is being sent is left alone.
fn is_answered(delivery: &Delivery, chats: &Chats) -> bool {
    let is_answered = delivery.notice.ask.as_ref().is_some_and(|ask| chats.has_answered(&ask.id));
    is_answered && delivery.stage != Stage::Sending
}

#[cfg(test)]
mod tests;
