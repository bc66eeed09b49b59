//! Bringing a chat's branch up to its base, by merge or rebase, and out of the middle of either.

use std::time::Duration;

use ocweb_opencode_client::SessionId as ChatId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Refusal, RefusalKind, Shipping, Turn, commit::capital, condition, refused};
use crate::{
    error::{Error, Missing},
    git::{GitError, Output},
    view::Operation,
    worktrees::Worktree,
};

/// How a branch gets what its base has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// By a merge of the base, which rewrites nothing.
    Merge,
    /// By making its commits anew on top of the base; what was pushed has to be replaced then.
    Rebase,
    /// By going on with the merge or rebase that was stopped, now that its conflicts are resolved.
    Continue,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpdateResult {
    /// The branch had all of its base.
    UpToDate,
    /// It has it now.
    Updated,
    /// Files are in conflict, and the merge or rebase waits in the middle.
    Conflicts,
}

impl Shipping {
    /// Fetches, and brings a chat's branch up to its base.
    pub async fn update(&self, chat: &ChatId, how: Update) -> Result<UpdateResult, Error> {
        let turn = self.turn(chat).await?;
        let Turn { worktree, .. } = &turn;
        self.require_rest(worktree, "Wait until it is done, or stop it.").await?;
        let result = match how {
            Update::Continue => self.go_on(worktree).await?,
            Update::Merge | Update::Rebase => self.begin(worktree, how).await?,
        };
        tracing::info!(%chat, repository = %worktree.repo, ?how, ?result, "updated from the base");
        Ok(result)
    }

    async fn begin(&self, worktree: &Worktree, how: Update) -> Result<UpdateResult, Error> {
        if let Some(operation) = condition(worktree).await?.operation {
            let detail =
                format!("{} is not finished. Go on with it or abort it first.", capital(operation.named()));
            return Err(Refusal::new(RefusalKind::Unfinished, detail).into());
        }
        self.require_clean(worktree).await?;
        let Some(base) = &worktree.base else {
            let detail =
                "It is not known which branch this chat began at, so there is nothing to update from.";
            return Err(Refusal::new(RefusalKind::Update, detail.into()).into());
        };
        let clone = self.parts.clones.fetch(&worktree.repo, Some(base), Duration::ZERO).await?;
        let reference = format!("refs/remotes/origin/{base}");
        let is_there = self.git(worktree).args(["rev-parse", "--verify", "--quiet", &reference]).run().await;
        if is_there.is_err() {
            return Err(Error::Missing(Missing::Branch(worktree.repo.clone(), base.clone())));
        }
        drop(clone);
        let range = format!("HEAD..{reference}");
        let missing = self.git(worktree).args(["rev-list", "--count", &range]).run().await?;
        if missing.text.trim() == "0" {
            return Ok(UpdateResult::UpToDate);
        }
        let git = self.committing(worktree).await;
        let updated = if how == Update::Rebase {
            git.args(["rebase", "--no-autostash", &reference])
        } else {
            let message = format!("Merge {base} into {}", worktree.branch);
            git.args(["merge", "--no-edit", "--no-autostash", "-m", &message, &reference])
        };
        self.result(worktree, updated.run().await, "git could not update this branch").await
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
            _ => return Err(nothing_begun()),
        };
        self.result(worktree, done.run().await, "git could not go on").await
    }

    /// Takes a working copy back to before the merge or rebase that it is in the middle of.
    pub async fn abort_update(&self, chat: &ChatId) -> Result<(), Error> {
        let turn = self.turn(chat).await?;
        let Turn { worktree, .. } = &turn;
        self.require_rest(worktree, "Wait until it is done, or stop it.").await?;
        let subcommand = match condition(worktree).await?.operation {
            Some(Operation::Merge) => "merge",
            Some(Operation::Rebase) => "rebase",
            Some(Operation::CherryPick) => "cherry-pick",
            Some(Operation::Revert) => "revert",
            Some(Operation::ApplyPatches) => "am",
            Some(Operation::Bisect) | None => return Err(nothing_begun()),
        };
        let aborted = self.git(worktree).args([subcommand, "--abort"]).run().await;
        aborted.map_err(|error| refused(&error, RefusalKind::Update, "git could not take it back"))?;
        tracing::info!(%chat, repository = %worktree.repo, subcommand, "aborted");
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
