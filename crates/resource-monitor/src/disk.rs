//! How full the volume is, and of what.
//!
//! Files grow in place without a trace in their folder, so only a walk over all of them tells the
//! truth. A walk is shared by everybody who asks meanwhile, and its result serves for a while after:
//! five seconds, or longer where walking takes long, so that a page that asks all the time costs at
//! most a twentieth of the machine.

mod walk;

use std::{
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use nix::sys::statvfs::statvfs;
use ocweb_service::config::Folders;
use serde::Serialize;
use time::OffsetDateTime;
use tokio::sync::{Mutex, OwnedMutexGuard};
use utoipa::ToSchema;

use crate::names::{Worktree, repository_of_clone};

/// How long a result serves at least.
const SERVES: Duration = Duration::from_secs(5);

/// A result serves so many times the time that it took.
const SERVES_TIMES: u32 = 20;

/// Disk usage of the whole instance.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiskUsage {
    /// The file system that holds everything.
    pub volume: VolumeUsage,
    /// The clones.
    pub repos: Vec<CloneUsage>,
    /// The chats' working copies.
    pub worktrees: Vec<WorktreeUsage>,
    /// opencode's own state: its database, settings and caches.
    pub opencode: FolderUsage,
    /// ocweb's own state.
    pub ocweb: FolderUsage,
    /// When this was measured.
    #[serde(with = "time::serde::rfc3339")]
    pub measured_at: OffsetDateTime,
}

/// A file system.
#[derive(Debug, Serialize, ToSchema)]
pub struct VolumeUsage {
    /// A folder on it.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Its size.
    pub total_bytes: u64,
    /// What is taken, by whomever.
    pub used_bytes: u64,
    /// What can still be written.
    pub available_bytes: u64,
}

/// A clone.
#[derive(Debug, Serialize, ToSchema)]
pub struct CloneUsage {
    /// `owner/name`.
    pub name: String,
    /// Its folder.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Bytes allocated for it on the disk.
    pub size_bytes: u64,
}

/// A chat's working copy.
#[derive(Debug, Serialize, ToSchema)]
pub struct WorktreeUsage {
    /// `owner/name`.
    pub repo: String,
    /// The chat.
    pub session_id: String,
    /// Its folder.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Bytes allocated for it on the disk.
    pub size_bytes: u64,
}

/// A folder.
#[derive(Debug, Serialize, ToSchema)]
pub struct FolderUsage {
    /// Where it is.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Bytes allocated for it on the disk; 0 while it does not exist.
    pub size_bytes: u64,
}

/// Disk usage that cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The volume cannot be asked.
    #[error("cannot ask the file system of {} how full it is: {source}", path.display())]
    Volume {
        /// A folder on the volume.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The walk panicked or was cut off by the end of the service.
    #[error("the measurement did not end: {0}")]
    CutOff(#[from] tokio::task::JoinError),
}

/// How old an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// A few seconds do not matter.
    Recent,
    /// Measured after the question was asked.
    Now,
}

/// The disk of one instance. Clones share the last measurement.
#[derive(Clone)]
pub struct Disk {
    folders: Arc<Folders>,
    /// Held while a measurement is made, so that whoever comes meanwhile waits for it.
    last: Arc<Mutex<Option<Measurement>>>,
    /// What was measured last, also while a measurement is made.
    known: Known,
}

type Known = Arc<RwLock<Option<Arc<DiskUsage>>>>;

struct Measurement {
    begun: Instant,
    took: Duration,
    usage: Arc<DiskUsage>,
}

impl Disk {
    /// The disk that holds these folders.
    pub fn of(folders: &Folders) -> Self {
        Self { folders: Arc::new(folders.clone()), last: Arc::default(), known: Known::default() }
    }

    /// The usage, measured now or taken from the last measurement.
    pub async fn usage(&self, freshness: Freshness) -> Result<Arc<DiskUsage>, DiskError> {
        let asked = Instant::now();
        let last = Arc::clone(&self.last).lock_owned().await;
        if let Some(measurement) = &*last
            && measurement.serves(freshness, asked)
        {
            return Ok(Arc::clone(&measurement.usage));
        }
        let (folders, known) = (Arc::clone(&self.folders), Arc::clone(&self.known));
        // Not part of this request, which may be given up: the next one would walk beside it.
        tokio::task::spawn_blocking(move || remeasure(last, &folders, &known)).await?
    }

    /// What was measured last, for whoever cannot wait; nothing before the first time. Where it is older than `age`, it is
    /// measured anew meanwhile, for the next who asks.
    pub fn known(&self, age: Duration) -> Option<Arc<DiskUsage>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.as_ref().is_none_or(|usage| OffsetDateTime::now_utc() - usage.measured_at > age) {
            let disk = self.clone();
            tokio::spawn(async move {
                if let Err(error) = disk.usage(Freshness::Recent).await {
                    tracing::warn!(%error, "the disk is not measured");
                }
            });
        }
        known
    }
}

impl Measurement {
    /// Whether this answers a question asked at `asked`.
    fn serves(&self, freshness: Freshness, asked: Instant) -> bool {
        let serves = match freshness {
            Freshness::Now => Duration::ZERO,
            Freshness::Recent => SERVES.max(self.took * SERVES_TIMES),
        };
        asked <= self.begun + serves
    }
}

fn remeasure(
    mut last: OwnedMutexGuard<Option<Measurement>>,
    folders: &Folders,
    known: &Known,
) -> Result<Arc<DiskUsage>, DiskError> {
    let begun = Instant::now();
    let usage = Arc::new(measure(folders)?);
    *last = Some(Measurement { begun, took: begun.elapsed(), usage: Arc::clone(&usage) });
    *known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&usage));
    Ok(usage)
}

/// Asks the volume and walks over everything.
fn measure(folders: &Folders) -> Result<DiskUsage, DiskError> {
    let measured_at = OffsetDateTime::now_utc();
    let mut repos = subfolders(&folders.repositories(), |folder, path| {
        Some(CloneUsage { name: repository_of_clone(folder)?, path, size_bytes: 0 })
    });
    let mut worktrees = subfolders(&folders.worktrees(), |folder, path| {
        let Worktree { repository, session_id } = Worktree::of_folder(folder)?;
        Some(WorktreeUsage { repo: repository, session_id, path, size_bytes: 0 })
    });
    let mut opencode = FolderUsage { path: folders.data.join("opencode-state"), size_bytes: 0 };
    let mut ocweb = FolderUsage { path: folders.data.join("ocweb"), size_bytes: 0 };

    let mut parts: Vec<(&Path, &mut u64)> = Vec::new();
    parts.extend(repos.iter_mut().map(|part| (part.path.as_path(), &mut part.size_bytes)));
    parts.extend(worktrees.iter_mut().map(|part| (part.path.as_path(), &mut part.size_bytes)));
    parts.extend([&mut opencode, &mut ocweb].map(|part| (part.path.as_path(), &mut part.size_bytes)));
    let paths: Vec<&Path> = parts.iter().map(|(path, _)| *path).collect();
    for ((_, size), bytes) in parts.into_iter().zip(walk::allocated_bytes(&paths)) {
        *size = bytes;
    }

    let volume = VolumeUsage::of(folders)?;
    Ok(DiskUsage { volume, repos, worktrees, opencode, ocweb, measured_at })
}

impl VolumeUsage {
    /// The file system that everything is on; both together where clones and working copies have one of their own.
    pub(crate) fn of(folders: &Folders) -> Result<Self, DiskError> {
        let mut usage = Self::of_file_system(&folders.data)?;
        let projects = folders.data.join("projects");
        let device = |path: &Path| path.metadata().ok().map(|folder| folder.dev());
        // Not there before the first clone.
        if device(&projects)
            .is_some_and(|device_of_projects| device(&folders.data) != Some(device_of_projects))
        {
            let other = Self::of_file_system(&projects)?;
            usage.total_bytes += other.total_bytes;
            usage.used_bytes += other.used_bytes;
            usage.available_bytes += other.available_bytes;
        }
        Ok(usage)
    }

    fn of_file_system(path: &Path) -> Result<Self, DiskError> {
        let answer =
            statvfs(path).map_err(|error| DiskError::Volume { path: path.into(), source: error.into() })?;
        let bytes = |blocks: u64| blocks.saturating_mul(answer.fragment_size());
        Ok(Self {
            path: path.into(),
            total_bytes: bytes(answer.blocks()),
            used_bytes: bytes(answer.blocks().saturating_sub(answer.blocks_free())),
            available_bytes: bytes(answer.blocks_available()),
        })
    }
}

/// What `read` makes of each entry of `folder`, by name. A folder that is not there has none.
fn subfolders<T>(folder: &Path, read: impl Fn(&str, PathBuf) -> Option<T>) -> Vec<T> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let mut names: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names.iter().filter_map(|name| read(name, folder.join(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_volumes_are_counted_together_and_one_is_counted_once() {
        let data = tempfile::tempdir().unwrap();
        let folders = Folders { data: data.path().into(), run: "/".into() };
        let alone = VolumeUsage::of(&folders).unwrap().total_bytes;
        std::fs::create_dir(data.path().join("projects")).unwrap();
        assert_eq!(VolumeUsage::of(&folders).unwrap().total_bytes, alone);
        std::fs::remove_dir(data.path().join("projects")).unwrap();
        // Memory is another file system than any folder for temporary files that tests are given.
        let other = tempfile::tempdir_in("/dev/shm").unwrap();
        std::os::unix::fs::symlink(other.path(), data.path().join("projects")).unwrap();
        let of_other = VolumeUsage::of_file_system(other.path()).unwrap().total_bytes;
        assert_eq!(VolumeUsage::of(&folders).unwrap().total_bytes, alone + of_other);
    }

    #[test]
    fn a_measurement_serves_longer_where_walking_takes_long() {
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        let folders = Folders { data: "/".into(), run: "/".into() };
        let usage = Arc::new(measure(&Folders { data: std::env::temp_dir(), ..folders }).unwrap());
        let measurement = |took| Measurement { begun, took: Duration::from_secs(took), usage: usage.clone() };
        assert!(measurement(0).serves(Freshness::Recent, after(4)));
        assert!(!measurement(0).serves(Freshness::Recent, after(6)));
        assert!(measurement(1).serves(Freshness::Recent, after(19)));
        assert!(!measurement(1).serves(Freshness::Now, after(1)));
        assert!(measurement(9).serves(Freshness::Now, begun), "asked before it began");
    }
}
