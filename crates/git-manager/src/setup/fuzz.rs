//! Spoiled setups, of the repository and of the page: what is followed stays in the working copy.

use ocweb_fuzz::{assert_is_a_sentence, assert_linear, cases, spoiled};
use proptest::prelude::*;

use super::plan::{Committed, InvalidSetup, Settings};
use crate::names::InnerPath;

const COMMITTED: &[&[u8]] = &[
    br#"{"copy": [".env", "config/local.json"], "run": "npm ci"}"#,
    br#"{"copy": ["../x", "/etc/passwd", ".git/config", ""]}"#,
    br#"{"run": " \n", "copy": ["a", "a"], "runs": "typo"}"#,
];
const SETTINGS: &[&[u8]] = &[
    br#"{"files":[{"path":".env","text":"A=1\n"}],"copy":["a/b"],"command":"make","follow_repository":false}"#,
    br#"{"files":[{"path":"../.env","text":""},{"path":"a","text":""},{"path":"a","text":""}],"command":null}"#,
];

fn stay<'p>(paths: impl Iterator<Item = &'p InnerPath>) -> bool {
    let mut seen = std::collections::HashSet::new();
    paths.into_iter().all(|path| {
        let text = path.to_string();
        let stays = !text.is_empty()
            && text
                .split('/')
                .all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"));
        stays && seen.insert(text)
    })
}

fn runs(command: Option<&str>) -> bool {
    command.is_none_or(|command| {
        !command.trim().is_empty()
            && command.trim() == command
            && !command.contains('\0')
            && command.len() <= 8192
    })
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn what_a_repository_says(content in spoiled(COMMITTED)) {
        match Committed::parse(&content) {
            Ok(committed) => {
                prop_assert!(stay(committed.copy.iter()) && runs(committed.run.as_deref()), "{:?}", committed);
                let again = serde_json::to_vec(&committed).unwrap();
                prop_assert_eq!(Committed::parse(&again), Ok(committed));
            }
            Err(InvalidSetup(said)) => assert_is_a_sentence(&said),
        }
    }

    #[test]
    fn what_the_page_says(content in spoiled(SETTINGS)) {
        let Ok(settings) = serde_json::from_slice::<Settings>(&content) else { return Ok(()) };
        match settings.checked() {
            Ok(settings) => {
                let files = settings.files.iter().map(|file| &file.path);
                prop_assert!(stay(files) && stay(settings.copy.iter()) && runs(settings.command.as_deref()), "{:?}", settings);
                prop_assert_eq!(settings.clone().checked(), Ok(settings));
            }
            Err(InvalidSetup(said)) => assert_is_a_sentence(&said),
        }
    }
}

#[test]
fn long_setups_take_no_longer_than_they_are() {
    let paths = |size: usize| {
        let paths: Vec<_> = (0..size / 10).map(|number| format!("f{number:06}")).collect();
        serde_json::to_vec(&serde_json::json!({"copy": paths})).unwrap()
    };
    assert_linear("many paths", paths, |content| Committed::parse(content));
    for piece in ["[", "{\"copy\":", "\\u0000", "a/"] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("a setup", long, |content| Committed::parse(content.as_bytes()));
    }
}
