//! What deletions would have lost, kept for a while.
//!
//! Each piece of saved work is a folder: one git bundle with every commit, stash entry, index and file of it, and a small
//! record. The folder gets its name only once both are on the disk and the bundle has been read back; before that nothing
//! is deleted. `taking` makes it, `restoring` brings it back. A record that cannot be read is shown all the same, and expires.

mod bundle;
mod contents;
mod filling;
mod restoring;
mod snapshot;
mod taking;

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ocweb_opencode_client::MessageId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use time::{Duration, OffsetDateTime};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa::ToSchema;

pub use restoring::{Home, Restored, restore};
pub use taking::Subject;

use self::contents::Contents;
use crate::{
    chats::Chat,
    clones::Extent,
    config::Config,
    error::{Error, Missing},
    names::{BranchName, RepositoryName, SessionId},
    records::sync_folder,
};

const BUNDLE: &str = "work.bundle";
const RECORD: &str = "record.json";
const BEGUN: &str = "begun";
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

/// Saved work whose record cannot be read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnreadableWork {
    /// Its name.
    pub id: String,
    /// How much room it takes.
    pub size_bytes: u64,
    /// When it was saved.
    #[serde(with = "time::serde::rfc3339")]
    pub saved_at: OffsetDateTime,
    /// When it is removed.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// All saved work, the latest first.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct SavedWorkList {
    /// What can be told of.
    pub saved: Vec<SavedWork>,
    /// What is there as well, and can only be removed.
    pub unreadable: Vec<UnreadableWork>,
}

/// What is written down beside a bundle. A new field needs a default: a record has to be read for as long as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    work: SavedWork,
    /// How much the clone held that it was taken from.
    #[serde(default)]
    extent: Extent,
    /// The commit that the branch of a working copy began at.
    began_at: Option<String>,
    /// The chat's own record, when that was deleted too.
    chat: Option<Chat>,
    contents: Contents,
}

/// The part of a record that is shown.
#[derive(Deserialize)]
struct Shown {
    work: SavedWork,
}

/// All saved work of this volume.
pub struct Saved {
    folder: PathBuf,
    keep: Duration,
    /// The most that one deletion may bring, in bytes.
    limit: u64,
    /// What is being restored or removed.
    changing: Mutex<HashSet<String>>,
}

impl Saved {
    /// What is saved in `folder`. What has been kept for long enough is removed at once and each hour until `stop` is cancelled.
    pub fn start(
        folder: PathBuf,
        config: &Config,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> io::Result<Arc<Self>> {
        let saved = Self::open(folder, config)?;
        let (expiring, stop) = (Arc::clone(&saved), stop.clone());
        tasks.spawn(async move {
            let mut hours = tokio::time::interval(HOUR);
            while stop.run_until_cancelled(hours.tick()).await.is_some() {
                expiring.expire();
            }
        });
        Ok(saved)
    }

    /// The same where nothing expires by itself.
    pub fn open(folder: PathBuf, config: &Config) -> io::Result<Arc<Self>> {
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)?.flatten() {
            // What a killed run left half-made.
            if entry.file_name().to_string_lossy().starts_with(MAKING) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        let keep = Duration::days(i64::from(config.saved_days));
        let limit = config.saved_limit;
        Ok(Arc::new(Self { folder, keep, limit, changing: Mutex::default() }))
    }

    /// What is to be saved in another folder, as much and for as long as here.
    pub(crate) fn elsewhere(&self, folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, keep: self.keep, limit: self.limit, changing: Mutex::default() })
    }

    /// Takes over what is saved elsewhere, for as long as what is saved here now.
    pub(crate) fn adopt(&self, elsewhere: &Self, id: &str) -> Result<(), Error> {
        let changing = elsewhere.change(id)?;
        let mut record = elsewhere.read(&changing)?;
        record.work.until = OffsetDateTime::now_utc() + self.keep;
        let folder = elsewhere.folder.join(id);
        let beside = folder.join(format!("{RECORD}.new"));
        fs::write(&beside, serde_json::to_vec(&record).map_err(io::Error::from)?)?;
        File::open(&beside)?.sync_all()?;
        fs::rename(&beside, folder.join(RECORD))?;
        fs::rename(&folder, self.folder.join(id))?;
        Ok(sync_folder(&self.folder)?)
    }

    /// The chat's working copy, where it is among what is saved.
    pub(crate) fn of_chat(&self, session: &SessionId) -> Option<SavedWork> {
        self.list().saved.into_iter().find(|work| {
            matches!(work.kind, SavedKind::Chat | SavedKind::Worktree)
                && work.session_id.as_ref() == Some(session)
        })
    }

    /// All of it.
    pub fn list(&self) -> SavedWorkList {
        let mut list = SavedWorkList::default();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(id) = name.to_str().filter(|id| is_id(id)) else { continue };
            match self.record::<Shown>(id) {
                Ok(Shown { work }) => list.saved.push(work),
                Err(error) => {
                    tracing::warn!(saved = id, %error, "the record of saved work cannot be read");
                    list.unreadable.extend(self.unreadable(id));
                }
            }
        }
        list.saved.sort_by_key(|work| std::cmp::Reverse(work.saved_at));
        list.unreadable.sort_by_key(|work| std::cmp::Reverse(work.saved_at));
        list
    }

    /// What the disk tells of one without a record. Nothing of one that is gone by now.
    fn unreadable(&self, id: &str) -> Option<UnreadableWork> {
        let saved_at: OffsetDateTime = self.folder.join(id).metadata().ok()?.modified().ok()?.into();
        let size_bytes = self.bundle(id).metadata().as_ref().map_or(0, fs::Metadata::len);
        Some(UnreadableWork { id: id.to_owned(), size_bytes, saved_at, until: saved_at + self.keep })
    }

    /// Removes one for good.
    pub fn remove(&self, id: &str) -> Result<(), Error> {
        let changing = self.change(id)?;
        self.discard(&changing)
    }

    /// Removes what has been kept for long enough.
    pub fn expire(&self) {
        let now = OffsetDateTime::now_utc();
        let SavedWorkList { saved, unreadable } = self.list();
        let saved = saved.into_iter().map(|work| (work.id, work.until));
        let all = saved.chain(unreadable.into_iter().map(|work| (work.id, work.until)));
        for (id, _) in all.filter(|(_, until)| *until < now) {
            match self.remove(&id) {
                Ok(()) => tracing::info!(saved = %id, "saved work has expired"),
                Err(error) => tracing::warn!(saved = %id, %error, "saved work that has expired stays"),
            }
        }
    }

    /// Begins to change one that is there. Nobody waits for another who does: a restoration may have to clone first.
    fn change(&self, id: &str) -> Result<Changing<'_>, Error> {
        if !self.changing().insert(id.to_owned()) {
            return Err(Error::Conflict("It is being restored just now.".into()));
        }
        let changing = Changing { saved: self, id: id.to_owned() };
        if is_id(id) && self.folder.join(id).is_dir() {
            Ok(changing)
        } else {
            Err(Error::Missing(Missing::Saved))
        }
    }

    fn changing(&self) -> MutexGuard<'_, HashSet<String>> {
        // Every change under this lock is one statement, so a panic cannot leave a half.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn discard(&self, Changing { id, .. }: &Changing<'_>) -> Result<(), Error> {
        // First it is no saved work any more, so that half of it is never offered.
        let aside = self.folder.join(format!("{MAKING}{id}"));
        fs::rename(self.folder.join(id), &aside)?;
        fs::remove_dir_all(aside)?;
        Ok(sync_folder(&self.folder)?)
    }

    fn read(&self, Changing { id, .. }: &Changing<'_>) -> Result<Record, Error> {
        self.record(id).map_err(|error| {
            tracing::warn!(saved = %id, %error, "the record of saved work cannot be read");
            let bundle = self.bundle(id);
            Error::Unreadable(format!(
                "What was written down about it cannot be read here. Its commits and files are in {}.",
                bundle.display()
            ))
        })
    }

    fn record<T: DeserializeOwned>(&self, id: &str) -> io::Result<T> {
        Ok(serde_json::from_slice(&fs::read(self.folder.join(id).join(RECORD))?)?)
    }

    fn bundle(&self, id: &str) -> PathBuf {
        self.folder.join(id).join(BUNDLE)
    }
}

fn is_id(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The right to restore or remove one piece of saved work.
struct Changing<'a> {
    saved: &'a Saved,
    id: String,
}

impl Changing<'_> {
    /// Writes down that files of a clone make room for it from now on.
    fn note_begun(&self) -> io::Result<()> {
        let folder = self.saved.folder.join(&self.id);
        File::create(folder.join(BEGUN))?;
        sync_folder(&folder)
    }

    /// Whether that was done before: what the clone holds may be a half of it.
    fn was_begun(&self) -> bool {
        self.saved.folder.join(&self.id).join(BEGUN).exists()
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.saved.changing().remove(&self.id);
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
