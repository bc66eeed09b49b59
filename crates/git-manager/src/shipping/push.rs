//! Pushing a chat's branch, by the chat's own capability: the gateway judges it as it judges the agent's.

use std::time::Duration;

use ocweb_opencode_client::SessionId as ChatId;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Refusal, RefusalKind, Shipping, Turn, commit::capital, condition, refused};
use crate::{
    error::{Error, RemoteFailure},
    git::GitError,
    names::{BranchName, CommitId},
    worktrees::Worktree,
};

/// So long a push may take, its hooks included: a hook that never ends would hold the chat and its prompts for ever. The
/// transfer ends by itself when it stalls.
const LONGEST: Duration = Duration::from_mins(30);

/// How a branch is to be pushed.
#[derive(Debug, Clone, Default)]
pub struct PushRequest {
    /// The commit of the remote's branch that may be replaced; without, commits are only ever added.
    pub replacing: Option<CommitId>,
}

/// What was pushed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pushed {
    /// The chat's branch.
    pub branch: BranchName,
    /// The commit that it is at, here and there.
    pub commit: String,
}

impl Shipping {
    /// Pushes what is checked out to the chat's branch.
    pub async fn push(&self, chat: &ChatId, request: &PushRequest) -> Result<Pushed, Error> {
        let turn = self.turn(chat).await?;
        let Turn { worktree, .. } = &turn;
        let condition = condition(worktree).await?;
        // In the middle of a rebase half of the branch is checked out.
        condition.require_finished()?;
        let Some(commit) = condition.head else {
            let detail = "There is no commit to push yet.".into();
            return Err(Refusal::new(RefusalKind::NothingToCommit, detail).into());
        };
        let reference = format!("refs/heads/{}", worktree.branch);
        let mut push = self.git(worktree).args(["push", "--quiet"]);
        if let Some(known) = &request.replacing {
            push = push.arg(format!("--force-with-lease={reference}:{}", known.as_str()));
        }
        let push = push.arg("origin").arg(format!("{commit}:{reference}")).limit(LONGEST);
        if let Err(error) = push.run().await {
            let refused = self.explained(&error, worktree);
            if matches!(&refused, Error::GitRefused(refusal) if refusal.kind == RefusalKind::Diverged) {
                // So that what is told next is as the remote is; when it fails, that is told then.
                let _ = self.parts.clones.fetch(&worktree.repo, Some(&worktree.branch), Duration::ZERO).await;
            }
            return Err(refused);
        }
        tracing::info!(%chat, repository = %worktree.repo, branch = %worktree.branch, commit, "pushed");
        Ok(Pushed { branch: worktree.branch.clone(), commit })
    }

    /// Why a push failed, for a person.
    fn explained(&self, error: &GitError, worktree: &Worktree) -> Error {
        use RemoteFailure as F;
        let Worktree { repo, branch, .. } = worktree;
        let said = error.said();
        let refusal = |kind, detail: String| Refusal::new(kind, detail).saying(said).into();
        if !self.parts.git.has_token() {
            let detail = "GITHUB_TOKEN is not set, so nothing can be pushed. Set it and restart.".into();
            return refusal(RefusalKind::Push, detail);
        }
        if ["(fetch first)", "(non-fast-forward)", "(stale info)"].iter().any(|sign| said.contains(sign)) {
            let detail = format!(
                "{branch} at GitHub has commits that this working copy does not have: it was rewritten here, or somebody else pushed."
            );
            return refusal(RefusalKind::Diverged, detail);
        }
        let failure = error.at_remote();
        if let F::Unauthorized | F::Unreachable | F::Untrusted | F::TimedOut = failure {
            return Error::remote(error, repo, true);
        }
        if let Some(sentence) = told_by_gateway(said) {
            return refusal(RefusalKind::Push, sentence);
        }
        if said.contains("without `workflow` scope") {
            let detail = "GITHUB_TOKEN may not change workflows: give it the scope `workflow` (a fine-grained one: Workflows, read and write), and restart.";
            return refusal(RefusalKind::Push, detail.into());
        }
        if said.contains("[remote rejected]") {
            return refusal(RefusalKind::Push, format!("GitHub refuses this push: {}", told_by_remote(said)));
        }
        if error.is_disk_full() {
            return Error::DiskFull;
        }
        match failure {
            F::Forbidden => refusal(
                RefusalKind::Push,
                format!(
                    "GITHUB_TOKEN may not push to {repo} (403): it needs the scope `repo` (a fine-grained one: Contents, read and write) and, where an organisation asks for it, its single sign-on."
                ),
            ),
            // What git and the remote refuse has been told apart above.
            F::Other(_) if said.contains("failed to push some refs") => refusal(
                RefusalKind::PushHook,
                "A hook of the repository refuses this push. Have it put right first.".into(),
            ),
            F::Other(_) => refused(error, RefusalKind::Push, "git could not push"),
            _ => Error::remote(error, repo, true),
        }
    }
}

/// A sentence of the gateway's own.
fn told_by_gateway(said: &str) -> Option<String> {
    let mut lines = said.lines().filter_map(|line| line.trim().strip_prefix("remote: ocweb: "));
    lines.next().map(|line| capital(line.trim()))
}

/// What the remote says of its own rules, in one line.
fn told_by_remote(said: &str) -> String {
    let words = said.lines().filter_map(|line| line.trim().strip_prefix("remote:")).map(str::trim);
    let words: Vec<_> = words.filter(|words| !words.is_empty()).collect();
    let reason = said.lines().find_map(|line| line.split_once("[remote rejected]")?.1.rsplit_once('('));
    let reason = reason.map(|(_, reason)| reason.trim_end().trim_end_matches(')'));
    if words.is_empty() { reason.unwrap_or("no reason was given").into() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_remote_says_is_told() {
        let said = "remote: error: GH006: Protected branch update failed.\nremote: \nremote: error: At least 1 approving review is required.\nTo https://github.com/o/n\n ! [remote rejected] HEAD -> x (protected branch hook declined)\nerror: failed to push some refs";
        assert_eq!(
            told_by_remote(said),
            "error: GH006: Protected branch update failed. error: At least 1 approving review is required."
        );
        assert_eq!(told_by_remote(" ! [remote rejected] a -> b (not today)\n"), "not today");
        assert_eq!(told_by_gateway(said), None);
        let own = "remote: ocweb: this chat may only push to ocweb/x of o/n.\nfatal: 403";
        assert_eq!(told_by_gateway(own).unwrap(), "This chat may only push to ocweb/x of o/n.");
    }
}
