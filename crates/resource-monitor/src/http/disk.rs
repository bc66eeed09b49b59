//! `GET /admin/disk`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use ocweb_service::{
    Problem,
    extract::{Json, Query},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shared;
use crate::disk::{DiskError, DiskUsage, Freshness};

#[derive(Deserialize, IntoParams)]
pub(super) struct DiskQuery {
    /// Measures now; without it an answer may be some seconds old.
    #[serde(default)]
    refresh: bool,
}

/// Tells how full the volume is, and of what
#[utoipa::path(
    get,
    path = "/admin/disk",
    operation_id = "show_disk",
    tag = "resource-monitor",
    params(DiskQuery),
    responses(
        (status = 200, description = "The usage", body = DiskUsage),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "The volume cannot be asked", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show_disk(
    State(shared): State<Shared>,
    Query(query): Query<DiskQuery>,
) -> Result<Response, Problem> {
    let freshness = if query.refresh { Freshness::Now } else { Freshness::Recent };
    let usage = shared.disk.usage(freshness).await?;
    Ok(Json(&*usage).into_response())
}

impl From<DiskError> for Problem {
    fn from(error: DiskError) -> Self {
        Self::internal(error)
    }
}
