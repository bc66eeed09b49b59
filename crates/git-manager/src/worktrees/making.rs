//! Adding a working copy: step by step, and undone as a whole.

use std::path::Path;

use super::{Phase, Record, Worktree, Worktrees, entry};
use crate::{
    clones::{self, Base, Exclusive},
    error::Error,
    git::clearing_stale_locks,
    names::{BranchName, SessionId, worktree_folder},
    underway::Report,
};

/// Whoever made the empty commit that nothing refers to.
const ANONYMOUS: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "ocweb"),
    ("GIT_AUTHOR_EMAIL", "ocweb@localhost"),
    ("GIT_COMMITTER_NAME", "ocweb"),
    ("GIT_COMMITTER_EMAIL", "ocweb@localhost"),
];

/// A working copy that was saved, and is made again.
#[derive(Debug)]
pub struct Again {
    /// Its branch.
    pub branch: BranchName,
    /// Where that is.
    pub at: Base,
    /// The commit that its work began at.
    pub began_at: Option<String>,
    /// The saved work.
    pub saved: String,
}

impl Worktrees {
    /// Adds a worktree on a new branch at `base`. Nothing is left when it fails.
    pub async fn add(
        &self,
        clone: &Exclusive,
        session: &SessionId,
        branch: &BranchName,
        base: &Base,
        report: &Report,
    ) -> Result<Worktree, Error> {
        // A step of its own, so that the process that writes the files is our child and dies with us.
        let check_out = async |path: &Path| {
            if base.commit.is_some() {
                clones::check_out(&self.git, path, report).await?;
            }
            Ok(())
        };
        let record = Record::new(clone, session, branch.clone(), base);
        self.make(clone, record, base.commit.clone(), check_out).await
    }

    /// Adds a worktree that was saved, with the files that `fill` writes into the empty folder. Nothing is left when it fails.
    pub async fn add_again(
        &self,
        clone: &Exclusive,
        session: &SessionId,
        again: Again,
        fill: impl AsyncFnOnce(&Path) -> Result<(), Error>,
    ) -> Result<Worktree, Error> {
        let Again { branch, at, began_at, saved } = again;
        let record = Record::new(clone, session, branch, &at);
        self.make(clone, Record { restored_from: Some(saved), ..record }, began_at, fill).await
    }

    /// Adds the worktree of a record. `began_at` is the commit that its work began at.
    async fn make(
        &self,
        clone: &Exclusive,
        mut record: Record,
        began_at: Option<String>,
        fill: impl AsyncFnOnce(&Path) -> Result<(), Error>,
    ) -> Result<Worktree, Error> {
        let Record { session_id: session, branch, .. } = record.clone();
        let folder = worktree_folder(clone.name(), &session);
        if let Some(unfinished) = self.records.get(&folder).filter(|record| record.phase != Phase::Ready) {
            self.settle(clone, &unfinished).await?;
        }
        let path = self.folder.join(&folder);
        if path.symlink_metadata().is_ok() {
            return Err(Error::Conflict(format!(
                "There is a worktree of {} for {session} already.",
                clone.name()
            )));
        }
        if entry::branch_exists(clone.path(), &branch)? {
            return Err(Error::Conflict(format!("{} has a branch {branch} already.", clone.name())));
        }
        self.records.put(&folder, &record)?;
        let added = match &record.commit {
            Some(commit) => {
                let added =
                    self.add_empty(clone, &path, &["--no-track", "-b", branch.as_str()], commit).await;
                added.and_then(|()| Ok(entry::tell_where_history_ends(clone.path(), &path)?))
            }
            None => self.check_out_nothing(clone, &path, &branch).await,
        };
        let added = match added {
            Ok(()) => fill(&path).await,
            Err(error) => Err(error),
        };
        record.phase = Phase::Ready;
        let made_at = std::mem::replace(&mut record.commit, began_at);
        let noted = added.and_then(|()| Ok(self.records.put(&folder, &record)?)).and_then(|()| self.lead());
        if let Err(error) = noted {
            record.phase = Phase::Adding;
            record.commit = made_at;
            self.settle(clone, &record).await?;
            return Err(error);
        }
        tracing::info!(repository = %clone.name(), %session, %branch, "worktree added");
        self.get(clone.name(), &session)
    }

    /// A worktree on a branch without commits, as an empty repository needs. `worktree add --orphan` came
    /// with git 2.42; this way works with every git: check out an empty commit, then point HEAD away.
    async fn check_out_nothing(
        &self,
        clone: &Exclusive,
        path: &Path,
        branch: &BranchName,
    ) -> Result<(), Error> {
        let tree = self.git.local(clone.path()).args(["mktree"]).run().await?;
        let commit = self.git.local(clone.path()).environment(&ANONYMOUS).args([
            "commit-tree",
            "-m",
            "empty",
            tree.text.trim(),
        ]);
        let commit = commit.run().await?;
        self.add_empty(clone, path, &["--detach"], commit.text.trim()).await?;
        let head = format!("refs/heads/{branch}");
        self.git.local(path).args(["symbolic-ref", "HEAD", &head]).run().await?;
        Ok(())
    }

    async fn add_empty(
        &self,
        clone: &Exclusive,
        path: &Path,
        how: &[&str],
        commit: &str,
    ) -> Result<(), Error> {
        clearing_stale_locks(clone.path(), || async {
            let add = self.git.local(clone.path()).args(["worktree", "add", "--quiet", "--no-checkout"]);
            add.args(how).arg("--").arg(path).arg(commit).run().await
        })
        .await?;
        Ok(())
    }
}
