//! Processes of this instance, those among them that nobody looks after any more, and ending one of these.
//!
//! What an agent starts in the background outlives the shell that started it, and opencode itself.
//! Such a process still carries our mark, `OCWEB_INSTANCE`, in its environment, or at least works in
//! one of our worktrees; and its parent is gone: the kernel gave it to the nearest subreaper, which
//! is the supervisor, or to pid 1. The supervisor's own children have that parent too, which is why
//! it lists them in `processes.json`. Each orphan stands for itself: its children, whose parent
//! lives, are none until it has ended.
//!
//! All processes of ours are those that the supervisor lists, the orphans, and whatever these started. Only
//! an orphan can be ended from here: what an agent runs now is ended by stopping the agent, and a part of
//! ocweb by stopping ocweb.

mod find;
mod kill;
mod pid;
mod report;
mod supervised;

use std::{io, path::PathBuf, sync::Arc};

use ocweb_service::config::Folders;

pub use kill::{EndedBy, KillError};
pub use pid::{Pid, PidError};
pub use report::ProcessReport;
pub(crate) use supervised::Supervised;

/// Processes that cannot be told apart.
#[derive(Debug, thiserror::Error)]
pub enum ProcessesError {
    /// Without the supervisor's list its children cannot be told from orphans.
    #[error("cannot read the supervisor's list of its processes, {}: {source}", path.display())]
    Supervised {
        /// The list.
        path: PathBuf,
        /// What the system or the parser said.
        source: io::Error,
    },
    /// `/proc` cannot be read.
    #[error("cannot list the processes of this machine: {0}")]
    Proc(#[from] procfs::ProcError),
    /// The work panicked or was cut off by the end of the service.
    #[error("the listing did not end: {0}")]
    CutOff(#[from] tokio::task::JoinError),
}

/// The processes of one instance.
#[derive(Clone)]
pub struct Processes(Arc<Instance>);

/// How the processes of one instance are known.
struct Instance {
    /// Value of `OCWEB_INSTANCE`: the run folder.
    mark: PathBuf,
    worktrees: PathBuf,
    supervised: PathBuf,
}

impl Processes {
    /// The processes of the instance that has these folders.
    pub fn of(folders: &Folders) -> Self {
        // The kernel tells working directories without symbolic links.
        let worktrees = folders.worktrees();
        let worktrees = folders.data.canonicalize().map_or_else(
            |_| worktrees.clone(),
            |data| Folders { data, run: folders.run.clone() }.worktrees(),
        );
        Self(Arc::new(Instance {
            mark: folders.run.clone(),
            worktrees,
            supervised: Supervised::list(folders),
        }))
    }

    /// The orphans, oldest first.
    pub async fn orphans(&self) -> Result<Vec<ProcessReport>, ProcessesError> {
        let instance = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || instance.orphans()).await?
    }

    /// All processes of this instance, oldest first.
    pub async fn all(&self) -> Result<Vec<ProcessReport>, ProcessesError> {
        let instance = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || instance.all()).await?
    }

    /// Ends an orphan: asks by TERM, waits a few seconds, then forces by KILL.
    pub async fn kill(&self, pid: Pid, start_time: u64) -> Result<EndedBy, KillError> {
        kill::kill(self, pid, start_time).await
    }
}
