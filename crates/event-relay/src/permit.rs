//! For how long something may stay open.

use tokio_util::sync::CancellationToken;

use crate::logins::Login;

/// Holds until the login that opened something is revoked, or the service stops.
pub(crate) struct Permit {
    /// `None` for a service on the socket, which has no login.
    login: Option<Login>,
    stop: CancellationToken,
}

impl Permit {
    pub(crate) fn new(login: Option<Login>, stop: CancellationToken) -> Self {
        Self { login, stop }
    }

    /// Whether it holds no longer.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.is_cancelled() || self.login.as_ref().is_some_and(Login::is_revoked)
    }

    /// Waits until it holds no longer.
    pub(crate) async fn over(&self) {
        let revoked = async {
            match &self.login {
                Some(login) => login.revoked().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = revoked => {}
        }
    }
}
