//! Where a chat's work belongs, once that is another branch than the one that it began at: its pull request says so.

use ocweb_opencode_client::SessionId as ChatId;

use super::Shipping;
use crate::{error::Error, names::BranchName};

impl Shipping {
    /// Has a chat compared with, and updated from, another branch of the remote.
    pub async fn set_base(&self, chat: &ChatId, base: &BranchName) -> Result<(), Error> {
        let worktree = self.worktree(chat).await?;
        self.fetched(&worktree, base).await?;
        let owner = worktree.session_id.as_str().parse().unwrap_or_else(|_| chat.clone());
        if self.parts.chats.get(&owner).is_ok() {
            self.parts.chats.set_base(&owner, base)?;
        }
        self.parts.worktrees.set_base(&worktree, base)?;
        tracing::info!(%chat, repository = %worktree.repo, %base, "has another base");
        Ok(())
    }
}
