//! The part of GitHub that ocweb uses: who the token belongs to, what it may see, issues, pull requests and their checks,
//! and git over HTTP.

mod api;
mod catalogue;
mod checks;
mod conditional;
mod contents;
mod files;
mod git_http;
mod issues;
mod large_files;
mod limit;
mod merging;
mod moved;
mod paging;
mod pulls;
mod rates;
mod seed;
mod threads;

use std::path::PathBuf;

use axum::{
    Router, middleware,
    routing::{delete, get, post, put},
};
use tokio_util::sync::CancellationToken;

pub use catalogue::{OWNER, Repository, repositories};
pub(crate) use issues::Happening;
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
    threads: threads::Threads,
    moved: moved::Moved,
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
        let threads = threads::Threads::open(repositories.with_file_name("threads.json"));
        Self { url, token, repositories, rates, threads, moved: moved::Moved::default(), stop }
    }
}

/// What is below `/api/repos/{owner}/{name}`, and below the address that stays when a repository moves.
fn of_a_repository() -> Router<GitHub> {
    Router::new()
        .route("/", get(api::repository))
        .route("/contents/{*path}", get(files::contents))
        .route("/pulls", get(pulls::list).post(pulls::open))
        .route("/pulls/{number}", get(pulls::get).patch(pulls::edit))
        .route("/pulls/{number}/reviews", get(pulls::reviews))
        .route("/pulls/{number}/merge", put(pulls::merge))
        .route("/issues", post(issues::create))
        .route("/issues/{number}", get(issues::get))
        .route("/git/matching-refs/heads/{*branch}", get(pulls::branches))
        .route("/git/refs/heads/{*branch}", delete(pulls::delete_branch))
        .route("/commits/{commit}/check-runs", get(checks::check_runs))
        .route("/commits/{commit}/status", get(checks::status))
        .route("/check-runs/{id}/annotations", get(checks::annotations))
        .route("/actions/runs", get(checks::runs))
        .route("/actions/runs/{run}/jobs", get(checks::jobs))
        .route("/actions/jobs/{id}/logs", get(checks::log_address))
}

/// `/api/…` and `/{owner}/{name}.git/…`.
pub(crate) fn router(github: GitHub, faults: &Faults) -> Router {
    let fail = |part| middleware::from_fn_with_state((faults.clone(), part), faults::play);
    let api = Router::new()
        .route("/api/user", get(api::user))
        .route("/api/user/repos", get(api::list_repositories))
        .route("/api/graphql", post(pulls::graphql))
        .nest("/api/repos/{owner}/{name}", of_a_repository())
        .nest("/api/repositories/{owner}/{name}", of_a_repository())
        .layer(middleware::from_fn_with_state(github.clone(), moved::lead))
        .layer(middleware::from_fn(conditional::answer))
        .layer(middleware::from_fn_with_state(limit::Limit::default(), limit::tell))
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
    let logs = Router::new().route("/stored-logs/{id}", get(checks::log));
    Router::new().merge(api).merge(git).merge(logs).with_state(github)
}
