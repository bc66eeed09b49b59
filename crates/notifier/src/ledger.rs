//! What must survive a restart: what was handled, what is on its way, what buttons stand for, which
//! devices subscribed, and the log. One file, so that what belongs together is written together.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    capability::{CapabilityHash, Grant, random_text},
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

    /// Begins an attempt. It may be made once this is on the disk.
    pub(crate) fn begin(&mut self, id: &str, now: OffsetDateTime) -> Option<Attempt> {
        let delivery = self.deliveries.iter_mut().find(|delivery| delivery.id == id)?;
        delivery.stage = Stage::Sending;
        delivery.attempts += 1;
        let (notice, target, attempts) =
            (delivery.notice.clone(), delivery.target.clone(), delivery.attempts);
        let mut buttons = Vec::new();
        // Each attempt has capabilities of its own: the text of earlier ones is kept nowhere.
        for ask in notice.ask.iter().filter(|_| target.channel().has_buttons()) {
            for verdict in &ask.choices {
                let (capability, grant) = Grant::issue(&ask.id, verdict.clone(), now);
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

    /// Whether a capability may be used now. Looking changes nothing, so that whoever tries does not make
    /// us write.
    pub(crate) fn permits(&self, capability: &CapabilityHash, now: OffsetDateTime) -> bool {
        self.grants.iter().any(|grant| grant.permits(capability, now))
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
            oldest.map(|place| self.subscriptions.remove(place));
        }
        let id = new.id.clone();
        self.subscriptions.push(new);
        Subscribed::New(id)
    }

    /// Lets a device go. False when there is no such device.
    pub(crate) fn unsubscribe(&mut self, id: &str) -> bool {
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
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::{
        capability::Capability,
        event::{Event, Verdict},
    };

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::days(20_000));

    fn asking(requests: &[&str]) -> Chats {
        let request = |id| json!({ "id": id, "kind": "permission", "summary": "bash: ls", "details": {} });
        let requests: Vec<_> = requests.iter().map(request).collect();
        let chat = json!({
            "id": "ses_1", "repo": null, "title": null, "state": "needs_you", "since": "2026-01-01T00:00:00Z",
            "error": null, "requests": requests, "run": null, "viewers": 0,
        });
        Chats::new(vec![serde_json::from_value(chat).unwrap()], true)
    }

    fn notices(chats: &Chats) -> Vec<Notice> {
        chats.iter().flat_map(|chat| chat.requests().collect::<Vec<_>>()).collect()
    }

    /// A ledger with one delivery of a permission to ntfy.
    fn with_delivery(chats: &Chats) -> (Ledger, String) {
        let mut ledger = Ledger::default();
        let tell = notices(chats);
        let keys = tell.iter().map(|notice| notice.key.clone()).collect();
        let [id] = ledger.record(keys, Vec::new(), tell, &[Target::Ntfy], NOW).try_into().unwrap();
        (ledger, id)
    }

    fn outcomes(ledger: &Ledger) -> Vec<LogOutcome> {
        ledger.log().newest_first().map(|entry| entry.outcome).collect()
    }

    #[test]
    fn a_button_of_one_attempt_still_works_after_the_next() {
        let chats = asking(&["per_1"]);
        let (mut ledger, id) = with_delivery(&chats);
        let first = ledger.begin(&id, NOW).unwrap();
        assert!(ledger.due(&id).is_none(), "it is being sent");
        let retry = Next::Retry { after: Duration::from_secs(3), detail: "Busy.".into() };
        ledger.conclude(&id, retry, "Sent.", NOW);
        assert_eq!(ledger.due(&id).unwrap().0, NOW + Duration::from_secs(3));
        let second = ledger.begin(&id, NOW).unwrap();
        assert_eq!((first.attempts, second.attempts), (1, 2));
        ledger.conclude(&id, Next::Sent, "Sent.", NOW);
        assert_eq!(outcomes(&ledger), [LogOutcome::Sent]);
        for attempt in [&first, &second] {
            let hash = Capability::presented(&attempt.buttons[1].capability).hash();
            assert!(ledger.permits(&hash, NOW));
            let grant = ledger.spend(&hash, NOW).unwrap();
            assert_eq!((grant.request.as_str(), &grant.verdict), ("per_1", &Verdict::Reject));
            assert!(ledger.spend(&hash, NOW).is_none(), "used twice");
        }
        let left = Capability::presented(&second.buttons[0].capability).hash();
        ledger.revoke("per_1");
        assert!(!ledger.permits(&left, NOW), "answered");
    }

    #[test]
    fn what_was_being_sent_is_not_sent_again_and_what_waits_is() {
        let chats = asking(&["per_1"]);
        let (mut ledger, id) = with_delivery(&chats);
        assert_eq!(ledger.recover(NOW), std::slice::from_ref(&id));
        ledger.begin(&id, NOW).unwrap();
        assert!(!ledger.has_answered(&chats));
        assert_eq!(ledger.recover(NOW), [""; 0]);
        assert_eq!(outcomes(&ledger), [LogOutcome::Failed]);
    }

    #[test]
    fn an_attempt_that_could_not_be_written_down_does_not_count() {
        let (mut ledger, id) = with_delivery(&asking(&["per_1"]));
        ledger.begin(&id, NOW).unwrap();
        ledger.postpone(&id, NOW + Duration::from_secs(5));
        assert_eq!(ledger.begin(&id, NOW).unwrap().attempts, 1);
    }

    #[test]
    fn what_was_answered_is_let_go_of() {
        let (mut ledger, id) = with_delivery(&asking(&["per_1"]));
        let nobody = asking(&["per_2"]);
        assert!(ledger.has_answered(&nobody));
        ledger.drop_answered(&nobody, NOW);
        assert!(ledger.begin(&id, NOW).is_none());
        assert_eq!(outcomes(&ledger), [LogOutcome::HeldBack]);
        assert!(!ledger.has_answered(&nobody));
    }

    #[test]
    fn what_the_relay_does_not_know_yet_is_not_taken_for_answered() {
        let chats = asking(&["per_1"]);
        let (mut ledger, id) = with_delivery(&chats);
        let attempt = ledger.begin(&id, NOW).unwrap();
        let retry = Next::Retry { after: Duration::from_secs(3), detail: "Busy.".into() };
        ledger.conclude(&id, retry, "Sent.", NOW);
        let unknown = Chats::new(Vec::new(), false);
        assert!(!ledger.has_answered(&unknown));
        ledger.drop_answered(&unknown, NOW);
        assert!(ledger.due(&id).is_some(), "it is still to be sent");
        let button = Capability::presented(&attempt.buttons[0].capability).hash();
        assert!(ledger.permits(&button, NOW), "and its buttons work");
        ledger.prune(&unknown, NOW + MEMORY * 2);
        assert!(ledger.contains(&Key::of_request(Event::Permission, "per_1")), "nor told a second time");
    }

    #[test]
    fn it_forgets_after_a_month_what_no_longer_stands_and_tells_nothing_older() {
        let chats = asking(&["per_1"]);
        let (mut ledger, _) = with_delivery(&chats);
        ledger.follow(Some(NOW));
        let gone = Key::of_outcome(Event::Done, "ses_1", "msg_1");
        ledger.record(vec![gone.clone()], Vec::new(), Vec::new(), &[], NOW);
        ledger.prune(&chats, NOW + MEMORY - Duration::from_secs(1));
        assert!(ledger.contains(&gone));
        let later = NOW + MEMORY + Duration::from_secs(10);
        ledger.prune(&chats, later);
        assert!(!ledger.contains(&gone));
        assert!(ledger.contains(&Key::of_request(Event::Permission, "per_1")), "it still waits");
        assert_eq!(ledger.news_since(), later - MEMORY, "so its end is no news either");
    }

    fn browser_keys() -> Keys {
        serde_json::from_value(json!({
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        }))
        .unwrap()
    }

    #[test]
    fn a_device_that_subscribes_again_keeps_its_history() {
        let mut ledger = Ledger::default();
        let endpoint = Address::parse("https://push.example/1").unwrap();
        let Subscribed::New(id) = ledger.subscribe(endpoint.clone(), browser_keys(), "Pixel", None, NOW)
        else {
            panic!("it is not known yet")
        };
        ledger.note_device(&id, None, NOW);
        let (login, later) = ("login-2".parse().ok(), NOW + Duration::from_mins(1));
        let again = ledger.subscribe(endpoint, browser_keys(), "Pixel 9", login.clone(), later);
        assert!(matches!(again, Subscribed::Again(known) if known == id));
        let device = ledger.subscription(&id).unwrap();
        assert_eq!((device.created_at, device.last_sent_at), (NOW, Some(NOW)));
        assert_eq!((device.device.as_str(), &device.login), ("Pixel 9", &login));
    }

    #[test]
    fn the_device_that_was_sent_to_longest_ago_makes_room() {
        let mut ledger = Ledger::default();
        let keys = browser_keys();
        let mut subscribe = |number: u32| {
            let endpoint = Address::parse(&format!("https://push.example/{number}")).unwrap();
            let at = NOW + Duration::from_secs(number.into());
            match ledger.subscribe(endpoint, keys.clone(), "Pixel", None, at) {
                Subscribed::New(id) | Subscribed::Again(id) => id,
            }
        };
        let ids: Vec<_> = (0..50).map(&mut subscribe).collect();
        assert_eq!(subscribe(7), ids[7], "known");
        subscribe(50);
        assert_eq!(ledger.subscriptions().len(), MOST_SUBSCRIPTIONS);
        assert!(ledger.subscription(&ids[0]).is_none() && ledger.subscription(&ids[1]).is_some());
    }
}
