//! Half characters in opencode's JSON.
//!
//! JavaScript counts in UTF-16 and lets a text be cut between the two units of one character, as happens when a title or
//! an output is shortened. The half is then written as `\ud83d`, which is no character, and no Rust text can hold it.

use std::borrow::Cow;

/// In the place of half a character.
const REPLACEMENT: &[u8] = br"\ufffd";
/// The length of an escape such as `\ud83d`.
const LENGTH: usize = REPLACEMENT.len();

/// The same JSON with a replacement character for each half character.
pub fn whole_characters(json: &[u8]) -> Cow<'_, [u8]> {
    let mut whole = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(found) = json[at..].iter().position(|&byte| byte == b'\\') {
        at += found;
        at += match (surrogate(&json[at..]), json.get(at + LENGTH..).and_then(surrogate)) {
            (Some(Half::First), Some(Half::Second)) => 2 * LENGTH,
            (Some(_), _) => {
                whole.to_mut()[at..at + LENGTH].copy_from_slice(REPLACEMENT);
                LENGTH
            }
            // A backslash and what it escapes.
            (None, _) => 2,
        };
        if at >= json.len() {
            break;
        }
    }
    whole
}

#[derive(Clone, Copy)]
enum Half {
    First,
    Second,
}

/// Which half of a character a text begins with, if it begins with one.
fn surrogate(text: &[u8]) -> Option<Half> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    match unit {
        0xd800..=0xdbff => Some(Half::First),
        0xdc00..=0xdfff => Some(Half::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_halves_are_replaced() {
        for (json, expected) in [
            (r#""\ud83d\ude00""#, "😀"),
            (r#""a\ud83d""#, "a\u{fffd}"),
            (r#""\ude00a""#, "\u{fffd}a"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\\ud83d""#, r"\ud83d"),
            (r#""\\\ud83dx\n""#, "\\\u{fffd}x\n"),
            (r#""é\u00e9😀""#, "éé😀"),
        ] {
            let whole = whole_characters(json.as_bytes());
            assert_eq!(serde_json::from_slice::<String>(&whole).ok().as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn whatever_comes_is_survived() {
        for json in [r"\", r"\u", r"\ud83", r"\ud83d\", r"\ud83d\ude0", "", r"\\"] {
            assert_eq!(whole_characters(json.as_bytes()).len(), json.len());
        }
    }
}
