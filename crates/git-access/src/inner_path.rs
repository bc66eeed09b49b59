//! A path inside a working copy, as the page asks for it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{InvalidName, text_name};

/// The longest path, in bytes.
const LONGEST: usize = 4096;

/// A path below a working copy's root, such as `src/main.rs`; empty for the root itself. It has no `..`, and
/// leads into no `.git`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InnerPath(String);

text_name!(InnerPath);

impl InnerPath {
    /// Whether it is the working copy itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// As a path that leads from the working copy's root.
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// The name of what it leads to; that of the root is empty.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The path of something in this folder.
    pub fn join(&self, name: &str) -> String {
        if self.is_root() { name.to_owned() } else { format!("{}/{name}", self.0) }
    }

    fn check(text: &str) -> Result<(), InvalidName> {
        let fits = text.len() <= LONGEST
            && !text.contains('\0')
            && (text.is_empty()
                || text
                    .split('/')
                    .all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git")));
        let rule = "name a file or folder below the root, without .., and nothing in .git";
        if fits { Ok(()) } else { Err(InvalidName::new("a path in the working copy", text, rule)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_leave_the_working_copy_is_refused() {
        let long = "a/".repeat(2500);
        for text in [
            "/",
            "/etc/passwd",
            "..",
            "a/..",
            "../a",
            "a/../b",
            ".",
            "a//b",
            "a/",
            "a\0",
            ".git",
            "a/.GIT/config",
            &long,
        ] {
            assert!(text.parse::<InnerPath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn whatever_a_file_may_be_called_is_taken() {
        for text in ["", "a", "-O", "--upload-pack=x", "a b/ü\n", "..a", ".gitignore", "a\\b", "~"] {
            assert!(text.parse::<InnerPath>().is_ok(), "{text:?}");
        }
    }
}
