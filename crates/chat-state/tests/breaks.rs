//! What a world says after a break: opencode died, the relay died, or only the stream between them.

use crate::story::*;
use ocweb_chat_state::{Outcome, RequestKind, State, Status, Survey};
use serde_json::json;

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
