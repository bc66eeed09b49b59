//! The supervisor's list of the processes that it looks after.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ocweb_service::config::Folders;
use serde::Deserialize;

use super::ProcessesError;

/// A process that the supervisor looks after.
#[derive(Deserialize)]
pub(crate) struct Supervised {
    /// Which part it plays.
    pub(crate) name: String,
    pub(crate) pid: i32,
    start_time: u64,
}

impl Supervised {
    /// Where the list is.
    pub(crate) fn list(folders: &Folders) -> PathBuf {
        folders.run.join("processes.json")
    }

    /// Reads `processes.json`. It is written in one step, so it is never half of one.
    pub(crate) fn read(path: &Path) -> Result<Vec<Self>, ProcessesError> {
        let failed = |source| ProcessesError::Supervised { path: path.into(), source };
        let text = fs::read(path).map_err(failed)?;
        serde_json::from_slice(&text).map_err(|error| failed(io::Error::other(error)))
    }

    /// Whether this is the process with that number and start time.
    pub(crate) fn is(&self, pid: i32, start_time: u64) -> bool {
        self.pid == pid && self.start_time == start_time
    }
}
