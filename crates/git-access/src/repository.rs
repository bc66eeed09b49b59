//! `owner/name` as GitHub allows it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{InvalidName, text_name};

/// A repository's name, `owner/name`.
///
/// The owner has no `__` and no `_` at its ends, which makes folder names reversible (see
/// [`crate::repository_of_folder`]). The spelling is kept; GitHub ignores case, and so does
/// [`RepositoryName::key`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "octocat/hello-world")]
pub struct RepositoryName(String);

text_name!(RepositoryName);

const RULE: &str = "write it as owner/name, with the letters, digits and signs that GitHub allows";

impl RepositoryName {
    /// Parses the two parts of a path such as `/admin/repos/{owner}/{name}`.
    pub fn from_parts(owner: &str, name: &str) -> Result<Self, InvalidName> {
        format!("{owner}/{name}").parse()
    }

    /// The account that owns it.
    pub fn owner(&self) -> &str {
        self.parts().0
    }

    /// Its name within the account.
    pub fn name(&self) -> &str {
        self.parts().1
    }

    /// The same for all spellings that GitHub takes for one repository.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The name of its folder, `owner__name`.
    pub fn folder(&self) -> String {
        let (owner, name) = self.parts();
        format!("{owner}__{name}")
    }

    fn parts(&self) -> (&str, &str) {
        // `check` saw to it that there is a slash.
        self.0.split_once('/').unwrap_or((&self.0, ""))
    }

    fn check(text: &str) -> Result<(), InvalidName> {
        let fits = text.split_once('/').is_some_and(|(owner, name)| is_owner(owner) && is_name(name));
        if fits { Ok(()) } else { Err(InvalidName::new("a repository", text, RULE)) }
    }
}

/// Letters, digits, `-`, and for enterprise accounts `_`; at most 39, as GitHub has it.
fn is_owner(owner: &str) -> bool {
    (1..=39).contains(&owner.len())
        && owner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && !owner.starts_with(['-', '_'])
        && !owner.ends_with('_')
        && !owner.contains("__")
}

/// Letters, digits, `-`, `_` and `.`; at most 100. GitHub reserves `.` and `..` and drops `.git`.
fn is_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    (1..=100).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && !matches!(name, "." | "..")
        && ![".git", ".lock"].iter().any(|suffix| lower.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn githubs_names_are_taken() {
        for text in ["octocat/hello-world", "a/b", "o/.github", "octo_corp/x", "O/my__repo_", "old-/-x"] {
            assert_eq!(text.parse::<RepositoryName>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let long = "a".repeat(5000);
        let names = [
            "",
            "/",
            "a",
            "a/",
            "/b",
            "../x/y",
            "../x",
            "-u/x",
            "a/b/c",
            ".git",
            "a/.git",
            "a/b.git",
            "a/b.GIT",
            "a/b.lock",
            "a/.",
            "a/..",
            "ext::sh",
            "ext::sh/x",
            "file:///etc",
            "o/r%00",
            "o/r\0",
            "o/r\n",
            "git@h:o/r",
            "https://github.com/o/r",
            "a b/c",
            "a/b c",
            "_a/b",
            "a_/b",
            "a__b/c",
            "é/x",
            "o/é",
            &long,
        ];
        for text in names {
            assert!(text.parse::<RepositoryName>().is_err(), "{text:?}");
        }
        assert!(format!("o/{long}").parse::<RepositoryName>().is_err());
    }

    #[test]
    fn a_refusal_is_short_and_printable() {
        let text = "o/r\u{1b}[31m\n".repeat(500);
        let sentence = text.parse::<RepositoryName>().unwrap_err().to_string();
        assert!(sentence.len() < 500 && !sentence.contains(['\u{1b}', '\n']), "{sentence}");
    }
}
