//! What was added to a text of which only the end may be left.
//!
//! opencode keeps the last 30,000 characters or so of a command's output, behind `...\n\n` once something was
//! dropped. So what comes next begins as the old text did, goes on with a later piece of it, and ends with what is new.

use serde::Serialize;

/// `old.slice(0, head) + old.slice(from) + append` is the new text; counted in UTF-16 units, as JavaScript does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Increment<'a> {
    head: usize,
    from: usize,
    append: &'a str,
}

impl<'a> Increment<'a> {
    /// The shortest way from `old` to `new`, found in linear time.
    pub(super) fn between(old: &str, new: &'a str) -> Self {
        let head = common_beginning(old, new);
        let (old_rest, new_rest) = (&old[head..], &new[head..]);
        let kept = overlap(old_rest.as_bytes(), new_rest.as_bytes());
        let from = old.len() - kept;
        Self { head: units(&old[..head]), from: units(&old[..from]), append: &new_rest[kept..] }
    }
}

fn common_beginning(old: &str, new: &str) -> usize {
    let same = old.bytes().zip(new.bytes()).take_while(|(old, new)| old == new).count();
    // Two characters can begin with the same bytes.
    (0..=same).rev().find(|&at| old.is_char_boundary(at) && new.is_char_boundary(at)).unwrap_or(0)
}

/// How many bytes at the end of `old` are the beginning of `new` (Knuth, Morris and Pratt's way). Both begin with a
/// whole character, so the overlap does too.
fn overlap(old: &[u8], new: &[u8]) -> usize {
    let mut borders = vec![0; new.len()];
    for at in 1..new.len() {
        borders[at] = extend(&borders, new, borders[at - 1], new[at]);
    }
    // An overlap is no longer than the shorter one.
    let old = &old[old.len().saturating_sub(new.len())..];
    old.iter().fold(0, |matched, &byte| extend(&borders, new, matched, byte))
}

/// The longest beginning of `pattern` that ends with `byte`, when `matched` bytes of it came before.
fn extend(borders: &[usize], pattern: &[u8], mut matched: usize, byte: u8) -> usize {
    loop {
        if pattern.get(matched) == Some(&byte) {
            return matched + 1;
        }
        if matched == 0 {
            return 0;
        }
        matched = borders[matched - 1];
    }
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the page does.
    fn apply(old: &str, increment: &Increment<'_>) -> String {
        let old: Vec<u16> = old.encode_utf16().collect();
        let mut new = old[..increment.head].to_vec();
        new.extend_from_slice(&old[increment.from..]);
        new.extend(increment.append.encode_utf16());
        String::from_utf16(&new).expect("no character is cut in two")
    }

    #[test]
    fn what_a_growing_output_costs() {
        let added = |old: &str, new: &str| {
            let increment = Increment::between(old, new);
            assert_eq!(apply(old, &increment), new);
            increment.append.len()
        };
        assert_eq!(added("", "one\n"), 4);
        assert_eq!(added("one\n", "one\ntwo\n"), 4);
        assert_eq!(added("one\n", "one\n"), 0);
        assert_eq!(
            added("...\n\nline 1\nline 2\nline 3\n", "...\n\nline 2\nline 3\nline 4\n"),
            "line 4\n".len()
        );
        assert_eq!(added("...\n\né😀\né😁\n", "...\n\né😁\né😂\n"), "é😂\n".len());
        // The first time that something is dropped, all of it is sent once more.
        assert_eq!(added("line 1\nline 2\n", "...\n\nline 2\nline 3\n"), "...\n\nline 2\nline 3\n".len());
    }

    proptest! {
        #[test]
        fn an_increment_leads_from_any_text_to_any_other(old in "[ab😀😁é\n]{0,40}", new in "[ab😀😁é\n]{0,40}") {
            prop_assert_eq!(apply(&old, &Increment::between(&old, &new)), new);
        }

        #[test]
        fn a_sliding_window_costs_what_was_added(
            lines in proptest::collection::vec("[a-z😀]{0,12}\n", 1..30),
            dropped in 0_usize..20,
            added in "[a-z😀\n]{0,30}",
        ) {
            let text: String = lines.concat();
            let dropped = text.char_indices().nth(dropped).map_or(text.len(), |(at, _)| at);
            let old = format!("...\n\n{text}");
            let new = format!("...\n\n{}{added}", &text[dropped..]);
            let increment = Increment::between(&old, &new);
            prop_assert!(increment.append.len() <= added.len());
            prop_assert_eq!(apply(&old, &increment), new);
        }
    }
}
