//! Garbage collection: what nothing needs any more goes, by the same rule as every deletion.
//!
//! Removed are half-made folders, git's entries of worktrees that are gone, worktrees whose session is
//! gone, and branches of ours that no worktree has; the last two only when nothing would be lost, and what is in a merged
//! pull request alone is saved. Saved work that was kept for long enough goes as well. What stays although it looks stale is told with the reason.

use std::path::{Path, PathBuf};

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    clones::{Exclusive, original_of},
    error::Error,
    loss,
    names::{BranchName, RepositoryName, SessionId, repository_of_folder, worktree_of_folder},
    reasons::{Accepted, ReasonKind, Terms},
    removal::Removal,
    saved::{SavedKind, Subject},
    worktrees::{Worktree, lock_reason, working_copies},
};

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GarbageKind {
    /// A folder that a killed clone or deletion left.
    Leftover,
    /// git's entry of a worktree that is gone.
    Entry,
    /// A worktree whose session is gone.
    Worktree,
    /// A chat's branch that no worktree has.
    Branch,
}

/// One thing that was removed, or was not and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GarbageItem {
    /// What it is.
    pub kind: GarbageKind,
    /// The repository it belongs to.
    pub repo: Option<RepositoryName>,
    /// The session it belonged to.
    pub session_id: Option<SessionId>,
    /// Where it is or was; of a branch, its clone.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// Why it was removed, or why not.
    pub reason: String,
}

/// What a collection did.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Collected {
    /// What is gone, or would be in a dry run.
    pub removed: Vec<GarbageItem>,
    /// What looks stale and stays.
    pub refused: Vec<GarbageItem>,
}

impl Collected {
    fn note(&mut self, mut item: GarbageItem, done: Result<(), Error>, say: impl Fn(&Error) -> String) {
        match done {
            Ok(()) => self.removed.push(item),
            Err(error) => {
                item.reason = say(&error);
                self.refused.push(item);
            }
        }
    }
}

/// Collects what is stale; with `dry_run` it only looks. `say` words the reason of a refusal.
pub async fn collect(
    removal: &Removal,
    dry_run: bool,
    say: impl Fn(&Error) -> String,
) -> Result<Collected, Error> {
    let mut collected = Collected::default();
    if !dry_run {
        removal.saved.expire();
    }
    worktrees(removal, dry_run, &say, &mut collected).await;
    if !dry_run {
        foreign_sessions(removal).await;
    }
    for repository in removal.clones.list() {
        if removal.clones.find(&repository.name).is_none() {
            continue;
        }
        let clone = removal.clones.exclusive(&repository.name).await;
        entries(removal, &clone, dry_run, &say, &mut collected).await;
        branches(removal, &clone, dry_run, &say, &mut collected).await?;
        // While we hold its lock nothing of it is being made or deleted.
        let is_it = |name: RepositoryName| name.key() == clone.name().key();
        let of_clone = |folder: &str| repository_of_folder(folder).is_some_and(is_it);
        let of_worktree = |folder: &str| worktree_of_folder(folder).is_some_and(|(name, _)| is_it(name));
        leftovers(removal.clones.folder(), of_clone, dry_run, &say, &mut collected).await;
        leftovers(removal.worktrees.folder(), of_worktree, dry_run, &say, &mut collected).await;
    }
    tracing::info!(
        removed = collected.removed.len(),
        refused = collected.refused.len(),
        dry_run,
        "garbage collected"
    );
    Ok(collected)
}

/// Forgets the sessions begun elsewhere that are gone, unless what was typed for one is still there.
async fn foreign_sessions(removal: &Removal) {
    for session in removal.chats.list_foreign() {
        if removal.chats.prompts().list(&session.id).is_empty()
            && matches!(removal.opencode.session_exists(session.id.as_str()).await, Ok(false))
            && let Err(error) = removal.chats.forget_foreign(&session.id)
        {
            tracing::warn!(session = %session.id, %error, "what was kept of a session that is gone stays");
        }
    }
}

async fn worktrees(
    removal: &Removal,
    dry_run: bool,
    say: &impl Fn(&Error) -> String,
    collected: &mut Collected,
) {
    for worktree in removal.worktrees.list() {
        if removal.chats.is_being_created(&worktree.session_id) {
            continue;
        }
        let exists = removal.opencode.session_exists(worktree.session_id.as_str()).await;
        if matches!(exists, Ok(true)) {
            continue;
        }
        let item = GarbageItem {
            kind: GarbageKind::Worktree,
            repo: Some(worktree.repo.clone()),
            session_id: Some(worktree.session_id.clone()),
            path: worktree.path.clone(),
            reason: "Its chat is gone, and all of its work is pushed.".into(),
        };
        let done = match exists {
            Err(error) => Err(error.into()),
            Ok(_) if dry_run => would_remove(removal, &worktree).await,
            Ok(_) => {
                removal.worktree(&worktree.repo, &worktree.session_id, &Terms::default()).await.map(drop)
            }
        };
        if done.is_ok() && !dry_run {
            removal.chats.forget_session(&worktree.session_id);
        }
        collected.note(item, done, say);
    }
}

async fn would_remove(removal: &Removal, worktree: &Worktree) -> Result<(), Error> {
    Accepted::default().require(
        "The working copy",
        removal.worktrees.loss(worktree, &removal.worktrees.remote(&worktree.repo)).await.reasons,
    )
}

async fn entries(
    removal: &Removal,
    clone: &Exclusive,
    dry_run: bool,
    say: &impl Fn(&Error) -> String,
    collected: &mut Collected,
) {
    let gone: Vec<_> = working_copies(clone.path()).filter(|(_, path)| !path.exists()).collect();
    for (entry, worktree) in gone {
        let session =
            worktree.file_name().and_then(|name| worktree_of_folder(name.to_str()?)).map(|(_, id)| id);
        let item = GarbageItem {
            kind: GarbageKind::Entry,
            repo: Some(clone.name().clone()),
            session_id: session,
            path: entry.clone(),
            reason: format!("Its working copy {} is gone.", worktree.display()),
        };
        let done = remove_entry(removal, clone, &entry, dry_run).await;
        collected.note(item, done, say);
    }
}

async fn remove_entry(
    removal: &Removal,
    clone: &Exclusive,
    entry: &Path,
    dry_run: bool,
) -> Result<(), Error> {
    if let Some(reason) = lock_reason(entry) {
        return Err(Error::Conflict(format!("It was locked with git worktree lock. {reason}")));
    }
    let mut reasons = loss::of_entry(&removal.git, clone.path(), entry).await?;
    if entry.join("modules").exists() {
        let reason = "the repositories of its submodules are still in it".into();
        reasons = reasons.with_names(ReasonKind::Unreadable, vec![reason]);
    }
    Accepted::default().require("The entry", reasons)?;
    if dry_run { Ok(()) } else { Ok(std::fs::remove_dir_all(entry)?) }
}

async fn branches(
    removal: &Removal,
    clone: &Exclusive,
    dry_run: bool,
    say: &impl Fn(&Error) -> String,
    collected: &mut Collected,
) -> Result<(), Error> {
    for (name, session, branch) in removal.worktrees.without_folder()? {
        if name.key() != clone.name().key() {
            continue;
        }
        let item = GarbageItem {
            kind: GarbageKind::Branch,
            repo: Some(name.clone()),
            session_id: Some(session.clone()),
            path: clone.path().to_owned(),
            reason: format!("The worktree of {branch} is gone, and all of its commits are pushed."),
        };
        let done = remove_branch(removal, clone, &session, &branch, dry_run).await;
        collected.note(item, done, say);
    }
    Ok(())
}

async fn remove_branch(
    removal: &Removal,
    clone: &Exclusive,
    session: &SessionId,
    branch: &BranchName,
    dry_run: bool,
) -> Result<(), Error> {
    let exists =
        git2::Repository::open(clone.path())?.find_reference(&format!("refs/heads/{branch}")).is_ok();
    if exists {
        let loss =
            loss::of_branch(&removal.git, clone.path(), branch, &removal.worktrees.remote(clone.name()))
                .await?;
        Accepted::default().require(&format!("The branch {branch}"), loss.reasons.clone())?;
        if !dry_run {
            let subject = Subject {
                kind: SavedKind::Branch,
                repo: clone.name().clone(),
                path: clone.path().to_owned(),
                session_id: Some(session.clone()),
                title: None,
                branch: Some(branch.clone()),
                base: None,
                began_at: None,
                chat: None,
                elsewhere: Vec::new(),
            };
            removal.save(subject, &loss, &Terms::default()).await?;
        }
    }
    if dry_run {
        return Ok(());
    }
    if exists {
        removal
            .git
            .local(clone.path())
            .args(["branch", "-D", "--quiet", "--", branch.as_str()])
            .run()
            .await?;
    }
    removal.worktrees.forget(clone.name(), session)
}

/// Half-made and half-deleted folders, if what they were to be or have been is `wanted`: nothing else may be
/// at work on it.
pub async fn leftovers(
    folder: &Path,
    wanted: impl Fn(&str) -> bool,
    dry_run: bool,
    say: &impl Fn(&Error) -> String,
    collected: &mut Collected,
) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(original) = original_of(&name) else { continue };
        if !wanted(original) {
            continue;
        }
        let item = GarbageItem {
            kind: GarbageKind::Leftover,
            repo: None,
            session_id: None,
            path: entry.path(),
            reason: "It was left half-made.".into(),
        };
        let done =
            if dry_run { Ok(()) } else { tokio::fs::remove_dir_all(entry.path()).await.map_err(Error::from) };
        collected.note(item, done, say);
    }
}
