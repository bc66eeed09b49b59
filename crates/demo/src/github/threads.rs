//! Issues and pull requests, kept in one file so that a demo finds them again after a restart.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::checks::{Check, Status};

/// An issue or a pull request: GitHub numbers both in one row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Thread {
    pub(super) repository: String,
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) author: String,
    pub(super) closed: bool,
    pub(super) pull: Option<Pull>,
}

/// What only a pull request has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pull {
    /// Where its branch is: another repository's cannot be read here, only its commits.
    pub(super) head_repository: String,
    pub(super) head: String,
    /// The commit last seen on its branch, which stays known when the branch is gone.
    pub(super) head_sha: String,
    pub(super) base: String,
    pub(super) draft: bool,
    /// The commit that merging made.
    pub(super) merged_as: Option<String>,
    #[serde(default)]
    pub(super) reviews: Vec<Review>,
}

/// What somebody said of a pull request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Review {
    pub(super) user: String,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED` or `DISMISSED`.
    pub(super) state: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    threads: Vec<Thread>,
    /// By commit.
    checks: BTreeMap<String, Vec<Check>>,
    statuses: BTreeMap<String, Vec<Status>>,
}

/// All that was written at this GitHub.
#[derive(Debug, Clone)]
pub(super) struct Threads {
    path: PathBuf,
    kept: Arc<Mutex<Kept>>,
}

impl Threads {
    /// What the file holds; nothing where there is none.
    pub(super) fn open(path: PathBuf) -> Self {
        let kept = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Self { path, kept: Arc::new(Mutex::new(kept.unwrap_or_default())) }
    }

    /// Adds a thread under the next number of its repository.
    pub(super) fn add(&self, thread: Thread) -> Thread {
        self.change(|kept| {
            let own = kept.threads.iter().filter(|other| is_in(other, &thread.repository));
            let last = own.map(|other| other.number).max().unwrap_or(0);
            let thread = Thread { number: last + 1, ..thread };
            kept.threads.push(thread.clone());
            thread
        })
    }

    pub(super) fn get(&self, repository: &str, number: u64) -> Option<Thread> {
        let kept = self.lock();
        kept.threads.iter().find(|thread| is(thread, repository, number)).cloned()
    }

    /// The pull requests of a repository, the newest first.
    pub(super) fn pulls(&self, repository: &str) -> Vec<Thread> {
        let kept = self.lock();
        let pulls = kept.threads.iter().rev().filter(|thread| thread.pull.is_some());
        pulls.filter(|thread| is_in(thread, repository)).cloned().collect()
    }

    /// Changes one thread, and answers it as it is then.
    pub(super) fn edit(
        &self,
        repository: &str,
        number: u64,
        edit: impl FnOnce(&mut Thread),
    ) -> Option<Thread> {
        self.change(|kept| {
            let thread = kept.threads.iter_mut().find(|thread| is(thread, repository, number))?;
            edit(thread);
            Some(thread.clone())
        })
    }

    pub(super) fn checks(&self, commit: &str) -> (Vec<Check>, Vec<Status>) {
        let kept = self.lock();
        let checks = kept.checks.get(commit).cloned().unwrap_or_default();
        (checks, kept.statuses.get(commit).cloned().unwrap_or_default())
    }

    pub(super) fn check(&self, id: u64) -> Option<Check> {
        self.lock().checks.values().flatten().find(|check| check.id == id).cloned()
    }

    pub(super) fn set_checks(&self, commit: &str, mut checks: Vec<Check>, statuses: Vec<Status>) {
        self.change(|kept| {
            let largest = kept.checks.values().flatten().map(|check| check.id).max().unwrap_or(1000);
            for (check, id) in checks.iter_mut().zip(largest + 1..) {
                check.id = id;
            }
            kept.checks.insert(commit.to_owned(), checks);
            kept.statuses.insert(commit.to_owned(), statuses);
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        let mut kept = self.lock();
        let answer = change(&mut kept);
        let written = serde_json::to_vec(&*kept).map_err(io::Error::other);
        if let Err(error) = written.and_then(|text| std::fs::write(&self.path, text)) {
            tracing::warn!(%error, "what was written at the played GitHub is forgotten with its end");
        }
        answer
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is(thread: &Thread, repository: &str, number: u64) -> bool {
    thread.number == number && is_in(thread, repository)
}

fn is_in(thread: &Thread, repository: &str) -> bool {
    thread.repository.eq_ignore_ascii_case(repository)
}
