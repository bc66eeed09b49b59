//! What deleting would lose: the one rule that every deletion and the garbage collection obey.
//!
//! Lost would be changes that no commit has, and commits that no remote-tracking branch has; also those
//! in a submodule, whose repository goes with the working copy, and those that `git status` was told to
//! look away from. Ignored files do not count. Where it cannot be told, everything might be.

use std::{ffi::OsStr, fs, io, os::unix::ffi::OsStrExt, path::Path, time::Duration};

use git2::{
    ErrorCode, IndexEntry, IndexEntryExtendedFlag, IndexEntryFlag, ObjectType, Oid, Repository,
    RepositoryState, Revwalk,
};

use crate::{
    error::Error,
    git::Git,
    names::BranchName,
    reasons::{ReasonKind, Reasons},
};

/// What the library finds: all but the files that `git status` tells of.
#[derive(Default)]
struct Found {
    commits: usize,
    stashes: usize,
    hidden_files: usize,
    operation: Option<String>,
}

/// What deleting a working copy and its branch would lose.
pub async fn of_worktree(git: &Git, path: &Path, branch: &BranchName) -> Reasons {
    let path_of_it = path.to_owned();
    let reference = format!("refs/heads/{branch}");
    let found = read(move || {
        let repository = Repository::open(&path_of_it)?;
        let commits = count_unpushed(&repository, |walk| {
            push_head(&repository, walk)?;
            if repository.find_reference(&reference).is_ok() {
                walk.push_ref(&reference)?;
            }
            Ok(())
        })?;
        look_into(&repository, Found { commits, ..Found::default() })
    });
    judge(git, path, found.await).await
}

/// What deleting a whole clone would lose: changes in its own working copy, commits of any local branch
/// or of a worktree that is gone, stashes. The worktrees that are there are for the caller to look at.
pub async fn of_clone(git: &Git, path: &Path) -> Reasons {
    let path_of_it = path.to_owned();
    let found = read(move || whole(&Repository::open(&path_of_it)?));
    judge(git, path, found.await).await
}

/// How many commits of one branch of a clone no remote-tracking branch has.
pub fn of_branch(clone: &Path, branch: &BranchName) -> Result<usize, Error> {
    let repository = Repository::open(clone)?;
    Ok(count_unpushed(&repository, |walk| walk.push_ref(&format!("refs/heads/{branch}")))?)
}

/// How many commits only the entry of a worktree that is gone leads to: those of its detached HEAD.
pub fn of_entry(clone: &Path, entry: &Path) -> Result<usize, Error> {
    let Some(head) = detached_head(entry) else { return Ok(0) };
    let repository = Repository::open(clone)?;
    Ok(count_unpushed(&repository, |walk| {
        walk.push(head)?;
        walk.hide_glob("refs/heads/*")
    })?)
}

/// All that one repository holds and no remote has.
fn whole(repository: &Repository) -> Result<Found, git2::Error> {
    let commits = count_unpushed(repository, |walk| {
        push_head(repository, walk)?;
        walk.push_glob("refs/heads/*")?;
        let entries = fs::read_dir(repository.path().join("worktrees")).into_iter().flatten().flatten();
        entries.filter_map(|entry| detached_head(&entry.path())).try_for_each(|head| walk.push(head))
    })?;
    let stashes = match repository.find_reference("refs/stash") {
        Ok(_) => repository.reflog("refs/stash")?.len().max(1),
        Err(_) => 0,
    };
    look_into(repository, Found { commits, stashes, ..Found::default() })
}

/// Adds what the working copy holds beyond its own commits and what `git status` shows.
fn look_into(repository: &Repository, mut found: Found) -> Result<Found, git2::Error> {
    const SUBMODULE: u32 = 0o160_000;
    found.operation = operation(repository);
    let Some(root) = repository.workdir() else { return Ok(found) };
    for entry in repository.index()?.iter() {
        let path = root.join(OsStr::from_bytes(&entry.path));
        if entry.mode == SUBMODULE && path.join(".git").exists() {
            let inside = whole(&Repository::open(&path)?)?;
            found.commits += inside.commits;
            found.stashes += inside.stashes;
            found.hidden_files += inside.hidden_files;
            found.operation = found.operation.or(inside.operation);
        } else if is_hidden(&entry) && differs(&path, entry.id) {
            found.hidden_files += 1;
        }
    }
    Ok(found)
}

/// Whether git was told not to look whether a file has changed (`git update-index`).
fn is_hidden(entry: &IndexEntry) -> bool {
    IndexEntryFlag::from_bits_truncate(entry.flags).is_valid()
        || IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended).is_skip_worktree()
}

/// Whether there is a file with another content. Conversions do not count: rather once too often.
fn differs(path: &Path, id: Oid) -> bool {
    let there = match fs::read_link(path) {
        Ok(target) => Oid::hash_object(ObjectType::Blob, target.as_os_str().as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return false,
        Err(_) => Oid::hash_file(ObjectType::Blob, path),
    };
    there != Ok(id)
}

async fn judge(git: &Git, path: &Path, found: Result<Found, Error>) -> Reasons {
    let changed = changed_files(git, path).await;
    let (Found { commits, stashes, hidden_files, operation }, files) = match (found, changed) {
        (Ok(found), Ok(files)) => (found, files),
        (Err(error), _) | (_, Err(error)) => {
            return Reasons::default().with_names(ReasonKind::Unreadable, vec![error.to_string()]);
        }
    };
    Reasons::default()
        .with(ReasonKind::UncommittedChanges, files + hidden_files)
        .with_names(ReasonKind::UnfinishedOperation, operation.into_iter().collect())
        .with(ReasonKind::UnpushedCommits, commits)
        .with(ReasonKind::StashEntries, stashes)
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

/// The commit that a worktree's entry has checked out without a branch.
fn detached_head(entry: &Path) -> Option<Oid> {
    Oid::from_str(fs::read_to_string(entry.join("HEAD")).ok()?.trim()).ok()
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
