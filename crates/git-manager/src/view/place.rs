//! One chat's working copy, opened for reading.

use std::path::PathBuf;

use git2::{Commit, ErrorCode, Oid, Repository, RepositoryOpenFlags};
use ocweb_opencode_client::SessionId as ChatId;

use super::Failure;
use crate::{clones::reference_of, error::Error, names::BranchName};

/// Where a chat's working copy is, and what it is compared with.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) chat: ChatId,
    pub(crate) path: PathBuf,
    /// The remote's branch that the chat began at.
    pub(crate) base: Option<BranchName>,
    /// The branch that is the chat's own, whatever is checked out.
    pub(crate) own: Option<BranchName>,
    /// The commit that it began at, for when the remote has that branch no more.
    pub(crate) began_at: Option<String>,
}

impl Place {
    /// Opens it, and nothing above it or elsewhere: the agent may have led its `.git` astray.
    pub(crate) fn open(&self) -> Result<Repository, Failure> {
        let nowhere: [&std::ffi::OsStr; 0] = [];
        let repository = Repository::open_ext(&self.path, RepositoryOpenFlags::NO_SEARCH, nowhere)?;
        let here = self.path.canonicalize()?;
        let there = repository.workdir().and_then(|path| path.canonicalize().ok());
        if there.as_ref() != Some(&here) {
            let detail = "The .git of this working copy leads to another folder, so it is not read.";
            return Err(Error::Unreadable(detail.into()).into());
        }
        Ok(repository)
    }

    /// The base's reference in the clone, as last fetched.
    pub(crate) fn base_reference(&self) -> Option<String> {
        self.base.as_ref().map(reference_of)
    }

    /// The chat's branch at the remote, as last fetched or pushed.
    pub(crate) fn remote_reference(&self) -> Option<String> {
        self.own.as_ref().map(|own| format!("refs/remotes/origin/{own}"))
    }

    /// The base's commit as last fetched, or where the chat began.
    pub(crate) fn base_commit(&self, repository: &Repository) -> Option<Oid> {
        let fetched = self.base_reference().and_then(|name| repository.refname_to_id(&name).ok());
        let began = || Oid::from_str(self.began_at.as_deref()?).ok();
        fetched.or_else(began).filter(|id| repository.find_commit(*id).is_ok())
    }
}

/// The commit that is checked out; nothing on a branch that has none yet.
pub(crate) fn head(repository: &Repository) -> Result<Option<Commit<'_>>, git2::Error> {
    match repository.head() {
        Ok(head) => head.peel_to_commit().map(Some),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where two histories parted; nothing when one is empty or they have nothing in common.
pub(crate) fn merge_base(
    repository: &Repository,
    head: Option<Oid>,
    base: Option<Oid>,
) -> Result<Option<Oid>, git2::Error> {
    let (Some(head), Some(base)) = (head, base) else { return Ok(None) };
    match repository.merge_base(head, base) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Bytes for people to read; what is no UTF-8 is replaced.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
