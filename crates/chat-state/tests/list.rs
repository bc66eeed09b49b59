//! What a list says of a chat besides its state: its last line, whether it is put away, shared or taken back.

use crate::story::*;
use ocweb_chat_state::{Change, Revert, State, Survey};
use serde_json::{Value, json};

fn line(story: &mut Story) -> Option<String> {
    story.view().last_line
}

fn part(part: &Value) -> Value {
    json!({"sessionID": CHAT, "part": part, "time": 1})
}

#[test]
fn the_last_line_is_the_prompts_and_then_the_answers() {
    let mut story = Story::ready();
    assert_eq!(line(&mut story), None);
    story.record(json!({"prompts": [prompt("msg_1", "waiting")]}));
    assert_eq!(line(&mut story).as_deref(), Some("now"), "it is to be said as soon as it can");
    story.record(json!({}));
    let mut asked = text_part("msg_1", "prt_1", "do it\n\nplease", true);
    asked.as_object_mut().unwrap().remove("time");
    story.event("message.part.updated", &part(&asked));
    let mut aside = asked.clone();
    aside["text"] = json!("what opencode adds");
    aside["synthetic"] = json!(true);
    story.event("message.part.updated", &part(&aside));
    assert_eq!(line(&mut story).as_deref(), Some("please"));

    story.status(CHAT, "busy");
    story.stream("msg_2", "prt_2", &["I ", "am ", "done"]);
    assert_eq!(line(&mut story).as_deref(), Some("please"), "not of what still streams");
    story.changes();
    let ended = text_part("msg_2", "prt_2", "I am done.\n\n- **All** tests pass\n", true);
    story.event("message.part.updated", &part(&ended));
    let changes = story.changes();
    assert!(
        matches!(&changes[..], [Change::Changed(view)] if view.last_line.as_deref() == Some("All tests pass"))
    );
    story.event("message.part.updated", &part(&ended));
    assert_eq!(story.changes(), [], "told again, it is no news");
}

#[test]
fn reasoning_and_subagents_have_no_say() {
    let mut story = Story::ready();
    let mut thought = text_part("msg_2", "prt_1", "hm", true);
    thought["type"] = json!("reasoning");
    story.event("message.part.updated", &part(&thought));
    story.event("session.created", &session("ses_2", Some(CHAT)));
    let mut said = text_part("msg_3", "prt_2", "between us", true);
    said["sessionID"] = json!("ses_2");
    story.event("message.part.updated", &json!({"sessionID": "ses_2", "part": said, "time": 1}));
    assert_eq!(line(&mut story), None);
}

#[test]
fn what_was_streamed_of_an_answer_that_was_cut_off_is_its_line() {
    let mut story = Story::ready();
    story.status(CHAT, "busy");
    story.stream("msg_2", "prt_1", &["one\n", "two thr"]);
    story.restart_of_opencode(assistant("msg_2", false));
    assert_eq!((story.state(), line(&mut story).as_deref()), (State::Interrupted, Some("two thr")));
}

#[test]
fn it_survives_a_restart_and_what_was_missed_is_asked() {
    let mut story = Story::ready();
    story.event("message.part.updated", &part(&text_part("msg_2", "prt_1", "before", true)));
    let mut next = Story::remembering(story.memory());
    next.record(json!({}));
    assert_eq!(line(&mut next).as_deref(), Some("before"));
    next.survey(Survey {
        last_parts: [(CHAT.into(), vec![text_part("msg_4", "prt_4", "meanwhile", true)])].into(),
        ..Survey::default()
    });
    assert_eq!(line(&mut next).as_deref(), Some("meanwhile"));
}

#[test]
fn what_is_put_away_here_or_in_opencode_is_told_so() {
    let mut story = Story::ready();
    assert!(!story.view().archived);
    story.record(json!({"archived": true}));
    assert!(story.view().archived);
    let mut info = session(CHAT, None);
    info["info"]["time"]["archived"] = json!(1);
    story.event("session.updated", &info);
    story.record(json!({"archived": false}));
    assert!(!story.view().archived, "what was said here holds");
    story.record(json!({"repo": null, "archived": null}));
    assert!(story.view().archived);
}

#[test]
fn what_is_shared_or_taken_back_is_told() {
    let mut story = Story::ready();
    let mut info = session(CHAT, None);
    info["info"]["share"] = json!({"url": "https://opncd.ai/s/1"});
    info["info"]["revert"] = json!({"messageID": "msg_3", "snapshot": "abc", "diff": "…"});
    story.event("session.updated", &info);
    let view = story.view();
    assert_eq!(view.share_url.as_deref(), Some("https://opncd.ai/s/1"));
    assert_eq!(view.revert, Some(Revert { message_id: "msg_3".into(), part_id: None }));
    story.event("session.updated", &session(CHAT, None));
    let view = story.view();
    assert_eq!((view.share_url, view.revert), (None, None));
}
