//! What deletions would have lost, kept for a while.
//!
//! Each piece of saved work is a folder: one git bundle with every commit, stash entry, index and file of it, and a small
//! record. The folder gets its name only once both are on the disk and the bundle has been read back; before that nothing
//! is deleted. `taking` makes it, `restoring` brings it back.

mod contents;
mod filling;
mod restoring;
mod snapshot;
mod taking;

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use ocweb_opencode_client::MessageId;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa::ToSchema;

pub use restoring::{Restored, restore};
pub use taking::Subject;

use self::contents::Contents;
use crate::{
    chats::Chat,
    config::Config,
    error::{Error, Missing},
    names::{BranchName, RepositoryName, SessionId},
    records::sync_folder,
};

const BUNDLE: &str = "work.bundle";
const RECORD: &str = "record.json";
const MAKING: &str = ".making-";
const PREFIX: &str = "saved_";
/// How often is looked for what has been kept for long enough.
const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SavedKind {
    /// A chat with its working copy and branch.
    Chat,
    /// A working copy with its branch.
    Worktree,
    /// A clone, without the working copies of its chats.
    Clone,
    /// A branch.
    Branch,
}

/// Work that something took along when it was deleted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SavedWork {
    /// Its name.
    pub id: String,
    /// What was deleted.
    #[schema(inline)]
    pub kind: SavedKind,
    /// The repository.
    pub repo: RepositoryName,
    /// The chat that worked there.
    pub session_id: Option<SessionId>,
    /// What the chat was called.
    pub title: Option<String>,
    /// Its branch.
    pub branch: Option<BranchName>,
    /// The remote's branch that it began at.
    pub base: Option<BranchName>,
    /// Commits that no remote has.
    pub commits: usize,
    /// Files that no commit has.
    pub files: usize,
    /// Entries of the stash.
    pub stashes: usize,
    /// How much room it takes.
    pub size_bytes: u64,
    /// When it was saved.
    #[serde(with = "time::serde::rfc3339")]
    pub saved_at: OffsetDateTime,
    /// Until when it can be restored.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// What is written down beside a bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    work: SavedWork,
    /// The commit that the branch of a working copy began at.
    began_at: Option<String>,
    /// The chat's own record, when that was deleted too.
    chat: Option<Chat>,
    contents: Contents,
}

/// All saved work of this volume.
pub struct Saved {
    folder: PathBuf,
    keep: Duration,
    /// The most that files which no commit has may take, in bytes.
    limit: u64,
    /// Held while one is restored or removed.
    changing: tokio::sync::Mutex<()>,
}

impl Saved {
    /// What is saved in `folder`. What has been kept for long enough is removed at once and each hour until `stop` is cancelled.
    pub fn start(
        folder: PathBuf,
        config: &Config,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> io::Result<Arc<Self>> {
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)?.flatten() {
            // What a killed run left half-made.
            if entry.file_name().to_string_lossy().starts_with(MAKING) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        let keep = Duration::days(i64::from(config.saved_days));
        let limit = config.saved_limit;
        let saved = Arc::new(Self { folder, keep, limit, changing: tokio::sync::Mutex::default() });
        let (expiring, stop) = (Arc::clone(&saved), stop.clone());
        tasks.spawn(async move {
            let mut hours = tokio::time::interval(HOUR);
            while stop.run_until_cancelled(hours.tick()).await.is_some() {
                expiring.expire().await;
            }
        });
        Ok(saved)
    }

    /// All of it, the latest first.
    pub fn list(&self) -> Vec<SavedWork> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let records = entries.filter_map(|entry| self.read(entry.file_name().to_str()?).ok());
        let mut works: Vec<_> = records.map(|record| record.work).collect();
        works.sort_by_key(|work| std::cmp::Reverse(work.saved_at));
        works
    }

    /// Removes one for good.
    pub async fn remove(&self, id: &str) -> Result<(), Error> {
        let _changing = self.changing.lock().await;
        self.read(id)?;
        self.discard(id)
    }

    /// Removes what has been kept for long enough.
    pub async fn expire(&self) {
        let _changing = self.changing.lock().await;
        let now = OffsetDateTime::now_utc();
        for work in self.list().into_iter().filter(|work| work.until < now) {
            match self.discard(&work.id) {
                Ok(()) => tracing::info!(saved = %work.id, repository = %work.repo, "saved work has expired"),
                Err(error) => tracing::warn!(saved = %work.id, %error, "saved work that has expired stays"),
            }
        }
    }

    fn discard(&self, id: &str) -> Result<(), Error> {
        // First it is no saved work any more, so that half of it is never offered.
        let aside = self.folder.join(format!("{MAKING}{id}"));
        fs::rename(self.folder.join(id), &aside)?;
        fs::remove_dir_all(aside)?;
        Ok(sync_folder(&self.folder)?)
    }

    fn read(&self, id: &str) -> Result<Record, Error> {
        let is_name =
            id.strip_prefix(PREFIX).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let read = is_name.then(|| fs::read(self.folder.join(id).join(RECORD)).ok()).flatten();
        let record = read.and_then(|read| serde_json::from_slice(&read).ok());
        record.ok_or(Error::Missing(Missing::Saved))
    }

    fn bundle(&self, id: &str) -> PathBuf {
        self.folder.join(id).join(BUNDLE)
    }
}

/// A piece of saved work in the making: removed again unless it gets its name.
struct Making {
    id: String,
    path: PathBuf,
}

impl Making {
    fn new(saved: &Saved) -> io::Result<Self> {
        let unique: String =
            MessageId::generate().to_string().chars().filter(char::is_ascii_alphanumeric).collect();
        let id = format!("{PREFIX}{unique}");
        let path = saved.folder.join(format!("{MAKING}{id}"));
        fs::create_dir(&path)?;
        Ok(Self { id, path })
    }

    fn bundle(&self) -> PathBuf {
        self.path.join(BUNDLE)
    }

    /// Makes it durable and gives it its name.
    fn finish(&self, folder: &Path, record: &Record) -> io::Result<()> {
        File::open(self.bundle())?.sync_all()?;
        let mut file =
            File::options().create_new(true).write(true).mode(0o600).open(self.path.join(RECORD))?;
        serde_json::to_writer(&mut file, record)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        sync_folder(&self.path)?;
        fs::rename(&self.path, folder.join(&self.id))?;
        sync_folder(folder)
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        // Not there once it has its name; what resists is removed at the next start.
        let _ = fs::remove_dir_all(&self.path);
    }
}
