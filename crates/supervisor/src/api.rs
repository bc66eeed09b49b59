//! What the supervisor answers on its socket.

use axum::{Router, extract::State as Shared, http::StatusCode};
use ocweb_service::{Problem, extract::Json};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::watch;
use utoipa::{OpenApi as _, ToSchema, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    installation::{Installation, MissingSetting},
    process::{LastExit, Status},
    state::State,
    table::OPENCODE,
};

/// Seconds after which asking for the health again makes sense.
const RETRY_AFTER: u64 = 1;

/// What the handlers look at.
#[derive(Clone)]
pub(crate) struct Board {
    pub(crate) processes: Vec<(&'static str, watch::Receiver<Status>)>,
    pub(crate) installation: Installation,
}

impl Board {
    /// The processes that are not running, as far as they are to be waited for.
    pub(crate) fn waiting_for(&self) -> Vec<WaitedFor> {
        self.processes
            .iter()
            .map(|(name, status)| WaitedFor { name, state: status.borrow().state })
            .filter(|waited| waited.state != State::Running)
            .collect()
    }
}

/// The supervisor's routes.
pub(crate) fn router(board: Board) -> Router {
    routes_and_document().with_state(board).split_for_parts().0
}

/// The `OpenAPI` document of the supervisor's routes.
pub fn openapi() -> OpenApi {
    routes_and_document().to_openapi()
}

#[derive(utoipa::OpenApi)]
#[openapi(tags((name = "supervisor", description = "Which processes run, and how they are.")))]
struct Document;

fn routes_and_document() -> OpenApiRouter<Board> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(get_health))
        .routes(routes!(list_services))
        .routes(routes!(get_instance))
}

/// The health of the whole.
#[derive(Serialize, ToSchema)]
struct InstanceHealth {
    /// True: every process runs and answers.
    healthy: bool,
    /// Empty here; the problem document names what is waited for.
    waiting_for: Vec<WaitedFor>,
}

/// A process that is not running yet, or not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct WaitedFor {
    /// Its name, as in `/admin/services`.
    pub(crate) name: &'static str,
    /// What it is doing.
    pub(crate) state: State,
}

/// Whether everything runs
///
/// Needs no login, so that a platform's health check can ask.
#[utoipa::path(
    get, path = "/admin/health", operation_id = "getHealth", tag = "supervisor",
    responses(
        (status = 200, description = "Every process runs and answers.", body = InstanceHealth),
        (status = 503, description = "Some process does not run; kind `starting`, with `waiting_for`.",
         body = Problem, content_type = "application/problem+json"),
    )
)]
async fn get_health(Shared(board): Shared<Board>) -> Result<Json<InstanceHealth>, Problem> {
    let waiting_for = board.waiting_for();
    if waiting_for.is_empty() {
        return Ok(Json(InstanceHealth { healthy: true, waiting_for }));
    }
    let names: Vec<_> = waiting_for.iter().map(|waited| waited.name).collect();
    let detail = format!("Not everything runs yet; waiting for {}.", names.join(", "));
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        .kind("starting", "Not everything runs")
        .with("healthy", false)
        .with("waiting_for", json!(waiting_for))
        .retry_after(RETRY_AFTER))
}

/// All processes.
#[derive(Serialize, ToSchema)]
struct ServiceList {
    services: Vec<ServiceReport>,
}

/// One process.
#[derive(Serialize, ToSchema)]
struct ServiceReport {
    name: &'static str,
    /// Its process id while it runs.
    pid: Option<i32>,
    state: State,
    /// How often it was started again.
    restarts: u64,
    /// Its own resident memory, without its children.
    memory_bytes: Option<u64>,
    /// When it was started the last time.
    #[serde(with = "time::serde::rfc3339::option")]
    started_at: Option<OffsetDateTime>,
    /// How it ended the last time, if it ever did.
    last_exit: Option<LastExit>,
    /// When it will be started again, while it is down.
    #[serde(with = "time::serde::rfc3339::option")]
    next_start_at: Option<OffsetDateTime>,
}

/// Each process's state
#[utoipa::path(
    get, path = "/admin/services", operation_id = "listServices", tag = "supervisor",
    responses((status = 200, description = "opencode, our services and Caddy.", body = ServiceList))
)]
async fn list_services(Shared(board): Shared<Board>) -> Json<ServiceList> {
    let report = |(name, status): &(&'static str, watch::Receiver<Status>)| {
        let status = status.borrow().clone();
        ServiceReport {
            name,
            pid: status.pid,
            state: status.state,
            restarts: status.restarts,
            memory_bytes: status.pid.and_then(resident_memory),
            started_at: status.started_at,
            last_exit: status.last_exit,
            next_start_at: status.next_start_at,
        }
    };
    Json(ServiceList { services: board.processes.iter().map(report).collect() })
}

fn resident_memory(pid: i32) -> Option<u64> {
    let pages = procfs::process::Process::new(pid).ok()?.statm().ok()?.resident;
    Some(pages * procfs::page_size())
}

/// This installation.
#[derive(Serialize, ToSchema)]
struct InstanceReport {
    /// Version of ocweb.
    version: &'static str,
    /// Version of opencode, once it has answered.
    opencode_version: Option<String>,
    /// What the page shows at its top, if anything.
    notice: Option<String>,
    /// Settings that are absent and without which something does not work.
    missing: Vec<MissingSetting>,
}

/// Versions, the notice, and what is not set
#[utoipa::path(
    get, path = "/admin/instance", operation_id = "getInstance", tag = "supervisor",
    responses((status = 200, description = "About this installation.", body = InstanceReport))
)]
async fn get_instance(Shared(board): Shared<Board>) -> Json<InstanceReport> {
    let opencode = board.processes.iter().find(|(name, _)| *name == OPENCODE);
    Json(InstanceReport {
        version: env!("CARGO_PKG_VERSION"),
        opencode_version: opencode.and_then(|(_, status)| status.borrow().version.clone()),
        notice: board.installation.notice.clone(),
        missing: board.installation.missing(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_every_route_with_an_id_of_its_own() {
        let document = serde_json::to_value(openapi()).unwrap();
        for (path, id) in [
            ("/admin/health", "getHealth"),
            ("/admin/services", "listServices"),
            ("/admin/instance", "getInstance"),
        ] {
            assert_eq!(document["paths"][path]["get"]["operationId"], id);
            assert_eq!(document["paths"][path]["get"]["tags"], json!(["supervisor"]));
        }
    }
}
