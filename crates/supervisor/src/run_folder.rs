//! The folder of this run's sockets, and the lock on the volume.
//!
//! Whoever may open the sockets is inside, so the folder is ours alone; where not everything is one user, others pass
//! through it to folders of theirs. Its name follows from the volume's, so that the next start finds what this one left.

use std::{
    fs::{File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use nix::{libc, unistd::Uid};
use ocweb_service::{ConfigError, Environment};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    ownership::make_private_folder,
    settings::{SERVICES, hex},
};

/// The longest path that a unix socket can have, in bytes.
const SOCKET_PATH_LIMIT: usize = 107;

/// Chooses the folder: `OCWEB_RUN_DIR`, else one under `XDG_RUNTIME_DIR`, else one under `/tmp`.
pub(crate) fn choose(environment: &Environment, data: &Path) -> Result<PathBuf, ConfigError> {
    const NAME: &str = "OCWEB_RUN_DIR";
    let path = if environment.get(NAME).is_some() {
        environment.absolute_path(NAME, "")?
    } else {
        let hash = Sha256::digest(data.as_os_str().as_encoded_bytes());
        let hash = hex(&hash[..4]);
        match environment.get("XDG_RUNTIME_DIR").map(Path::new) {
            // Root's lets nobody else through.
            Some(folder) if folder.is_absolute() && is_our_folder(folder) && !Uid::effective().is_root() => {
                folder.join(format!("ocweb-{hash}"))
            }
            _ => PathBuf::from(format!("/tmp/ocweb-{}-{hash}", Uid::effective())),
        }
    };
    let longest = SERVICES.iter().map(|service| service.len() + "//socket".len()).max().unwrap_or(0);
    if path.as_os_str().len() + longest > SOCKET_PATH_LIMIT {
        let reason = format!(
            "the path of a socket has {SOCKET_PATH_LIMIT} bytes at most, so this must have {} at most",
            SOCKET_PATH_LIMIT - longest
        );
        return Err(ConfigError::Invalid { name: NAME, reason });
    }
    Ok(path)
}

/// True for a folder that nobody else could have put there.
pub(crate) fn is_our_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|meta| meta.is_dir() && meta.uid() == Uid::effective().as_raw())
}

/// Makes the folder, or takes the one that is there if it is ours; then it is for us alone.
pub(crate) fn prepare(path: &Path) -> Result<(), ConfigError> {
    let invalid = |reason| ConfigError::Invalid { name: "OCWEB_RUN_DIR", reason };
    match make_private_folder(path) {
        Ok(()) if is_our_folder(path) => {}
        Ok(()) => {
            return Err(invalid(format!("{} is not a folder of this user; remove it", path.display())));
        }
        Err(error) => return Err(invalid(format!("{} cannot be made: {error}", path.display()))),
    }
    std::fs::set_permissions(path, Permissions::from_mode(0o700))
        .map_err(|error| invalid(format!("{} cannot be made private: {error}", path.display())))
}

/// The volume cannot be ours now.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another supervisor works on it.
    #[error("OCWEB_DATA is in use by another ocweb, {}; stop that one first", holder(*.0))]
    Held(Option<u32>),
    /// The lock file cannot be made or read.
    #[error("OCWEB_DATA cannot be used: {}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "whose process is not known".into(), |pid| format!("process {pid}"))
}

/// What the lock file tells about its holder.
#[derive(Serialize, Deserialize)]
struct Holder {
    pid: u32,
    run_dir: PathBuf,
}

/// The volume is ours for as long as this lives. The kernel lets go of it however we end.
pub(crate) struct Lock {
    _file: File,
    /// The folder of the run before, whose processes may still be there.
    pub(crate) previous_run: Option<PathBuf>,
}

impl Lock {
    /// Takes the lock on a volume; `folder` is the supervisor's own on it.
    pub(crate) fn acquire(folder: &Path, run: &Path) -> Result<Self, LockError> {
        let path = folder.join("lock");
        let io = |source| LockError::Io { path: path.clone(), source };
        make_private_folder(folder).map_err(io)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            // What an agent may have left there, when this was a folder of its user, neither leads away nor holds up.
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(&path)
            .map_err(io)?;
        let taken = file.try_lock();
        let mut text = String::new();
        // Unreadable bytes only mean that the holder is not known.
        let _ = file.read_to_string(&mut text);
        let before: Option<Holder> = serde_json::from_str(&text).ok();
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(before.map(|holder| holder.pid))),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let us = Holder { pid: std::process::id(), run_dir: run.to_owned() };
        let text = serde_json::to_vec(&us).map_err(|error| io(error.into()))?;
        file.rewind().and_then(|()| file.set_len(0)).and_then(|()| file.write_all(&text)).map_err(io)?;
        Ok(Self { _file: file, previous_run: before.map(|holder| holder.run_dir) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|&(name, value)| (name, value)).collect()
    }

    #[test]
    fn the_folder_follows_from_the_volume() {
        let folder = |data: &str| choose(&environment(&[]), Path::new(data)).unwrap();
        assert_eq!(folder("/a"), folder("/a"));
        assert_ne!(folder("/a"), folder("/b"));
        assert!(folder("/a").starts_with("/tmp"));
    }

    #[test]
    fn a_runtime_folder_of_ours_is_preferred() {
        let runtime = tempfile::tempdir().unwrap();
        let path = runtime.path().to_str().unwrap();
        let chosen = choose(&environment(&[("XDG_RUNTIME_DIR", path)]), Path::new("/a")).unwrap();
        assert_eq!(chosen.starts_with(path), !Uid::effective().is_root());
        let missing = [("XDG_RUNTIME_DIR", "/nonexistent")];
        assert!(choose(&environment(&missing), Path::new("/a")).unwrap().starts_with("/tmp"));
    }

    #[test]
    fn a_folder_too_long_for_sockets_is_refused() {
        let long = format!("/{}", "x".repeat(90));
        let error = choose(&environment(&[("OCWEB_RUN_DIR", &long)]), Path::new("/a")).unwrap_err();
        assert!(error.to_string().starts_with("OCWEB_RUN_DIR cannot be used: the path"), "{error}");
    }

    #[test]
    fn what_is_not_our_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        let error = prepare(&link).unwrap_err();
        assert!(error.to_string().contains("is not a folder of this user"), "{error}");
    }

    #[test]
    fn a_folder_of_ours_is_made_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        prepare(&path).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_volume_has_one_supervisor_and_the_second_hears_which() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::acquire(folder.path(), Path::new("/run/one")).unwrap();
        assert_eq!(first.previous_run, None);
        let Err(error) = Lock::acquire(folder.path(), Path::new("/run/two")) else { panic!("taken twice") };
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        drop(first);
        let next = Lock::acquire(folder.path(), Path::new("/run/two")).unwrap();
        assert_eq!(next.previous_run.as_deref(), Some(Path::new("/run/one")));
    }

    #[test]
    fn a_lock_is_no_link_and_no_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let (lock, outside) = (folder.path().join("lock"), folder.path().join("outside"));
        std::fs::write(&outside, "kept").unwrap();
        std::os::unix::fs::symlink(&outside, &lock).unwrap();
        assert!(Lock::acquire(folder.path(), Path::new("/run/one")).is_err());
        assert_eq!(std::fs::read_to_string(&outside).unwrap(), "kept");
        std::fs::remove_file(&lock).unwrap();
        nix::unistd::mkfifo(&lock, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(Lock::acquire(folder.path(), Path::new("/run/one")).is_err());
    }
}
