//! How many commits something leads to that the remote does not have, and how many of those are in a merged pull request.

use std::{collections::BTreeSet, fs, path::Path};

use git2::{ErrorCode, Oid, Repository};

use super::{
    read,
    remote::{Known, Remote, count_beyond, fetched, lasting},
};
use crate::{
    clones::reference_of,
    error::Error,
    git::{Git, Workshop},
    merged::{self, Tip},
    names::BranchName,
};

/// What leads to all commits of something.
#[derive(Debug, Clone, Default)]
pub(super) struct Ends {
    pub(super) tips: BTreeSet<Oid>,
    /// Tags, which may be the remote's.
    pub(super) tags: BTreeSet<Oid>,
}

/// The commits of something that the remote does not have.
#[derive(Debug, Default)]
pub(super) struct Commits {
    /// How many it never had, as far as is known.
    pub(super) unpushed: usize,
    /// How many it had once, and may not have any more.
    pub(super) doubtful: usize,
    /// Those that may be in a merged pull request.
    tips: Vec<Tip>,
    pub(super) known: Known,
}

impl Ends {
    /// All of one repository, those of worktrees that are gone included.
    pub(super) fn of_all(repository: &Repository) -> Result<Self, git2::Error> {
        let entries = fs::read_dir(repository.commondir().join("worktrees")).into_iter().flatten().flatten();
        let detached = entries.filter_map(|entry| detached_head(&entry.path()));
        let mut ends =
            Self { tips: head_of(repository)?.into_iter().chain(detached).collect(), ..Self::default() };
        for reference in repository.references()?.flatten() {
            let Ok(commit) = reference.peel_to_commit() else { continue };
            let name = reference.name_bytes();
            if name.starts_with(b"refs/tags/") {
                ends.tags.insert(commit.id());
            } else if name.starts_with(b"refs/") && is_own(name) {
                ends.tips.insert(commit.id());
            }
        }
        Ok(ends)
    }

    /// How many commits they lead to and none of the `known` ones does.
    pub(super) fn count_beyond(&self, repository: &Repository, known: &[Oid]) -> Result<usize, git2::Error> {
        count_beyond(repository, known, |walk| {
            self.tips.iter().chain(&self.tags).try_for_each(|tip| walk.push(*tip))
        })
    }
}

impl Commits {
    /// Those that `ends` lead to in the repository at `path`. `base` is the remote's branch that work began at.
    pub(super) async fn of(
        path: &Path,
        ends: Ends,
        base: Option<&BranchName>,
        remote: &Remote<'_>,
    ) -> Result<Self, Error> {
        let (place, all) = (path.to_owned(), ends.clone());
        let depends_on_the_remote = read(move || {
            let repository = Repository::open(place)?;
            let fetched = fetched(&repository)?;
            let tags = Ends { tags: all.tags.clone(), ..Ends::default() };
            Ok(tags.count_beyond(&repository, &fetched)? > 0
                || all.count_beyond(&repository, &lasting(&repository)?)?
                    > all.count_beyond(&repository, &fetched)?)
        });
        let listed = if depends_on_the_remote.await? { remote.listed().await } else { None };
        let (place, base) = (path.to_owned(), base.cloned());
        read(move || {
            let repository = Repository::open(place)?;
            let known = Known::new(&repository, listed.as_ref())?;
            let unpushed = ends.count_beyond(&repository, &known.once)?;
            let doubtful = ends.count_beyond(&repository, &known.now)? - unpushed;
            let mut commits = Self { unpushed, doubtful, tips: Vec::new(), known };
            if unpushed > 0 {
                commits.tips = commits.tips(&repository, &ends, base.as_ref())?;
            }
            Ok(commits)
        })
        .await
    }

    fn tips(
        &self,
        repository: &Repository,
        ends: &Ends,
        base: Option<&BranchName>,
    ) -> Result<Vec<Tip>, git2::Error> {
        let branches: Vec<_> =
            base.map(reference_of).into_iter().chain(["refs/remotes/origin/HEAD".to_owned()]).collect();
        let mut tips = Vec::new();
        for tip in ends.tips.union(&ends.tags) {
            if count_beyond(repository, &self.known.once, |walk| walk.push(*tip))? > 0 {
                tips.push(Tip::new(repository, *tip, &branches)?);
            }
        }
        Ok(tips)
    }

    /// How many of the unpushed ones are in a merged pull request.
    pub(super) async fn merged(&self, git: &Git, path: &Path) -> Result<usize, Error> {
        if self.tips.is_empty() {
            return Ok(0);
        }
        let workshop = lent(git, path)?;
        let (mut merged, mut others) = (Vec::new(), self.known.once.clone());
        for tip in &self.tips {
            if merged::is_in(git, &workshop, tip).await? {
                merged.push(tip.commit);
            } else {
                others.push(tip.commit);
            }
        }
        let path = path.to_owned();
        read(move || {
            let repository = Repository::open(path)?;
            count_beyond(&repository, &others, |walk| merged.iter().try_for_each(|tip| walk.push(*tip)))
        })
        .await
    }
}

/// A workshop that sees the objects of the repository at `path`.
fn lent(git: &Git, path: &Path) -> Result<Workshop, Error> {
    let workshop = git.workshop()?;
    workshop.lend(Repository::open(path)?.commondir())?;
    Ok(workshop)
}

/// Whether a reference is made here and nowhere else. Tags may be the remote's, and the stash counts by itself.
pub(crate) fn is_own(name: &[u8]) -> bool {
    const OTHERS: [&[u8]; 5] =
        [b"refs/remotes/", b"refs/tags/", b"refs/stash", b"refs/ocweb/", b"refs/prefetch/"];
    !OTHERS.iter().any(|others| name.starts_with(others))
}

/// The commit of HEAD, where there is one.
pub(super) fn head_of(repository: &Repository) -> Result<Option<Oid>, git2::Error> {
    match repository.head() {
        Ok(head) => Ok(Some(head.peel_to_commit()?.id())),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The commit of a branch, where there is one.
pub(super) fn commit_of(repository: &Repository, branch: &BranchName) -> Option<Oid> {
    Some(repository.find_reference(&format!("refs/heads/{branch}")).ok()?.peel_to_commit().ok()?.id())
}

/// The commit that a worktree's entry has checked out without a branch.
pub(super) fn detached_head(entry: &Path) -> Option<Oid> {
    Oid::from_str(fs::read_to_string(entry.join("HEAD")).ok()?.trim()).ok()
}

/// The commit that a worktree's entry has checked out, where there is one.
pub(super) fn commit_of_entry(repository: &Repository, entry: &Path) -> Option<Oid> {
    let head = fs::read_to_string(entry.join("HEAD")).ok()?;
    let branch = head.trim().strip_prefix("ref: ");
    branch.map_or_else(|| detached_head(entry), |branch| repository.refname_to_id(branch).ok())
}
