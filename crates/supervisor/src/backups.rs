//! Backups by the clock: wherever ocweb runs, without cron.
//!
//! Each is `ocweb backup --due`, what a person would type, as a process of its own: it alone is given the keys of the store. It
//! writes down how it went (`ocweb_backup::Outcome`), and from that is told when the next one is due, also after a restart.

use std::{path::Path, sync::Arc, time::Duration};

use ocweb_backup::Outcome;
use ocweb_service::ConfigError;
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};

use crate::{
    api::Board,
    children::Children,
    environment::{self, Variables},
    probe::{Address, Expect, Probe},
    settings::Settings,
    supervisor::NAME,
    table::{MARK, ProcessSpec, Stage},
};

const EVERY_HOURS: &str = "OCWEB_BACKUP_EVERY_HOURS";
/// What a backup is told of the settings, and what restic is told by its environment.
const GIVEN: &[&str] = &["OCWEB_BACKUP_*", "RESTIC_*", "AWS_*", "B2_*", "AZURE_*", "GOOGLE_*"];
/// How often it is looked whether one is due: clocks jump, and laptops sleep.
const LOOK: Duration = Duration::from_mins(1);
/// One that failed is tried again after so long, if that comes first.
const AGAIN: Duration = Duration::from_hours(1);
/// One that takes longer hangs, on a store that does not answer perhaps, and would be the last.
const LIMIT: Duration = Duration::from_hours(12);

/// What makes the backups, where the settings want any.
pub(crate) struct Backups {
    every: Duration,
    spec: ProcessSpec,
}

impl Backups {
    /// What the settings say. They are wrong where they say how often, and not where to.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, ConfigError> {
        let Settings { environment, folders, .. } = settings;
        let hours: u64 = environment.parsed(EVERY_HOURS, 0)?;
        if hours == 0 {
            return Ok(None);
        }
        let wrong = |reason: &str| ConfigError::Invalid { name: EVERY_HOURS, reason: reason.into() };
        if ["OCWEB_BACKUP_TO", "OCWEB_BACKUP_REPOSITORY"].iter().all(|name| environment.get(name).is_none()) {
            return Err(wrong("say where to with OCWEB_BACKUP_TO or OCWEB_BACKUP_REPOSITORY"));
        }
        let beside = settings.programs.services.first().map(|(_, service)| service.with_file_name("ocweb"));
        let program = beside.filter(|program| program.is_file());
        let program = program.ok_or_else(|| wrong("the folder of the services has no program ocweb"))?;
        let lists = [environment::SYSTEM, environment::NETWORK, GIVEN];
        let mut variables: Variables = environment::pick(environment, &lists);
        let own = folders.own(NAME);
        let path = |path: &Path| path.display().to_string();
        variables.extend([
            ("HOME".into(), path(&own)),
            ("OCWEB_DATA".into(), path(&folders.data)),
            // All that it has to know it is told here.
            ("OCWEB_CONFIG".into(), "/dev/null".into()),
            (MARK.into(), path(&folders.run)),
        ]);
        let spec = ProcessSpec {
            name: "backup",
            program,
            arguments: ["--quiet", "backup", "--due"].map(Into::into).to_vec(),
            directory: own,
            user: None,
            folders: Vec::new(),
            environment: variables,
            // It is waited for, and never asked.
            probe: Probe {
                address: Address::Unix(folders.socket(NAME)),
                path: "/health",
                authorization: None,
                expect: Expect::Service(NAME),
            },
            stage: Stage::Service,
            start_limit: Duration::MAX,
            stop_grace: Duration::ZERO,
            ready_file: None,
            listens_below: false,
            oom_score_adj: Some(500),
            requests: None,
        };
        Ok(Some(Self { every: Duration::from_hours(hours), spec }))
    }

    /// Makes them for ever, each when it is due and everything runs.
    pub(crate) async fn run(self, board: Board, children: Arc<Children>) {
        let data = board.folders.data.clone();
        loop {
            let is_due =
                is_due(&Outcome::read(&Outcome::folder(&data)), self.every, OffsetDateTime::now_utc());
            if is_due && board.waiting_for().is_empty() {
                self.make(&data, &children).await;
            }
            // Soon after a start all is well; until then it is looked more often.
            let pause = if board.waiting_for().is_empty() { LOOK } else { Duration::from_secs(1) };
            sleep(pause).await;
        }
    }

    async fn make(&self, data: &Path, children: &Children) {
        let before = Outcome::read(&Outcome::folder(data));
        let ended = match children.start(&self.spec) {
            Ok(mut child) => {
                if let Ok(status) = timeout(LIMIT, child.ended()).await {
                    status.to_string()
                } else {
                    // With its whole group: tar, and restic.
                    child.kill();
                    format!("it was ended, for it took longer than {} hours", LIMIT.as_secs() / 3600)
                }
            }
            Err(error) => error.to_string(),
        };
        let now = Outcome::read(&Outcome::folder(data));
        if now.last_success_at != before.last_success_at && now.reason.is_none() {
            let Outcome { size_bytes, not_held, .. } = now;
            match not_held.len() {
                0 => tracing::info!(size_bytes, "a backup was made"),
                not_held => {
                    tracing::warn!(size_bytes, not_held, "a backup was made, without some uncommitted work");
                }
            }
            return;
        }
        let reason = now.reason.clone().filter(|_| now != before).unwrap_or(ended);
        tracing::error!(reason, "the backup failed");
        if now == before {
            // It had not even begun. Without a note it would be tried each minute.
            let noted = Outcome::note(&Outcome::folder(data), OffsetDateTime::now_utc(), Err(reason));
            if let Err(error) = noted {
                tracing::error!(%error, "that a backup failed cannot be written down");
            }
        }
    }
}

/// Whether it is time for the next one. What is said to lie in the future was written by another clock.
fn is_due(last: &Outcome, every: Duration, now: OffsetDateTime) -> bool {
    let is_past =
        |at: Option<OffsetDateTime>, pause: Duration| at.is_none_or(|at| at > now || at + pause <= now);
    is_past(last.last_success_at, every) && is_past(last.failed_at, every.min(AGAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_due_when_the_last_is_old_enough_and_a_failed_one_is_not_tried_at_once() {
        let now = OffsetDateTime::now_utc();
        let (day, ago) = (Duration::from_hours(24), |hours: u64| Some(now - Duration::from_hours(hours)));
        let last = |last_success_at, failed_at| Outcome { last_success_at, failed_at, ..Outcome::default() };
        assert!(is_due(&last(None, None), day, now));
        assert!(is_due(&last(ago(24), None), day, now) && !is_due(&last(ago(23), None), day, now));
        assert!(!is_due(&last(ago(30), ago(0)), day, now) && is_due(&last(ago(30), ago(1)), day, now));
        assert!(is_due(&last(Some(now + day), None), day, now), "the clock was set back");
    }
}
