//! Text that somebody answers for, with nothing in it unseen, as the page shows it too (`web/src/shared/visible.ts`).

use std::fmt::Write;

/// `text` with each character that shows nothing, looks like a space or turns the order of others around named, as
/// ⟨U+202E⟩.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unseen(character) {
            // Writing into a string does not fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Controls but line ends and tabs, formats, fillers, and spaces that are no plain ones.
fn is_unseen(character: char) -> bool {
    match character {
        '\n' | '\r' | '\t' | ' ' => false,
        _ if character.is_control() || character.is_whitespace() => true,
        '\u{ad}'
        | '\u{34f}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'..='\u{891}'
        | '\u{8e2}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{110bd}'
        | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_or_reorders_is_named_and_nothing_else() {
        assert_eq!(visible("rm \u{202e}atad\u{202c}"), "rm ⟨U+202E⟩atad⟨U+202C⟩");
        assert_eq!(visible("a\0\u{1b}\u{85}\u{a0}\u{2028}"), "a⟨U+0000⟩⟨U+001B⟩⟨U+0085⟩⟨U+00A0⟩⟨U+2028⟩");
        assert_eq!(visible("x\u{e0072}\u{200b}"), "x⟨U+E0072⟩⟨U+200B⟩");
        let seen = "git commit -m \"Grüße, 世界 😀\"\n\tls";
        assert_eq!(visible(seen), seen);
    }
}
