//! What a backup is: a folder with its parts and a manifest, which gets its name when it is whole.
//!
//! Theory of operation. Each part is read by a process of the user that owns it (`source`), so that nothing which an agent
//! left in its folders can lead a privileged one elsewhere; we only write down what it says, with a checksum (`archive`). In
//! the manifest is what is needed to judge a backup without opening it. `place` knows the folder of
//! backups again, `keeping` decides which old ones go, `repository` hands one to restic, `restoring` checks all of it before anything is laid onto an empty volume (`unpacking` makes it
//! folders, `volume` keeps everybody else away), and `outcome` remembers how the last one went. Where to get what is to be
//! kept is the caller's business, and so is what to say.

mod archive;
mod complaints;
mod identity;
mod keeping;
mod manifest;
mod outcome;
mod place;
mod repository;
mod restoring;
mod source;
mod unpacking;
mod volume;

pub use archive::{Archive, Making};
pub use identity::identity;
pub use keeping::{Kept, forget_old};
pub use manifest::{Manifest, Part, UnheldWork};
pub use outcome::{Outcome, Result as LastResult};
pub use place::claim;
pub use repository::{Repository, without_password};
pub use restoring::{FETCHED, Obstacle, restore};
pub use source::{Database, Folders, Source};
pub use volume::Volume;

use std::{io, path::PathBuf};

/// Why a backup cannot be made or used. One sentence for the person who must act on it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}.", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No room.
    #[error("The disk of {} is full. Make room there, and do this again.", .0.display())]
    DiskFull(PathBuf),
    /// A program that is needed did not do its work.
    #[error("{program} failed: {said}")]
    Program {
        /// The program.
        program: String,
        /// What it said.
        said: String,
    },
    /// It is no backup, or not a whole one.
    #[error("{0}")]
    Unusable(String),
}

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(path),
            _ => Self::Io { path, source },
        }
    }
}
