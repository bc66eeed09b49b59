//! The identifier of a chat, which names its worktree.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{InvalidName, text_name};

/// The identifier of an opencode session: 1 to 64 letters, digits, `-` and `_`, beginning with a letter
/// or digit and without `__`, which makes folder names reversible.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "ses_e03c139b4ffeQ0mYk1TqW9ZbXc")]
pub struct SessionId(String);

text_name!(SessionId);

impl SessionId {
    fn check(text: &str) -> Result<(), InvalidName> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !text.starts_with(['-', '_'])
            && !text.contains("__");
        let rule = "use 1 to 64 letters, digits, - and _, beginning with a letter or digit, without __";
        if fits { Ok(()) } else { Err(InvalidName::new("a session id", text, rule)) }
    }
}

impl From<&ocweb_opencode_client::SessionId> for SessionId {
    /// opencode's own form is a narrower one.
    fn from(id: &ocweb_opencode_client::SessionId) -> Self {
        Self(id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_leave_the_folder_or_blur_its_name_is_refused() {
        for text in ["", "../", "..", "a/b", "a__b", "_a", "-a", "a.b", "a b", "a\0", "é", &"a".repeat(65)] {
            assert!(text.parse::<SessionId>().is_err(), "{text:?}");
        }
        for text in ["a", "ses_e03c139b4ffeAAAAAAAAAAAAAA", "a_", "0-1", &"a".repeat(64)] {
            assert!(text.parse::<SessionId>().is_ok(), "{text:?}");
        }
        for _ in 0..100 {
            let made = ocweb_opencode_client::SessionId::generate();
            assert!(made.as_str().parse::<SessionId>().is_ok());
        }
    }
}
