//! The devices that subscribed to Web Push.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{agreement, rand::SystemRandom};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    capability::random_text,
    login::LoginId,
    settings::Address,
    text::{clip_bytes, one_line},
};

/// The most devices. One more pushes out the one that was sent to longest ago.
pub(crate) const MOST_SUBSCRIPTIONS: usize = 50;

/// A browser's push subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    /// Where to push to. Whoever knows it can push, so it is not shown.
    pub(crate) endpoint: Address,
    pub(crate) keys: Keys,
    /// What the person calls the device.
    pub(crate) device: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) last_sent_at: Option<OffsetDateTime>,
    pub(crate) last_error: Option<String>,
    /// With which login it was subscribed, the last time; `None` when that was without Caddy.
    #[serde(default)]
    pub(crate) login: Option<LoginId>,
}

impl Subscription {
    pub(crate) fn new(
        endpoint: Address,
        keys: Keys,
        device: &str,
        login: Option<LoginId>,
        now: OffsetDateTime,
    ) -> Self {
        Self {
            id: random_text::<12>(),
            endpoint,
            keys,
            device: clip_bytes(&one_line(device), 200),
            created_at: now,
            last_sent_at: None,
            last_error: None,
            login,
        }
    }
}

/// What a payload for this browser is encrypted with (RFC 8291).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenKeys", into = "WrittenKeys")]
pub(crate) struct Keys {
    /// Its public key: an uncompressed point of P-256.
    pub(crate) public: Vec<u8>,
    /// Its authentication secret.
    pub(crate) auth: [u8; 16],
}

/// The keys as a browser writes them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct WrittenKeys {
    p256dh: String,
    auth: String,
}

impl Keys {
    /// Reads base64url, with or without padding.
    pub(crate) fn parse(p256dh: &str, auth: &str) -> Result<Self, &'static str> {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
        let public = decode(p256dh)
            .filter(|public| is_public_key(public))
            .ok_or("keys.p256dh is no P-256 public key in base64url")?;
        let auth = decode(auth).and_then(|auth| auth.try_into().ok());
        Ok(Self { public, auth: auth.ok_or("keys.auth is not 16 bytes in base64url")? })
    }
}

/// Whether a key can be agreed on with it, which is what it is for.
fn is_public_key(bytes: &[u8]) -> bool {
    let peer = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, bytes);
    agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &SystemRandom::new())
        .and_then(|own| agreement::agree_ephemeral(own, &peer, |_| ()))
        .is_ok()
}

impl TryFrom<WrittenKeys> for Keys {
    type Error = &'static str;

    fn try_from(written: WrittenKeys) -> Result<Self, Self::Error> {
        Self::parse(&written.p256dh, &written.auth)
    }
}

impl From<Keys> for WrittenKeys {
    fn from(keys: Keys) -> Self {
        Self { p256dh: URL_SAFE_NO_PAD.encode(keys.public), auth: URL_SAFE_NO_PAD.encode(keys.auth) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_a_point_of_the_curve_and_sixteen_bytes() {
        // RFC 8291, appendix A.
        let p256dh =
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let auth = "BTBZMqHH6r4Tts7J_aSIgg";
        let keys = Keys::parse(p256dh, auth).unwrap();
        assert_eq!(Keys::parse(&format!("{p256dh}="), &format!("{auth}==")).unwrap(), keys);
        let written = serde_json::to_value(&keys).unwrap();
        assert_eq!(written, serde_json::json!({ "p256dh": p256dh, "auth": auth }));
        let off_the_curve = p256dh.replace("iw4", "iw8");
        for (p256dh, auth) in
            [("", auth), (p256dh, ""), (p256dh, "AAAA"), (&off_the_curve, auth), ("é", auth)]
        {
            assert!(Keys::parse(p256dh, auth).is_err(), "{p256dh} {auth}");
        }
    }
}
