//! Spoiled JSON of opencode's: nothing of it is lost or invented, however it is cut.

use ocweb_fuzz::{assert_linear, cases, pieces, spoiled, spoiled_text};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::Value;

use crate::{ContentCutter, MessageId, Piece, SessionId, whole_characters};

const JSON: &[&[u8]] = &[
    br#"{"parts":[{"url":"data:image/png;base64,AAAAAAAAAAAA","text":"a"},{"url":"data:x"}]}"#,
    br#"{"text":"\"url\":\"data:","output":"\ud83d\ude00 \\ud83d \ud83d"}"#,
    br#""url":"data:"url":"data:","#,
];
const IDS: &[&str] = &["ses_e03c139b4ffeQ0mYk1TqW9ZbXc", "msg_0123456789abAAAAAAAAAAAAAA", "ses_"];

/// What the cutter makes of bytes that come in pieces, with the contents put back.
fn put_together(pieces: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
    let (mut cutter, mut slim, mut whole) = (ContentCutter::default(), Vec::new(), Vec::new());
    for bytes in pieces {
        cutter.push(bytes, |piece| match piece {
            Piece::Json(bytes) => {
                slim.extend_from_slice(bytes);
                let is_mark = bytes.starts_with(b"ocweb-content,");
                whole.extend_from_slice(if is_mark { b"" } else { bytes });
            }
            Piece::Content(_, bytes) => whole.extend_from_slice(bytes),
        });
    }
    (slim, whole)
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn contents_that_are_taken_out_are_the_same_however_they_are_cut(
        bytes in spoiled(JSON), large in 0..3000_usize, cuts in vec(any::<Index>(), 0..8),
    ) {
        let mark = b"AAAA";
        let at = bytes.windows(mark.len()).position(|window| window == mark).unwrap_or(0);
        let bytes = [&bytes[..at], &vec![b'A'; large], &bytes[at..]].concat();
        let (slim, whole) = put_together(&[&bytes]);
        prop_assert_eq!(put_together(&pieces(&bytes, &cuts)), (slim, whole.clone()));
        // What is held back at the end of unfinished JSON is not there yet; the rest is what came in.
        prop_assert!(bytes.starts_with(&whole) || bytes.windows(14).any(|window| window == b"ocweb-content,"));
    }

    #[test]
    fn half_characters_and_nothing_else_are_replaced(bytes in spoiled(JSON)) {
        let whole = whole_characters(&bytes);
        prop_assert_eq!(whole.len(), bytes.len());
        prop_assert_eq!(&*whole_characters(&whole), &*whole);
        if let Ok(read) = serde_json::from_slice::<Value>(&bytes) {
            prop_assert_eq!(serde_json::from_slice::<Value>(&whole).ok(), Some(read));
        }
    }

    #[test]
    fn identifiers(text in spoiled_text(IDS)) {
        if let Ok(id) = text.parse::<SessionId>() {
            prop_assert_eq!(id.as_str(), &text);
            prop_assert!(text.starts_with("ses_") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        }
        if let Ok(id) = text.parse::<MessageId>() {
            prop_assert_eq!(id.as_str(), text);
        }
    }
}

#[test]
fn long_inputs_take_no_longer_than_they_are() {
    for piece in ["\\ud83d", "\\", "\"url\":\"data:", "\"url\":\"data:x\",", "\"", "AAAA"] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("characters", long, |text| whole_characters(text.as_bytes()).len());
        assert_linear("contents", long, |text| put_together(&[text.as_bytes()]));
        assert_linear("contents in pieces", long, |text| {
            put_together(&text.as_bytes().chunks(3).collect::<Vec<_>>())
        });
    }
}
