//! `GET /admin/processes` and `POST /admin/processes/{pid}/kill`.

use axum::{extract::State, http::StatusCode};
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use crate::processes::{EndedBy, KillError, Pid, PidError, ProcessReport, ProcessesError};

/// Seconds after which the supervisor's list is likely to be there.
const LIST_RETRY: u64 = 2;

/// Processes of this instance.
#[derive(Serialize, ToSchema)]
pub(super) struct ProcessList {
    /// Oldest first.
    processes: Vec<ProcessReport>,
}

#[derive(Deserialize, IntoParams)]
pub(super) struct ProcessesQuery {
    /// Lists all processes of this instance: the parts of ocweb, what agents run, and the orphans.
    #[serde(default)]
    all: bool,
}

/// Which process is meant.
#[derive(Deserialize, ToSchema)]
pub(super) struct KillRequest {
    /// The start time that the list told.
    start_time: u64,
}

/// What became of the process.
#[derive(Serialize, ToSchema)]
pub(super) struct KillOutcome {
    /// Its number.
    pid: i32,
    /// What ended it.
    ended_by: EndedBy,
}

/// Lists the processes of this instance whose parent is gone, or all of them
#[utoipa::path(
    get,
    path = "/admin/processes",
    operation_id = "list_processes",
    tag = "resource-monitor",
    params(ProcessesQuery),
    responses(
        (status = 200, description = "The processes", body = ProcessList),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The supervisor has not yet listed its own processes", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_processes(
    State(shared): State<Shared>,
    Query(query): Query<ProcessesQuery>,
) -> Result<Json<ProcessList>, Problem> {
    let processes =
        if query.all { shared.processes.all().await? } else { shared.processes.orphans().await? };
    Ok(Json(ProcessList { processes }))
}

/// Ends a process whose parent is gone
///
/// It is asked to end, and forced after three seconds. Its children, if any, are on the list then.
#[utoipa::path(
    post,
    path = "/admin/processes/{pid}/kill",
    operation_id = "kill_process",
    tag = "resource-monitor",
    params(("pid" = i32, Path, description = "Its number", minimum = 2, maximum = 4_194_304)),
    request_body = KillRequest,
    responses(
        (status = 200, description = "It has ended", body = KillOutcome),
        (status = 400, description = "That is no process number, or no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`protected-process`: it belongs to ocweb or to the machine", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such process on the list", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`process-changed`: another process has this number now", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not called JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body lacks the start time", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "`process-stuck`, or it cannot be signalled", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The supervisor has not yet listed its own processes", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn kill_process(
    State(shared): State<Shared>,
    Path(pid): Path<String>,
    Json(request): Json<KillRequest>,
) -> Result<Json<KillOutcome>, Problem> {
    let pid: Pid = pid.parse()?;
    let ended_by = shared.processes.kill(pid, request.start_time).await?;
    Ok(Json(KillOutcome { pid: pid.get(), ended_by }))
}

impl From<PidError> for Problem {
    fn from(error: PidError) -> Self {
        match error {
            PidError::NotAPid => Self::bad_request(error.to_string()),
            PidError::First => protected(error.to_string()),
        }
    }
}

impl From<ProcessesError> for Problem {
    fn from(error: ProcessesError) -> Self {
        match error {
            ProcessesError::Supervised { .. } => {
                tracing::warn!(error = %error, "processes cannot be told apart");
                let detail = "The supervisor has not yet said which processes are its own.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(LIST_RETRY)
            }
            ProcessesError::Proc(_) | ProcessesError::CutOff(_) => Self::internal(error),
        }
    }
}

impl From<KillError> for Problem {
    fn from(error: KillError) -> Self {
        match error {
            KillError::Protected => protected(error.to_string()),
            KillError::NoSuchProcess | KillError::NotAnOrphan => Self::not_found(error.to_string()),
            KillError::AnotherProcess => {
                Self::conflict(error.to_string()).kind("process-changed", "Another process")
            }
            KillError::Stuck => Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
                .kind("process-stuck", "Process does not end"),
            KillError::List(error) => error.into(),
            KillError::Signal(_) => Self::internal(error),
        }
    }
}

fn protected(detail: String) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, detail).kind("protected-process", "Protected process")
}
