//! The last line of a text, plain, as a list of chats shows it.

/// The most characters of a line.
const LONGEST: usize = 140;
/// What may stand before the words of a line of markdown.
const MARKS: [&str; 9] = ["#", ">", "- ", "* ", "+ ", "[ ] ", "[x] ", "|", " "];

/// The last line of a markdown text that has words, without its markup and at most 140 characters long.
pub(crate) fn last_line(text: &str) -> Option<String> {
    text.lines().rev().map(plain).find(|line| line.contains(char::is_alphanumeric)).map(shortened)
}

fn plain(line: &str) -> String {
    let mut words = line.trim();
    if words.starts_with("```") || words.starts_with("~~~") {
        return String::new();
    }
    while let Some(rest) = MARKS.iter().find_map(|mark| words.strip_prefix(mark)) {
        words = rest;
    }
    let words = without_addresses(words).replace(['`', '*'], "").replace("__", "").replace('|', " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `[words](address)` as its words.
fn without_addresses(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, link)) = rest.split_once('[') {
        let found = link.split_once("](").and_then(|(words, tail)| Some((words, tail.split_once(')')?.1)));
        plain.push_str(before);
        if let Some((words, after)) = found {
            plain.push_str(words);
            rest = after;
        } else {
            plain.push('[');
            rest = link;
        }
    }
    plain.push_str(rest);
    plain
}

fn shortened(line: String) -> String {
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_line_with_words_without_its_markup() {
        for (text, expected) in [
            ("one\ntwo\n\n", Some("two")),
            ("  spaced \t out ", Some("spaced out")),
            ("## Done", Some("Done")),
            ("> - [x] **All** `tests` pass", Some("All tests pass")),
            ("* item\n---\n```\n", Some("item")),
            ("```rust\nlet x = 1;\n```", Some("let x = 1;")),
            ("| a | b |\n|---|:-:|", Some("a b")),
            ("see [the page](https://x.y/z) now", Some("see the page now")),
            ("an [open bracket", Some("an [open bracket")),
            ("a [half](link", Some("a [half](link")),
            ("snake_case stays, -1 too", Some("snake_case stays, -1 too")),
            ("完了", Some("完了")),
            ("", None),
            ("\n ---\n***", None),
        ] {
            assert_eq!(last_line(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let line = last_line(&"é".repeat(500)).unwrap();
        assert_eq!((line.chars().count(), line.chars().last()), (140, Some('…')));
        assert_eq!(last_line(&"é".repeat(140)), Some("é".repeat(140)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_has_at_most_one_short_line(text in r"(?s)[\[\]()#>*`|\-a ñ\n\r]{0,200}") {
            if let Some(line) = last_line(&text) {
                prop_assert!(!line.contains('\n') && line.chars().count() <= LONGEST && !line.trim().is_empty());
            }
        }
    }
}
