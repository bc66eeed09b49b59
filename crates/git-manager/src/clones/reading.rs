//! What a clone knows about its remote, read with the library.

use std::path::Path;

use git2::{BranchType, ErrorCode, Oid, Repository};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

use super::pull_head::reference_of;
use crate::{
    error::{Error, Missing},
    names::{BranchName, RepositoryName},
};

const REMOTE: &str = "refs/remotes/origin/";

/// A branch of the remote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Branch {
    /// Its short name.
    pub name: BranchName,
    /// Whether new work starts from it unless told otherwise.
    pub default: bool,
}

/// Where a worktree begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The remote's branch; nothing when the repository is empty and names none.
    pub branch: Option<BranchName>,
    /// Its commit; nothing when the repository is empty.
    pub commit: Option<String>,
}

/// The remote's default branch: what its HEAD names, also when it has no commit yet.
pub(super) fn default_branch(clone: &Path) -> Result<Option<BranchName>, Error> {
    let repository = Repository::open(clone)?;
    let at_remote = |name: &str| repository.find_reference(&format!("{REMOTE}{name}")).is_ok();
    if let Some(name) = symbolic_target(&repository, "refs/remotes/origin/HEAD", REMOTE)
        && at_remote(name.as_str())
    {
        return Ok(Some(name));
    }
    // A remote whose HEAD names a branch that is not there: what a person would guess.
    let names = remote_branches(&repository)?;
    let usual = ["main", "master"].iter().find_map(|usual| names.iter().find(|name| name.as_str() == *usual));
    if let Some(name) = usual.or(names.first()) {
        return Ok(Some(name.clone()));
    }
    Ok(symbolic_target(&repository, "HEAD", "refs/heads/"))
}

pub(super) fn branches(clone: &Path) -> Result<Vec<Branch>, Error> {
    let default = default_branch(clone)?;
    let names = remote_branches(&Repository::open(clone)?)?;
    Ok(names.into_iter().map(|name| Branch { default: Some(&name) == default.as_ref(), name }).collect())
}

pub(super) fn base(clone: &Path, name: &RepositoryName, wanted: Option<&BranchName>) -> Result<Base, Error> {
    let repository = Repository::open(clone)?;
    let default = default_branch(clone)?;
    let branch = wanted.or(default.as_ref());
    let found = branch.map(|branch| repository.find_reference(&reference_of(branch)));
    match found {
        Some(Ok(reference)) => {
            let commit = reference.peel_to_commit()?.id().to_string();
            Ok(Base { branch: branch.cloned(), commit: Some(commit) })
        }
        Some(Err(error)) if error.code() != ErrorCode::NotFound => Err(error.into()),
        _ if wanted.is_none_or(|wanted| Some(wanted) == default.as_ref())
            && remote_branches(&repository)?.is_empty() =>
        {
            Ok(Base { branch: branch.cloned(), commit: None })
        }
        _ => {
            let branch = wanted.cloned().or(default);
            Err(branch.map_or_else(
                || Error::Conflict(format!("{name} has no branch to start from.")),
                |branch| Error::Missing(Missing::Branch(name.clone(), branch)),
            ))
        }
    }
}

/// The commit that is checked out, if there is one.
pub(super) fn head(clone: &Path) -> Result<Option<String>, Error> {
    let repository = Repository::open(clone)?;
    match repository.head() {
        Ok(head) => Ok(Some(head.peel_to_commit()?.id().to_string())),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The names of all remote-tracking branches, those of chats and such as we would refuse from outside included.
pub(super) fn tracked(clone: &Path) -> Result<Vec<String>, Error> {
    let repository = Repository::open(clone)?;
    let mut names = Vec::new();
    for reference in repository.references_glob(&format!("{REMOTE}*"))? {
        let reference = reference?;
        // HEAD is none, and follows one.
        let name = reference.name().ok().filter(|_| reference.target().is_some());
        names.extend(name.and_then(|name| name.strip_prefix(REMOTE)).map(str::to_owned));
    }
    Ok(names)
}

/// The branches of the clone's own.
pub(crate) fn local_branches(clone: &Path) -> Result<Vec<BranchName>, Error> {
    let repository = Repository::open(clone)?;
    let mut names = Vec::new();
    for branch in repository.branches(Some(BranchType::Local))? {
        // One whose name we would refuse from outside is nobody's of ours.
        let name =
            branch?.0.get().name().ok().and_then(|name| name.strip_prefix("refs/heads/")?.parse().ok());
        names.extend(name);
    }
    Ok(names)
}

/// Whether a commit is here.
pub(super) fn has(clone: &Path, commit: &str) -> Result<bool, Error> {
    let id = Oid::from_str(commit)?;
    Ok(Repository::open(clone)?.odb()?.exists(id))
}

/// When the oldest commit was made that a clone without history has of a branch, in RFC 3339. Nothing of a branch that it
/// does not have.
pub(super) fn begins_at(clone: &Path, branch: &BranchName) -> Result<Option<String>, Error> {
    let repository = Repository::open(clone)?;
    let Ok(tip) = repository.refname_to_id(&format!("{REMOTE}{branch}")) else { return Ok(None) };
    let mut walk = repository.revwalk()?;
    walk.push(tip)?;
    let times = walk.map(|id| Ok(repository.find_commit(id?)?.time().seconds()));
    let oldest = times.collect::<Result<Vec<_>, git2::Error>>()?.into_iter().min();
    let oldest = oldest.and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
    Ok(oldest.and_then(|time| time.format(&Rfc3339).ok()))
}

fn remote_branches(repository: &Repository) -> Result<Vec<BranchName>, Error> {
    let mut names = Vec::new();
    for reference in repository.references_glob(&format!("{REMOTE}*"))? {
        let reference = reference?;
        // A name that is no UTF-8, or that we would refuse from outside, cannot be asked for anyway.
        let Some(name) = reference.name().ok().and_then(|name| name.strip_prefix(REMOTE)?.parse().ok())
        else {
            continue;
        };
        names.push(name);
    }
    names.sort();
    Ok(names)
}

fn symbolic_target(repository: &Repository, name: &str, prefix: &str) -> Option<BranchName> {
    let reference = repository.find_reference(name).ok()?;
    let target = reference.symbolic_target().ok().flatten()?;
    target.strip_prefix(prefix)?.parse().ok()
}
