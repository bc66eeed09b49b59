//! The github-gateway: the one process that holds `GITHUB_TOKEN`.
//!
//! git on this machine (the agent's, the person's in a terminal, git-manager's) is led here by its configuration and
//! shows a capability instead of the token. `door` reads the capability and `address` what is asked for; a push goes
//! through `push`, which knows what a chat may change, and what git-lfs asks through `large_files`; `refusal` words what is
//! refused as the asking program shows it; `upstream` passes on what may pass, with the token, as a stream.
//! `rules` keeps what the person allows beyond a chat's own branch, `opened` for which repositories any of this holds. What
//! the page shows of GitHub (`repositories`, `issues`, `pull_requests` and their `checks`) is asked of its API, in `github`; so
//! is whose the token is (`account`), for the commits that git-manager makes.
//!
//! Two doors: loopback TCP for git ([`git_router`]), and the unix socket that Caddy passes the person's requests to
//! ([`router`]). Where the agent runs as the same user it could open the second too: what is weaker then is said in
//! `docs/decisions/019-the-gateway.md`.

mod account;
mod address;
mod ancestry;
mod api;
mod body;
mod checks;
mod config;
mod door;
mod failure;
#[cfg(test)]
mod fuzz;
mod git;
mod git_manager;
mod github;
mod issues;
mod kept;
mod large_files;
mod metrics;
mod opened;
mod pull_requests;
mod push;
mod refusal;
mod repositories;
mod rules;
mod submodules;
mod upstream;

use std::sync::Arc;

pub use api::{openapi, router};
pub use config::Config;
pub use git::git_router;
pub use kept::KeptError;
pub use push::Rules;

use account::Owner;
use checks::CheckReader;
use config::Places;
use door::Door;
use git::Readers;
use git_manager::GitManager;
use github::GitHub;
use issues::Issues;
use metrics::Counts;
use ocweb_git_access::RepositoryName;
use ocweb_service::metrics::Readings;
use opened::Opened;
use pull_requests::PullRequests;
use repositories::Repositories;
use rules::RuleBook;
use submodules::Submodules;
use upstream::Upstream;

/// How large a request of the person's may be, in bytes: one that begins a chat brings files, and git-manager takes as much.
pub const BODY_LIMIT: usize = 48 << 20;

/// The name of the service, of its socket and of its folder.
pub const SERVICE: &str = "github-gateway";

/// All that the handlers share.
#[derive(Clone)]
pub struct Gateway {
    door: Arc<Door>,
    upstream: Arc<Upstream>,
    repositories: Arc<Repositories>,
    owner: Arc<Owner>,
    issues: Arc<Issues>,
    pull_requests: Arc<PullRequests>,
    checks: Arc<CheckReader>,
    rules: Arc<RuleBook>,
    opened: Arc<Opened>,
    git_manager: Arc<GitManager>,
    submodules: Arc<Submodules>,
    places: Arc<Places>,
    readers: Arc<Readers>,
    github: Arc<GitHub>,
    counts: Arc<Counts>,
}

/// A gateway that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Http(#[from] reqwest::Error),
    /// What the person allowed could not be read.
    #[error(transparent)]
    Kept(#[from] KeptError),
}

impl Gateway {
    /// Reads what the person allowed, and makes the client for GitHub.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let Config { key, address, upstream, api_url, proxies, places, git_manager, socket: _ } = config;
        let github = Arc::new(GitHub::new(api_url, upstream.token.clone(), &proxies)?);
        let pull_requests = Arc::new(PullRequests::new(github.clone()));
        Ok(Self {
            door: Arc::new(Door::new(key, address)),
            repositories: Arc::new(Repositories::new(github.clone())),
            owner: Arc::new(Owner::new(github.clone(), upstream.url.host_str().unwrap_or("github.com"))),
            issues: Arc::new(Issues::new(github.clone(), pull_requests.clone())),
            submodules: Arc::new(Submodules::new(github.clone(), upstream.url.clone())),
            checks: Arc::new(CheckReader::new(github.clone())),
            pull_requests,
            upstream: Arc::new(Upstream::new(upstream, &proxies)?),
            rules: Arc::new(RuleBook::open(&places.rules)?),
            opened: Arc::new(Opened::open(&places.opened, &places.clones)?),
            git_manager: Arc::new(GitManager::new(&git_manager)?),
            places: Arc::new(places),
            readers: Arc::default(),
            github,
            counts: Arc::new(Counts::new()),
        })
    }

    /// Adds what was counted, and what GitHub last said of its limit.
    pub fn read_metrics(&self, readings: &mut Readings) {
        self.counts.read_metrics(readings);
        self.github.read_metrics(readings);
    }

    /// Has the token used for a repository from now on, because the person works on it.
    pub fn open(&self, repository: &RepositoryName) -> Result<(), KeptError> {
        self.opened.add(repository)
    }
}
