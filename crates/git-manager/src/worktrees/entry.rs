//! A worktree's other half: its entry in the clone's `.git/worktrees`, and its branch.
//!
//! The entry is found by the path it points to, for git may have given it another name. It is removed by
//! hand: `git worktree prune` skips a locked one, and a killed `git worktree add` leaves a locked one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use git2::{ErrorCode, Repository};

use crate::{error::Error, names::BranchName};

/// Removes the entry of the worktree at `path`, complete or not, and those of further worktrees below it.
pub(super) fn remove(clone: &Path, path: &Path) -> io::Result<()> {
    for entry in entries(clone) {
        let of_this = match fs::read_to_string(entry.join("gitdir")) {
            Ok(target) => Path::new(target.trim_end()).starts_with(path),
            // Killed before that was written: git names the entry after the folder.
            Err(_) => entry.file_name() == path.file_name(),
        };
        if of_this {
            fs::remove_dir_all(&entry)?;
        }
    }
    Ok(())
}

/// The entries of a clone with the working copies that they point to.
pub fn working_copies(clone: &Path) -> impl Iterator<Item = (PathBuf, PathBuf)> {
    entries(clone).filter_map(|entry| {
        let target = fs::read_to_string(entry.join("gitdir")).ok()?;
        let path = Path::new(target.trim_end()).parent()?.to_owned();
        Some((entry, path))
    })
}

/// The entry of the worktree at `path`: its git directory.
pub(super) fn of(clone: &Path, path: &Path) -> Option<PathBuf> {
    working_copies(clone).find(|(_, working_copy)| working_copy == path).map(|(entry, _)| entry)
}

/// Has the library, which looks into the entry alone, know where the history of a clone without history ends; git itself
/// looks into the clone.
pub(super) fn tell_where_history_ends(clone: &Path, path: &Path) -> io::Result<()> {
    let Some(entry) = of(clone, path).filter(|_| clone.join(".git/shallow").exists()) else { return Ok(()) };
    std::os::unix::fs::symlink("../../shallow", entry.join("shallow"))
}

/// Why somebody locked an entry (`git worktree lock`), so that it must stay although its working copy is
/// gone. A `git worktree add` that was killed leaves a lock too, which says so.
pub fn lock_reason(entry: &Path) -> Option<String> {
    let reason = fs::read_to_string(entry.join("locked")).ok()?;
    Some(reason.trim().to_owned()).filter(|reason| reason != "initializing")
}

/// Whether another working copy of a clone than that at `path` has a branch checked out, given in full.
pub fn is_checked_out_elsewhere(clone: &Path, path: &Path, branch: &str) -> bool {
    let own = (clone.join(".git"), clone.to_owned());
    let mut others = working_copies(clone).chain([own]).filter(|(_, working_copy)| working_copy != path);
    others.any(|(entry, _)| {
        fs::read_to_string(entry.join("HEAD")).is_ok_and(|head| head.trim_end() == format!("ref: {branch}"))
    })
}

fn entries(clone: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(clone.join(".git/worktrees")).into_iter().flatten();
    entries.flatten().map(|entry| entry.path())
}

/// Whether a clone has a local branch of this name.
pub(super) fn branch_exists(clone: &Path, branch: &BranchName) -> Result<bool, Error> {
    match Repository::open(clone)?.find_reference(&format!("refs/heads/{branch}")) {
        Ok(_) => Ok(true),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Removes the lock of a branch that only we make; a killed git leaves it.
pub(super) fn remove_branch_lock(clone: &Path, branch: &BranchName) -> io::Result<()> {
    match fs::remove_file(clone.join(format!(".git/refs/heads/{branch}.lock"))) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// The branch that a working copy has checked out.
pub(super) fn branch_of(path: &Path) -> Option<BranchName> {
    let repository = Repository::open(path).ok()?;
    let head = repository.find_reference("HEAD").ok()?;
    head.symbolic_target().ok().flatten()?.strip_prefix("refs/heads/")?.parse().ok()
}
