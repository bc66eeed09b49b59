//! The part of GitHub that ocweb uses: who the token belongs to, what it may see, and git over HTTP.

mod api;
mod catalogue;
mod contents;
mod git_http;
mod large_files;
mod rates;
mod seed;

use std::path::PathBuf;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use tokio_util::sync::CancellationToken;

pub use catalogue::{OWNER, Repository, repositories};
pub use rates::Rates;
pub use seed::SeedError;
pub(crate) use seed::seed;

use crate::faults::{self, Faults, Part};

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct GitHub {
    /// The world's origin, without a slash at its end.
    url: String,
    token: String,
    /// Bare repositories, `<owner>/<name>.git` below it.
    repositories: PathBuf,
    rates: Rates,
    stop: CancellationToken,
}

impl GitHub {
    pub(crate) fn new(
        url: String,
        token: String,
        repositories: PathBuf,
        rates: Rates,
        stop: CancellationToken,
    ) -> Self {
        Self { url, token, repositories, rates, stop }
    }
}

/// `/api/…` and `/{owner}/{name}.git/…`.
pub(crate) fn router(github: GitHub, faults: &Faults) -> Router {
    let fail = |part| middleware::from_fn_with_state((faults.clone(), part), faults::play);
    let api = Router::new()
        .route("/api/user", get(api::user))
        .route("/api/user/repos", get(api::list_repositories))
        .route("/api/repos/{owner}/{name}", get(api::repository))
        .layer(middleware::from_fn_with_state(github.clone(), api::demand_token))
        .layer(fail(Part::Api));
    let git = Router::new()
        .route("/{owner}/{name}/info/refs", get(git_http::serve))
        .route("/{owner}/{name}/git-upload-pack", post(git_http::serve))
        .route("/{owner}/{name}/git-receive-pack", post(git_http::serve))
        .route("/{owner}/{name}/info/lfs/objects/batch", post(large_files::batch))
        .route("/{owner}/{name}/info/lfs/locks", get(large_files::locks))
        .route("/{owner}/{name}/info/lfs/locks/verify", post(large_files::locks_of_a_push))
        .route("/{owner}/{name}/large-files/{oid}", get(large_files::file).put(large_files::file))
        .layer(fail(Part::Git));
    Router::new().merge(api).merge(git).with_state(github)
}
