//! Spoiled names and capabilities: what is taken is exactly what was written, and stays where it belongs.

use std::{
    fmt::{Debug, Display},
    path::{Component, Path},
    str::FromStr,
};

use ocweb_fuzz::{assert_is_a_sentence, assert_linear, cases, spoiled_text};
use proptest::prelude::*;
use serde::de::DeserializeOwned;

use crate::{
    BranchName, Capability, CommitId, Grant, InnerPath, InvalidName, Key, RepositoryName, SessionId,
    repository_of_folder, worktree_folder, worktree_of_folder,
};

const REPOSITORIES: &[&str] = &["octocat/hello-world", "a/b", "o/.github", "octo_corp/my__repo_", "old-/-x"];
const BRANCHES: &[&str] =
    &["main", "feature/x", "release-1.2", "dependabot/npm/a@1", "ocweb/fix-1", "refs/x", "\u{fc}n\u{ef}"];
const SESSIONS: &[&str] = &["ses_e03c139b4ffeQ0mYk1TqW9ZbXc", "a", "a_", "0-1", "ses_1"];
const COMMITS: &[&str] = &["abcd", "0123456789abcdef0123456789abcdef01234567", "HEAD", "ffff^{tree}"];
const PATHS: &[&str] = &["src/main.rs", "", "a b/c.txt", "..a/b..", ".gitignore", "a/.github/x", "-O/--x"];
const FOLDERS: &[&str] = &["octocat__hello-world", "o__n__ses_1", "a__b__c__d", "a__.__b", "a__b.git"];
const TITLES: &[&str] = &["Fix the login, please!", "../../..@{", "日本語 title", "-rf --upload-pack=x"];

/// What every name promises.
fn is_kept_or_refused<N>(text: &str) -> Option<N>
where
    N: FromStr<Err = InvalidName> + Display + Debug + PartialEq + Clone,
{
    match text.parse::<N>() {
        Ok(name) => {
            assert_eq!(name.to_string(), text, "it is shown as it was written");
            Some(name)
        }
        Err(refused) => {
            assert_is_a_sentence(&refused.to_string());
            None
        }
    }
}

/// What comes in JSON obeys the same rule.
fn is_the_same_in_json<N>(text: &str)
where
    N: FromStr<Err = InvalidName> + DeserializeOwned + Debug + PartialEq,
{
    let from_json = serde_json::from_value::<N>(text.into()).ok();
    assert_eq!(from_json, text.parse().ok(), "{text:?}");
}

fn key() -> Key {
    Key::new("a key that is long enough to be one").unwrap()
}

fn capability() -> impl Strategy<Value = Capability> {
    // What is spoiled beyond use is as good as what it was made of.
    let parsed = |texts: &'static [&'static str]| {
        spoiled_text(texts)
            .prop_map(|text| text.parse().unwrap_or_else(|_| "a/b".parse::<RepositoryName>().unwrap()))
    };
    let session = spoiled_text(SESSIONS)
        .prop_map(|text| text.parse().unwrap_or_else(|_| "a".parse::<SessionId>().unwrap()));
    let chat = (session, spoiled_text(TITLES), spoiled_text(BRANCHES).prop_map(|text| text.parse().ok()));
    let chat = chat.prop_map(|(session, title, base)| {
        let branch = BranchName::for_chat(&title, &session);
        Grant::Chat { session, branch, base }
    });
    let grant = prop_oneof![chat, (0..u64::MAX).prop_map(|until| Grant::Transfer { until })];
    (parsed(REPOSITORIES), grant).prop_map(|(repository, grant)| Capability { repository, grant })
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn repositories(text in spoiled_text(REPOSITORIES)) {
        is_the_same_in_json::<RepositoryName>(&text);
        if let Some(name) = is_kept_or_refused::<RepositoryName>(&text) {
            prop_assert_eq!(format!("{}/{}", name.owner(), name.name()), text);
            prop_assert_eq!(RepositoryName::from_parts(name.owner(), name.name()), Ok(name.clone()));
            prop_assert!(stays_below(&name.folder()) && !name.folder().starts_with(['.', '-']), "{}", name);
            prop_assert_eq!(repository_of_folder(&name.folder()), Some(name.clone()));
            // One key for all spellings, and the key is a spelling.
            prop_assert_eq!(name.key().parse::<RepositoryName>().map(|other| other.key()), Ok(name.key()));
        }
    }

    #[test]
    fn branches(text in spoiled_text(BRANCHES)) {
        is_the_same_in_json::<BranchName>(&text);
        if let Some(name) = is_kept_or_refused::<BranchName>(&text) {
            prop_assert!(stays_below(name.as_str()) && !text.starts_with('-'), "{}", name);
            prop_assert!(!text.contains(|letter: char| letter.is_ascii_control() || letter == ' '), "{}", name);
        }
    }

    #[test]
    fn sessions(text in spoiled_text(SESSIONS)) {
        is_the_same_in_json::<SessionId>(&text);
        if let Some(id) = is_kept_or_refused::<SessionId>(&text) {
            prop_assert!(stays_below(id.as_str()) && !text.starts_with('-'), "{}", id);
            prop_assert!(BranchName::for_session(&id).as_str().parse::<BranchName>().is_ok());
        }
    }

    #[test]
    fn commits(text in spoiled_text(COMMITS)) {
        is_kept_or_refused::<CommitId>(&text);
    }

    #[test]
    fn inner_paths(text in spoiled_text(PATHS), child in spoiled_text(PATHS)) {
        let Some(path) = is_kept_or_refused::<InnerPath>(&text) else { return Ok(()) };
        prop_assert!(path.is_root() || stays_below(path.as_str()), "{:?}", path);
        prop_assert!(!path.as_path().iter().any(|part| part.eq_ignore_ascii_case(".git")), "{:?}", path);
        if let Ok(joined) = path.join(&child).parse::<InnerPath>() {
            prop_assert!(joined.as_path().starts_with(path.as_path()));
        }
    }

    #[test]
    fn no_two_worktrees_have_one_folder(
        one in spoiled_text(REPOSITORIES), two in spoiled_text(SESSIONS),
        three in spoiled_text(REPOSITORIES), four in spoiled_text(SESSIONS),
    ) {
        let parsed = |name: &str, id: &str| Some((name.parse::<RepositoryName>().ok()?, id.parse::<SessionId>().ok()?));
        let (Some(first), Some(second)) = (parsed(&one, &two), parsed(&three, &four)) else { return Ok(()) };
        let folder = |of: &(RepositoryName, SessionId)| worktree_folder(&of.0, &of.1);
        prop_assert_eq!(folder(&first) == folder(&second), first == second);
        prop_assert_eq!(worktree_of_folder(&folder(&first)), Some(first));
    }

    #[test]
    fn folders(text in spoiled_text(FOLDERS)) {
        if let Some(name) = repository_of_folder(&text) {
            prop_assert_eq!(name.folder(), text.clone());
        }
        if let Some((name, id)) = worktree_of_folder(&text) {
            prop_assert_eq!(worktree_folder(&name, &id), text);
        }
    }

    #[test]
    fn every_title_makes_a_branch_of_a_chat(title in spoiled_text(TITLES), id in spoiled_text(SESSIONS)) {
        let Ok(session) = id.parse::<SessionId>() else { return Ok(()) };
        let branch = BranchName::for_chat(&title, &session);
        prop_assert!(branch.is_ours() && branch.as_str().parse::<BranchName>().is_ok(), "{}", branch);
    }

    #[test]
    fn only_what_was_signed_is_granted(granted in capability(), damage in spoiled_text(&["A", ".", "=", "e30"]), at in any::<prop::sample::Index>()) {
        let text = key().sign(&granted);
        let is_over = matches!(granted.grant, Grant::Transfer { until } if until < 2_000_000_000);
        prop_assert_eq!(key().verify(&text), Some(granted).filter(|_| !is_over));
        // One text for one grant: whatever else is shown is none.
        let mut changed = text.clone();
        changed.insert_str(at.index(text.len() + 1), &damage);
        prop_assert_eq!(key().verify(&changed).is_some(), damage.is_empty() && !is_over);
        let mut changed = text.clone();
        changed.truncate(at.index(text.len()));
        changed.push_str(&damage);
        prop_assert!(changed == text || key().verify(&changed).is_none());
        let (content, mark) = text.split_once('.').unwrap();
        let (other, other_mark) = changed.split_once('.').unwrap_or((&changed, ""));
        for swapped in [format!("{other}.{mark}"), format!("{content}.{other_mark}"), format!("{mark}.{content}")] {
            prop_assert!(swapped == text || key().verify(&swapped).is_none());
        }
    }
}

/// Whether a path leads below the folder that it is taken from, and by one way only.
fn stays_below(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\0')
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

#[test]
fn long_names_take_no_longer_than_they_are() {
    let long = |piece: &'static str| move |size: usize| piece.repeat(size / piece.len());
    for piece in ["a", "a/", "__", "a__", ".", "@{", "é", "-", "/"] {
        assert_linear("a repository", long(piece), |text| text.parse::<RepositoryName>());
        assert_linear("a branch", long(piece), |text| text.parse::<BranchName>());
        assert_linear("a session", long(piece), |text| text.parse::<SessionId>());
        assert_linear("a path", long(piece), |text| text.parse::<InnerPath>());
        assert_linear("a folder", long(piece), |text| worktree_of_folder(text));
        assert_linear("a capability", long(piece), |text| key().verify(text));
        let session = "ses_1".parse().unwrap();
        assert_linear("a title", long(piece), |text| BranchName::for_chat(text, &session));
    }
}
