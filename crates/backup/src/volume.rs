//! A volume that a restoration has to itself: no other restoration, and no ocweb that runs or starts.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nix::libc::{O_NOFOLLOW, O_NONBLOCK};

use crate::{
    Error,
    archive::private_folder,
    restoring::{WHOLE, WORKPLACE},
};

/// What a supervisor holds for as long as it runs.
const SUPERVISORS: &str = "ocweb/supervisor/lock";

/// Held for as long as this lives; the kernel lets go of it however we end.
#[derive(Debug)]
pub struct Volume {
    pub(crate) path: PathBuf,
    alone: File,
    stopped: Option<File>,
}

impl Volume {
    /// Takes the volume, a folder that is made if need be.
    pub fn take(data: &Path) -> Result<Self, Error> {
        private_folder(data)?;
        let alone = File::open(data).map_err(Error::io(data))?;
        if is_held(&alone.try_lock()) {
            let data = data.display();
            return Err(Error::Unusable(format!(
                "Another restore to {data} goes on. Wait until it has ended."
            )));
        }
        let lock = data.join(SUPERVISORS);
        let open = OpenOptions::new().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(&lock);
        let stopped = match open {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            open => Some(open.map_err(Error::io(&lock))?),
        };
        // Shared: it keeps a supervisor out, and is not taken for one.
        if stopped.as_ref().is_some_and(|lock| is_held(&lock.try_lock_shared())) {
            let data = data.display();
            return Err(Error::Unusable(format!("An ocweb runs on {data}. Stop it first: ocweb stop")));
        }
        Ok(Self { path: data.to_owned(), alone, stopped })
    }

    /// Whether ocweb may start on it: not while something is restored to it, and not with one half of what is there in the place
    /// of the other. No restoration begins for as long as what this gives lives.
    pub fn may_start(data: &Path) -> Result<Option<File>, Error> {
        let lock = File::open(data).ok();
        let place = data.display();
        let said = if lock.as_ref().is_some_and(|lock| is_held(&lock.try_lock_shared())) {
            format!("A backup is being restored to {place}. Wait until that has ended.")
        } else if data.join(WORKPLACE).join(WHOLE).exists() {
            format!("A restore to {place} was broken off. Run it again: ocweb restore")
        } else {
            return Ok(lock);
        };
        Err(Error::Unusable(said))
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Said, for a program that another thread begins just now has our files until it runs.
        let _ = self.alone.unlock();
        let _ = self.stopped.as_ref().map(File::unlock);
    }
}

/// Where folders cannot be locked (NFS) nobody hears of another.
fn is_held(taken: &Result<(), TryLockError>) -> bool {
    matches!(taken, Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn it_is_for_one_restoration_while_nothing_runs_or_starts() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let taken = Volume::take(data).unwrap();
        assert!(Volume::take(data).unwrap_err().to_string().contains("Another restore"));
        assert!(Volume::may_start(data).unwrap_err().to_string().contains("is being restored"));
        drop(taken);
        let lock = data.join(SUPERVISORS);
        fs::create_dir_all(lock.parent().unwrap()).unwrap();
        let supervisor = File::create(&lock).unwrap();
        supervisor.lock().unwrap();
        assert!(Volume::take(data).unwrap_err().to_string().contains("An ocweb runs"));
        supervisor.unlock().unwrap();
        let starts = Volume::may_start(data).unwrap().unwrap();
        assert!(Volume::take(data).is_err());
        starts.unlock().unwrap();
        let taken = Volume::take(data).unwrap();
        assert!(
            File::open(&lock).unwrap().try_lock().is_err(),
            "no supervisor may start, of whatever version"
        );
        drop(taken);
        fs::create_dir(data.join(WORKPLACE)).unwrap();
        Volume::may_start(data).unwrap();
        fs::write(data.join(WORKPLACE).join(WHOLE), "").unwrap();
        assert!(Volume::may_start(data).unwrap_err().to_string().contains("Run it again"));
    }
}
