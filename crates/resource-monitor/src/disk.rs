//! How full the volume is, and of what.
//!
//! Files grow in place without a trace in their folder, so only a walk over all of them tells the
//! truth. A walk is shared by everybody who asks meanwhile, and its result serves for a while after:
//! five seconds, or longer where walking takes long, so that a page that asks all the time costs at
//! most a twentieth of the machine.

mod walk;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
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
}

struct Measurement {
    begun: Instant,
    took: Duration,
    usage: Arc<DiskUsage>,
}

impl Disk {
    /// The disk that holds these folders.
    pub fn of(folders: &Folders) -> Self {
        Self { folders: Arc::new(folders.clone()), last: Arc::default() }
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
        let folders = Arc::clone(&self.folders);
        // Not part of this request, which may be given up: the next one would walk beside it.
        tokio::task::spawn_blocking(move || remeasure(last, &folders)).await?
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
) -> Result<Arc<DiskUsage>, DiskError> {
    let begun = Instant::now();
    let usage = Arc::new(measure(folders)?);
    *last = Some(Measurement { begun, took: begun.elapsed(), usage: Arc::clone(&usage) });
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

    let volume = VolumeUsage::of(&folders.data)?;
    Ok(DiskUsage { volume, repos, worktrees, opencode, ocweb, measured_at })
}

impl VolumeUsage {
    /// The file system that a folder is on.
    pub(crate) fn of(path: &Path) -> Result<Self, DiskError> {
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
