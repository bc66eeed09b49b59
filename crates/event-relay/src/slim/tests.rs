//! A conversation told slimly is the same conversation.

use std::time::Duration;

use serde_json::json;

use super::*;

const WINDOW: Duration = texts::WINDOW;

fn take(slimmer: &mut Slimmer, kind: &str, properties: &Value, now: Instant) -> Vec<Value> {
    let data = json!({"directory": "/a", "payload": {"type": kind, "properties": properties}}).to_string();
    let event = Event::read(data.as_bytes()).unwrap();
    read(slimmer.take(&event, now))
}

fn read(outgoing: Vec<Outgoing>) -> Vec<Value> {
    outgoing.into_iter().map(|outgoing| serde_json::from_str(&outgoing.json).unwrap()).collect()
}

fn delta(part: &str, text: &str) -> Value {
    json!({"sessionID": "ses_1", "messageID": "msg_1", "partID": part, "field": "text", "delta": text})
}

fn texts(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["properties"]["delta"].as_str().unwrap_or("-")).collect()
}

fn text_part(text: &str, end: Option<u32>) -> Value {
    let mut part = json!({
        "id": "prt_1", "sessionID": "ses_1", "messageID": "msg_1", "type": "text", "text": text, "time": {"start": 1},
    });
    if let Some(end) = end {
        part["time"]["end"] = end.into();
    }
    json!({"sessionID": "ses_1", "part": part, "time": 1})
}

#[test]
fn the_first_word_goes_out_at_once_and_the_next_ones_together() {
    let mut slimmer = Slimmer::default();
    let begin = Instant::now();
    let words: Vec<String> = (0..100).map(|word| format!("w{word} ")).collect();
    let (mut sent, mut latest) = (Vec::new(), Duration::ZERO);
    for (at, word) in words.iter().enumerate() {
        let now = begin + Duration::from_millis(10) * u32::try_from(at).unwrap();
        if slimmer.deadline().is_some_and(|deadline| deadline <= now) {
            latest = latest.max(now - slimmer.deadline().unwrap());
            sent.append(&mut read(slimmer.due(now)));
        }
        sent.append(&mut take(&mut slimmer, "message.part.delta", &delta("prt_1", word), now));
        assert_eq!(sent.len(), 1 + at / 5, "the first at once, and then one for each window");
    }
    assert!(latest < WINDOW);
    sent.append(&mut read(slimmer.flush("ses_1", begin + Duration::from_secs(2))));
    assert_eq!(texts(&sent).concat(), words.concat());
    assert!(sent.len() <= 100 * 10 / 50 + 2, "{}", sent.len());
    assert_eq!(slimmer.deadline(), None);
}

#[test]
fn two_texts_do_not_mix() {
    let mut slimmer = Slimmer::default();
    let now = Instant::now();
    for (part, text) in [("prt_1", "a"), ("prt_2", "1"), ("prt_1", "b"), ("prt_2", "2"), ("prt_1", "c")] {
        take(&mut slimmer, "message.part.delta", &delta(part, text), now);
    }
    let due = read(slimmer.due(now + WINDOW));
    assert_eq!(texts(&due), ["bc", "2"]);
}

#[test]
fn what_waits_goes_out_before_what_happens_to_its_text() {
    let mut slimmer = Slimmer::default();
    let now = Instant::now();
    take(&mut slimmer, "message.part.delta", &delta("prt_1", "a"), now);
    take(&mut slimmer, "message.part.delta", &delta("prt_1", "b"), now);
    let sent = take(&mut slimmer, "message.part.updated", &text_part("", None), now);
    assert_eq!(texts(&sent), ["b", "-"]);
}

#[test]
fn the_end_of_a_text_has_all_of_it() {
    let mut slimmer = Slimmer::default();
    let now = Instant::now();
    take(&mut slimmer, "message.part.delta", &delta("prt_1", "a"), now);
    take(&mut slimmer, "message.part.delta", &delta("prt_1", "b"), now);
    let sent = take(&mut slimmer, "message.part.updated", &text_part("ab", Some(2)), now);
    assert_eq!(texts(&sent), ["-"]);
    assert_eq!(slimmer.deadline(), None);
}

#[test]
fn a_text_that_is_removed_takes_what_waits_with_it() {
    let mut slimmer = Slimmer::default();
    let now = Instant::now();
    take(&mut slimmer, "message.part.delta", &delta("prt_1", "a"), now);
    take(&mut slimmer, "message.part.delta", &delta("prt_1", "b"), now);
    let removed = json!({"sessionID": "ses_1", "messageID": "msg_1", "partID": "prt_1"});
    assert_eq!(take(&mut slimmer, "message.part.removed", &removed, now).len(), 1);
    assert_eq!(slimmer.deadline(), None);
}

#[test]
fn a_delta_that_cannot_be_read_goes_through_as_it_is() {
    let mut slimmer = Slimmer::default();
    let data = r#"{"payload":{"type":"message.part.delta","properties":{"sessionID":"ses_1","messageID":"msg_1","partID":"prt_1","field":"text","delta":"\ud83d"}}}"#;
    let event = Event::read(data.as_bytes()).unwrap();
    let sent = slimmer.take(&event, Instant::now());
    assert!(sent[0].json.contains(r#""delta":"\ud83d""#), "half a character of a model that cuts them");
}

#[test]
fn what_was_told_is_not_told_again() {
    let mut slimmer = Slimmer::default();
    let now = Instant::now();
    let busy = json!({"sessionID": "ses_1", "status": {"type": "busy"}});
    let idle = json!({"sessionID": "ses_1", "status": {"type": "idle"}});
    let other = json!({"sessionID": "ses_2", "status": {"type": "busy"}});
    let mut told = |properties: &Value| take(&mut slimmer, "session.status", properties, now).len();
    assert_eq!([told(&busy), told(&busy), told(&other), told(&idle), told(&busy)], [1, 0, 1, 1, 1]);
    let message = |cost: u32| json!({"sessionID": "ses_1", "info": {"id": "msg_1", "cost": cost}});
    let mut told = |properties: &Value| take(&mut slimmer, "message.updated", properties, now).len();
    assert_eq!([told(&message(1)), told(&message(1)), told(&message(2))], [1, 0, 1]);
    let removed = json!({"sessionID": "ses_1", "messageID": "msg_1"});
    take(&mut slimmer, "message.removed", &removed, now);
    assert_eq!(take(&mut slimmer, "message.updated", &message(2), now).len(), 1);
}

fn running(output: &str, title: &str) -> Value {
    json!({"sessionID": "ses_1", "time": output.len(), "part": {
        "id": "prt_1", "sessionID": "ses_1", "messageID": "msg_1", "type": "tool", "tool": "bash",
        "state": {"status": "running", "title": title, "metadata": {"output": output}},
    }})
}

/// The page's side.
fn show(output: &mut String, event: &Value) {
    let properties = &event["properties"];
    if event["type"] == "message.part.updated" {
        properties["part"]["state"]["metadata"]["output"].as_str().unwrap().clone_into(output);
        return;
    }
    assert_eq!(event["type"], "message.part.output");
    let number = |name: &str| usize::try_from(properties[name].as_u64().unwrap()).unwrap();
    let old: Vec<u16> = output.encode_utf16().collect();
    let mut new = old[..number("head")].to_vec();
    new.extend_from_slice(&old[number("from")..]);
    new.extend(properties["append"].as_str().unwrap().encode_utf16());
    *output = String::from_utf16(&new).unwrap();
}

/// Line by line, 200 a second, and only the last 30,000 characters are kept, as opencode does.
#[test]
fn a_megabyte_of_output_costs_a_part_of_it() {
    let mut slimmer = Slimmer::default();
    let begin = Instant::now();
    let (mut whole, mut shown, mut sent) = (String::new(), String::new(), 0);
    let mut now = begin;
    for line in 0..20_000 {
        now += Duration::from_millis(1);
        whole += &["line ", &line.to_string(), " of an output that grows and grows 😀\n"].concat();
        if line % 100 != 99 {
            continue;
        }
        let output = match whole.len().checked_sub(30_000) {
            None | Some(0) => whole.clone(),
            Some(cut) => format!("...\n\n{}", &whole[whole.ceil_char_boundary(cut)..]),
        };
        let mut events = read(slimmer.due(now));
        events.append(&mut take(&mut slimmer, "message.part.updated", &running(&output, "run"), now));
        for event in &events {
            sent += event.to_string().len();
            show(&mut shown, event);
        }
        let parts = slimmer.running_tools("ses_1");
        assert_eq!(parts[0]["state"]["metadata"]["output"], *shown, "a transcript has what the page has");
    }
    for event in read(slimmer.due(now + Duration::from_secs(5))) {
        show(&mut shown, &event);
    }
    assert!(whole.len() > 900_000, "{}", whole.len());
    assert!(whole.ends_with(&shown[10..]) && shown.len() > 29_000, "the last state arrives");
    assert!(sent < 450_000, "{sent} bytes before they are compressed");
    assert_eq!(slimmer.deadline(), None);
}

#[test]
fn anything_else_that_changes_comes_whole() {
    let mut slimmer = Slimmer::default();
    let now = Instant::now();
    let mut kinds = |properties: &Value, now: Instant| -> Vec<String> {
        let events = take(&mut slimmer, "message.part.updated", properties, now);
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&running("a", "one"), now), ["message.part.updated"]);
    assert_eq!(kinds(&running("ab", "one"), now), [] as [&str; 0]);
    assert_eq!(kinds(&running("abc", "two"), now), ["message.part.updated"]);
    assert_eq!(kinds(&running("abcd", "two"), now + Duration::from_secs(1)), ["message.part.output"]);
    let mut completed = running("abcd", "two");
    completed["part"]["state"]["status"] = "completed".into();
    assert_eq!(kinds(&completed, now), ["message.part.updated"]);
    assert_eq!(kinds(&running("abcde", "two"), now + Duration::from_secs(2)), ["message.part.updated"]);
}
