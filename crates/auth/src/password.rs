//! The owner's password: what may be one, its hash, and checking it.
//!
//! The same password typed on two keyboards can be two different strings of code points. It is
//! brought to one form first, as RFC 8265 says for passwords: every kind of space is a space, NFC,
//! and no control characters.

use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc};

use argon2::{
    Argon2, PasswordHasher, PasswordVerifier,
    password_hash::{self, phc},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use ocweb_service::private_file;

/// Longest password, in bytes of UTF-8.
const LONGEST: usize = 1024;

/// How many passwords are checked at once. Each takes 19 MiB while it lasts, some 20 ms.
const CHECKED_AT_ONCE: usize = 1;

/// Text that cannot be a password. Its message is for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing was typed.
    #[error("the password is empty")]
    Empty,
    /// Too long to be meant.
    #[error("the password is longer than {LONGEST} bytes")]
    TooLong,
    /// NUL, a line break or the like.
    #[error("the password has a control character in it, such as a line break")]
    ControlCharacter,
}

/// A password in its one form. Never printed.
pub(crate) struct Password(String);

impl Password {
    /// Checks `text` and brings it to its one form.
    pub(crate) fn parse(text: &str) -> Result<Self, PasswordError> {
        if text.is_empty() {
            return Err(PasswordError::Empty);
        }
        if text.len() > LONGEST {
            return Err(PasswordError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PasswordError::ControlCharacter);
        }
        Ok(Self(
            text.chars()
                .map(|character| if character.is_whitespace() { ' ' } else { character })
                .nfc()
                .collect(),
        ))
    }

    /// Makes one that is strong and can be read out: five groups of four, 100 random bits.
    pub(crate) fn generate() -> Result<(Self, String), getrandom::Error> {
        // 32 digits and letters, without those that are easily taken for others.
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes)?;
        let characters = bytes.map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        let text = characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-");
        Ok((Self(text.clone()), text))
    }
}

/// The argon2id hash of the password, which names its own salt and cost.
#[derive(Debug, Clone)]
pub(crate) struct PasswordHash(phc::PasswordHash);

impl PasswordHash {
    /// Hashes with 19 MiB, two passes and one lane.
    pub(crate) fn of(password: &Password, salt: &[u8; 16]) -> Result<Self, password_hash::Error> {
        Argon2::default().hash_password_with_salt(password.0.as_bytes(), salt).map(Self)
    }

    /// Hashes with a random salt.
    pub(crate) fn with_random_salt(password: &Password) -> Result<Self, password_hash::Error> {
        Self::of(password, &password_hash::try_generate_salt()?)
    }

    /// The hash kept at `path`, or `None` when there is none.
    pub(crate) fn load(path: &Path) -> io::Result<Option<Self>> {
        let Some(text) = private_file::read(path)? else { return Ok(None) };
        match text.trim().parse::<phc::PasswordHash>() {
            Ok(hash) if hash.salt.is_some() && hash.hash.is_some() => Ok(Some(Self(hash))),
            _ => {
                Err(io::Error::other("it does not hold a password's hash; delete it to have a password made"))
            }
        }
    }

    /// Keeps the hash at `path`. Others who do, in other processes, do it before or after.
    pub(crate) fn store(&self, path: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let lock = options.write(true).create(true).truncate(false).mode(0o600);
        let lock = lock.open(path.with_extension("lock"))?;
        lock.lock()?;
        private_file::write(path, self.to_text().as_bytes())
    }

    /// The hash as text in the PHC format. The same password and salt give the same text.
    pub(crate) fn to_text(&self) -> String {
        self.0.to_string()
    }

    fn matches(&self, password: &Password) -> bool {
        Argon2::default().verify_password(password.0.as_bytes(), &self.0).is_ok()
    }
}

/// Checks passwords off the event loop, and few at once, so that memory stays bounded.
#[derive(Clone)]
pub(crate) struct PasswordCheck {
    hash: Arc<PasswordHash>,
    permits: Arc<Semaphore>,
}

impl PasswordCheck {
    /// Checks against `hash`.
    pub(crate) fn new(hash: PasswordHash) -> Self {
        Self { hash: Arc::new(hash), permits: Arc::new(Semaphore::new(CHECKED_AT_ONCE)) }
    }

    /// True when both check the same password's hash.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.hash, &other.hash)
    }

    /// True when it is the owner's password.
    pub(crate) async fn matches(&self, password: Password) -> bool {
        let hash = Arc::clone(&self.hash);
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return false };
        // The permit goes along: the work goes on when the client leaves, and so must the permit.
        let check = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            hash.matches(&password)
        });
        check.await.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::parse(text).unwrap()
    }

    #[tokio::test]
    async fn two_unicode_forms_are_one_password() {
        let check =
            PasswordCheck::new(PasswordHash::with_random_salt(&password("caf\u{e9} \u{212b}")).unwrap());
        assert!(check.matches(password("cafe\u{301}\u{a0}A\u{30a}")).await);
        assert!(!check.matches(password("cafe A")).await);
        assert!(!check.matches(password("Caf\u{e9} \u{212b}")).await);
    }

    #[test]
    fn what_cannot_be_a_password() {
        let error = |text: &str| Password::parse(text).map(|_| ()).unwrap_err();
        assert_eq!(error(""), PasswordError::Empty);
        assert_eq!(error("a\0b"), PasswordError::ControlCharacter);
        assert_eq!(error("from-a-file\n"), PasswordError::ControlCharacter);
        assert_eq!(error(&"x".repeat(1025)), PasswordError::TooLong);
        assert!(Password::parse(&"x".repeat(1024)).is_ok());
    }

    #[test]
    fn the_cost_is_the_one_we_say() {
        let hash = PasswordHash::of(&password("x"), &[1; 16]).unwrap();
        assert!(hash.to_text().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.to_text());
        assert_eq!(hash.to_text(), PasswordHash::of(&password("x"), &[1; 16]).unwrap().to_text());
    }

    #[test]
    fn a_hash_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        assert!(PasswordHash::load(&path).unwrap().is_none());
        PasswordHash::with_random_salt(&password("x")).unwrap().store(&path).unwrap();
        assert!(PasswordHash::load(&path).unwrap().unwrap().matches(&password("x")));
        std::fs::write(&path, "$argon2id$v=19$m=19456").unwrap();
        assert!(PasswordHash::load(&path).is_err());
    }

    #[test]
    fn a_generated_password_can_be_typed() {
        let (_, text) = Password::generate().unwrap();
        assert_eq!(text.len(), 24);
        assert!(
            text.split('-')
                .all(|group| group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        );
        assert_ne!(text, Password::generate().unwrap().1);
        assert_eq!(password(&text).0, text);
    }
}
