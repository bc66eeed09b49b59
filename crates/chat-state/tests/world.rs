//! What a world says of its chats, told as stories of events.

use crate::story::*;
use ocweb_chat_state::{Change, Outcome, RequestKind, State, Survey};
use serde_json::json;

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
fn sessions_made_elsewhere_are_chats_until_they_are_deleted() {
    let mut story = Story::new();
    story.survey(Survey::default());
    story.event("session.created", &session(CHAT, None));
    let view = story.view();
    assert_eq!((view.repo, view.directory.as_deref()), (None, Some(DIRECTORY)));
    // git-manager's record of it may stay longer.
    story.record(json!({"repo": null}));
    story.event("session.deleted", &json!({"sessionID": CHAT, "info": {"id": CHAT}}));
    assert_eq!(story.changes(), [Change::Removed(CHAT.into())]);
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
