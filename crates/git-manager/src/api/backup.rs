//! `/internal/backup`: what a backup holds of the clones, for `ocweb backup` beside us. Caddy has no route to it.

use std::sync::Arc;

use axum::{Router, extract::State, http::StatusCode, routing::post};
use ocweb_service::{Problem, extract::Json};

use crate::{Manager, backup::Holding};

pub(super) fn router() -> Router<Manager> {
    Router::new().route("/internal/backup", post(take).delete(let_go))
}

async fn take(State(manager): State<Manager>) -> Result<Json<Holding>, Problem> {
    let backups = Arc::clone(&manager.backups);
    Ok(Json(manager.to_its_end(async move { backups.take().await }).await?))
}

async fn let_go(State(manager): State<Manager>) -> Result<StatusCode, Problem> {
    manager.backups.let_go().await?;
    Ok(StatusCode::NO_CONTENT)
}
