//! What the supervisor answers on its socket.

use axum::{
    Router,
    extract::State as Shared,
    http::{StatusCode, header},
    response::IntoResponse,
};
use ocweb_backup::{Outcome, UnheldWork};
use ocweb_service::{
    Problem,
    config::Folders,
    extract::{Json, Path},
    metrics::{CONTENT_TYPE, Requests},
};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::watch;
use utoipa::{OpenApi as _, ToSchema, openapi::OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    footprint::Footprint,
    installation::{Installation, MissingSetting},
    metrics,
    process::{LastExit, Order, Status},
    state::State,
    table::OPENCODE,
};

/// Seconds after which asking for the health again makes sense.
const RETRY_AFTER: u64 = 1;

/// What the handlers look at.
#[derive(Clone)]
pub(crate) struct Board {
    pub(crate) processes: Vec<Row>,
    pub(crate) installation: Installation,
    /// Where the services' sockets are.
    pub(crate) folders: Folders,
    /// What Caddy passed on to opencode.
    pub(crate) passed_on: Requests,
}

/// One process of the table: what it is doing, and how it is told what to do.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) orders: watch::Sender<Order>,
}

impl Board {
    /// How the last backup went.
    pub(crate) fn last_backup(&self) -> Outcome {
        Outcome::read(&Outcome::folder(&self.folders.data))
    }

    /// The processes that are not running, as far as they are to be waited for.
    pub(crate) fn waiting_for(&self) -> Vec<WaitedFor> {
        self.processes
            .iter()
            .map(|row| WaitedFor { name: row.name, state: row.status.borrow().state })
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
        .routes(routes!(restart_service))
        .routes(routes!(get_instance))
        .routes(routes!(get_metrics))
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
    let report = |row: &Row| {
        let status = row.status.borrow().clone();
        ServiceReport {
            name: row.name,
            pid: status.pid,
            state: status.state,
            restarts: status.restarts,
            memory_bytes: status.pid.and_then(Footprint::of).map(|footprint| footprint.resident_bytes),
            started_at: status.started_at,
            last_exit: status.last_exit,
            next_start_at: status.next_start_at,
        }
    };
    Json(ServiceList { services: board.processes.iter().map(report).collect() })
}

/// Ends a process and starts it anew
///
/// Whatever opencode is doing is cut off when it is the one; the chats say so. Caddy cuts off the answer to this, too.
#[utoipa::path(
    post, path = "/admin/services/{name}/restart", operation_id = "restartService", tag = "supervisor",
    params(("name" = String, Path, description = "Its name, as in `/admin/services`")),
    responses(
        (status = 202, description = "It is told to."),
        (status = 404, description = "There is no such process.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn restart_service(
    Shared(board): Shared<Board>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let row = board.processes.iter().find(|row| row.name == name);
    let row = row.ok_or_else(|| Problem::not_found("There is no process of this name."))?;
    tracing::info!(name, "a restart was asked for");
    row.orders.send_modify(|order| {
        // At a stop it is too late.
        if !matches!(order, Order::Stop | Order::Kill) {
            *order = Order::Restart;
        }
    });
    Ok(StatusCode::ACCEPTED)
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
    /// Why the agent runs as root, and so can read all that ocweb knows; `null` where it does not, or where that was asked for.
    agent_is_root: Option<String>,
    /// How the last backup went; `null` where none was ever made.
    backup: Option<BackupReport>,
}

/// How the last backup went.
#[derive(Serialize, ToSchema)]
struct BackupReport {
    /// When the last one that worked was begun.
    #[serde(with = "time::serde::rfc3339::option")]
    last_success_at: Option<OffsetDateTime>,
    /// How large it is.
    size_bytes: u64,
    /// The uncommitted work that is not in it.
    not_held: Vec<UnheldWork>,
    /// When one failed since.
    #[serde(with = "time::serde::rfc3339::option")]
    failed_at: Option<OffsetDateTime>,
    /// Why it failed.
    reason: Option<String>,
}

impl BackupReport {
    fn of(last: Outcome) -> Option<Self> {
        let Outcome { last_success_at, size_bytes, not_held, failed_at, reason, reached: _ } = last;
        last_success_at.or(failed_at)?;
        Some(Self { last_success_at, size_bytes, not_held, failed_at, reason })
    }
}

/// Versions, the notice, and what is not set
#[utoipa::path(
    get, path = "/admin/instance", operation_id = "getInstance", tag = "supervisor",
    responses((status = 200, description = "About this installation.", body = InstanceReport))
)]
async fn get_instance(Shared(board): Shared<Board>) -> Json<InstanceReport> {
    let opencode = board.processes.iter().find(|row| row.name == OPENCODE);
    Json(InstanceReport {
        version: env!("CARGO_PKG_VERSION"),
        opencode_version: opencode.and_then(|row| row.status.borrow().version.clone()),
        notice: board.installation.notice.clone(),
        missing: board.installation.missing(),
        agent_is_root: board.installation.agent_is_root.clone(),
        backup: BackupReport::of(board.last_backup()),
    })
}

/// What is measured, for Prometheus
///
/// Of every process: whether it runs, its restarts, memory and requests; and what the services know. A service that does not
/// answer is left out and shows in `ocweb_up` and `ocweb_scrape_success`. docs/metrics.md tells what each name is.
#[utoipa::path(
    get, path = "/admin/metrics", operation_id = "getMetrics", tag = "supervisor",
    responses((status = 200, description = "Prometheus' text format.", body = String, content_type = "text/plain"))
)]
async fn get_metrics(Shared(board): Shared<Board>) -> Result<impl IntoResponse, Problem> {
    let text = metrics::gather(&board).await.map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")], text))
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
            ("/admin/metrics", "getMetrics"),
        ] {
            assert_eq!(document["paths"][path]["get"]["operationId"], id);
            assert_eq!(document["paths"][path]["get"]["tags"], json!(["supervisor"]));
        }
        let restart = &document["paths"]["/admin/services/{name}/restart"]["post"];
        assert_eq!(restart["operationId"], "restartService");
    }
}
