//! What `git-manager` and `github-gateway` agree on: names, and who may do what with a repository.
//!
//! A repository, a session and a branch each have a type with a private text, so that nothing past the
//! door can hold `../x`, `-u/x` or `--upload-pack=…`, and none can be taken for another. A [`Capability`] is
//! signed by the one service and read by the other.

mod branch;
mod capability;
mod commit_id;
mod folder;
#[cfg(test)]
mod fuzz;
mod inner_path;
mod repository;
mod session;

pub use branch::BranchName;
pub use capability::{Capability, Grant, Key};
pub use commit_id::CommitId;
pub use folder::{repository_of_folder, worktree_folder, worktree_of_folder};
pub use inner_path::InnerPath;
pub use repository::RepositoryName;
pub use session::SessionId;

/// A text that is not a name of the wanted kind: one sentence for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidName(String);

impl InvalidName {
    /// The text is shown cut and without control characters, since it comes from anybody.
    fn new(what: &str, text: &str, rule: &str) -> Self {
        let shown: String = text.chars().take(60).flat_map(char::escape_debug).collect();
        Self(format!("\"{shown}\" is not {what}: {rule}."))
    }
}

/// Parsing, showing and the serde forms that every name has alike.
macro_rules! text_name {
    ($name:ident) => {
        impl $name {
            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::check(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}
use text_name;
