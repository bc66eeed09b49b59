//! Whether commits that no remote has are in a merged pull request all the same.
//!
//! A squash or rebase merge leaves commits of other names on the base, and the branch is often deleted then. They are
//! recognised by their content: each commit by what it changes, or all of them together by what GitHub's merge button would
//! have made of them on the very commit that it found. That the base merely looks alike by now proves nothing: work that was
//! done and undone again is in no base.

use std::{collections::BTreeSet, ffi::OsStr, os::unix::ffi::OsStrExt};

use git2::{Oid, Repository};

use crate::{
    error::Error,
    git::{Git, Workshop},
};

/// So many commits of the base are compared, the latest that touch what the branch touches.
const CANDIDATES: usize = 50;
/// More files than this are not named to git one by one.
const FILES: usize = 200;

/// Whether the base has what leads to `tip`. The workshop sees the objects.
pub async fn is_in(git: &Git, workshop: &Workshop, tip: &Tip) -> Result<bool, Error> {
    for base in &tip.bases {
        if has_each(git, workshop, tip.commit, *base).await?
            || has_together(git, workshop, tip.commit, *base).await?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A commit and the branches that it may have been merged into.
#[derive(Debug, Clone)]
pub struct Tip {
    /// The commit.
    pub commit: Oid,
    /// Where work on it began, and the branch's tip: only those in which it changes anything.
    bases: Vec<Base>,
}

#[derive(Debug, Clone, Copy)]
struct Base {
    fork: Oid,
    tip: Oid,
}

impl Tip {
    /// What `commit` may have been merged into, of the remote's `branches`.
    pub fn new(repository: &Repository, commit: Oid, branches: &[String]) -> Result<Self, git2::Error> {
        let mut bases = Vec::new();
        let tree = repository.find_commit(commit)?.tree_id();
        for branch in branches {
            let Ok(base) = repository.find_reference(branch).and_then(|base| base.peel_to_commit()) else {
                continue;
            };
            let Ok(fork) = repository.merge_base(commit, base.id()) else { continue };
            if repository.find_commit(fork)?.tree_id() != tree {
                bases.push(Base { fork, tip: base.id() });
            }
        }
        Ok(Self { commit, bases })
    }
}

/// A rebase merge: for each commit there is one on the base that changes the same, and merged into the base they change
/// nothing more. The first alone would look away from white space, and from what a merge among them changed by itself.
async fn has_each(git: &Git, workshop: &Workshop, tip: Oid, base: Base) -> Result<bool, Error> {
    let count = async |range: String, cherry: &[&str]| -> Result<usize, Error> {
        let counted =
            git.within(workshop).args(["rev-list", "--count", "--no-merges"]).args(cherry).arg(range).run();
        Ok(counted.await?.text.trim().parse().unwrap_or(usize::MAX))
    };
    let Base { tip: base, .. } = base;
    let all = count(format!("{base}..{tip}"), &[]).await?;
    if all == 0 || count(format!("{base}...{tip}"), &["--right-only", "--cherry-pick"]).await? > 0 {
        return Ok(false);
    }
    let base = base.to_string();
    let tree = tree_of(git, workshop, &base).await;
    Ok(tree.is_some() && merged(git, workshop, &base, tip).await == tree)
}

/// A squash merge, or a rebase merge onto something else: merged into what one commit of the base stood on, it gives that commit.
async fn has_together(git: &Git, workshop: &Workshop, tip: Oid, base: Base) -> Result<bool, Error> {
    let Base { fork, tip: base } = base;
    let changed = git.within(workshop).args(["diff-tree", "-r", "-z", "--name-only"]);
    let changed = changed.args([fork.to_string(), tip.to_string()]).run_with(Vec::new()).await?;
    let names: Vec<_> = changed.split(|byte| *byte == 0).filter(|name| !name.is_empty()).collect();
    let mut candidates = git.within(workshop).args(["log", "--first-parent", "--format=%H %T"]);
    candidates = candidates.arg(format!("--max-count={CANDIDATES}")).arg(format!("{fork}..{base}")).arg("--");
    if names.len() <= FILES {
        let paths: Vec<_> = names.iter().map(|name| [b":(literal)", *name].concat()).collect();
        candidates = candidates.args(paths.iter().map(|path| OsStr::from_bytes(path)));
    }
    let own = git.within(workshop).args(["rev-list", "--count", "--no-merges"]).arg(format!("{base}..{tip}"));
    let own: usize = own.run().await?.text.trim().parse().unwrap_or(1);
    for (commit, tree) in candidates.run().await?.text.lines().filter_map(|line| line.split_once(' ')) {
        // One commit of a squash merge, or as many as were rebased.
        for before in BTreeSet::from([1, own]) {
            if gives(git, workshop, &format!("{commit}~{before}"), tip, tree).await {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether merging `tip` into `onto` gives `tree`, and changes something.
async fn gives(git: &Git, workshop: &Workshop, onto: &str, tip: Oid, tree: &str) -> bool {
    // There may be fewer commits than that.
    let changes = tree_of(git, workshop, onto).await.is_some_and(|before| before != tree);
    changes && merged(git, workshop, onto, tip).await.as_deref() == Some(tree)
}

/// The tree of a commit, if there is such a commit.
async fn tree_of(git: &Git, workshop: &Workshop, commit: &str) -> Option<String> {
    let found = git.within(workshop).args(["rev-parse", "--verify"]).arg(format!("{commit}^{{tree}}")).run();
    Some(found.await.ok()?.text.trim().to_owned())
}

/// The tree that merging `tip` into `onto` gives. A conflict is an exit status, and nobody merges that with a button.
async fn merged(git: &Git, workshop: &Workshop, onto: &str, tip: Oid) -> Option<String> {
    let merge = git.within(workshop).args(["merge-tree", "--write-tree", "--no-messages", onto]);
    Some(merge.arg(tip.to_string()).run().await.ok()?.text.trim().to_owned())
}
