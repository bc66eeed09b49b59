//! Says to the push service who sends (RFC 8292): a token signed with a key of our own, which browsers
//! bind their subscriptions to. So it is made once: with another, every device would have to subscribe anew.

use std::{io, path::Path, time::Duration};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ocweb_service::private_file;
use reqwest::Url;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::json;
use time::OffsetDateTime;

use crate::settings::Address;

/// For how long a token holds. Push services refuse more than a day.
const LIFE: Duration = Duration::from_hours(12);

/// Whom a push service may write to where we have no address of our own. It wants one of this form, and
/// Apple's refuses the names of machines.
const NOBODY: &str = "mailto:nobody@example.com";

/// The key that signs.
pub(crate) struct VapidKey(EcdsaKeyPair);

impl VapidKey {
    /// Reads the key, or makes one where there is none.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let random = SystemRandom::new();
        let unusable = || io::Error::new(io::ErrorKind::InvalidData, "it is no ECDSA key over P-256");
        let encoded = if let Some(text) = private_file::read(path)? {
            STANDARD.decode(text.trim()).map_err(|_| unusable())?
        } else {
            let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                .map_err(|_| io::Error::other("no key could be made"))?;
            private_file::write(path, STANDARD.encode(made.as_ref()).as_bytes())?;
            made.as_ref().to_vec()
        };
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &encoded, &random)
            .map(Self)
            .map_err(|_| unusable())
    }

    /// The public key as browsers want it when they subscribe.
    pub(crate) fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key())
    }

    /// The `Authorization` of a request to `endpoint`; `None` if it cannot be signed.
    pub(crate) fn authorization(
        &self,
        endpoint: &Url,
        public_url: Option<&Address>,
        now: OffsetDateTime,
    ) -> Option<String> {
        let subject = public_url.map(Address::text).filter(|text| text.starts_with("https:"));
        let claims = json!({
            "aud": endpoint.origin().ascii_serialization(),
            "exp": (now + LIFE).unix_timestamp(),
            "sub": subject.unwrap_or(NOBODY),
        });
        let header = json!({ "typ": "JWT", "alg": "ES256" });
        let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Some(format!("vapid t={signed}.{signature}, k={}", self.public()))
    }
}
