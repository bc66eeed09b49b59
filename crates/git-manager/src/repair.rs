//! Damage to clones and what belongs to them, found and repaired: what a killed git, a full disk or a volume that stood
//! still leaves behind.
//!
//! Looked for cheaply at each start, in the background, and when something cannot be read or done; checked through and
//! through when a person asks. What is damaged is set aside, never deleted, and had again from the remote, from what can
//! be read of it, or from the files; what cannot be had again is named. Everything done is a [`Notice`] until its person
//! has put it away.

mod aside;
mod database;
mod examination;
mod fsck;
#[cfg(test)]
mod fuzz;
mod loose;
mod notice;
mod objects;
mod patient;
mod references;
mod treatment;

use std::{
    collections::{BTreeSet, HashMap},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::Serialize;
use time::OffsetDateTime;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa::ToSchema;

use self::{aside::Aside, database::DatabaseNotices, patient::Patient, treatment::Treatment};
pub use self::{
    fsck::Progress,
    notice::{Notice, Report, Trigger},
    patient::RecordedCopy,
};
use crate::{
    clones::{Clones, Exclusive},
    error::{Error, Missing},
    git::Git,
    names::RepositoryName,
    records::Records,
    worktrees::Worktrees,
};

/// How often a clone in which something fails is checked through and through by itself.
const RARELY: Duration = Duration::from_mins(10);

/// A check that a person asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
#[schema(as = CloneCheck)]
pub enum Check {
    /// It goes on.
    Running {
        /// How far it is.
        progress: Progress,
    },
    /// It is over.
    Done {
        /// What it found; all empty where nothing was wrong.
        report: Report,
        /// When it was over.
        #[serde(with = "time::serde::rfc3339")]
        ended_at: OffsetDateTime,
    },
    /// It could not be brought to its end.
    Failed {
        /// Why: a sentence.
        reason: String,
    },
}

/// Looks after the clones.
pub struct Repairs {
    clones: Arc<Clones>,
    worktrees: Arc<Worktrees>,
    git: Arc<Git>,
    notices: Records<Notice>,
    of_database: DatabaseNotices,
    aside: PathBuf,
    checks: Mutex<HashMap<String, Check>>,
    looked_through: Mutex<HashMap<String, Instant>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Repairs {
    /// Notices are in `folder`; those of opencode's database with its state in `data`. What is set aside stays on the volume of
    /// the clones, which may be another: a damaged thing cannot be relied on to be copied.
    pub fn open(
        folder: &Path,
        data: &Path,
        clones: &Arc<Clones>,
        worktrees: &Arc<Worktrees>,
        git: &Arc<Git>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            clones: Arc::clone(clones),
            worktrees: Arc::clone(worktrees),
            git: Arc::clone(git),
            notices: Records::open(folder.join("repairs"))?,
            of_database: DatabaseNotices(data.join("opencode-state/damaged")),
            aside: clones.folder().with_file_name("aside"),
            checks: Mutex::default(),
            looked_through: Mutex::default(),
            tasks: tasks.clone(),
            stop: stop.clone(),
        }))
    }

    /// Looks at every clone, in the background: nobody waits for it.
    pub fn look_at_all(self: &Arc<Self>) {
        let repairs = Arc::clone(self);
        self.tasks.spawn(async move {
            let stop = repairs.stop.clone();
            stop.run_until_cancelled(Box::pin(repairs.look_at_each())).await;
        });
    }

    async fn look_at_each(&self) {
        let begun = Instant::now();
        let mut names: Vec<_> = self.clones.list().into_iter().map(|repository| repository.name).collect();
        names.extend(self.worktrees.repositories());
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.key()));
        for name in &names {
            let unfinished: Vec<_> = self.unfinished(name).collect();
            let looked = self.look_at(name, Trigger::Start, !unfinished.is_empty()).await;
            let settled = looked.and_then(|report| {
                unfinished.into_iter().try_for_each(|notice| self.settle(notice, &report))
            });
            if let Err(error) = settled {
                tracing::error!(repository = %name, %error, "a clone could not be looked after");
            }
        }
        let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(clones = names.len(), milliseconds = took, "all clones were looked at");
    }

    /// What was cut off, or could not be finished without the remote, has been tried again.
    fn settle(&self, mut notice: Notice, report: &Report) -> Result<(), Error> {
        if !report.is_clean() {
            // There is a new notice.
            return self.put_away(&notice.id);
        }
        notice.report.unfinished = false;
        notice.report.done.push("At a later start nothing was damaged or missing any more.".into());
        Ok(self.notices.put(&notice.id, &notice)?)
    }

    /// Looks at a clone in which something failed, first cheaply and then, not often, through and through. True when
    /// something was repaired, so that it may be tried again.
    pub async fn after_failure(&self, name: &RepositoryName) -> bool {
        let name = self.clones.canonical(name);
        let looked = self.look_at(&name, Trigger::Error, false).await;
        let repaired = looked.as_ref().is_ok_and(|report| !report.is_clean());
        if repaired || !self.is_due(&name) {
            return repaired;
        }
        match self.look_at(&name, Trigger::Error, true).await {
            Ok(report) => !report.is_clean(),
            Err(error) => {
                tracing::error!(repository = %name, %error, "a clone could not be repaired");
                false
            }
        }
    }

    /// Repairs what the agent's git would trip over in one working copy, if a glance shows anything.
    pub async fn touch(&self, name: &RepositoryName, working_copy: &Path) {
        let (patient, place) = (self.patient(name), working_copy.to_owned());
        let glance = tokio::task::spawn_blocking(move || examination::glance(&patient, &place));
        if glance.await.unwrap_or(false)
            && let Err(error) = self.look_at(name, Trigger::Error, false).await
        {
            tracing::error!(repository = %name, %error, "a working copy could not be repaired");
        }
    }

    fn is_due(&self, name: &RepositoryName) -> bool {
        let mut looked_through = lock(&self.looked_through);
        let last = looked_through.insert(name.key(), Instant::now());
        last.is_none_or(|last| last.elapsed() > RARELY)
    }

    /// Looks at one clone and repairs what it finds.
    async fn look_at(
        &self,
        name: &RepositoryName,
        trigger: Trigger,
        thorough: bool,
    ) -> Result<Report, Error> {
        let patient = self.patient(name);
        let is_gone = !patient.git_directory().is_dir();
        if is_gone && !patient.copies.iter().any(RecordedCopy::is_there) {
            return Ok(Report::default());
        }
        if !is_gone && !thorough {
            // Without the lock, which a transfer holds for minutes: nearly always there is nothing.
            let looked = tokio::task::spawn_blocking(move || examination::examine(&patient));
            if looked.await.is_ok_and(|found| found.is_empty()) {
                return Ok(Report::default());
            }
        }
        self.repair(name, trigger, thorough, |_| {}).await
    }

    async fn repair(
        &self,
        name: &RepositoryName,
        trigger: Trigger,
        thorough: bool,
        on_progress: impl FnMut(Progress),
    ) -> Result<Report, Error> {
        let id = ocweb_opencode_client::MessageId::generate().to_string();
        let earlier: Vec<_> = self.unfinished(name).filter_map(|notice| notice.report.aside).collect();
        let projects = self.clones.folder().parent().unwrap_or(self.clones.folder());
        // Killed from now on, it is known where things are.
        let begin = |folder: &Path| {
            let found = vec!["A repair was begun and has not come to its end.".to_owned()];
            let aside = Some(folder.to_owned());
            let report = Report { found, aside, unfinished: true, ..Report::default() };
            self.notices.put(&id, &notice(&id, name, trigger, &report))
        };
        let mut aside = Aside::new(&self.aside, projects, name, earlier.clone(), begin);
        let mut report = Report::default();
        if !self.patient(name).git_directory().is_dir() {
            let place = patient::shown(&self.clones.path(name));
            report.found.push(format!("The clone {place} was gone or no repository any more."));
            report.lost.push(
                "Commits and stashes that were only in that clone. The files of the working copies are as they were: what is not at the remote shows as changes.".into(),
            );
            if let Err(error) = self.clone_again(name, &mut aside, &mut report).await {
                report.done.push(format!(
                    "It could not be cloned again, which is tried at the next start: {error}."
                ));
                report.unfinished = true;
                report.aside = aside.used();
                self.tell(&id, name, trigger, &report)?;
                return Err(error);
            }
        }
        let exclusive: Exclusive = self.clones.exclusive(name).await;
        let treatment = Treatment {
            git: &self.git,
            clones: &self.clones,
            patient: self.patient(exclusive.name()),
            aside,
            report,
            is_fetched: false,
        };
        let (mut report, outcome) = treatment.run(thorough, on_progress).await;
        self.worktrees.lead_if_possible();
        drop(exclusive);
        if !report.is_clean() {
            for earlier in earlier {
                report
                    .done
                    .push(format!("What an earlier repair had set aside is in {}.", earlier.display()));
            }
            self.tell(&id, name, trigger, &report)?;
        }
        outcome.map(|()| report)
    }

    async fn clone_again(
        &self,
        name: &RepositoryName,
        aside: &mut Aside<'_>,
        report: &mut Report,
    ) -> Result<(), Error> {
        let place = self.clones.path(name);
        if place.symlink_metadata().is_ok() {
            aside.take(&place)?;
            report.done.push("What was left of it is set aside.".into());
        }
        self.clones.ensure(name, self.clones.extent(name)).await?;
        report.done.push("It was cloned again.".into());
        Ok(())
    }

    fn patient(&self, name: &RepositoryName) -> Patient {
        Patient { name: name.clone(), clone: self.clones.path(name), copies: self.worktrees.recorded(name) }
    }

    /// Has the person know. What is tried again and again, in vain in the same way, is one notice.
    fn tell(&self, id: &str, name: &RepositoryName, trigger: Trigger, report: &Report) -> Result<(), Error> {
        let Report { found, done, lost, .. } = report;
        tracing::warn!(repository = %name, ?trigger, ?found, ?done, ?lost, "repaired");
        let same = |known: &Notice| known.report.found == *found && known.report.lost == *lost;
        let known = self.unfinished(name).find(|known| known.id != id && same(known));
        self.notices.put(id, &notice(id, name, trigger, report))?;
        if let Some(known) = known.filter(|known| known.report.aside.is_none()) {
            self.notices.remove(&known.id)?;
        }
        Ok(())
    }

    /// The notices of repairs of a clone that were cut off, or could not ask the remote.
    fn unfinished(&self, name: &RepositoryName) -> impl Iterator<Item = Notice> {
        let key = Some(name.key());
        let of_it = move |notice: &Notice| notice.repo.as_ref().map(RepositoryName::key) == key;
        self.notices().into_iter().filter(move |notice| notice.report.unfinished && of_it(notice))
    }

    /// What was repaired and not put away yet, the latest first.
    pub fn notices(&self) -> Vec<Notice> {
        let mut notices: Vec<_> =
            self.notices.all().unwrap_or_default().into_iter().map(|(_, it)| it).collect();
        notices.extend(self.of_database.all());
        notices.sort_by_key(|notice| std::cmp::Reverse(notice.at));
        notices
    }

    /// Puts a notice away. What was set aside stays where it is.
    pub fn put_away(&self, id: &str) -> Result<(), Error> {
        if self.notices.names()?.iter().any(|known| known == id) {
            return Ok(self.notices.remove(id)?);
        }
        if self.of_database.put_away(id)? { Ok(()) } else { Err(Error::Missing(Missing::Notice)) }
    }

    /// Begins to check a clone through and through, unless that goes on already.
    pub fn begin_check(self: &Arc<Self>, name: &RepositoryName) -> Result<(), Error> {
        let name = self.clones.get(name)?;
        let key = name.key();
        let mut checks = lock(&self.checks);
        if matches!(checks.get(&key), Some(Check::Running { .. })) {
            return Ok(());
        }
        checks.insert(key.clone(), Check::Running { progress: Progress::default() });
        drop(checks);
        let repairs = Arc::clone(self);
        self.tasks.spawn(async move {
            let on_progress = |progress| {
                lock(&repairs.checks).insert(key.clone(), Check::Running { progress });
            };
            let checked = Box::pin(repairs.repair(&name, Trigger::Asked, true, on_progress));
            let check = match repairs.stop.run_until_cancelled(checked).await {
                Some(Ok(report)) => Check::Done { report, ended_at: OffsetDateTime::now_utc() },
                Some(Err(error)) => Check::Failed { reason: crate::api::reason(&error) },
                None => Check::Failed { reason: "ocweb was stopped.".into() },
            };
            lock(&repairs.checks).insert(key.clone(), check);
        });
        Ok(())
    }

    /// The last check of a clone since the start.
    pub fn check(&self, name: &RepositoryName) -> Option<Check> {
        lock(&self.checks).get(&name.key()).cloned()
    }
}

fn notice(id: &str, name: &RepositoryName, trigger: Trigger, report: &Report) -> Notice {
    let at = OffsetDateTime::now_utc();
    Notice { id: id.to_owned(), repo: Some(name.clone()), trigger, at, report: report.clone() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is one statement, so a panic cannot leave a half.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
