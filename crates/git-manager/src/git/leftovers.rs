//! No git of an earlier run may still be writing when a new one begins to repair.
//!
//! Two locks in the service's folder: `service.lock` is held by the service alone and tells that another
//! one is alive; `git.lock` is inherited by every git and by all that a git starts, so whoever holds it
//! while no service is alive is a leftover, and is killed.

use std::{
    fs::{File, TryLockError},
    os::{
        fd::{BorrowedFd, OwnedFd, RawFd},
        unix::fs::MetadataExt,
    },
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// For how long a killed service may seem alive: a child that it had just forked holds its lock until it
/// becomes git.
const LINGER: Duration = Duration::from_secs(1);
/// How long a killed process may take to disappear, as one in an uninterruptible read may.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why the folder could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LeftoversError {
    /// Another service is alive.
    #[error("another ocweb-git-manager is using {0}")]
    InUse(String),
    /// A git of an earlier run holds on although it was killed.
    #[error("a git process of an earlier run does not end; see who holds {0}")]
    Stuck(String),
    /// A lock could not be made.
    #[error("cannot lock {path}: {source}")]
    Io {
        /// The lock.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The locks of a running service, held until it ends.
pub struct Leftovers {
    _service: File,
    git: Arc<OwnedFd>,
}

impl Leftovers {
    /// Takes the folder for this process, and ends what an earlier run of git left behind.
    pub fn end(folder: &Path) -> Result<Self, LeftoversError> {
        let (service_path, git_path) = (folder.join("service.lock"), folder.join("git.lock"));
        let service = open(&service_path)?;
        let begun = Instant::now();
        while !try_lock(&service, &service_path)? {
            if begun.elapsed() > LINGER {
                return Err(LeftoversError::InUse(folder.display().to_string()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let git = open(&git_path)?;
        let begun = Instant::now();
        while !try_lock(&git, &git_path)? {
            if begun.elapsed() > PATIENCE {
                return Err(LeftoversError::Stuck(git_path.display().to_string()));
            }
            kill_holders(&git);
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Self { _service: service, git: Arc::new(git.into()) })
    }

    /// What every git inherits.
    pub(super) fn descriptor(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.git)
    }
}

/// Lets what is started have the lock, too. Only a system call, for the moment between fork and exec.
pub(super) fn keep_over_exec(lock: RawFd) -> nix::Result<()> {
    #[expect(unsafe_code, reason = "the lock's owner is kept by the Invocation")]
    // SAFETY: `Invocation::leftovers` holds the owner until git has been started.
    let lock = unsafe { BorrowedFd::borrow_raw(lock) };
    fcntl(lock, FcntlArg::F_SETFD(FdFlag::empty())).map(drop)
}

fn open(path: &Path) -> Result<File, LeftoversError> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|source| LeftoversError::Io { path: path.display().to_string(), source })
}

fn try_lock(file: &File, path: &Path) -> Result<bool, LeftoversError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => {
            Err(LeftoversError::Io { path: path.display().to_string(), source })
        }
    }
}

/// Kills every process but this one that has the lock open. Who does so carries it from a git of ours.
fn kill_holders(lock: &File) {
    let Ok(wanted) = lock.metadata() else { return };
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        if Pid::from_raw(id) == Pid::this() {
            continue;
        }
        let Ok(descriptors) = std::fs::read_dir(process.path().join("fd")) else { continue };
        let holds = descriptors.flatten().any(|descriptor| {
            std::fs::metadata(descriptor.path())
                .is_ok_and(|found| found.ino() == wanted.ino() && found.dev() == wanted.dev())
        });
        if holds {
            tracing::warn!(pid = id, "killing a git process that an earlier run left behind");
            // It may have ended by itself meanwhile.
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}
