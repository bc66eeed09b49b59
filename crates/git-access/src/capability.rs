//! What a git on this machine shows to the gateway in place of GitHub's token.
//!
//! A capability says which repository it is good for and for what, and is signed with a key that only the two services
//! have, made anew at each start. So nothing has to be kept, and what leaks is of use to nobody elsewhere.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{BranchName, RepositoryName, SessionId};

/// What one holder may do with one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// The repository.
    pub repository: RepositoryName,
    /// For what.
    pub grant: Grant,
}

/// What a capability is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// One transfer of git-manager: reading, begun before a point in time (seconds since 1970).
    Transfer {
        /// Not good for what begins later.
        until: u64,
    },
    /// A chat: reading, and pushing to its branch, while its worktree is there.
    Chat {
        /// The chat, which names the worktree.
        session: SessionId,
        /// Its branch.
        branch: BranchName,
        /// The remote's branch that it began at, if it did: what this has as submodules can be read as well.
        base: Option<BranchName>,
    },
}

/// The key that capabilities are signed with.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// The key of a secret. `None` when it is too short to be one.
    pub fn new(secret: &str) -> Option<Self> {
        if secret.len() < 32 {
            return None;
        }
        Hmac::new_from_slice(secret.as_bytes()).ok().map(Self)
    }

    /// A capability as text: letters, digits, `-`, `_` and one `.`.
    pub fn sign(&self, capability: &Capability) -> String {
        // Strings, numbers and lists of them always become JSON.
        let content = serde_json::to_vec(capability).unwrap_or_default();
        let mark = self.mac(&content).finalize().into_bytes();
        format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(&content), BASE64_URL_SAFE_NO_PAD.encode(mark))
    }

    /// What was signed with this key and is still good.
    pub fn verify(&self, text: &str) -> Option<Capability> {
        let (content, mark) = text.split_once('.')?;
        let content = BASE64_URL_SAFE_NO_PAD.decode(content).ok()?;
        let mark = BASE64_URL_SAFE_NO_PAD.decode(mark).ok()?;
        self.mac(&content).verify_slice(&mark).ok()?;
        let capability: Capability = serde_json::from_slice(&content).ok()?;
        let is_good = match &capability.grant {
            Grant::Transfer { until } => *until >= now(),
            // No chat has another one, whatever was signed.
            Grant::Chat { branch, .. } => branch.is_ours(),
        };
        is_good.then_some(capability)
    }

    fn mac(&self, content: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(content);
        mac
    }
}

impl Grant {
    /// For a transfer that begins within so many seconds.
    pub fn transfer(seconds: u64) -> Self {
        Self::Transfer { until: now() + seconds }
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(letter: char) -> Key {
        Key::new(&letter.to_string().repeat(32)).unwrap()
    }

    fn chat() -> Capability {
        Capability {
            repository: "octocat/hello-world".parse().unwrap(),
            grant: Grant::Chat {
                session: "ses_1".parse().unwrap(),
                branch: "ocweb/fix-1".parse().unwrap(),
                base: Some("main".parse().unwrap()),
            },
        }
    }

    #[test]
    fn what_was_signed_is_read_again() {
        let text = key('a').sign(&chat());
        assert_eq!(key('a').verify(&text), Some(chat()));
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{text}");
    }

    #[test]
    fn another_key_and_a_late_transfer_are_refused() {
        assert_eq!(key('b').verify(&key('a').sign(&chat())), None);
        let late = Capability { grant: Grant::Transfer { until: now() - 1 }, ..chat() };
        assert_eq!(key('a').verify(&key('a').sign(&late)), None);
        let early = Capability { grant: Grant::transfer(60), ..chat() };
        assert_eq!(key('a').verify(&key('a').sign(&early)), Some(early));
        assert!(Key::new("short").is_none());
    }

    #[test]
    fn a_chat_has_no_branch_but_ours() {
        let Capability { repository, grant: Grant::Chat { session, base, .. } } = chat() else { panic!() };
        let branch = "main".parse().unwrap();
        let main = Capability { repository, grant: Grant::Chat { session, branch, base } };
        assert_eq!(key('a').verify(&key('a').sign(&main)), None);
    }

    #[test]
    fn a_name_that_would_not_parse_is_refused_though_signed() {
        let content = br#"{"repository":"../x","grant":{"transfer":{"until":99999999999}}}"#;
        let mark = key('a').mac(content).finalize().into_bytes();
        let text =
            format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(content), BASE64_URL_SAFE_NO_PAD.encode(mark));
        assert_eq!(key('a').verify(&text), None);
    }

    proptest! {
        #[test]
        fn no_changed_letter_goes_through(place in 0..200_usize, letter in "[A-Za-z0-9_.-]") {
            let text = key('a').sign(&chat());
            let place = place % text.len();
            let mut changed = text.clone();
            changed.replace_range(place..=place, &letter);
            // The last letter of each part has bits that mean nothing.
            if let Some(read) = key('a').verify(&changed) {
                prop_assert_eq!(read, chat());
            }
        }

        #[test]
        fn nothing_else_is_a_capability(text in ".{0,300}") {
            prop_assert_eq!(key('a').verify(&text), None);
        }
    }
}
