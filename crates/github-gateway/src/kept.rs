//! What the person decided, each kind kept in one private file.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ocweb_service::private_file;
use serde::{Serialize, de::DeserializeOwned};

/// A value that outlives the process.
pub(crate) struct Kept<T> {
    path: PathBuf,
    value: Mutex<T>,
}

/// A value that could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is damaged. Nothing is guessed: chats could do less than the person allowed, and nobody would say so.
    #[error("{} cannot be read ({source}). Remove it, and allow again what it allowed.", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it is damaged.
        source: serde_json::Error,
    },
}

impl<T: Clone + PartialEq + Serialize + DeserializeOwned> Kept<T> {
    /// Reads the file. Where there is none, one is made with what `first` gives.
    pub(crate) fn open(path: &Path, first: impl FnOnce() -> T) -> Result<Self, KeptError> {
        let io = |source| KeptError::Io { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            private_file::create_folder(folder).map_err(io)?;
        }
        let value = if let Some(text) = private_file::read(path).map_err(io)? {
            serde_json::from_str(&text)
                .map_err(|source| KeptError::Damaged { path: path.to_owned(), source })?
        } else {
            let value = first();
            write(path, &value)?;
            value
        };
        Ok(Self { path: path.to_owned(), value: Mutex::new(value) })
    }

    /// The value as it is now.
    pub(crate) fn value(&self) -> MutexGuard<'_, T> {
        // A holder that panicked left either the old value or the new one.
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes it from now on, also after a restart.
    pub(crate) fn change(&self, change: impl FnOnce(&mut T)) -> Result<(), KeptError> {
        let mut kept = self.value();
        let mut changed = kept.clone();
        change(&mut changed);
        if changed != *kept {
            write(&self.path, &changed)?;
            *kept = changed;
        }
        Ok(())
    }
}

fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), KeptError> {
    let damaged = |source| KeptError::Damaged { path: path.to_owned(), source };
    let text = serde_json::to_vec_pretty(value).map_err(damaged)?;
    private_file::write(path, &text).map_err(|source| KeptError::Io { path: path.to_owned(), source })
}
