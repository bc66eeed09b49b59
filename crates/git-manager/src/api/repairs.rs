//! Damage that was found and repaired, and checking a clone on demand.

use axum::{extract::State, http::StatusCode};
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::invalid;
use crate::{
    Manager,
    names::RepositoryName,
    repair::{Check, Notice},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put_away)).routes(routes!(show, begin))
}

/// What was repaired and not put away yet, the latest first.
#[derive(Serialize, ToSchema)]
struct RepairList {
    repairs: Vec<Notice>,
}

/// The last check of a clone since the start.
#[derive(Serialize, ToSchema)]
struct CheckReport {
    /// `null` when there was none.
    check: Option<Check>,
}

/// What was repaired
#[utoipa::path(get, path = "/admin/repairs", operation_id = "list_repairs", tag = "git-manager",
    responses((status = 200, body = RepairList)))]
async fn list(State(manager): State<Manager>) -> Json<RepairList> {
    Json(RepairList { repairs: manager.repairs.notices() })
}

/// Puts a notice of a repair away
///
/// What was set aside stays where it is.
#[utoipa::path(delete, path = "/admin/repairs/{id}", operation_id = "put_repair_away", tag = "git-manager",
    params(("id" = String, Path)),
    responses((status = 204, description = "Put away"), (status = 404, body = Problem), (status = 507, body = Problem)))]
async fn put_away(State(manager): State<Manager>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    manager.repairs.put_away(&id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The last check of a clone
#[utoipa::path(get, path = "/admin/repos/{owner}/{name}/check", operation_id = "show_check", tag = "git-manager",
    params(("owner" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = CheckReport), (status = 400, body = Problem)))]
async fn show(
    State(manager): State<Manager>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<Json<CheckReport>, Problem> {
    let name = RepositoryName::from_parts(&owner, &name).map_err(invalid)?;
    Ok(Json(CheckReport { check: manager.repairs.check(&name) }))
}

/// Checks every object of a clone, and repairs what is damaged
#[utoipa::path(post, path = "/admin/repos/{owner}/{name}/check", operation_id = "check_repository", tag = "git-manager",
    params(("owner" = String, Path), ("name" = String, Path)),
    responses(
        (status = 202, body = CheckReport, description = "It goes on"), (status = 400, body = Problem),
        (status = 404, body = Problem, description = "It is not cloned"),
    ))]
async fn begin(
    State(manager): State<Manager>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<(StatusCode, Json<CheckReport>), Problem> {
    let name = RepositoryName::from_parts(&owner, &name).map_err(invalid)?;
    manager.repairs.begin_check(&name)?;
    Ok((StatusCode::ACCEPTED, Json(CheckReport { check: manager.repairs.check(&name) })))
}
