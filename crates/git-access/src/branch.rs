//! A branch's name by the rules of `git check-ref-format --branch`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{InvalidName, SessionId, text_name};

/// A branch's short name, such as `main` or `ocweb/fix-login-ab12cd34`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "main")]
pub struct BranchName(String);

text_name!(BranchName);

/// What the branches of chats begin with.
const OURS: &str = "ocweb/";

impl BranchName {
    /// The branch of a chat: readable by the words of `title`, unique by the end of the session id.
    pub fn for_chat(title: &str, session: &SessionId) -> Self {
        let mut slug = String::new();
        for word in
            title.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
        {
            if slug.len() + word.len() > 40 {
                break;
            }
            if !slug.is_empty() {
                slug.push('-');
            }
            slug.push_str(&word.to_ascii_lowercase());
        }
        let id = session.as_str();
        // A session id is ASCII, so every index is a boundary of characters.
        let end = id[id.len().saturating_sub(8)..].trim_matches('_').to_ascii_lowercase();
        let slug = if slug.is_empty() { "chat" } else { &slug };
        Self(format!("{OURS}{slug}-{end}"))
    }

    /// The branch of a worktree that was asked for by its session id alone.
    pub fn for_session(session: &SessionId) -> Self {
        Self(format!("{OURS}{session}"))
    }

    /// Whether the name is of the form that chats' branches have.
    pub fn is_ours(&self) -> bool {
        self.0.starts_with(OURS)
    }

    fn check(text: &str) -> Result<(), InvalidName> {
        let fits = (1..=200).contains(&text.len())
            && !text.bytes().any(|byte| byte <= b' ' || byte == 0x7f || b"~^:?*[\\".contains(&byte))
            && !text.contains("..")
            && !text.contains("@{")
            && !text.starts_with('-')
            && !text.ends_with('.')
            && !matches!(text, "@" | "HEAD")
            && text.split('/').all(|part| {
                !part.is_empty() && !part.starts_with('.') && !part.to_ascii_lowercase().ends_with(".lock")
            });
        let rule = "git does not allow it as the name of a branch";
        if fits { Ok(()) } else { Err(InvalidName::new("a branch", text, rule)) }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_git_or_a_shell_could_misread_is_refused() {
        let names = [
            "",
            "--upload-pack=x",
            "-b",
            "..",
            "a..b",
            "a.lock",
            "a/b.lock/c",
            "@{",
            "a@{1}",
            "@",
            "HEAD",
            "a b",
            "a\n",
            "a\0",
            "a\u{7f}",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[b",
            "a\\b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.",
        ];
        for text in names {
            assert!(text.parse::<BranchName>().is_err(), "{text:?}");
        }
        assert!("a".repeat(5000).parse::<BranchName>().is_err());
    }

    #[test]
    fn usual_names_are_taken() {
        for text in ["main", "feature/x", "release-1.2", "dependabot/npm/a@1", "ünï", "a-b_c", "refs/x"] {
            assert!(text.parse::<BranchName>().is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_chats_branch_is_readable_and_ends_in_its_id() {
        let session: SessionId = "ses_e03c139b4ffeAAAAAAZZ0912xY".parse().unwrap();
        let named = |title| BranchName::for_chat(title, &session).0;
        assert_eq!(named("Fix the login, please!"), "ocweb/fix-the-login-please-zz0912xy");
        assert_eq!(named("../../..@{"), "ocweb/chat-zz0912xy");
        assert_eq!(named("日本"), "ocweb/chat-zz0912xy");
        assert!(named(&"word ".repeat(100)).len() < 60);
    }

    proptest! {
        #[test]
        fn every_title_makes_a_branch_that_parses(title in ".*", id in "[A-Za-z0-9][A-Za-z0-9_-]{0,30}") {
            if let Ok(session) = id.parse::<SessionId>() {
                let branch = BranchName::for_chat(&title, &session);
                prop_assert!(branch.as_str().parse::<BranchName>().is_ok(), "{}", branch);
                prop_assert!(branch.is_ours());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn git_agrees_with_every_name_taken(text in "[a-z@{}/.~^:\\\\ *-]{1,8}|.{1,6}") {
            if text.parse::<BranchName>().is_ok() {
                let git = Command::new("git").args(["check-ref-format", "--branch", &text]).output().unwrap();
                prop_assert!(git.status.success(), "{:?}", text);
            }
        }
    }
}
