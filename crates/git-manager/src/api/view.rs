//! `/admin/chats/…/git`, `diff`, `log`: what a chat did, for those who read.

use axum::extract::State;
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{chats::chat_id, parsed, reading::NotRead};
use crate::{
    Manager,
    view::{Comparison, History, Stat},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new()
        .routes(routes!(list_stats))
        .routes(routes!(stat))
        .routes(routes!(diff))
        .routes(routes!(log))
}

/// The numbers of all chats that have a working copy, the newest chat first.
#[derive(Serialize, ToSchema)]
struct GitStatList {
    chats: Vec<Stat>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatsQuery {
    /// `true`: at once, as last measured, whatever happened since `measured_at`.
    #[serde(default)]
    #[param(default = false)]
    known: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DiffQuery {
    /// `base`: all that the chat did; `head`: what no commit has; the id of a commit: that commit alone.
    #[serde(default = "base")]
    #[param(default = "base")]
    against: String,
}

fn base() -> String {
    "base".into()
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogQuery {
    /// How many commits; 1 to 500.
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: usize,
}

fn fifty() -> usize {
    50
}

/// What every chat changed, in numbers
///
/// Every file is looked at, and what changed is measured again: that takes a moment where there are many. To show
/// something meanwhile, ask with `known` first, which answers within milliseconds and leaves out what was not measured
/// since the start. A chat whose working copy is gone or cannot be read is left out too.
#[utoipa::path(get, path = "/admin/chats/git", operation_id = "list_chat_git_stats", tag = "git-manager",
    params(StatsQuery),
    responses((status = 200, body = GitStatList), (status = 400, body = Problem)))]
async fn list_stats(
    State(manager): State<Manager>,
    Query(StatsQuery { known }): Query<StatsQuery>,
) -> Json<GitStatList> {
    let chats = if known { manager.view.last_stats() } else { manager.view.stats().await };
    Json(GitStatList { chats })
}

/// What a chat changed, in numbers, measured now
#[utoipa::path(get, path = "/admin/chats/{id}/git", operation_id = "get_chat_git_stat", tag = "git-manager",
    params(("id" = String, Path)),
    responses((status = 200, body = Stat), NotRead))]
async fn stat(State(manager): State<Manager>, Path(id): Path<String>) -> Result<Json<Stat>, Problem> {
    Ok(Json(manager.view.stat(&chat_id(&id)?).await?))
}

/// What a chat changed, file by file
///
/// At most 3,000 files, 512 KiB for a patch and 2 MiB for all; what was cut says so.
#[utoipa::path(get, path = "/admin/chats/{id}/diff", operation_id = "get_chat_diff", tag = "git-manager",
    params(("id" = String, Path), DiffQuery),
    responses((status = 200, body = Comparison), NotRead))]
async fn diff(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Query(DiffQuery { against }): Query<DiffQuery>,
) -> Result<Json<Comparison>, Problem> {
    Ok(Json(manager.view.comparison(&chat_id(&id)?, parsed(&against)?).await?))
}

/// The commits of a chat's branch that its base does not have, the newest first
#[utoipa::path(get, path = "/admin/chats/{id}/log", operation_id = "get_chat_log", tag = "git-manager",
    params(("id" = String, Path), LogQuery),
    responses((status = 200, body = History), NotRead))]
async fn log(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Query(LogQuery { limit }): Query<LogQuery>,
) -> Result<Json<History>, Problem> {
    Ok(Json(manager.view.history(&chat_id(&id)?, limit.clamp(1, 500)).await?))
}
