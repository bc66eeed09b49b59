//! The HTTP face: handlers translate between requests and the domain, and decide nothing.

mod backup;
mod changes;
mod chats;
mod conversations;
mod files;
mod first_prompt;
mod garbage;
mod permissions;
mod problem;
mod prompts;
mod proposals;
mod reading;
mod repairs;
mod repositories;
mod saved;
mod setup;
mod shipping;
mod stopping;
mod view;
mod worktrees;

use axum::Router;
use ocweb_service::Problem;
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    Manager,
    names::InvalidName,
    reasons::{Accepted, InvalidAccepted, Terms},
};

pub(crate) use problem::reason;

/// The largest body that this service takes, in bytes: a prompt with all the files it may have, in base64.
pub const BODY_LIMIT: usize = 48 << 20;

#[derive(OpenApi)]
#[openapi(info(title = "git-manager", description = "Clones, worktrees, chats and garbage collection."))]
struct Document;

/// What is accepted when something is deleted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Acceptance {
    /// The reasons in spite of which it is deleted, with the numbers that the refusal told:
    /// `uncommitted-changes:3,chat-running:1`. Whatever has come up since is refused again.
    #[serde(default)]
    #[param(required = false)]
    accept: String,
    /// Delete whatever speaks against it. For scripts; who is shown the reasons names them.
    #[serde(default)]
    #[param(required = false)]
    force: bool,
    /// Do not save first what would be lost: for when it cannot be saved, and is to go all the same.
    #[serde(default)]
    #[param(required = false)]
    unsaved: bool,
}

impl Acceptance {
    fn checked(&self) -> Result<Terms, Problem> {
        let invalid = |error: InvalidAccepted| Problem::bad_request(error.to_string());
        let accepted = if self.force { Accepted::All } else { self.accept.parse().map_err(invalid)? };
        Ok(Terms { accepted, unsaved: self.unsaved })
    }
}

fn documented() -> OpenApiRouter<Manager> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(repositories::router())
        .merge(worktrees::router())
        .merge(chats::router())
        .merge(conversations::router())
        .merge(setup::router())
        .merge(repairs::router())
        .merge(permissions::router())
        .merge(prompts::router())
        .merge(proposals::router())
        .merge(stopping::router())
        .merge(shipping::router())
        .merge(view::router())
        .merge(files::router())
        .merge(garbage::router())
        .merge(saved::router())
}

/// Every route of this service.
pub fn router(manager: Manager) -> Router {
    documented().split_for_parts().0.merge(changes::router()).merge(backup::router()).with_state(manager)
}

/// The description of every route of this service.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented().split_for_parts().1
}

/// Parses a name out of a request.
fn parsed<T: std::str::FromStr<Err = InvalidName>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(invalid)
}

#[expect(clippy::needless_pass_by_value, reason = "an error is handed over")]
fn invalid(error: InvalidName) -> Problem {
    Problem::bad_request(error.to_string()).kind("invalid-name", "This name cannot be used")
}
