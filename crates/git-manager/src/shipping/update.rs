//! Bringing into a chat's branch what its base has, or what others added to it at the remote, by merge or rebase; and out of
//! the middle of whatever git has begun there, the agent's doing included.

use std::time::Duration;

use ocweb_opencode_client::SessionId as ChatId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Parts, Refusal, RefusalKind, Shipping, Turn, condition, refused};
use crate::{
    clones,
    error::{Error, Missing},
    git::{GitError, Output},
    names::BranchName,
    view::Operation,
    worktrees::Worktree,
};

/// How a branch gets what it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// By a merge, which rewrites nothing.
    Merge,
    /// By making its commits anew on top; those that were pushed have to be replaced then.
    Rebase,
    /// By going on with what was stopped, now that its conflicts are resolved.
    Continue,
}

/// What a branch gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// What its base has.
    #[default]
    Base,
    /// What others added to the same branch at the remote.
    OwnBranch,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpdateResult {
    /// There was nothing that it lacked.
    UpToDate,
    /// It has it now.
    Updated,
    /// Files are in conflict, and what was begun waits in the middle.
    Conflicts,
}

impl Shipping {
    /// Fetches, and brings what it lacks into a chat's branch; or goes on with that.
    pub async fn update(&self, chat: &ChatId, how: Update, from: Source) -> Result<UpdateResult, Error> {
        let turn = self.turn(chat).await?;
        let Turn { worktree, .. } = &turn;
        self.require_rest(worktree, "Wait until it is done, or stop it.").await?;
        let result = match how {
            Update::Continue => self.go_on(worktree).await?,
            Update::Merge | Update::Rebase => self.begin(worktree, how, from).await?,
        };
        tracing::info!(%chat, repository = %worktree.repo, ?how, ?from, ?result, "updated");
        Ok(result)
    }

    async fn begin(&self, worktree: &Worktree, how: Update, from: Source) -> Result<UpdateResult, Error> {
        condition(worktree).await?.require_finished()?;
        self.require_clean(worktree).await?;
        let (branch, name) = match (from, &worktree.base) {
            (Source::OwnBranch, _) => (&worktree.branch, format!("origin/{}", worktree.branch)),
            (Source::Base, Some(base)) => (base, base.to_string()),
            (Source::Base, None) => {
                let detail =
                    "It is not known which branch this chat began at, so there is nothing to update from.";
                return Err(Refusal::new(RefusalKind::Update, detail.into()).into());
            }
        };
        let reference = self.fetched(worktree, branch).await?;
        let range = format!("HEAD..{reference}");
        let missing = self.git(worktree).args(["rev-list", "--count", &range]).run().await?;
        if missing.text.trim() == "0" {
            return Ok(UpdateResult::UpToDate);
        }
        let git = self.committing(worktree).await;
        let updated = if how == Update::Rebase {
            git.args(["rebase", "--no-autostash", &reference])
        } else {
            let message = format!("Merge {name} into {}", worktree.branch);
            git.args(["merge", "--no-edit", "--no-autostash", "-m", &message, &reference])
        };
        self.result(worktree, updated.run().await, "git could not update this branch").await
    }

    /// Fetches a branch of the remote, or the commits of a pull request, and gives where the clone keeps it.
    pub(super) async fn fetched(&self, worktree: &Worktree, branch: &BranchName) -> Result<String, Error> {
        let Worktree { repo, session_id, .. } = worktree;
        let Parts { clones, worktrees, .. } = &self.parts;
        let clone = clones.fetch(repo, Some(branch), Duration::ZERO).await?;
        clones.fetch_base(&clone, Some(branch), &worktrees.report(repo, session_id)).await?;
        match clone.base(Some(branch))?.commit {
            Some(_) => Ok(clones::reference_of(branch)),
            None => Err(Error::Missing(Missing::Branch(repo.clone(), branch.clone()))),
        }
    }

    async fn go_on(&self, worktree: &Worktree) -> Result<UpdateResult, Error> {
        let condition = condition(worktree).await?;
        if condition.conflicts > 0 {
            let detail = format!("There are files in conflict still: {}.", condition.conflicts);
            return Err(Refusal::new(RefusalKind::Unfinished, detail).into());
        }
        let git = self.committing(worktree).await;
        let done = match condition.operation {
            Some(Operation::Merge) => git.args(["commit", "--no-edit"]),
            Some(Operation::Rebase) => git.args(["rebase", "--continue"]),
            Some(Operation::CherryPick) => git.args(["cherry-pick", "--continue"]),
            Some(Operation::Revert) => git.args(["revert", "--continue"]),
            Some(Operation::ApplyPatches) => git.args(["am", "--continue"]),
            Some(Operation::Bisect) | None => return Err(nothing_begun()),
        };
        self.result(worktree, done.run().await, "git could not go on").await
    }

    /// Takes a working copy back to before what it is in the middle of.
    pub async fn abort_update(&self, chat: &ChatId) -> Result<(), Error> {
        let turn = self.turn(chat).await?;
        let Turn { worktree, .. } = &turn;
        self.require_rest(worktree, "Wait until it is done, or stop it.").await?;
        let abort = match condition(worktree).await?.operation {
            Some(Operation::Merge) => ["merge", "--abort"],
            Some(Operation::Rebase) => ["rebase", "--abort"],
            Some(Operation::CherryPick) => ["cherry-pick", "--abort"],
            Some(Operation::Revert) => ["revert", "--abort"],
            Some(Operation::ApplyPatches) => ["am", "--abort"],
            Some(Operation::Bisect) => ["bisect", "reset"],
            None => return Err(nothing_begun()),
        };
        let aborted = self.git(worktree).args(abort).run().await;
        aborted.map_err(|error| refused(&error, RefusalKind::Update, "git could not take it back"))?;
        tracing::info!(%chat, repository = %worktree.repo, ?abort, "aborted");
        Ok(())
    }

    async fn result(
        &self,
        worktree: &Worktree,
        run: Result<Output, GitError>,
        what: &str,
    ) -> Result<UpdateResult, Error> {
        let Err(error) = run else { return Ok(UpdateResult::Updated) };
        // Without conflicts it was something else that stopped it, such as a hook.
        if condition(worktree).await?.conflicts > 0 && !error.is_disk_full() {
            return Ok(UpdateResult::Conflicts);
        }
        Err(refused(&error, RefusalKind::Update, what))
    }

    /// Refuses where changes are not committed: what is set aside unasked can come back in conflict.
    async fn require_clean(&self, worktree: &Worktree) -> Result<(), Error> {
        let status = self.git(worktree).args(["status", "--porcelain", "--untracked-files=no"]).run().await?;
        let detail = match status.text.lines().count() {
            0 => return Ok(()),
            1 => "1 file is not committed. Commit it first.".to_owned(),
            count => format!("{count} files are not committed. Commit them first."),
        };
        Err(Refusal::new(RefusalKind::NotCommitted, detail).into())
    }
}

fn nothing_begun() -> Error {
    let detail = "Nothing is in the middle here: it was finished or taken back meanwhile.".into();
    Refusal::new(RefusalKind::Update, detail).into()
}
