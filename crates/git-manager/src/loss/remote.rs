//! Which commits the remote has.
//!
//! A remote-tracking branch tells what was there when it was last fetched or pushed. Where a branch of that name is here
//! too, it may be our own push, which somebody has deleted or written over since; so the remote is asked before anything
//! is deleted for which that matters, and where it does not say that it has the commits, they are not taken for pushed.
//! Other remotes count for nothing: they may lie in the very folder that goes.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use git2::{Oid, Repository, Revwalk};
use tokio::sync::OnceCell;

use crate::{git::Git, names::RepositoryName};

/// How long a remote may take to tell what it has.
const LIMIT: Duration = Duration::from_secs(20);
const ORIGIN: &str = "refs/remotes/origin/";
/// The commits of pull requests, which GitHub keeps.
const PULLS: &str = "refs/remotes/pull/*";

/// The remote of a clone. It is asked once, and only if it has to be.
pub struct Remote<'a> {
    git: &'a Git,
    name: RepositoryName,
    listed: OnceCell<Option<Listed>>,
}

/// What a remote has now.
#[derive(Debug, Clone, Default)]
pub(super) struct Listed {
    branches: HashSet<String>,
    /// What its branches and tags name.
    commits: BTreeSet<Oid>,
}

impl<'a> Remote<'a> {
    /// The remote of a repository's clone.
    pub fn new(git: &'a Git, name: RepositoryName) -> Self {
        Self { git, name, listed: OnceCell::new() }
    }

    /// What it has. Nothing when it cannot be asked.
    pub(super) async fn listed(&self) -> Option<Listed> {
        self.listed.get_or_init(|| self.ask()).await.clone()
    }

    /// The commits and annotated tags that none of its branches and tags names. Where it cannot be asked, it may have none.
    pub(crate) async fn lacking(&self, mut objects: Vec<Oid>) -> Vec<Oid> {
        if let Some(listed) = self.listed().await {
            objects.retain(|object| !listed.commits.contains(object));
        }
        objects
    }

    async fn ask(&self) -> Option<Listed> {
        let address = self.git.address(&self.name);
        let ask = self.git.remote(&self.name, None).args(["ls-remote", "--heads", "--tags"]);
        let ask = ask.args(["--end-of-options", address.as_str()]).limit(LIMIT);
        match ask.run_with(Vec::new()).await {
            Ok(listed) => Some(Listed::read(&String::from_utf8_lossy(&listed))),
            Err(error) => {
                tracing::warn!(repository = %self.name, %error, "it cannot be told what the remote has");
                None
            }
        }
    }
}

impl Listed {
    fn read(text: &str) -> Self {
        let mut listed = Self::default();
        for (id, name) in text.lines().filter_map(|line| line.split_once('\t')) {
            listed.branches.extend(name.strip_prefix("refs/heads/").map(str::to_owned));
            listed.commits.extend(Oid::from_str(id));
        }
        listed
    }
}

/// What is known of a remote's commits, and what of it can be relied on.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What leads to all that it had at any time that we know of.
    pub(super) once: Vec<Oid>,
    /// What leads to all that it has now.
    pub(super) now: Vec<Oid>,
}

impl Known {
    /// With what it lists, if it could be asked.
    pub(super) fn new(repository: &Repository, listed: Option<&Listed>) -> Result<Self, git2::Error> {
        let mut known = Self::default();
        let default = default_branch(repository);
        for reference in repository.references_glob(&format!("{ORIGIN}*"))?.flatten() {
            let (name, Ok(commit)) = (reference.name_bytes(), reference.peel_to_commit()) else { continue };
            known.once.push(commit.id());
            let branch = String::from_utf8_lossy(name.strip_prefix(ORIGIN.as_bytes()).unwrap_or_default());
            let is_listed = listed.is_none_or(|listed| listed.branches.contains(branch.as_ref()));
            let may_be_ours = default.as_deref() != Some(&branch)
                && repository.find_reference(&format!("refs/heads/{branch}")).is_ok();
            if is_listed && !may_be_ours && branch != "HEAD" {
                known.now.push(commit.id());
            }
        }
        let listed = listed.iter().flat_map(|listed| &listed.commits);
        let here = listed.filter(|commit| repository.find_commit(**commit).is_ok()).copied();
        let lasting: Vec<_> = here.chain(of_pulls(repository)?).collect();
        known.once.extend(&lasting);
        known.now.extend(&lasting);
        for commits in [&mut known.once, &mut known.now] {
            commits.sort();
            commits.dedup();
        }
        Ok(known)
    }
}

/// What leads to the commits that nobody at the remote is likely to take away: for these it need not be asked.
pub(super) fn lasting(repository: &Repository) -> Result<Vec<Oid>, git2::Error> {
    let default =
        default_branch(repository).map(|branch| repository.refname_to_id(&format!("{ORIGIN}{branch}")));
    Ok(default.and_then(Result::ok).into_iter().chain(of_pulls(repository)?).collect())
}

/// What leads to the commits that the remote had when it was last fetched from or pushed to.
pub(super) fn fetched(repository: &Repository) -> Result<Vec<Oid>, git2::Error> {
    Known::new(repository, None).map(|known| known.once)
}

fn of_pulls(repository: &Repository) -> Result<Vec<Oid>, git2::Error> {
    let pulls = repository.references_glob(PULLS)?.flatten();
    Ok(pulls.filter_map(|reference| Some(reference.peel_to_commit().ok()?.id())).collect())
}

fn default_branch(repository: &Repository) -> Option<String> {
    let head = repository.find_reference(&format!("{ORIGIN}HEAD")).ok()?;
    Some(head.symbolic_target().ok().flatten()?.strip_prefix(ORIGIN)?.to_owned())
}

/// How many of the commits that are pushed none of the `known` ones leads to.
pub(super) fn count_beyond(
    repository: &Repository,
    known: &[Oid],
    push: impl FnOnce(&mut Revwalk<'_>) -> Result<(), git2::Error>,
) -> Result<usize, git2::Error> {
    let mut walk = repository.revwalk()?;
    push(&mut walk)?;
    known.iter().try_for_each(|commit| walk.hide(*commit))?;
    walk.try_fold(0, |count, commit| commit.map(|_| count + 1))
}

/// How many of the commits that are pushed the remote does not have, as far as that can be told without asking it.
pub(crate) fn count_unpushed(
    repository: &Repository,
    push: impl FnOnce(&mut Revwalk<'_>) -> Result<(), git2::Error>,
) -> Result<usize, git2::Error> {
    count_beyond(repository, &Known::new(repository, None)?.now, push)
}
