//! What deleting would lose: the one rule that every deletion and the garbage collection obey.
//!
//! Lost would be changes that no commit has, and commits that no remote-tracking branch has. Ignored
//! files do not count. Where it cannot be told, it counts as lost.

use std::{path::Path, time::Duration};

use git2::{ErrorCode, Repository, RepositoryState, Revwalk};

use crate::{
    error::{Error, Loss},
    git::Git,
    names::BranchName,
};

/// What deleting a working copy and its branch would lose, if anything.
pub async fn of_worktree(git: &Git, path: &Path, branch: &BranchName) -> Result<Option<Loss>, Error> {
    let path_of_it = path.to_owned();
    let reference = format!("refs/heads/{branch}");
    let unpushed = read(move || {
        let repository = Repository::open(&path_of_it)?;
        let commits = count_unpushed(&repository, |walk| {
            push_head(&repository, walk)?;
            if repository.find_reference(&reference).is_ok() {
                walk.push_ref(&reference)?;
            }
            Ok(())
        })?;
        Ok((commits, operation(&repository)))
    });
    judge(git, path, unpushed.await, 0).await
}

/// What deleting a whole clone would lose, its worktrees aside: changes in its own working copy,
/// commits of any local branch, stashes.
pub async fn of_clone(git: &Git, path: &Path) -> Result<Option<Loss>, Error> {
    let path_of_it = path.to_owned();
    let found = read(move || {
        let repository = Repository::open(&path_of_it)?;
        let commits = count_unpushed(&repository, |walk| {
            push_head(&repository, walk)?;
            walk.push_glob("refs/heads/*")
        })?;
        let stashes = match repository.find_reference("refs/stash") {
            Ok(_) => repository.reflog("refs/stash")?.len().max(1),
            Err(_) => 0,
        };
        Ok(((commits, operation(&repository)), stashes))
    });
    match found.await {
        Ok((unpushed, stashes)) => judge(git, path, Ok(unpushed), stashes).await,
        Err(error) => judge(git, path, Err(error), 0).await,
    }
}

/// How many commits of one branch of a clone no remote-tracking branch has.
pub fn of_branch(clone: &Path, branch: &BranchName) -> Result<usize, Error> {
    let repository = Repository::open(clone)?;
    Ok(count_unpushed(&repository, |walk| walk.push_ref(&format!("refs/heads/{branch}")))?)
}

type Found = (usize, Option<String>);

async fn judge(
    git: &Git,
    path: &Path,
    found: Result<Found, Error>,
    stashes: usize,
) -> Result<Option<Loss>, Error> {
    let changed = changed_files(git, path).await;
    let ((commits, operation), files) = match (found, changed) {
        (Ok(found), Ok(files)) => (found, files),
        (Err(error), _) | (_, Err(error)) => return Ok(Some(Loss::Unreadable { reason: error.to_string() })),
    };
    if files > 0 || operation.is_some() {
        return Ok(Some(Loss::UncommittedChanges { files, operation }));
    }
    Ok((commits + stashes > 0).then_some(Loss::UnpushedCommits { commits, stashes }))
}

/// Staged, changed, conflicting and new files. Asked from git itself, whose filters and ignore rules count.
async fn changed_files(git: &Git, path: &Path) -> Result<usize, Error> {
    let status = git
        .local(path)
        .args(["status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignore-submodules=none"])
        .limit(Duration::from_mins(2))
        .run()
        .await?;
    let mut entries = status.text.split_terminator('\0');
    let mut files = 0;
    while let Some(entry) = entries.next() {
        files += 1;
        if entry.starts_with("2 ") {
            // A rename is followed by the path it came from.
            entries.next();
        }
    }
    Ok(files)
}

fn count_unpushed(
    repository: &Repository,
    push: impl FnOnce(&mut Revwalk<'_>) -> Result<(), git2::Error>,
) -> Result<usize, git2::Error> {
    let mut walk = repository.revwalk()?;
    push(&mut walk)?;
    walk.hide_glob("refs/remotes/*")?;
    walk.try_fold(0, |count, commit| commit.map(|_| count + 1))
}

fn push_head(repository: &Repository, walk: &mut Revwalk<'_>) -> Result<(), git2::Error> {
    match repository.head() {
        Ok(_) => walk.push_head(),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

fn operation(repository: &Repository) -> Option<String> {
    let name = match repository.state() {
        RepositoryState::Clean => return None,
        RepositoryState::Merge => "a merge",
        RepositoryState::Revert | RepositoryState::RevertSequence => "a revert",
        RepositoryState::CherryPick | RepositoryState::CherryPickSequence => "a cherry-pick",
        RepositoryState::Bisect => "a bisect",
        RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => {
            "a rebase"
        }
        RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => "applying patches",
    };
    Some(name.into())
}

/// Long histories take their time, which is not the runtime's.
async fn read<T: Send + 'static>(
    reading: impl FnOnce() -> Result<T, git2::Error> + Send + 'static,
) -> Result<T, Error> {
    let read = tokio::task::spawn_blocking(reading).await;
    Ok(read.map_err(|error| Error::Internal(error.to_string()))??)
}
