//! Spoiled streams of opencode's, and spoiled words of clients.

use std::time::Instant;

use ocweb_fuzz::{assert_linear, cases, pieces, spoiled, spoiled_text};
use ocweb_opencode_client::whole_characters;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::Value;

use crate::{
    number::Number,
    slim::Slimmer,
    upstream::{Event, Parser},
};

const STREAMS: &[&[u8]] = &[
    b": hello\n\ndata: {\"a\":1}\n\nevent: x\r\ndata: one\r\ndata:two\r\n\r\nid: 4\n\ndata\n\ndata: last\n\n",
    b"data: {\"url\":\"data:image/png;base64,AAAA\"}\n\ndata:\n\n",
];
const EVENTS: &[&[u8]] = &[
    br#"{"directory":"/d","payload":{"id":"evt_1","type":"message.part.delta","properties":{"sessionID":"ses_1","messageID":"msg_1","partID":"prt_1","field":"text","delta":"one"}}}"#,
    br#"{"directory":"/d","payload":{"type":"message.part.updated","properties":{"sessionID":"ses_1","part":{"id":"prt_1","sessionID":"ses_1","messageID":"msg_1","type":"tool","state":{"status":"running","metadata":{"output":"a\nb"}}}}}}"#,
    br#"{"directory":"/d","payload":{"type":"message.part.removed","properties":{"sessionID":"ses_1","messageID":"msg_1","partID":"prt_1"}}}"#,
    br#"{"directory":"/d","payload":{"type":"session.status","properties":{"sessionID":"ses_1","status":{"type":"busy"}}}}"#,
    br#"{"payload":{"type":"plugin.added","properties":{"id":"x"}}}"#,
];

fn events(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut parser, mut found) = (Parser::default(), Vec::new());
    for piece in pieces {
        parser.push(piece, |data| found.push(data.to_vec()));
    }
    found
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut(bytes in spoiled(STREAMS), cuts in vec(any::<Index>(), 0..10)) {
        prop_assert_eq!(events(&pieces(&bytes, &cuts)), events(&[&bytes]));
    }

    #[test]
    fn what_is_left_out_unread_is_of_no_use(data in spoiled(EVENTS)) {
        if Event::is_noise(&data) {
            prop_assert!(Event::read(&data).is_none(), "{}", String::from_utf8_lossy(&data));
        }
    }

    #[test]
    fn what_goes_out_is_json(stream in vec(spoiled(EVENTS), 1..6)) {
        let mut slimmer = Slimmer::default();
        let now = Instant::now();
        let mut sent = Vec::new();
        for data in &stream {
            if let Some(event) = Event::read(&whole_characters(data)) {
                sent.extend(slimmer.take(&event, now));
            }
        }
        sent.extend(slimmer.flush("ses_1", now));
        for outgoing in sent {
            prop_assert!(serde_json::from_str::<Value>(&outgoing.json).is_ok(), "{}", outgoing.json);
        }
    }

    #[test]
    fn numbers(text in spoiled_text(&["1f2e3d4c-123", "0-0", "ffffffff-18446744073709551615"])) {
        if let Ok(number) = text.parse::<Number>() {
            prop_assert_eq!(number.to_string().parse(), Ok(number));
        }
    }
}

#[test]
fn long_streams_take_no_longer_than_they_are() {
    for piece in ["data: x\n", "data: x\n\n", "\n", "x", ":\r\n", "data:"] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("a stream", long, |text| events(&[text.as_bytes()]));
        assert_linear("a stream in pieces", long, |text| {
            events(&text.as_bytes().chunks(7).collect::<Vec<_>>())
        });
    }
}
