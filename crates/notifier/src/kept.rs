//! A value that lives in memory and in a private file.
//!
//! Changing it is quick; [`Kept::flush`] answers when the file has it. What could not be written stays
//! due, so a full disk loses nothing that memory still knows.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use ocweb_service::private_file;
use serde::{Serialize, de::DeserializeOwned};

/// One value and its file.
pub(crate) struct Kept<T> {
    path: PathBuf,
    value: Mutex<T>,
    /// True when memory knows what the file does not.
    is_due: AtomicBool,
    /// Held while writing: whoever gets it finds everything earlier written.
    writing: Mutex<()>,
}

impl<T: Serialize + DeserializeOwned + Default + Send + 'static> Kept<T> {
    /// Reads the value, or begins with the default. A file that cannot be read is set aside.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let value = match private_file::read(path)? {
            None => T::default(),
            Some(text) => match serde_json::from_str(&text) {
                Ok(value) => value,
                Err(error) => {
                    let aside = path.with_extension("json.damaged");
                    fs::rename(path, &aside)?;
                    tracing::error!(%error, kept_as = %aside.display(), "a file was damaged and is begun anew");
                    T::default()
                }
            },
        };
        Ok(Self {
            path: path.to_owned(),
            value: Mutex::new(value),
            is_due: AtomicBool::new(false),
            writing: Mutex::new(()),
        })
    }

    /// Looks at the value.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock())
    }

    /// Changes the value; the file follows with the next [`Kept::flush`].
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.lock());
        self.is_due.store(true, Ordering::Release);
        result
    }

    /// Waits until the file has all that was changed before. Goes on to its end even when nobody waits.
    pub(crate) async fn flush(self: &Arc<Self>) -> io::Result<()> {
        let kept = Arc::clone(self);
        tokio::task::spawn_blocking(move || kept.write()).await.map_err(io::Error::other)?
    }

    fn write(&self) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // Cleared before memory is read: what changes meanwhile is due again.
        if !self.is_due.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let written = serde_json::to_vec(&*self.lock())
            .map_err(io::Error::other)
            .and_then(|content| private_file::write(&self.path, &content));
        if written.is_err() {
            self.is_due.store(true, Ordering::Release);
        }
        written
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_flushed_is_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value.json");
        let kept = Arc::new(Kept::<Vec<u8>>::open(&path).unwrap());
        kept.flush().await.unwrap();
        assert!(!path.exists(), "nothing was changed");
        kept.change(|value| value.push(1));
        kept.flush().await.unwrap();
        assert_eq!(Kept::<Vec<u8>>::open(&path).unwrap().read(Clone::clone), [1]);

        fs::write(&path, "[1,").unwrap();
        assert!(Kept::<Vec<u8>>::open(&path).unwrap().read(Vec::is_empty));
        assert_eq!(fs::read_to_string(path.with_extension("json.damaged")).unwrap(), "[1,");
    }

    #[tokio::test]
    async fn what_could_not_be_written_stays_due() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone/value.json");
        let kept = Arc::new(Kept::<u8>::open(&path).unwrap());
        kept.change(|value| *value = 7);
        kept.flush().await.unwrap_err();
        fs::create_dir(folder.path().join("gone")).unwrap();
        kept.flush().await.unwrap();
        assert_eq!(Kept::<u8>::open(&path).unwrap().read(|value| *value), 7);
    }
}
