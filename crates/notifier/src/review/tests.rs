//! Every ruling, by a chat as the relay would describe it and a clock of the test's own.

#![expect(clippy::needless_pass_by_value, reason = "a chat is written where it is used")]

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::*;
use crate::chats::ChatView;

/// What was handled, and since when there is news.
struct Memory(Vec<Key>, OffsetDateTime);

impl Handled for Memory {
    fn contains(&self, key: &Key) -> bool {
        self.0.contains(key)
    }

    fn news_since(&self) -> OffsetDateTime {
        self.1
    }
}

/// One notifier over time: its settings, its memory and its clock.
struct Scene {
    settings: Settings,
    memory: Memory,
    waiting: Waiting,
    start: Instant,
    wall: OffsetDateTime,
}

fn at(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap()
}

impl Scene {
    fn new(settings: Value) -> Self {
        Self {
            settings: serde_json::from_value(settings).unwrap(),
            memory: Memory(Vec::new(), at("2026-01-01T00:00:00Z")),
            waiting: Waiting::default(),
            start: Instant::now(),
            wall: at("2026-01-01T12:00:00Z"),
        }
    }

    /// What is told and held back, so many milliseconds after the beginning.
    fn review(&mut self, chats: &[Value], milliseconds: u64) -> (Vec<String>, Vec<String>) {
        self.review_known(chats, true, milliseconds)
    }

    /// As [`Self::review`], of chats that may not be all.
    fn review_known(
        &mut self,
        chats: &[Value],
        is_complete: bool,
        milliseconds: u64,
    ) -> (Vec<String>, Vec<String>) {
        let views: Vec<ChatView> = serde_json::from_value(json!(chats)).unwrap();
        let chats = Chats::new(views, is_complete);
        let passed = Duration::from_millis(milliseconds);
        let now = Moment { wall: self.wall + passed, monotonic: self.start + passed };
        let waiting = std::mem::take(&mut self.waiting);
        let review = review(&chats, &self.settings, &self.memory, waiting, now);
        self.memory.0.extend(review.settled);
        self.waiting = review.waiting;
        let told = review.tell.iter().map(|notice| notice.key.as_str().to_owned()).collect();
        (told, review.held_back.iter().map(|held| held.reason.to_string()).collect())
    }

    /// As [`Self::review`] twice: at the beginning, and when the grace period is over.
    fn settle(&mut self, chats: &[Value]) -> (Vec<String>, Vec<String>) {
        let (mut told, mut held) = self.review(chats, 0);
        let (later, held_later) = self.review(chats, 250);
        told.extend(later);
        held.extend(held_later);
        (told, held)
    }
}

fn chat(change: Value) -> Value {
    let mut chat = json!({
        "id": "ses_1", "repo": "octocat/hello", "title": "Fix it", "state": "working",
        "since": "2026-01-01T11:59:00Z", "error": null, "prompts": [], "requests": [], "run": null, "viewers": 0,
    });
    chat.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    chat
}

fn asking(change: Value) -> Value {
    let request = json!({ "id": "per_1", "kind": "permission", "summary": "bash: git push", "details": {} });
    let mut asking = chat(json!({ "state": "needs_you", "requests": [request] }));
    asking.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    asking
}

fn ended(outcome: &str, state: &str, change: Value) -> Value {
    let run = json!({
        "message_id": "msg_1", "outcome": outcome,
        "started_at": "2026-01-01T11:58:00Z", "ended_at": "2026-01-01T11:59:00Z",
    });
    let mut ended = chat(json!({ "state": state, "run": run }));
    ended.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    ended
}

fn none() -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

fn told(key: &str) -> (Vec<String>, Vec<String>) {
    (vec![key.into()], Vec::new())
}

fn held(reason: &str) -> (Vec<String>, Vec<String>) {
    (Vec::new(), vec![reason.into()])
}

#[test]
fn each_event_is_told_once_after_the_grace_period() {
    for (chat, key) in [
        (asking(json!({})), "permission:per_1"),
        (
            asking(json!({ "requests": [{ "id": "que_1", "kind": "question", "summary": "Which?" }] })),
            "question:que_1",
        ),
        (ended("completed", "unread", json!({})), "done:ses_1:msg_1"),
        (ended("failed", "failed", json!({})), "failed:ses_1:msg_1"),
        (ended("interrupted", "interrupted", json!({})), "interrupted:ses_1:msg_1"),
        (chat(json!({ "state": "failed" })), "failed:ses_1:1767268740"),
        (ended("completed", "failed", json!({})), "failed:ses_1:1767268740"),
    ] {
        let mut scene = Scene::new(json!({}));
        let chats = [chat];
        assert_eq!(scene.review(&chats, 0), none(), "{key} is too early");
        assert_eq!(scene.review(&chats, 249), none(), "{key} is too early");
        assert_eq!(scene.review(&chats, 250), told(key));
        assert_eq!(scene.review(&chats, 10_000), none(), "{key} is told once");
        scene.waiting = Waiting::default();
        assert_eq!(scene.settle(&chats), none(), "{key} is not told after a restart either");
    }
}

#[test]
fn a_run_without_a_message_is_known_by_its_beginning() {
    let mut cut_off = ended("interrupted", "interrupted", json!({}));
    cut_off["run"]["message_id"] = Value::Null;
    assert_eq!(Scene::new(json!({})).settle(&[cut_off]), told("interrupted:ses_1:1767268680"));
}

#[test]
fn what_runs_or_was_stopped_by_its_person_is_no_event() {
    let mut running = ended("completed", "working", json!({}));
    running["run"]["outcome"] = Value::Null;
    let chats = [chat(json!({})), running, ended("stopped", "done", json!({}))];
    assert_eq!(Scene::new(json!({})).settle(&chats), none());
}

#[test]
fn what_is_answered_within_a_moment_is_not_told() {
    let mut scene = Scene::new(json!({}));
    assert_eq!(scene.review(&[asking(json!({}))], 0), none());
    assert_eq!(scene.review(&[chat(json!({}))], 200), held("It was answered within a moment."));
    assert_eq!(scene.review(&[chat(json!({}))], 300), none(), "and said once");
    // A relay that had just lost sight of it: it still waits, and is told after all.
    assert_eq!(scene.review(&[asking(json!({}))], 400), none());
    assert_eq!(scene.review(&[asking(json!({}))], 700), told("permission:per_1"));
}

#[test]
fn what_the_relay_does_not_know_yet_still_waits() {
    let (mut scene, viewed) = (Scene::new(json!({})), [asking(json!({ "viewers": 1 }))]);
    assert_eq!(scene.review(&viewed, 0), held("Somebody was looking at the chat."));
    // Restarted, the relay knows nothing, then the chat without its request, then all.
    assert_eq!(scene.review_known(&[], false, 1_000), none());
    assert_eq!(scene.review_known(&[chat(json!({}))], false, 2_000), none());
    let alone = [asking(json!({}))];
    assert_eq!(scene.review_known(&alone, true, 3_000), none(), "a cut connection is no leaving");
    assert_eq!(scene.review(&alone, 18_000), told("permission:per_1"));

    let mut scene = Scene::new(json!({}));
    assert_eq!(scene.review(&alone, 0), none());
    assert_eq!(scene.review_known(&[], false, 100), none(), "it is not known to be answered");
    assert_eq!(scene.review_known(&[], true, 200), held("It was answered within a moment."));
}

#[test]
fn what_goes_on_by_itself_is_not_told() {
    let mut scene = Scene::new(json!({}));
    assert_eq!(scene.review(&[ended("completed", "unread", json!({}))], 0), none());
    assert_eq!(scene.review(&[chat(json!({}))], 100), held("The chat goes on by itself."));

    let next = json!({ "prompts": [{ "id": "msg_2", "state": "waiting" }] });
    for outcome in ["completed", "interrupted"] {
        let chats = [ended(outcome, "queued", next.clone())];
        assert_eq!(Scene::new(json!({})).settle(&chats), held("The chat goes on by itself."));
    }
    assert_eq!(Scene::new(json!({})).settle(&[ended("failed", "queued", next)]), told("failed:ses_1:msg_1"));
    let refused = json!({ "prompts": [{ "id": "msg_2", "state": "failed" }] });
    assert_eq!(
        Scene::new(json!({})).settle(&[ended("failed", "failed", refused)]),
        told("failed:ses_1:msg_1")
    );
}

#[test]
fn what_was_cut_off_is_told_only_when_it_is_not_continued() {
    let cut_off = [ended("interrupted", "interrupted", json!({ "continuing": false }))];
    let continuing = [ended("interrupted", "interrupted", json!({ "continuing": true }))];
    let mut scene = Scene::new(json!({}));
    assert_eq!(scene.review(&continuing, 0), held("The chat goes on by itself."));
    assert_eq!(scene.review(&continuing, 60_000), none(), "and said once");
    assert_eq!(scene.review(&[chat(json!({}))], 61_000), none(), "it goes on");

    let mut scene = Scene::new(json!({}));
    assert_eq!(scene.review(&continuing, 0), held("The chat goes on by itself."));
    assert_eq!(scene.review(&cut_off, 5_000), none(), "it may be about to");
    assert_eq!(scene.review(&cut_off, 5_250), told("interrupted:ses_1:msg_1"), "it was given up");
    assert_eq!(scene.review(&cut_off, 90_000), none());
}

#[test]
fn a_switched_off_event_and_a_muted_chat_are_held_back_for_good() {
    let all = [asking(json!({})), ended("completed", "unread", json!({ "id": "ses_2" }))];
    let mut scene = Scene::new(json!({ "events": { "permission": false, "done": false } }));
    let reasons = ["permission", "done"].map(|name| format!("Notifications of \"{name}\" are switched off."));
    assert_eq!(scene.settle(&all), (vec![], reasons.into()));
    scene.settings = Settings::default();
    assert_eq!(scene.settle(&all), none(), "switching it on later brings nothing old");

    let mut scene = Scene::new(json!({ "muted_chats": ["ses_1"] }));
    let expected = (vec!["done:ses_2:msg_1".to_owned()], vec!["The chat is muted.".to_owned()]);
    assert_eq!(scene.settle(&all), expected);
}

#[test]
fn a_short_run_is_not_told() {
    let mut scene = Scene::new(json!({ "done_after_seconds": 61 }));
    let reason = "The run took 60 s; only those of 61 s and more are told.";
    assert_eq!(scene.settle(&[ended("completed", "unread", json!({}))]), held(reason));
    let mut scene = Scene::new(json!({ "done_after_seconds": 60 }));
    assert_eq!(scene.settle(&[ended("completed", "unread", json!({}))]), told("done:ses_1:msg_1"));
    let mut scene = Scene::new(json!({ "done_after_seconds": 61 }));
    assert_eq!(scene.settle(&[ended("failed", "failed", json!({}))]), told("failed:ses_1:msg_1"));
}

#[test]
fn how_a_run_ended_is_not_told_to_who_saw_it_or_has_read_it() {
    for (outcome, state) in [("completed", "unread"), ("failed", "failed"), ("interrupted", "interrupted")] {
        let alone = [ended(outcome, state, json!({}))];
        let viewed = [ended(outcome, state, json!({ "viewers": 1 }))];
        // Who looks for longer than a look lasts looked again after the end.
        let mut scene = Scene::new(json!({}));
        assert_eq!(scene.review(&viewed, 0), held("Somebody was looking at the chat."));
        assert_eq!(scene.review(&viewed, 45_000), none(), "{outcome} is said once");
        assert_eq!(scene.review(&alone, 50_000), none());
        assert_eq!(scene.review(&alone, 120_000), none(), "{outcome} was seen");
        // Who comes after the end sees it.
        let mut scene = Scene::new(json!({}));
        assert_eq!(scene.review(&alone, 0), none());
        assert_eq!(scene.review(&viewed, 100), held("Somebody was looking at the chat."));
        assert_eq!(scene.review(&alone, 120_000), none(), "{outcome} was seen");
    }
    let mut scene = Scene::new(json!({}));
    assert_eq!(scene.settle(&[ended("completed", "done", json!({}))]), held("It was read already."));
}

#[test]
fn how_a_run_ended_is_told_when_who_looked_had_gone_unnoticed() {
    for (outcome, state, key) in [
        ("completed", "unread", "done:ses_1:msg_1"),
        ("failed", "failed", "failed:ses_1:msg_1"),
        ("interrupted", "interrupted", "interrupted:ses_1:msg_1"),
    ] {
        let alone = [ended(outcome, state, json!({}))];
        let viewed = [ended(outcome, state, json!({ "viewers": 1 }))];
        let mut scene = Scene::new(json!({}));
        assert_eq!(scene.review(&viewed, 0), held("Somebody was looking at the chat."));
        assert_eq!(scene.review(&viewed, 39_000), none());
        assert_eq!(scene.review(&alone, 40_000), none(), "a reload is no leaving");
        assert_eq!(scene.review(&alone, 55_000), told(key));
        assert_eq!(scene.review(&alone, 200_000), none(), "{key} is told once");
        // Back after a short while, on this device or another: it is seen.
        let mut scene = Scene::new(json!({}));
        assert_eq!(scene.review(&viewed, 0), held("Somebody was looking at the chat."));
        assert_eq!(scene.review(&alone, 40_000), none());
        assert_eq!(scene.review(&viewed, 42_000), none());
        assert_eq!(scene.review(&alone, 120_000), none());
    }
    let mut scene = Scene::new(json!({}));
    let viewed = [ended("completed", "unread", json!({ "viewers": 1 }))];
    assert_eq!(scene.review(&viewed, 0), held("Somebody was looking at the chat."));
    let read = [ended("completed", "done", json!({ "viewers": 1 }))];
    assert_eq!(scene.review(&read, 15_000), held("It was read already."));
}

#[test]
fn a_request_waits_until_nobody_looks_any_more() {
    let mut scene = Scene::new(json!({}));
    let (viewed, alone) = ([asking(json!({ "viewers": 2 }))], [asking(json!({}))]);
    assert_eq!(scene.review(&viewed, 0), held("Somebody was looking at the chat."));
    assert_eq!(scene.review(&viewed, 60_000), none(), "and said once");
    assert_eq!(scene.review(&alone, 61_000), none(), "a reload is no leaving");
    assert_eq!(scene.review(&viewed, 62_000), none());
    assert_eq!(scene.review(&alone, 70_000), none());
    assert_eq!(scene.review(&alone, 84_999), none());
    assert_eq!(scene.review(&alone, 85_000), told("permission:per_1"));
}

#[test]
fn a_request_waits_for_the_end_of_the_quiet_hours_and_an_outcome_does_not() {
    let quiet = json!({ "quiet_hours": { "from": "13:00", "to": "13:01", "utc_offset_minutes": 60 } });
    let mut scene = Scene::new(quiet.clone());
    let asks = [asking(json!({}))];
    assert_eq!(scene.review(&asks, 0), held("It is within the quiet hours."));
    assert_eq!(scene.review(&asks, 59_999), none());
    assert_eq!(scene.review(&asks, 60_000), told("permission:per_1"));

    let mut scene = Scene::new(quiet);
    let done = [ended("completed", "unread", json!({}))];
    assert_eq!(scene.settle(&done), held("It is within the quiet hours."));
    assert_eq!(scene.review(&done, 60_000), none());
}

#[test]
fn what_was_over_at_the_beginning_is_no_news_and_what_waits_is() {
    let mut scene = Scene::new(json!({}));
    scene.memory.1 = at("2026-01-01T12:00:00Z");
    let chats = [
        ended("completed", "unread", json!({ "id": "ses_2" })),
        chat(json!({ "id": "ses_3", "state": "failed" })),
        asking(json!({})),
    ];
    assert_eq!(scene.settle(&chats), told("permission:per_1"));
}

#[test]
fn the_next_review_is_due_when_a_wait_is_over() {
    let mut scene = Scene::new(json!({}));
    let again_in = |scene: &mut Scene, chats: &Chats, milliseconds| {
        let passed = Duration::from_millis(milliseconds);
        let now = Moment { wall: scene.wall + passed, monotonic: scene.start + passed };
        let waiting = std::mem::take(&mut scene.waiting);
        let review = review(chats, &scene.settings, &scene.memory, waiting, now);
        scene.waiting = review.waiting;
        review.again_in
    };
    assert_eq!(again_in(&mut scene, &Chats::new(Vec::new(), true), 0), None);
    let chats = Chats::new(serde_json::from_value(json!([asking(json!({}))])).unwrap(), true);
    assert_eq!(again_in(&mut scene, &chats, 0), Some(GRACE));
    assert_eq!(again_in(&mut scene, &chats, 100), Some(Duration::from_millis(150)));
}
