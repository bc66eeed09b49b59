//! Whatever comes, in whatever order: nothing panics, and after a restart of opencode nothing is said to run.

use ocweb_chat_state::{Change, Event, Memory, State, Survey, World};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

const SESSIONS: [&str; 4] = ["ses_1", "ses_2", "ses_3", "ses_loop"];

/// An event of one of a few sessions, of which some are each other's subagents, one even its own.
fn event() -> impl Strategy<Value = (String, Value)> {
    let session = prop::sample::select(&SESSIONS[..]);
    let message = prop::sample::select(&["msg_1", "msg_2"][..]);
    let status = prop::sample::select(&["busy", "idle", "retry"][..]);
    let request = prop::sample::select(&["per_1", "que_1"][..]);
    (session, message, status, request, any::<bool>(), 0..10).prop_map(
        |(session, message, status, request, flag, kind)| {
            let parent = match session {
                "ses_2" => Some("ses_1"),
                "ses_3" => Some("ses_2"),
                "ses_loop" => Some("ses_loop"),
                _ => None,
            };
            let session_info = json!({"id": session, "parentID": parent, "directory": "/w", "title": "",
                "time": {"created": 1, "updated": 1}});
            let mut info = json!({"id": message, "sessionID": session, "role": "assistant", "time": {"created": 1}});
            if flag {
                info["time"]["completed"] = 2.into();
            }
            let mut part = json!({"id": "prt_1", "messageID": message, "sessionID": session, "type": "text", "text": "a\n\n"});
            if flag {
                part["time"] = json!({"start": 1});
            }
            let (kind, properties) = match kind {
                0 => ("session.created", json!({"sessionID": session, "info": session_info})),
                1 | 2 => (
                    "session.status",
                    json!({"sessionID": session, "status": {"type": status, "attempt": 1, "message": "", "next": 1}}),
                ),
                3 => ("session.error", json!({"sessionID": session, "error": {"name": "E"}})),
                4 => ("message.updated", json!({"sessionID": session, "info": info})),
                5 => ("message.part.updated", json!({"sessionID": session, "part": part})),
                6 => ("message.part.delta", json!({"partID": "prt_1", "field": "text", "delta": "b"})),
                7 => ("permission.asked", json!({"id": request, "sessionID": session})),
                8 => ("permission.replied", json!({"sessionID": session, "requestID": request})),
                _ => ("session.deleted", json!({"sessionID": session})),
            };
            (kind.to_owned(), properties)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_lies(events in prop::collection::vec(event(), 0..60)) {
        let mut world = World::new(Memory::default());
        let mut now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        world.survey(Survey::default(), now);
        for (kind, properties) in events {
            now += Duration::seconds(1);
            world.apply(Event::read(&kind, &properties.to_string()).unwrap(), "/w", now);
            for change in world.take_changes(now) {
                if let Change::Changed(view) = change {
                    prop_assert_eq!(view.state == State::NeedsYou, !view.requests.is_empty());
                    let runs = matches!(view.state, State::Working | State::Retrying | State::NeedsYou);
                    prop_assert!(runs || view.run.is_none_or(|run| run.outcome.is_some()));
                    prop_assert!(view.last_line.is_none_or(|line| line.trim_end_matches('b') == "a" || line.trim_matches('b').is_empty()));
                }
            }
        }
        let memory = serde_json::to_string(world.take_memory(now).unwrap()).unwrap();
        let restart = Survey { restarted: true, ..Survey::default() };
        world.survey(restart, now);
        world.take_changes(now);
        for view in world.views() {
            let runs = matches!(view.state, State::Working | State::Retrying | State::NeedsYou);
            prop_assert!(!runs, "{:?}", view);
            prop_assert!(view.requests.is_empty());
        }
        prop_assert!(serde_json::from_str::<Memory>(&memory).is_ok());
    }
}
