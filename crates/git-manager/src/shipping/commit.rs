//! Committing what a person has read, with their message.

use ocweb_opencode_client::SessionId as ChatId;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Refusal, RefusalKind, Shipping, Turn, condition, refused};
use crate::{
    error::Error,
    git::{GitError, Invocation},
    names::InnerPath,
    view::Operation,
    worktrees::Worktree,
};

/// What is to be committed.
#[derive(Debug, Clone)]
pub struct NewCommit {
    /// The message, not empty.
    pub message: String,
    /// These files alone; all changes without. A renamed file has two names.
    pub files: Option<Vec<InnerPath>>,
    /// Although an agent is at work.
    pub despite_agent: bool,
    /// Without the hooks that could refuse it.
    pub skip_hooks: bool,
}

/// A commit that was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Committed {
    /// Its id.
    pub id: String,
}

impl Shipping {
    /// Commits what no commit has yet.
    pub async fn commit(&self, chat: &ChatId, new: &NewCommit) -> Result<Committed, Error> {
        let turn = self.turn(chat).await?;
        let Turn { worktree, .. } = &turn;
        if !new.despite_agent {
            self.require_rest(worktree, "Wait until it is done, or commit what is there now.").await?;
        }
        require_committable(worktree, new.files.is_some()).await?;
        let failed = |error: &GitError| refused(error, RefusalKind::Commit, "git does not commit this");
        // A path is a path, whatever git's patterns make of it.
        let literally = |git: Invocation| git.environment(&[("GIT_LITERAL_PATHSPECS", "1")]);
        let add = literally(self.git(worktree)).args(["add", "--all"]);
        let add = match &new.files {
            None => Some(add.args(["--", "."])),
            // What is gone git may know no more; the commit finds it in the last one.
            Some(files) => {
                let there = |path: &&InnerPath| worktree.path.join(path.as_path()).symlink_metadata().is_ok();
                let there: Vec<_> = files.iter().filter(there).collect();
                (!there.is_empty()).then(|| about(add, there))
            }
        };
        if let Some(add) = add {
            add.run().await.map_err(|error| failed(&error))?;
        }
        let mut commit = literally(self.committing(worktree).await).args(["commit", "--quiet"]);
        commit = commit.arg(format!("--message={}", new.message)).args(self.trailer());
        if new.skip_hooks {
            commit = commit.arg("--no-verify");
        }
        if let Some(files) = &new.files {
            commit = about(commit.arg("--only"), files);
        }
        match commit.run().await {
            Ok(_) => {}
            Err(error) if error.found_nothing() => {
                let detail = "Nothing has changed since the last commit.".into();
                return Err(Refusal::new(RefusalKind::NothingToCommit, detail).into());
            }
            // What a hook says is its own; git itself says "fatal" or "error".
            Err(error) if error.exit_code() == Some(1) && !error.reason().starts_with("error:") => {
                let detail = "A hook of the repository refuses this commit. Have it put right, or commit without hooks.";
                return Err(Refusal::new(RefusalKind::Commit, detail.into()).saying(error.said()).into());
            }
            Err(error) => return Err(failed(&error)),
        }
        let id = condition(worktree).await?.head.unwrap_or_default();
        tracing::info!(%chat, repository = %worktree.repo, commit = id, "committed");
        Ok(Committed { id })
    }
}

/// A git that is told its files as its input: as arguments so many would be too long.
fn about<'f>(git: Invocation, files: impl IntoIterator<Item = &'f InnerPath>) -> Invocation {
    let input = files.into_iter().flat_map(|path| [path.as_str(), "\0"]).collect();
    git.args(["--pathspec-from-file=-", "--pathspec-file-nul"]).input(input)
}

/// Refuses what would commit the marks of conflicts, or end something in the middle.
async fn require_committable(worktree: &Worktree, some_files: bool) -> Result<(), Error> {
    let condition = condition(worktree).await?;
    let unfinished = |detail: String| Err(Refusal::new(RefusalKind::Unfinished, detail).into());
    match (condition.conflicts, condition.operation) {
        (1, _) => unfinished("1 file is in conflict. Resolve it first, or abort what was begun.".into()),
        (count @ 2.., _) => {
            unfinished(format!("{count} files are in conflict. Resolve them first, or abort what was begun."))
        }
        (0, Some(Operation::Merge)) if some_files => {
            unfinished("A merge is committed as a whole. Choose all files.".into())
        }
        (0, None | Some(Operation::Merge | Operation::Bisect)) => Ok(()),
        (0, Some(_)) => condition.require_finished(),
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
