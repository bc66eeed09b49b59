//! Whether those who opened a stream are still logged in.
//!
//! A stream is authorised when it opens; a login that is revoked later must cut it. So auth is asked every
//! two seconds, once for each login that has a stream open.

use std::{
    collections::BTreeMap,
    path::Path,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::StatusCode;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

const INTERVAL: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(2);

/// The id of a login, as Caddy passes it on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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

struct Watched {
    streams: usize,
    revoked: CancellationToken,
}

/// The logins that have streams open.
pub(crate) struct Logins {
    auth: reqwest::Client,
    watched: Mutex<BTreeMap<LoginId, Watched>>,
    came: Notify,
}

/// The login of one stream.
pub(crate) struct Login {
    id: LoginId,
    revoked: CancellationToken,
    logins: Arc<Logins>,
}

impl Logins {
    /// Asks the auth that listens on a socket.
    pub(crate) fn new(auth: &Path) -> Result<Self, reqwest::Error> {
        let auth = ocweb_service::local_client_builder().unix_socket(auth).timeout(PATIENCE).build()?;
        Ok(Self { auth, watched: Mutex::default(), came: Notify::new() })
    }

    /// Watches over the login of a stream for as long as the result lives.
    pub(crate) fn watch(self: &Arc<Self>, id: LoginId) -> Login {
        let mut watched = self.watched();
        let entry = watched
            .entry(id.clone())
            .or_insert_with(|| Watched { streams: 0, revoked: CancellationToken::new() });
        entry.streams += 1;
        let revoked = entry.revoked.clone();
        drop(watched);
        self.came.notify_one();
        Login { id, revoked, logins: Arc::clone(self) }
    }

    /// Asks again and again, while there is a login to ask about.
    pub(crate) async fn keep_asking(self: Arc<Self>) {
        loop {
            let ids: Vec<_> = self.watched().keys().cloned().collect();
            if ids.is_empty() {
                self.came.notified().await;
                continue;
            }
            for id in ids {
                if self.is_gone(&id).await {
                    tracing::info!("the streams of a revoked login are cut");
                    if let Some(watched) = self.watched().get(&id) {
                        watched.revoked.cancel();
                    }
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Whether auth says that there is no such login. An auth that does not answer revokes nobody.
    async fn is_gone(&self, id: &LoginId) -> bool {
        let address = format!("http://auth/internal/sessions/{}", id.0);
        let answer = self.auth.get(address).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::NOT_FOUND)
    }

    fn watched(&self) -> MutexGuard<'_, BTreeMap<LoginId, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Login {
    /// Whether it was revoked.
    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked.is_cancelled()
    }

    /// Waits until it is revoked.
    pub(crate) async fn revoked(&self) {
        self.revoked.cancelled().await;
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let mut watched = self.logins.watched();
        if let Some(entry) = watched.get_mut(&self.id) {
            entry.streams -= 1;
            if entry.streams == 0 {
                watched.remove(&self.id);
            }
        }
    }
}
