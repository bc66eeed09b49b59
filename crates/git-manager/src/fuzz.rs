//! Spoiled words of the page, of a remote and of the agent.

use ocweb_fuzz::{assert_is_a_sentence, assert_linear, cases, spoiled_text};
use proptest::prelude::*;

use crate::{
    prompts::File,
    reasons::{Accepted, ReasonKind},
    view::Against,
};

const ACCEPTED: &[&str] =
    &["uncommitted-changes:3,chat-running:1", "unpushed-commits:18446744073709551615", "stash-entries:0,"];
const AGAINST: &[&str] = &["base", "head", "0123456789abcdef", "HEAD~1", "--output=x"];
const MEDIA: &[&str] = &["image/png", "text/plain;charset=utf-8", "application/vnd.ms-excel"];
const URLS: &[&str] = &[
    "data:image/png;base64,iVBORw0K",
    "data:text/plain;charset=utf-8;base64,AAA=",
    "data:application/vnd.ms-excel;base64,AA==",
    "file:///etc/passwd",
    "data:image/png;base64,AAAA;base64,AAAA",
];

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn what_is_accepted(text in spoiled_text(ACCEPTED)) {
        match text.parse::<Accepted>() {
            Ok(Accepted::These(these)) => {
                let name = |kind: &ReasonKind| serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned();
                let parts = these.iter().map(|(kind, count)| format!("{}:{count}", name(kind)));
                let printed = parts.collect::<Vec<_>>().join(",");
                prop_assert_eq!(printed.parse(), Ok(Accepted::These(these)));
            }
            Ok(Accepted::All) => prop_assert!(false, "{text:?} accepts what nobody has seen"),
            Err(error) => assert_is_a_sentence(&error.to_string()),
        }
    }

    #[test]
    fn what_is_compared_with(text in spoiled_text(AGAINST)) {
        match text.parse::<Against>() {
            Ok(Against::Base) => prop_assert_eq!(text, "base"),
            Ok(Against::Head) => prop_assert_eq!(text, "head"),
            Ok(Against::Commit(id)) => prop_assert!(id.as_str() == text && text.bytes().all(|byte| byte.is_ascii_hexdigit())),
            Err(error) => assert_is_a_sentence(&error.to_string()),
        }
    }

    #[test]
    fn files_of_prompts(mime in spoiled_text(MEDIA), name in spoiled_text(&["a b.png", "../../x"]), url in spoiled_text(URLS)) {
        match File::new(&mime, &name, url.clone()) {
            Ok(file) => {
                prop_assert_eq!(file.url(), &url);
                prop_assert!(url.starts_with("data:") && file.size() <= url.len(), "{}", url);
                prop_assert!(!file.name().filename.contains(char::is_control) && !file.name().mime.contains([';', ',', ' ']));
                // Whatever is checked once more stays what it is.
                let again = File::new(&file.name().mime, &file.name().filename, url).ok();
                prop_assert_eq!(again, Some(file));
            }
            Err(error) => assert_is_a_sentence(&error.to_string()),
        }
    }
}

#[test]
fn long_inputs_take_no_longer_than_they_are() {
    for piece in ["stash-entries:1,", "a/", "A", ";base64,", ","] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("what is accepted", long, |text| text.parse::<Accepted>());
        assert_linear("what is compared with", long, |text| text.parse::<Against>());
        let url = |size| format!("data:a/b;base64,{}", long(size));
        assert_linear("a file", url, |url| File::new("a/b", "x", url.clone()).is_ok());
    }
}
