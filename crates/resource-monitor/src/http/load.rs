//! `GET /admin/load`.

use axum::extract::State;
use ocweb_service::{
    Problem,
    extract::{Json, Query},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shared;
use crate::load::{Hours, LoadReport};

#[derive(Deserialize, IntoParams)]
pub(super) struct LoadQuery {
    /// How far back.
    #[serde(default)]
    #[param(value_type = u8, minimum = 1, maximum = 24, default = 6)]
    hours: Hours,
}

/// Tells memory, load and free disk over the last hours
///
/// Measured twice a minute. Memory is the container's where it has a limit of its own, else the machine's.
#[utoipa::path(
    get,
    path = "/admin/load",
    operation_id = "show_load",
    tag = "resource-monitor",
    params(LoadQuery),
    responses(
        (status = 200, description = "What was measured", body = LoadReport),
        (status = 400, description = "That is no number of hours from 1 to 24", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show_load(
    State(shared): State<Shared>,
    Query(query): Query<LoadQuery>,
) -> Json<LoadReport> {
    Json(shared.load.over(query.hours))
}
