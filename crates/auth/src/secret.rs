//! The secret of this installation, from which every key is derived.
//!
//! Each use has its own key (HMAC-SHA-256 of the purpose under the secret), so that what is made for
//! one purpose is worth nothing for another.

use std::{io, path::Path};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use ocweb_service::private_file;

/// Shorter secrets than this many characters are refused.
const SHORTEST: usize = 32;

/// How many random bytes a generated secret has.
const GENERATED: usize = 32;

/// HMAC-SHA-256, in the state after its key: cloned for each use, which saves half the work.
pub(crate) type KeyedHash = Hmac<Sha256>;

/// `AUTH_SECRET`, or the one that was generated and kept. Never printed.
pub(crate) struct Secret(KeyedHash);

impl Secret {
    /// Takes a secret chosen by the owner, or `None` when it is too short.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        (text.chars().count() >= SHORTEST).then(|| Self(keyed_hash(text.as_bytes())))
    }

    /// Reads the secret kept at `path`; makes one of random bytes where there is none, or none
    /// that can be used.
    pub(crate) fn load_or_generate(path: &Path) -> io::Result<Self> {
        if let Some(text) = private_file::read(path)? {
            // Only what was written here: a file of the right length full of zeros, as a disk may leave it
            // after a power cut, would be a secret that everybody knows.
            let text = text.trim();
            if URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == GENERATED) {
                return Ok(Self(keyed_hash(text.as_bytes())));
            }
            tracing::warn!(path = %path.display(), "the kept secret was damaged: a new one is made, and everyone has to log in again");
        }
        let mut bytes = [0; GENERATED];
        getrandom::fill(&mut bytes)?;
        let text = URL_SAFE_NO_PAD.encode(bytes);
        private_file::write(path, text.as_bytes())?;
        Ok(Self(keyed_hash(text.as_bytes())))
    }

    /// 32 bytes for one purpose; other `context`, other bytes.
    pub(crate) fn derive(&self, purpose: &str, context: &str) -> [u8; 32] {
        let mut hash = self.0.clone();
        // The purpose's end is marked, so that no two pairs run into the same input.
        hash.update(purpose.as_bytes());
        hash.update(&[0]);
        hash.update(context.as_bytes());
        hash.finalize().into_bytes().into()
    }
}

/// HMAC-SHA-256 under `key`.
pub(crate) fn keyed_hash(key: &[u8]) -> KeyedHash {
    KeyedHash::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_secret_is_kept_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let first = Secret::load_or_generate(&path).unwrap().derive("a", "");
        assert_eq!(first, Secret::load_or_generate(&path).unwrap().derive("a", ""));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let elsewhere = tempfile::tempdir().unwrap();
        let other = Secret::load_or_generate(&elsewhere.path().join("secret")).unwrap();
        assert_ne!(first, other.derive("a", ""));
    }

    #[test]
    fn a_damaged_secret_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for damaged in [&b""[..], b"half of one", &[0; 43], &[0xff; 43]] {
            std::fs::write(&path, damaged).unwrap();
            Secret::load_or_generate(&path).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.len() == 43 && text.as_bytes() != damaged, "{damaged:?} was taken");
        }
    }

    #[test]
    fn purposes_and_contexts_give_different_keys() {
        let secret = Secret::parse(&"x".repeat(32)).unwrap();
        let derived = [("a", "b"), ("a", ""), ("ab", ""), ("", "ab"), ("", "a\0b")]
            .map(|(purpose, context)| secret.derive(purpose, context));
        for (index, one) in derived.iter().enumerate() {
            assert!(!derived[..index].contains(one), "pair {index} repeats another");
        }
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Secret::parse(&"x".repeat(31)).is_none());
    }
}
