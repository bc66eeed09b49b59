//! Backups by the clock: wherever ocweb runs, without cron.
//!
//! Each is `ocweb backup --due`, what a person would type, as a process of its own: it alone is given the keys of the store. It
//! writes down how it went (`ocweb_backup::Outcome`), and from that is told when the next one is due, also after a restart.

use std::{num::NonZeroU32, path::Path, sync::Arc, time::Duration};

use ocweb_backup::Outcome;
use ocweb_service::ConfigError;
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};

use crate::{
    api::Board,
    children::Children,
    environment::{self, Variables},
    probe::{Address, Expect, Probe},
    process::describe,
    settings::Settings,
    supervisor::NAME,
    table::{MARK, ProcessSpec, Stage},
};

const EVERY_HOURS: &str = "OCWEB_BACKUP_EVERY_HOURS";
/// One that takes longer hangs, on a store that does not answer perhaps, and would be the last.
const LIMIT_SECONDS: &str = "OCWEB_BACKUP_LIMIT_SECONDS";
const LIMIT: NonZeroU32 = NonZeroU32::MIN.saturating_add(12 * 60 * 60 - 1);
/// What a backup is told of the settings, and what restic is told by its environment.
const GIVEN: &[&str] = &["OCWEB_BACKUP_*", "RESTIC_*", "AWS_*", "B2_*", "AZURE_*", "GOOGLE_*"];
/// How often it is looked at least whether one is due: clocks jump, and laptops sleep.
const LOOK: Duration = Duration::from_mins(1);
/// One that failed is tried again after so long, if that comes first.
const AGAIN: Duration = Duration::from_hours(1);

/// What makes the backups, where the settings want any.
pub(crate) struct Backups {
    every: Duration,
    limit: Duration,
    spec: ProcessSpec,
}

impl Backups {
    /// What the settings say. They are wrong where they say how often, and not where to.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, ConfigError> {
        let Settings { environment, folders, .. } = settings;
        let hours: u32 = environment.parsed(EVERY_HOURS, 0)?;
        let limit = environment.parsed(LIMIT_SECONDS, LIMIT)?;
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
        let limit = Duration::from_secs(limit.get().into());
        Ok(Some(Self { every: Duration::from_hours(hours.into()), limit, spec }))
    }

    /// Makes them for ever, each when it is due and everything runs.
    pub(crate) async fn run(self, board: Board, children: Arc<Children>) {
        let data = board.folders.data.clone();
        loop {
            if !board.waiting_for().is_empty() {
                // Soon after a start all is well.
                sleep(Duration::from_secs(1)).await;
                continue;
            }
            if self.due_in(&data).is_zero() {
                self.make(&data, &children).await;
            }
            let left = self.due_in(&data);
            // One of which nothing could be written down is still due, and not to be tried at once.
            sleep(if left.is_zero() { LOOK } else { left.min(LOOK) }).await;
        }
    }

    fn due_in(&self, data: &Path) -> Duration {
        due_in(&Outcome::read(&Outcome::folder(data)), self.every, OffsetDateTime::now_utc())
    }

    async fn make(&self, data: &Path, children: &Children) {
        let before = Outcome::read(&Outcome::folder(data));
        let ended = self.run_one(children).await;
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

    /// Has one made, and says how its process ended: only where that wrote nothing down is anything else known.
    async fn run_one(&self, children: &Children) -> String {
        let mut child = match children.start(&self.spec) {
            Ok(child) => child,
            Err(error) => return format!("`ocweb backup` could not be started: {error}."),
        };
        let Ok(exit) = timeout(self.limit, child.ended()).await else {
            // With its whole group: tar, and restic.
            child.kill();
            let seconds = self.limit.as_secs();
            return format!("It was ended, for it took longer than it may: {seconds} s ({LIMIT_SECONDS}).");
        };
        let words = child.output.last_words().await;
        let how = describe(exit, words);
        format!("`ocweb backup` did not write down how it went: {}.", how.trim_end_matches('.'))
    }
}

/// How long it is until the next one. What is said to lie in the future was written by another clock.
fn due_in(last: &Outcome, every: Duration, now: OffsetDateTime) -> Duration {
    let left = |at: Option<OffsetDateTime>, pause: Duration| {
        let gone = at.filter(|at| *at <= now).map(|at| (now - at).unsigned_abs());
        gone.map_or(Duration::ZERO, |gone| pause.saturating_sub(gone))
    };
    left(last.last_success_at, every).max(left(last.failed_at, every.min(AGAIN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_due_when_the_last_is_old_enough_and_a_failed_one_is_not_tried_at_once() {
        let now = OffsetDateTime::now_utc();
        let (hour, day) = (Duration::from_hours(1), Duration::from_hours(24));
        let ago = |hours: u64| Some(now - Duration::from_hours(hours));
        let left = |last_success_at, failed_at, every| {
            due_in(&Outcome { last_success_at, failed_at, ..Outcome::default() }, every, now)
        };
        assert_eq!(left(None, None, day), Duration::ZERO);
        assert_eq!((left(ago(24), None, day), left(ago(23), None, day)), (Duration::ZERO, hour));
        assert_eq!((left(ago(30), ago(0), day), left(ago(30), ago(1), day)), (hour, Duration::ZERO));
        assert_eq!(left(ago(0), None, hour / 2), hour / 2);
        assert_eq!(left(ago(2), ago(0), hour / 2), hour / 2, "never later than without the failure");
        assert_eq!(left(Some(now + day), None, day), Duration::ZERO, "the clock was set back");
    }
}
