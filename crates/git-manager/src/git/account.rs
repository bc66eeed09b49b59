//! The account that commits are made as, where the person names nobody: GitHub's user, whom the gateway knows by the token.

use std::time::Duration;

use ocweb_git_access::{Capability, Grant};
use serde::Deserialize;

use super::Git;

/// For how long a commit waits to hear who makes it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody as commits name them.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    /// Their name.
    pub name: String,
    /// The address that GitHub keeps for them, in place of one that gets mail.
    pub email: String,
}

impl Account {
    /// Of the login alone.
    pub(super) fn of_login(login: &str, host: &str) -> Self {
        Self { name: login.to_owned(), email: format!("{login}@users.noreply.{host}") }
    }
}

impl Git {
    /// The account that commits are made as, when it is known. The gateway is asked until it knows it.
    pub async fn account(&self) -> Option<&Account> {
        if !self.has_token {
            return self.account.get();
        }
        match self.account.get_or_try_init(|| self.ask_for_account()).await {
            Ok(account) => Some(account),
            Err(error) => {
                tracing::warn!(%error, "the gateway does not say whose the token is");
                None
            }
        }
    }

    async fn ask_for_account(&self) -> Result<Account, reqwest::Error> {
        let mut url = self.gateway.clone();
        url.set_path("user");
        // Whatever capability is good enough, and each is for a repository.
        let repository = "ocweb/user".parse().ok();
        let capability = repository.map(|repository| {
            self.key.sign(&Capability { repository, grant: Grant::transfer(PATIENCE.as_secs()) })
        });
        let client = ocweb_service::local_client_builder().timeout(PATIENCE).build()?;
        let request = client.get(url).basic_auth("ocweb", capability);
        request.send().await?.error_for_status()?.json().await
    }
}
