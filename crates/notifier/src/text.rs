//! Texts made to fit: one line, and no longer than a receiver takes.

/// `text` on one line, without control characters.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The beginning of `text` that fits into `limit` bytes, with an ellipsis when something was cut.
pub(crate) fn clip_bytes(text: &str, limit: usize) -> String {
    clip(text, limit, char::len_utf8)
}

/// The beginning of `text` that fits into `limit` UTF-16 units, with an ellipsis when something was cut.
/// That is what JavaScript counts, and never less than the number of characters.
pub(crate) fn clip_units(text: &str, limit: usize) -> String {
    clip(text, limit, char::len_utf16)
}

fn clip(text: &str, limit: usize, size: fn(char) -> usize) -> String {
    const ELLIPSIS: char = '…';
    if text.chars().map(size).sum::<usize>() <= limit {
        return text.to_owned();
    }
    let mut room = limit.saturating_sub(size(ELLIPSIS));
    let kept = text.chars().take_while(|&c| {
        let fits = size(c) <= room;
        room = room.saturating_sub(size(c));
        fits
    });
    kept.chain([ELLIPSIS]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_character_and_never_too_long() {
        assert_eq!(clip_bytes("short", 5), "short");
        assert_eq!(clip_bytes("longer", 5), "lo…");
        assert_eq!(clip_bytes("ééééé", 8), "éé…");
        assert_eq!(clip_units("😀😀😀", 5), "😀😀…");
        for limit in 3..40 {
            assert!(clip_bytes(&"a😀é".repeat(10), limit).len() <= limit);
            assert!(clip_units(&"a😀é".repeat(10), limit).encode_utf16().count() <= limit);
        }
    }

    #[test]
    fn a_line_has_no_breaks() {
        assert_eq!(one_line(" a\n\tb\u{7} c\r\n"), "a b c");
    }
}
