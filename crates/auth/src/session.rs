//! A session: one browser that has logged in.

use std::{fmt, net::IpAddr, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// How long a session lasts after its login.
pub(crate) const LIFETIME: Duration = Duration::days(30);

/// Longest user agent that is kept, in characters.
const USER_AGENT_LENGTH: usize = 200;

/// The name of a session: 128 random bits, 22 characters of base64url in text. Not a secret: what
/// lets a browser in is the signed cookie around it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct SessionId([u8; 16]);

impl SessionId {
    /// A new random one.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The id with these bits.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bits.
    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SessionId({self})")
    }
}

/// Text that is no session id.
#[derive(Debug, thiserror::Error)]
#[error("a session id is 22 characters of base64url")]
pub(crate) struct InvalidSessionId;

impl FromStr for SessionId {
    type Err = InvalidSessionId;

    fn from_str(text: &str) -> Result<Self, InvalidSessionId> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidSessionId)?;
        bytes.try_into().map(Self).map_err(|_| InvalidSessionId)
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for SessionId {
    type Error = InvalidSessionId;

    fn try_from(text: String) -> Result<Self, InvalidSessionId> {
        text.parse()
    }
}

/// What is known of a session, in memory and in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Its name.
    pub(crate) id: SessionId,
    /// When its browser logged in.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When it was last used, give or take a minute.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) last_seen_at: OffsetDateTime,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
    /// What the browser called itself at the login.
    pub(crate) user_agent: String,
    /// Where the login came from.
    pub(crate) address: Option<IpAddr>,
}

impl Session {
    /// A new session that begins now, in whole seconds.
    pub(crate) fn begin(
        id: SessionId,
        now: OffsetDateTime,
        user_agent: &str,
        address: Option<IpAddr>,
    ) -> Self {
        let now = now.truncate_to_second();
        Self {
            id,
            created_at: now,
            last_seen_at: now,
            expires_at: now + LIFETIME,
            user_agent: user_agent
                .chars()
                .filter(|character| !character.is_control())
                .take(USER_AGENT_LENGTH)
                .collect(),
            address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text() {
        let id = SessionId::generate().unwrap();
        assert_eq!(id.to_string().len(), 22);
        assert_eq!(id.to_string().parse::<SessionId>().unwrap(), id);
        for text in
            ["", "../", "a__b", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAA"]
        {
            assert!(text.parse::<SessionId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_user_agent_is_cut_and_cleaned() {
        let id = SessionId::generate().unwrap();
        let session = Session::begin(id, OffsetDateTime::UNIX_EPOCH, &"ä\u{1b}".repeat(500), None);
        assert_eq!(session.user_agent, "ä".repeat(200));
    }
}
