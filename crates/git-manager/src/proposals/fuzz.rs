//! Spoiled answers of a model: what is proposed can be committed as it is.

use ocweb_fuzz::{assert_linear, cases, spoiled_text};
use proptest::prelude::*;

use super::{Proposal, wording};

const SAID: &[&str] = &[
    "Add a file\n\nBecause.\n",
    "```text\n\"Add a file\"\n```\n",
    "<think>\nhm\n</think>\n`Add a file`",
    "**Title:** Add a file\r\n\r\n**Description:**\r\n- it\r\n",
    "# Commit message: a title that does not end a title that does not end a title that does not end a title that does not end a title\n\tx",
];

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn what_a_model_says(said in spoiled_text(SAID)) {
        let Some(Proposal { title, body }) = wording::read(&said) else { return Ok(()) };
        prop_assert!(!title.is_empty() && title.trim() == title && title.chars().count() <= 120, "{:?}", title);
        prop_assert!(!title.contains(char::is_control), "{:?}", title);
        prop_assert!(!body.contains(|letter: char| letter.is_control() && letter != '\n' && letter != '\t'), "{:?}", body);
        let words = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).count();
        prop_assert!(words(&title) + words(&body) <= words(&said), "nothing is added");
    }
}

#[test]
fn long_answers_take_no_longer_than_they_are() {
    for piece in ["```\n", "<think>", "</think>", "Title: ", "# ", "\"`", "word "] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("an answer", long, |text| wording::read(text));
    }
}
