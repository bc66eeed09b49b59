//! The routes. Handlers translate between HTTP and the domain and decide nothing themselves.

mod disk;
mod load;
mod processes;

use axum::Router;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{disk::Disk, load::Load, processes::Processes};

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    disk: Disk,
    load: Load,
    processes: Processes,
}

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(disk::show_disk))
        .routes(routes!(load::show_load))
        .routes(routes!(processes::list_processes))
        .routes(routes!(processes::kill_process))
}

/// The routes of the service.
pub fn router(disk: Disk, load: Load, processes: Processes) -> Router {
    Router::from(routes()).with_state(Shared { disk, load, processes })
}

/// The routes' description.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
