//! Whether the login that a device subscribed with still holds, and what holds where there is no login.
//!
//! A device that is logged out, perhaps because it was stolen, is told nothing any more, and what it was told answers
//! nothing. Whoever owns it cannot unsubscribe it, so auth is asked before anything is sent to it, and when one of its
//! buttons is pressed.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::OnceLock,
    time::Duration,
};

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

use crate::outbound::chain;

/// How long auth may take to answer. A notification waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// The id of a login, as Caddy passes it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct LoginId(String);

/// A text that is no login's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("X-Ocweb-Session is not the id of a login.")]
pub(crate) struct InvalidLoginId;

impl FromStr for LoginId {
    type Err = InvalidLoginId;

    fn from_str(text: &str) -> Result<Self, InvalidLoginId> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let valid = (1..=128).contains(&text.len()) && text.bytes().all(fits);
        if valid { Ok(Self(text.into())) } else { Err(InvalidLoginId) }
    }
}

impl TryFrom<String> for LoginId {
    type Error = InvalidLoginId;

    fn try_from(text: String) -> Result<Self, InvalidLoginId> {
        text.parse()
    }
}

impl From<LoginId> for String {
    fn from(id: LoginId) -> Self {
        id.0
    }
}

impl fmt::Display for LoginId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// How a login stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Holds,
    Ended,
    /// auth does not say.
    Unknown,
}

/// auth, over its unix socket.
pub(crate) struct Logins {
    socket: PathBuf,
    client: OnceLock<reqwest::Client>,
}

impl Logins {
    pub(crate) fn at(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), client: OnceLock::new() }
    }

    /// How a login stands.
    pub(crate) async fn standing(&self, login: &LoginId) -> Standing {
        match self.ask(&format!("sessions/{login}")).await.map(|answer| answer.status()) {
            Ok(StatusCode::NO_CONTENT) => Standing::Holds,
            Ok(StatusCode::NOT_FOUND) => Standing::Ended,
            Ok(status) => {
                tracing::warn!(%status, "whether a device is still logged in is unknown");
                Standing::Unknown
            }
            Err(error) => {
                tracing::warn!(error = chain(error), "whether a device is still logged in is unknown");
                Standing::Unknown
            }
        }
    }

    /// The era that it is, which ends when everybody else is logged out and when the password is changed; `None` while
    /// auth does not say.
    pub(crate) async fn era(&self) -> Option<String> {
        let text = async { self.ask("era").await?.error_for_status()?.text().await };
        text.await
            .map_err(|error| tracing::warn!(error = chain(error), "auth does not say which era it is"))
            .ok()
    }

    async fn ask(&self, what: &str) -> reqwest::Result<reqwest::Response> {
        self.client()?.get(format!("http://auth/internal/{what}")).timeout(PATIENCE).send().await
    }

    fn client(&self) -> reqwest::Result<&reqwest::Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = ocweb_service::local_client_builder().unix_socket(self.socket.clone()).build()?;
        Ok(self.client.get_or_init(|| client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_fits_into_an_address() {
        assert_eq!("aB3-_".parse::<LoginId>().unwrap().to_string(), "aB3-_");
        for text in ["", "a/b", "..", "a b", "é", "a\r\n", &"a".repeat(129)] {
            assert_eq!(text.parse::<LoginId>(), Err(InvalidLoginId), "{text:?}");
        }
    }
}
