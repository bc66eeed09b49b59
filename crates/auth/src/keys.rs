//! What hangs on the password: the check of it, and the keys of cookies and tokens.
//!
//! With another password, as with another secret, every key is another one: old cookies and tokens are out, in memory and
//! in what is kept of them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    password::{PasswordCheck, PasswordHash},
    secret::Secret,
    session_cookie::CookieSigner,
    token::TokenHasher,
};

/// The password's check, and the keys that are derived from the installation's secret and the password's hash.
pub(crate) struct Keys {
    /// Checks the password.
    pub(crate) password: PasswordCheck,
    /// Signs cookies.
    pub(crate) signer: CookieSigner,
    /// Hashes tokens.
    pub(crate) hasher: TokenHasher,
    /// Names the keys, for what is kept.
    pub(crate) name: String,
}

impl Keys {
    /// The keys for a password.
    pub(crate) fn derive(secret: &Secret, hash: PasswordHash) -> Self {
        let text = hash.to_text();
        Self {
            signer: CookieSigner::new(&secret.derive("session cookie", &text)),
            hasher: TokenHasher::new(&secret.derive("token", &text)),
            name: URL_SAFE_NO_PAD.encode(secret.derive("name of the session key", &text)),
            password: PasswordCheck::new(hash),
        }
    }
}
