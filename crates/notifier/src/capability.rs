//! What a button in a notification can do without a login.
//!
//! A capability is 256 random bits that stand for one answer to one request, once, for a day. Only its
//! hash is kept, so that whoever reads the disk or a backup cannot answer with it; and because what is
//! looked up is a hash, how long a look-up takes says nothing of what would have fitted.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{digest, rand::SecureRandom};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::event::Verdict;

/// For how long a button works.
const LIFE: Duration = Duration::from_hours(24);

/// The text of a capability: it is in a notification and nowhere else.
pub(crate) struct Capability(String);

impl Capability {
    /// A new one.
    pub(crate) fn generate() -> Self {
        Self(random_text::<32>())
    }

    /// What somebody sent as one.
    pub(crate) fn presented(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> CapabilityHash {
        CapabilityHash(URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.0.as_bytes())))
    }

    /// Its text, for the button.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// What tells a capability from all others, and cannot be used as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct CapabilityHash(String);

/// As long as what a capability holds, besides its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "to")]
pub(crate) enum Bond {
    /// The device that it was pushed to: for as long as that is subscribed, and logged in.
    Device { subscription: String },
    /// auth's era, where there is no device that is logged in: until everybody else is logged out, or the password is
    /// changed.
    Era { era: String },
}

/// What a capability that was given out stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    hash: CapabilityHash,
    /// `None` of one that was kept before there were bonds: good for nothing.
    pub(crate) bond: Option<Bond>,
    pub(crate) request: String,
    pub(crate) verdict: Verdict,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

impl Grant {
    /// A new capability and what it stands for.
    pub(crate) fn issue(
        request: &str,
        verdict: Verdict,
        bond: Bond,
        now: OffsetDateTime,
    ) -> (Capability, Self) {
        let capability = Capability::generate();
        let grant = Self {
            hash: capability.hash(),
            bond: Some(bond),
            request: request.to_owned(),
            verdict,
            expires_at: now + LIFE,
        };
        (capability, grant)
    }

    /// Whether the capability of this hash may be used now for what this stands for.
    pub(crate) fn permits(&self, hash: &CapabilityHash, now: OffsetDateTime) -> bool {
        self.hash == *hash && !self.is_expired(now)
    }

    pub(crate) fn is_expired(&self, now: OffsetDateTime) -> bool {
        now >= self.expires_at
    }
}

/// `BYTES` random bytes as text that fits into addresses.
pub(crate) fn random_text<const BYTES: usize>() -> String {
    let mut bytes = [0_u8; BYTES];
    // Without randomness nothing on this machine is safe; there is no sensible way on.
    #[expect(clippy::expect_used, reason = "there is no sensible way on")]
    ring::rand::SystemRandom::new().fill(&mut bytes).expect("the system gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn a_grant_holds_for_its_own_capability_and_a_day() {
        let bond = Bond::Era { era: "1".into() };
        let (capability, grant) = Grant::issue("per_1", Verdict::Once, bond.clone(), NOW);
        let (other, _) = Grant::issue("per_1", Verdict::Once, bond, NOW);
        let text = capability.into_text();
        assert_eq!(text.len(), 43, "256 bits");
        let presented = Capability::presented(&format!("{text}\n")).hash();
        assert!(grant.permits(&presented, NOW + LIFE - Duration::from_secs(1)));
        assert!(!grant.permits(&presented, NOW + LIFE));
        assert!(!grant.permits(&other.hash(), NOW));
        assert!(!serde_json::to_string(&grant).unwrap().contains(&text), "the disk does not know it");
    }
}
