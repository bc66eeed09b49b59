//! What `/admin/metrics` answers: what we know of every process, and what the services tell of themselves.
//!
//! Each service keeps its own counts and is asked for them when Prometheus asks us, all at once and with little patience:
//! one that hangs must not cost the others' values, nor the alert that says that it hangs.

use std::{process, time::Duration};

use futures_util::future::join_all;
use ocweb_service::metrics::{FormatError, Readings, number};
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::{
    api::Board,
    backup,
    exposition::{Exposition, Malformed},
    footprint::Footprint,
    probe::{Address, Miss, get},
    process::Status,
    settings::SERVICES,
    state::State,
    supervisor::NAME,
    table::OPENCODE,
    users::OF_THE_AGENT,
};

/// How long a service may take. Prometheus itself waits for ten seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most that one service may say, in bytes: some thousand values.
const LIMIT: usize = 1 << 20;

/// What the services of the agent's user tell. They say nothing else: no chats, costs or backups that an agent made up.
const OF_THE_AGENTS_SERVICES: [(&str, &[&str]); 2] = [
    (
        "git-manager",
        &[
            "ocweb_http_requests_total",
            "ocweb_http_request_duration_seconds",
            "ocweb_opencode_calls_total",
            "ocweb_opencode_call_duration_seconds",
            "ocweb_clone_jobs_total",
        ],
    ),
    (
        "resource-monitor",
        &[
            "ocweb_http_requests_total",
            "ocweb_http_request_duration_seconds",
            "ocweb_volume_size_bytes",
            "ocweb_volume_available_bytes",
            "ocweb_disk_used_bytes",
            "ocweb_clones",
            "ocweb_worktrees",
            "ocweb_machine_memory_bytes",
            "ocweb_machine_memory_used_bytes",
            "ocweb_machine_load1",
        ],
    ),
];

/// Why a service's metrics are not there.
#[derive(Debug, thiserror::Error)]
enum Silence {
    #[error(transparent)]
    Miss(#[from] Miss),
    #[error("no answer in time")]
    Late,
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("the answer is no text")]
    NotText(#[from] std::str::Utf8Error),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// What we ourselves know could not be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatherError {
    #[error(transparent)]
    Unwritable(#[from] FormatError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Everything, in Prometheus' text format. What cannot be had is left out, and said.
pub(crate) async fn gather(board: &Board) -> Result<String, GatherError> {
    let mut services: Vec<_> = SERVICES.into_iter().chain([NAME]).collect();
    // The first to use a name says what it is: none that the agent could stand in for.
    services.sort_by_key(|service| OF_THE_AGENT.contains(service));
    let answers = join_all(services.iter().map(async |&service| (service, ask(board, service).await))).await;

    let mut document = Exposition::default();
    // Ours are heard first, so that nobody else says what they are.
    let mut passed_on = Readings::default();
    board.passed_on.read(&mut passed_on);
    document.add(OPENCODE, None, &passed_on.to_text()?)?;
    let mut told = Vec::new();
    for (service, answer) in answers {
        let own = OF_THE_AGENTS_SERVICES.iter().find_map(|(name, own)| (*name == service).then_some(*own));
        let added = answer.and_then(|text| Ok(document.add(service, own, &text)?));
        if let Err(error) = &added {
            tracing::debug!(service, %error, "its metrics are left out");
        }
        told.push(([("service", service)], truth(added.is_ok())));
    }
    let mut readings = Readings::default();
    readings.gauges(
        "ocweb_scrape_success",
        "1 if the service told its own metrics for this scrape, 0 if they are missing in it.",
        told,
    );
    read_processes(board, &mut readings);
    read_versions(board, &mut readings);
    if let Some(outcome) = backup::last(&board.folders, PATIENCE).await {
        outcome.read_metrics(&mut readings);
    }
    document.add_own(&readings.to_text()?)?;
    Ok(document.to_text())
}

async fn ask(board: &Board, service: &str) -> Result<String, Silence> {
    let address = Address::Unix(board.folders.socket(service));
    let answer = timeout(PATIENCE, get(&address, "/metrics", None, LIMIT)).await;
    let (status, body) = answer.map_err(|_| Silence::Late)??;
    if status == 200 { Ok(std::str::from_utf8(&body)?.to_owned()) } else { Err(Silence::Status(status)) }
}

/// What is known of the processes, ourselves included.
fn read_processes(board: &Board, readings: &mut Readings) {
    let statuses: Vec<(&str, Status)> =
        board.processes.iter().map(|row| (row.name, row.status.borrow().clone())).collect();
    let of = |name| [("service", name)];
    let processes = || statuses.iter().map(|(name, status)| (*name, status));
    let us = i32::try_from(process::id()).ok().and_then(Footprint::of);
    let footprints: Vec<(&str, Footprint)> = processes()
        .filter_map(|(name, status)| Some((name, Footprint::of(status.pid?)?)))
        .chain(us.map(|footprint| (NAME, footprint)))
        .collect();

    readings.gauges(
        "ocweb_up",
        "1 if the process runs and answers its probe, 0 if it starts, hangs or is down.",
        processes().map(|(name, status)| (of(name), truth(status.state == State::Running))),
    );
    readings.sums(
        "ocweb_restarts_total",
        "How often the process was started again since ocweb was started.",
        processes().map(|(name, status)| (of(name), number(status.restarts))),
    );
    readings.gauges(
        "ocweb_start_time_seconds",
        "When the process was started, in seconds since 1970.",
        processes().filter_map(|(name, status)| Some((of(name), seconds(status.started_at?)))),
    );
    readings.gauges(
        "ocweb_last_exit_timestamp_seconds",
        "When the process ended the last time, with its exit code or the signal that ended it.",
        processes().filter_map(|(name, status)| {
            let exit = status.last_exit.as_ref()?;
            let text = |number: Option<i32>| number.map(|number| number.to_string()).unwrap_or_default();
            let labels =
                [("service", name.to_owned()), ("code", text(exit.code)), ("signal", text(exit.signal))];
            Some((labels, seconds(exit.at)))
        }),
    );
    readings.gauges(
        "ocweb_memory_resident_bytes",
        "Memory of the process that is really there, without that of its children.",
        footprints.iter().map(|(name, footprint)| (of(name), number(footprint.resident_bytes))),
    );
    readings.sums(
        "ocweb_cpu_seconds_total",
        "Time that the process spent on a processor since it was started.",
        footprints.iter().map(|(name, footprint)| (of(name), footprint.processor_seconds())),
    );
}

fn read_versions(board: &Board, readings: &mut Readings) {
    let info = "1, with the version as a label.";
    readings.gauges("ocweb_build_info", info, [([("version", env!("CARGO_PKG_VERSION"))], 1.0)]);
    let opencode = board.processes.iter().find(|row| row.name == OPENCODE);
    let version = opencode.and_then(|row| row.status.borrow().version.clone());
    readings.gauges("ocweb_opencode_info", info, version.iter().map(|version| ([("version", version)], 1.0)));
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// A time as Prometheus has it.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
pub(crate) fn seconds(time: OffsetDateTime) -> f64 {
    (time.unix_timestamp_nanos() / 1_000_000) as f64 / 1e3
}
