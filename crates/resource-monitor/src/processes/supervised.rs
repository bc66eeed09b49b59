//! The supervisor's list of the processes that it looks after.

use std::{fs, io, path::Path};

use serde::Deserialize;

use super::ProcessesError;

/// A process that the supervisor looks after.
#[derive(Deserialize)]
pub(super) struct Supervised {
    pid: i32,
    start_time: u64,
}

impl Supervised {
    /// Reads `processes.json`. It is written in one step, so it is never half of one.
    pub(super) fn read(path: &Path) -> Result<Vec<Self>, ProcessesError> {
        let failed = |source| ProcessesError::Supervised { path: path.into(), source };
        let text = fs::read(path).map_err(failed)?;
        serde_json::from_slice(&text).map_err(|error| failed(io::Error::other(error)))
    }

    /// Whether this is the process with that number and start time.
    pub(super) fn is(&self, pid: i32, start_time: u64) -> bool {
        self.pid == pid && self.start_time == start_time
    }
}
