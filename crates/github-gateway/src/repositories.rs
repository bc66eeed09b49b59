//! The list of repositories that GitHub's API gives for the token.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::{
    failure::{Cause, Failure},
    github::GitHub,
};

const FRESH: Duration = Duration::from_mins(1);
/// 100 a page: ten thousand repositories are enough for one person.
const PAGES: usize = 100;
const DOING: &str = "reading your repositories";

/// A repository that the token can reach.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct GitHubRepository {
    /// `owner/name`.
    pub full_name: String,
    /// What its owner says about it.
    pub description: Option<String>,
    /// Whether only some may see it.
    pub private: bool,
    /// The branch that new work starts from.
    pub default_branch: String,
    /// When it was last pushed to, RFC 3339.
    pub pushed_at: Option<String>,
    /// Whether it takes no more changes.
    #[serde(default)]
    #[schema(required)]
    pub archived: bool,
    /// Whether it is a fork.
    #[serde(default)]
    #[schema(required)]
    pub fork: bool,
}

/// The repositories of the token's account.
pub(crate) struct Repositories {
    github: Arc<GitHub>,
    /// One request at a time: who waits finds the answer here.
    cache: Mutex<Option<(Instant, Vec<GitHubRepository>)>>,
}

impl Repositories {
    pub(crate) fn new(github: Arc<GitHub>) -> Self {
        Self { github, cache: Mutex::new(None) }
    }

    /// The repositories of the token's account, last pushed first; at most a minute old, or asked for
    /// anew with `refresh`.
    pub(crate) async fn list(&self, refresh: bool) -> Result<Vec<GitHubRepository>, Failure> {
        let asked = Instant::now();
        let mut cache = self.cache.lock().await;
        if let Some((at, repositories)) = &*cache {
            // Somebody who waited beside us may have refreshed it since we asked.
            if (!refresh && at.elapsed() < FRESH) || *at > asked {
                return Ok(repositories.clone());
            }
        }
        let repositories = self.fetch().await.map_err(|failure| match failure.cause {
            // Every account has this list: it is the API that is not there.
            Cause::NotFound { .. } => Failure::new(DOING, Cause::NoSuchAddress),
            _ => failure,
        })?;
        *cache = Some((Instant::now(), repositories.clone()));
        Ok(repositories)
    }

    async fn fetch(&self) -> Result<Vec<GitHubRepository>, Failure> {
        let query = [
            ("per_page", "100"),
            ("sort", "pushed"),
            ("affiliation", "owner,collaborator,organization_member"),
        ];
        let address = self.github.address(&["user", "repos"], &query);
        Ok(self.github.pages::<Vec<GitHubRepository>>(address, PAGES, DOING).await?.pages.concat())
    }
}
