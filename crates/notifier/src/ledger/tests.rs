//! What the ledger keeps, forgets and hands out.

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

fn era() -> Bond {
    Bond::Era { era: "1".into() }
}

fn outcomes(ledger: &Ledger) -> Vec<LogOutcome> {
    ledger.log().newest_first().map(|entry| entry.outcome).collect()
}

#[test]
fn a_button_of_one_attempt_still_works_after_the_next() {
    let chats = asking(&["per_1"]);
    let (mut ledger, id) = with_delivery(&chats);
    let first = ledger.begin(&id, Some(&era()), NOW).unwrap();
    assert!(ledger.due(&id).is_none(), "it is being sent");
    let retry = Next::Retry { after: Duration::from_secs(3), detail: "Busy.".into() };
    ledger.conclude(&id, retry, "Sent.", NOW);
    assert_eq!(ledger.due(&id).unwrap().0, NOW + Duration::from_secs(3));
    let second = ledger.begin(&id, Some(&era()), NOW).unwrap();
    assert_eq!((first.attempts, second.attempts), (1, 2));
    ledger.conclude(&id, Next::Sent, "Sent.", NOW);
    assert_eq!(outcomes(&ledger), [LogOutcome::Sent]);
    for attempt in [&first, &second] {
        let hash = Capability::presented(&attempt.buttons[1].capability).hash();
        assert_eq!(ledger.bond(&hash, NOW), Some(&era()));
        let grant = ledger.spend(&hash, NOW).unwrap();
        assert_eq!((grant.request.as_str(), &grant.verdict), ("per_1", &Verdict::Reject));
        assert!(ledger.spend(&hash, NOW).is_none(), "used twice");
    }
    let left = Capability::presented(&second.buttons[0].capability).hash();
    ledger.revoke("per_1");
    assert_eq!(ledger.bond(&left, NOW), None, "answered");
}

#[test]
fn a_button_goes_with_what_it_is_bound_to_and_there_is_none_without() {
    let (mut ledger, id) = with_delivery(&asking(&["per_1"]));
    assert!(ledger.begin(&id, None, NOW).unwrap().buttons.is_empty());
    let device = Bond::Device { subscription: "a".into() };
    let buttons = [era(), device].map(|bond| {
        let attempt = ledger.begin(&id, Some(&bond), NOW).unwrap();
        Capability::presented(&attempt.buttons[0].capability).hash()
    });
    ledger.unsubscribe("a");
    assert_eq!(buttons.each_ref().map(|hash| ledger.bond(hash, NOW).is_some()), [true, false]);
    ledger.release(&era());
    assert_eq!(ledger.bond(&buttons[0], NOW), None);

    // As it was kept before there were bonds.
    let attempt = ledger.begin(&id, Some(&era()), NOW).unwrap();
    let old = serde_json::to_string(&ledger).unwrap().replace(r#""bond":{"to":"era","era":"1"},"#, "");
    let ledger: Ledger = serde_json::from_str(&old).unwrap();
    assert_eq!(ledger.bond(&Capability::presented(&attempt.buttons[0].capability).hash(), NOW), None);
    assert_eq!(ledger.grants.len(), 2);
}

#[test]
fn what_was_being_sent_is_not_sent_again_and_what_waits_is() {
    let chats = asking(&["per_1"]);
    let (mut ledger, id) = with_delivery(&chats);
    assert_eq!(ledger.recover(NOW), std::slice::from_ref(&id));
    ledger.begin(&id, Some(&era()), NOW).unwrap();
    assert!(!ledger.has_answered(&chats));
    assert_eq!(ledger.recover(NOW), [""; 0]);
    assert_eq!(outcomes(&ledger), [LogOutcome::Failed]);
}

#[test]
fn an_attempt_that_could_not_be_written_down_does_not_count() {
    let (mut ledger, id) = with_delivery(&asking(&["per_1"]));
    ledger.begin(&id, Some(&era()), NOW).unwrap();
    ledger.postpone(&id, NOW + Duration::from_secs(5));
    assert_eq!(ledger.begin(&id, Some(&era()), NOW).unwrap().attempts, 1);
}

#[test]
fn what_was_answered_is_let_go_of() {
    let (mut ledger, id) = with_delivery(&asking(&["per_1"]));
    let nobody = asking(&["per_2"]);
    assert!(ledger.has_answered(&nobody));
    ledger.drop_answered(&nobody, NOW);
    assert!(ledger.begin(&id, Some(&era()), NOW).is_none());
    assert_eq!(outcomes(&ledger), [LogOutcome::HeldBack]);
    assert!(!ledger.has_answered(&nobody));
}

#[test]
fn what_the_relay_does_not_know_yet_is_not_taken_for_answered() {
    let chats = asking(&["per_1"]);
    let (mut ledger, id) = with_delivery(&chats);
    let attempt = ledger.begin(&id, Some(&era()), NOW).unwrap();
    let retry = Next::Retry { after: Duration::from_secs(3), detail: "Busy.".into() };
    ledger.conclude(&id, retry, "Sent.", NOW);
    let unknown = Chats::new(Vec::new(), false);
    assert!(!ledger.has_answered(&unknown));
    ledger.drop_answered(&unknown, NOW);
    assert!(ledger.due(&id).is_some(), "it is still to be sent");
    let button = Capability::presented(&attempt.buttons[0].capability).hash();
    assert!(ledger.bond(&button, NOW).is_some(), "and its buttons work");
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
    let Subscribed::New(id) = ledger.subscribe(endpoint.clone(), browser_keys(), "Pixel", None, NOW) else {
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
