//! Which opencode it is: whether it was restarted while we did not hear it.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// A process of opencode. The start time tells two apart that got the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    pid: u32,
    start_time: u64,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(flatten)]
    process: Process,
}

impl Process {
    /// The one that the supervisor says is running, if it says so.
    pub(crate) fn running(run_folder: &Path) -> Option<Self> {
        let text = std::fs::read(run_folder.join("processes.json")).ok()?;
        let entries: Vec<Entry> = serde_json::from_slice(&text).ok()?;
        entries.into_iter().find(|entry| entry.name == "opencode").map(|entry| entry.process)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opencodes_entry_is_found() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Process::running(folder.path()), None);
        let list = r#"[{"name":"auth","pid":1,"start_time":2},{"name":"opencode","pid":3,"start_time":4}]"#;
        std::fs::write(folder.path().join("processes.json"), list).unwrap();
        assert_eq!(Process::running(folder.path()), Some(Process { pid: 3, start_time: 4 }));
    }
}
