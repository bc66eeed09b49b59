//! What a world says of its chats, told as stories of events.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{borrow::Borrow, cell::Cell};

use ocweb_chat_state::{
    Change, ChatRecord, ChatView, Event, Memory, Outcome, RequestKind, SessionInfo, State, Status, Survey,
    World,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

const CHAT: &str = "ses_1";
const DIRECTORY: &str = "/vol/w/1";

/// A world with a clock of its own.
struct Story {
    world: World,
    now: Cell<i64>,
}

impl Story {
    fn new() -> Self {
        Self::remembering(Memory::default())
    }

    fn remembering(memory: Memory) -> Self {
        Self { world: World::new(memory), now: Cell::new(1_800_000_100) }
    }

    /// A chat that is ready, without a run.
    fn ready() -> Self {
        let mut story = Self::new();
        story.survey(Survey::default());
        story.record(json!({}));
        story.event("session.created", &session(CHAT, None));
        assert_eq!(story.view().state, State::Done);
        story
    }

    fn now(&self) -> OffsetDateTime {
        self.now.set(self.now.get() + 1);
        OffsetDateTime::from_unix_timestamp(self.now.get()).unwrap()
    }

    fn event(&mut self, kind: &str, properties: &Value) {
        let event =
            Event::read(kind, &properties.to_string()).unwrap_or_else(|| panic!("{kind} {properties}"));
        let now = self.now();
        self.world.apply(event, DIRECTORY, now);
    }

    fn status(&mut self, session: &str, status: &str) {
        let mut status = json!({"type": status});
        if status["type"] == "retry" {
            status = json!({"type": "retry", "attempt": 2, "message": "overloaded", "next": 1_800_000_100_000_u64});
        }
        self.event("session.status", &json!({"sessionID": session, "status": status}));
    }

    fn answer(&mut self, id: &str, completed: bool, error: Option<&str>) {
        let mut info = assistant(id, completed);
        if let Some(name) = error {
            info["error"] = json!({"name": name, "data": {"message": "it broke"}});
        }
        self.event("message.updated", &json!({"sessionID": CHAT, "info": info}));
    }

    fn stream(&mut self, message: &str, part: &str, words: &[&str]) {
        let begun = text_part(message, part, "", false);
        self.event("message.part.updated", &json!({"sessionID": CHAT, "part": begun, "time": 1}));
        for word in words {
            let delta = json!({"sessionID": CHAT, "messageID": message, "partID": part, "field": "text", "delta": word});
            self.event("message.part.delta", &delta);
        }
    }

    fn record(&mut self, changes: impl Borrow<Value>) {
        let mut record = json!({
            "id": CHAT, "repo": "octo/hello", "title": null, "branch": "ocweb/x", "base": "main",
            "directory": DIRECTORY, "state": "ready", "progress": null, "error": null, "prompts": [],
            "created_at": "2026-11-21T06:00:00Z", "updated_at": "2026-11-21T06:00:00Z",
        });
        record.as_object_mut().unwrap().extend(changes.borrow().as_object().unwrap().clone());
        let record: ChatRecord = serde_json::from_value(record).unwrap();
        let now = self.now();
        self.world.put_chat(record, now);
    }

    fn survey(&mut self, survey: Survey) {
        let now = self.now();
        self.world.survey(survey, now);
    }

    fn changes(&mut self) -> Vec<Change> {
        let now = self.now();
        self.world.take_changes(now)
    }

    fn view(&mut self) -> ChatView {
        self.changes();
        self.world.view(CHAT).unwrap().clone()
    }

    fn state(&mut self) -> State {
        self.view().state
    }

    /// What a relay that is started anew would know.
    fn memory(&mut self) -> Memory {
        let now = self.now();
        let text = serde_json::to_string(self.world.take_memory(now).unwrap()).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn restart_of_opencode(&mut self, last: Value) {
        let last = serde_json::from_value(last).unwrap();
        self.survey(Survey {
            restarted: true,
            last_messages: [(CHAT.into(), last)].into(),
            ..Survey::default()
        });
    }
}

fn session(id: &str, parent: Option<&str>) -> Value {
    let info = json!({"id": id, "parentID": parent, "directory": DIRECTORY, "title": "New session - 2026",
        "time": {"created": 1_800_000_000_000_u64, "updated": 1_800_000_000_000_u64}});
    json!({"sessionID": id, "info": info})
}

fn session_info(id: &str) -> SessionInfo {
    serde_json::from_value(session(id, None)["info"].clone()).unwrap()
}

fn assistant(id: &str, completed: bool) -> Value {
    let mut info =
        json!({"id": id, "sessionID": CHAT, "role": "assistant", "time": {"created": 1_800_000_000_000_u64}});
    if completed {
        info["time"]["completed"] = json!(1_800_000_005_000_u64);
    }
    info
}

fn user(id: &str) -> Value {
    json!({"id": id, "sessionID": CHAT, "role": "user", "time": {"created": 1_800_000_000_000_u64}})
}

fn text_part(message: &str, part: &str, text: &str, ended: bool) -> Value {
    let time = if ended { json!({"start": 1, "end": 2}) } else { json!({"start": 1}) };
    json!({"id": part, "messageID": message, "sessionID": CHAT, "type": "text", "text": text, "time": time})
}

fn permission(id: &str, session: &str) -> Value {
    json!({"id": id, "sessionID": session, "permission": "bash", "patterns": ["git push"], "metadata": {"command": "git push"}, "always": []})
}

fn prompt(id: &str, state: &str) -> Value {
    json!({"id": id, "text": "do it\nnow", "state": state, "files": [], "created_at": "2026-11-21T06:00:00Z"})
}

#[test]
fn a_task_from_the_clone_to_the_end() {
    let mut story = Story::new();
    story.survey(Survey::default());
    story.record(
        json!({"state": "cloning", "progress": {"percent": 40}, "prompts": [prompt("msg_1", "waiting")]}),
    );
    let view = story.view();
    assert_eq!((view.state, view.title.as_deref()), (State::Preparing, Some("do it")));
    assert_eq!(view.preparation.unwrap().progress.unwrap()["percent"], 40);

    story.record(json!({"prompts": [prompt("msg_1", "sending")]}));
    assert_eq!(story.state(), State::Queued);
    story.event("session.created", &session(CHAT, None));
    story.status(CHAT, "busy");
    story.record(json!({}));
    story.answer("msg_2", false, None);
    let view = story.view();
    assert_eq!(view.state, State::Working);
    assert_eq!(view.run.unwrap().message_id.as_deref(), Some("msg_2"));

    story.status(CHAT, "retry");
    let view = story.view();
    assert_eq!((view.state, view.error.unwrap().detail.as_str()), (State::Retrying, "overloaded"));
    assert_eq!(view.retry.unwrap().attempt, 2);

    story.answer("msg_2", true, None);
    story.status(CHAT, "idle");
    let view = story.view();
    assert_eq!((view.state, view.run.unwrap().outcome), (State::Unread, Some(Outcome::Completed)));
    story.world.mark_read(CHAT, true);
    assert_eq!(story.state(), State::Done);
    story.world.mark_read(CHAT, false);
    assert_eq!(story.state(), State::Unread);
}

#[test]
fn only_what_changed_is_told() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    assert_eq!(story.changes().len(), 1);
    // A hundred words change nothing that a list shows.
    let words = ["word "; 100];
    story.stream("msg_2", "prt_1", &words);
    story.event("session.updated", &session(CHAT, None));
    assert_eq!(story.changes(), []);
    story.world.remove_chat(CHAT);
    story.event("session.deleted", &json!({"sessionID": CHAT, "info": {"id": CHAT}}));
    assert_eq!(story.changes(), [Change::Removed(CHAT.into())]);
}

#[test]
fn what_a_subagent_of_a_subagent_asks_waits_in_its_chat() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.event("session.created", &session("ses_2", Some(CHAT)));
    story.event("session.created", &session("ses_3", Some("ses_2")));
    story.status("ses_3", "busy");
    story.event("permission.asked", &permission("per_2", "ses_3"));
    story.event(
        "question.asked",
        &json!({"id": "que_1", "sessionID": "ses_2", "questions": [{"question": "Which?"}]}),
    );
    let view = story.view();
    assert_eq!(view.state, State::NeedsYou);
    let asked: Vec<_> = view.requests.iter().map(|request| (request.id.as_str(), request.kind)).collect();
    assert_eq!(
        asked,
        [("per_2", RequestKind::Permission), ("que_1", RequestKind::Question)],
        "the oldest first"
    );
    assert!(view.requests.iter().all(|request| request.chat_id == CHAT));
    assert_eq!(view.requests[0].summary, "bash: git push");

    story.event("permission.replied", &json!({"sessionID": "ses_3", "requestID": "per_2", "reply": "once"}));
    story.event("question.rejected", &json!({"sessionID": "ses_2", "requestID": "que_1"}));
    assert_eq!(story.state(), State::Working);
}

#[test]
fn who_stops_it_is_not_told_that_it_ended() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.event("permission.asked", &permission("per_1", CHAT));
    story.answer("msg_2", true, Some("MessageAbortedError"));
    story.status(CHAT, "idle");
    let view = story.view();
    assert_eq!((view.state, view.run.unwrap().outcome), (State::Done, Some(Outcome::Stopped)));
    assert_eq!(view.requests, [], "nothing waits where nothing runs");
    // opencode keeps it for ever, and tells it again to who asks.
    story.survey(Survey {
        directories: vec![DIRECTORY.into()],
        requests: vec![(RequestKind::Permission, DIRECTORY.into(), permission("per_1", CHAT))],
        ..Survey::default()
    });
    assert_eq!(story.view().requests, []);
}

#[test]
fn errors_are_said_whenever_they_are_told() {
    let failed = |story: &mut Story| {
        let view = story.view();
        assert_eq!(view.state, State::Failed);
        assert_eq!(view.error.unwrap().detail, "it broke");
    };
    let error =
        json!({"sessionID": CHAT, "error": {"name": "ProviderAuthError", "data": {"message": "it broke"}}});

    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.answer("msg_2", true, Some("APIError"));
    story.status(CHAT, "idle");
    failed(&mut story);

    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.answer("msg_2", false, None);
    story.status(CHAT, "idle");
    story.answer("msg_2", true, Some("APIError"));
    failed(&mut story);

    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.event("session.error", &error);
    story.status(CHAT, "idle");
    failed(&mut story);

    let mut story = Story::ready();
    story.event("session.error", &error);
    failed(&mut story);
    story.status(CHAT, "busy");
    assert_eq!(story.state(), State::Working, "the next run is another story");
}

#[test]
fn refusals_of_git_manager_are_said() {
    let mut story = Story::ready();
    let problem = json!({"title": "The clone failed", "detail": "GitHub does not know octo/hello."});
    story.record(json!({"state": "failed", "error": problem}));
    assert_eq!(story.view().error.unwrap().title, "The clone failed");

    let mut refused = prompt("msg_1", "failed");
    refused["error"] = json!({"title": "Not sent", "detail": "There is no such model."});
    story.record(json!({"prompts": [refused]}));
    let view = story.view();
    assert_eq!((view.state, view.error.unwrap().detail.as_str()), (State::Failed, "There is no such model."));
}

#[test]
fn a_crash_of_opencode_is_said_and_what_was_streamed_is_kept() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.answer("msg_2", false, None);
    story.stream("msg_2", "prt_1", &["half ", "an ", "answer"]);
    story.event("permission.asked", &permission("per_1", CHAT));
    assert_eq!(story.state(), State::NeedsYou);
    assert_eq!(story.world.candidates(&[], story.now()), [CHAT]);

    story.restart_of_opencode(assistant("msg_2", false));
    let view = story.view();
    assert_eq!((view.state, view.run.unwrap().outcome), (State::Interrupted, Some(Outcome::Interrupted)));
    assert_eq!(view.requests, []);
    assert_eq!(view.stale_requests[0].summary, "bash: git push");

    // opencode has forgotten the text; its part is empty or was never stored.
    for stored in [json!([]), json!([text_part("msg_2", "prt_1", "", false)])] {
        let mut messages = [
            json!({"info": user("msg_1"), "parts": []}),
            json!({"info": assistant("msg_2", false), "parts": stored}),
        ];
        let overlay = story.world.complete(CHAT, &mut messages);
        assert_eq!((overlay.interrupted, overlay.kept), (vec!["msg_2".to_owned()], vec!["prt_1".to_owned()]));
        assert_eq!(messages[1]["parts"][0]["text"], "half an answer");
        assert_eq!(messages[1]["parts"].as_array().unwrap().len(), 1);
    }

    // It goes on: nothing is stale any more, and the old answer stays marked.
    story.status(CHAT, "busy");
    let view = story.view();
    assert_eq!((view.state, view.stale_requests.len()), (State::Working, 0));
    let mut messages = [
        json!({"info": assistant("msg_2", false), "parts": []}),
        json!({"info": assistant("msg_4", false), "parts": []}),
    ];
    assert_eq!(story.world.complete(CHAT, &mut messages).interrupted, ["msg_2"]);
}

#[test]
fn a_prompt_that_was_never_begun_is_interrupted_too() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.restart_of_opencode(user("msg_1"));
    assert_eq!(story.state(), State::Interrupted);
}

#[test]
fn a_run_that_ended_while_nobody_listened_is_told_as_it_ended() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    let last = serde_json::from_value(assistant("msg_2", true)).unwrap();
    story.survey(Survey {
        directories: vec![DIRECTORY.into()],
        last_messages: [(CHAT.into(), last)].into(),
        ..Survey::default()
    });
    assert_eq!(story.state(), State::Unread);
}

#[test]
fn a_run_goes_on_through_a_break_of_the_stream_alone() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.answer("msg_2", false, None);
    story.stream("msg_2", "prt_1", &["one "]);
    let begun = story.view().run.unwrap().started_at;
    assert_eq!(story.world.directories_to_ask(&[], false, story.now()), [DIRECTORY]);
    story.world.note_gap();
    let last = serde_json::from_value(assistant("msg_2", false)).unwrap();
    story.survey(Survey {
        directories: vec![DIRECTORY.into()],
        statuses: [(CHAT.into(), Status::Busy)].into(),
        last_messages: [(CHAT.into(), last)].into(),
        ..Survey::default()
    });
    let view = story.view();
    assert_eq!((view.state, view.run.unwrap().started_at), (State::Working, begun));
    story.event(
        "message.part.delta",
        &json!({"sessionID": CHAT, "messageID": "msg_2", "partID": "prt_1", "field": "text", "delta": "three"}),
    );
    let mut messages = [json!({"info": assistant("msg_2", false), "parts": []})];
    let overlay = story.world.complete(CHAT, &mut messages);
    assert_eq!(messages[0]["parts"][0]["text"], "one  ⋯ three");
    assert_eq!(overlay.interrupted, Vec::<String>::new());
}

#[test]
fn both_died_and_the_next_relay_knows() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.answer("msg_2", false, None);
    story.stream("msg_2", "prt_1", &["half ", "an answer"]);
    story.changes();
    let memory = story.memory();

    let mut next = Story::remembering(memory);
    next.record(json!({}));
    assert_eq!(next.state(), State::Working, "until opencode was asked, what ran runs");
    let now = next.now();
    assert_eq!(next.world.candidates(&[], now), [CHAT]);
    let last = serde_json::from_value(assistant("msg_2", false)).unwrap();
    next.survey(Survey {
        restarted: true,
        sessions: vec![session_info(CHAT)],
        last_messages: [(CHAT.into(), last)].into(),
        ..Survey::default()
    });
    next.record(json!({}));
    assert_eq!(next.state(), State::Interrupted);
    let mut messages = [json!({"info": assistant("msg_2", false), "parts": []})];
    assert_eq!(next.world.complete(CHAT, &mut messages).kept, ["prt_1"]);
    assert_eq!(messages[0]["parts"][0]["text"], "half an answer");
}

#[test]
fn what_is_over_at_the_very_first_start_is_no_news() {
    let mut story = Story::new();
    let now = story.now();
    let sessions = vec![session_info(CHAT)];
    assert_eq!(story.world.candidates(&sessions, now), [CHAT]);
    let last = serde_json::from_value(assistant("msg_2", true)).unwrap();
    story.survey(Survey {
        restarted: true,
        sessions,
        last_messages: [(CHAT.into(), last)].into(),
        ..Survey::default()
    });
    assert_eq!(story.state(), State::Done);
}

#[test]
fn a_chat_that_is_looked_at_is_read_as_soon_as_that_is_sure() {
    let mut story = Story::ready();
    story.world.set_viewers(CHAT, 2);
    story.status(CHAT, "busy");
    story.world.confirm_look(CHAT);
    story.answer("msg_2", true, None);
    story.status(CHAT, "idle");
    let view = story.view();
    assert_eq!((view.state, view.viewers), (State::Unread, 2), "its network may have gone since");
    story.world.confirm_look(CHAT);
    assert_eq!(story.state(), State::Done);
    story.world.mark_read(CHAT, false);
    story.world.confirm_look(CHAT);
    assert_eq!(story.state(), State::Unread, "who marks it unread means it");
    story.world.set_viewers(CHAT, 0);
    story.world.confirm_look(CHAT);
    assert_eq!(story.state(), State::Done, "and who comes back reads it");
}

#[test]
fn what_goes_on_by_itself_does_so_a_few_times_only() {
    let mut story = Story::ready();
    let cut_off = |story: &mut Story, number: u32| {
        story.status(CHAT, "busy");
        story.answer(&format!("msg_{number}"), false, None);
        story.restart_of_opencode(assistant(&format!("msg_{number}"), false));
        assert_eq!(story.state(), State::Interrupted);
    };
    let plan = |story: &mut Story, id: &str| {
        let id = id.to_owned();
        story.world.plan_continuations(|| id.clone()).into_iter().map(|it| it.prompt).collect::<Vec<_>>()
    };
    cut_off(&mut story, 10);
    assert_eq!(plan(&mut story, "msg_a"), Vec::<String>::new(), "not unless it is wished");
    assert!(!story.view().continuing);
    story.world.continue_by_itself(2);
    assert!(story.view().continuing);
    assert_eq!(plan(&mut story, "msg_a"), ["msg_a"]);
    assert_eq!(plan(&mut story, "msg_b"), ["msg_a"], "the same until it was taken");
    story.record(json!({"prompts": [prompt("msg_a", "waiting")]}));
    story.changes();
    assert_eq!(plan(&mut story, "msg_b"), Vec::<String>::new(), "it is on its way");
    story.record(json!({}));
    cut_off(&mut story, 11);
    assert_eq!(plan(&mut story, "msg_b"), ["msg_b"]);
    cut_off(&mut story, 12);
    assert_eq!(plan(&mut story, "msg_c"), Vec::<String>::new(), "never into a loop");
    assert_eq!(story.view().continued, 2);
    // A person has a say, and the count begins anew.
    story.record(json!({"prompts": [prompt("msg_mine", "waiting")]}));
    story.record(json!({}));
    cut_off(&mut story, 13);
    assert_eq!(plan(&mut story, "msg_d"), ["msg_d"]);
}

#[test]
fn sessions_made_elsewhere_are_chats_unless_put_away() {
    let mut story = Story::new();
    story.survey(Survey::default());
    story.event("session.created", &session(CHAT, None));
    let view = story.view();
    assert_eq!((view.repo, view.directory.as_deref()), (None, Some(DIRECTORY)));
    let mut archived = session(CHAT, None);
    archived["info"]["time"]["archived"] = json!(1);
    story.event("session.updated", &archived);
    assert_eq!(story.changes(), [Change::Removed(CHAT.into())]);
}

#[test]
fn what_the_new_opencode_has_begun_before_it_was_asked_runs() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    let now = story.now();
    let mut young = session_info(CHAT);
    young.time.updated = 1_900_000_000_000.0;
    assert_eq!(story.world.directories_to_ask(&[young], true, now), [DIRECTORY]);
    assert_eq!(story.world.directories_to_ask(&[session_info("ses_old")], true, now), Vec::<String>::new());
    let last = serde_json::from_value(assistant("msg_4", false)).unwrap();
    story.survey(Survey {
        restarted: true,
        directories: vec![DIRECTORY.into()],
        statuses: [(CHAT.into(), Status::Busy)].into(),
        requests: vec![(RequestKind::Permission, DIRECTORY.into(), permission("per_9", CHAT))],
        last_messages: [(CHAT.into(), last)].into(),
        ..Survey::default()
    });
    assert_eq!(story.view().requests.len(), 1);
    assert_eq!(story.state(), State::NeedsYou);
}

#[test]
fn who_asks_runs() {
    let mut story = Story::ready();
    story.event("permission.asked", &permission("per_1", CHAT));
    assert_eq!(story.state(), State::NeedsYou);
}

#[test]
fn an_error_that_the_agent_survived_is_no_failure() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.event(
        "session.error",
        &json!({"sessionID": CHAT, "error": {"name": "ContextOverflowError", "data": {}}}),
    );
    story.answer("msg_3", true, None);
    story.status(CHAT, "idle");
    assert_eq!(story.state(), State::Unread);
}

#[test]
fn what_waited_when_everything_died_is_said_to_be_stale() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.event("permission.asked", &permission("per_1", CHAT));
    let mut next = Story::remembering(story.memory());
    next.record(json!({}));
    next.restart_of_opencode(assistant("msg_2", false));
    let stale: Vec<_> = next.view().stale_requests.iter().map(|request| request.id.clone()).collect();
    assert_eq!(stale, ["per_1"]);
}

#[test]
fn what_was_stopped_or_told_stays_so_after_a_restart() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.event(
        "session.error",
        &json!({"sessionID": CHAT, "error": {"name": "MessageAbortedError", "data": {}}}),
    );
    story.status(CHAT, "idle");
    story.restart_of_opencode(user("msg_1"));
    assert_eq!(story.state(), State::Done);

    story.status(CHAT, "busy");
    story.restart_of_opencode(user("msg_1"));
    let run = story.view().run;
    story.restart_of_opencode(user("msg_1"));
    assert_eq!(story.view().run, run, "one interruption, told once");
}

#[test]
fn a_continuation_that_is_refused_is_not_tried_for_ever() {
    let mut story = Story::ready();
    story.world.continue_by_itself(3);
    story.status(CHAT, "busy");
    story.restart_of_opencode(assistant("msg_2", false));
    assert!(story.view().continuing);
    story.world.plan_continuations(|| "msg_a".into());
    story.world.give_up_continuation(CHAT);
    assert!(!story.view().continuing);
    assert_eq!(story.world.plan_continuations(|| "msg_b".into()), []);
}

#[test]
fn an_answer_of_before_the_last_run_is_no_news() {
    let mut story = Story::ready();
    // Stopped before its first message, after an answer that was read long ago.
    story.status(CHAT, "busy");
    story.event(
        "session.error",
        &json!({"sessionID": CHAT, "error": {"name": "MessageAbortedError", "data": {}}}),
    );
    story.status(CHAT, "idle");
    story.restart_of_opencode(assistant("msg_old", true));
    assert_eq!(story.state(), State::Done);
}
