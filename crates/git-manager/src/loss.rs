//! What deleting would lose: the one rule that every deletion and the garbage collection obey.
//!
//! Lost would be changes that no commit has, and commits that neither the remote nor a merged pull request has;
//! also those in a submodule, in another repository or in a further worktree within, which goes with the working copy, and
//! those that `git status` was told to look away from. Ignored files do not count. Where it cannot be told, everything might be.

mod commits;
mod files;
mod remote;

use std::{future::Future, path::Path, pin::Pin, time::Duration};

use git2::{Oid, Repository, RepositoryState};

pub use self::remote::Remote;
pub(crate) use self::{
    commits::is_own,
    files::{Beside, beside, linked_within},
    remote::count_unpushed,
};
use self::{
    commits::{Commits, Ends, commit_of, commit_of_entry, detached_head, head_of},
    remote::fetched,
};
use crate::{
    error::Error,
    git::Git,
    names::BranchName,
    reasons::{ReasonKind, Reasons},
    worktrees::working_copies,
};

/// What goes with something that is deleted.
#[derive(Debug, Clone, Default)]
pub struct Loss {
    /// What speaks against it.
    pub reasons: Reasons,
    /// How many of the unpushed commits are those of repositories within.
    pub commits_within: usize,
    /// How many commits nobody has to be asked about, which are saved all the same: those on no remote but in a merged pull
    /// request, and those that were pushed once and of which the remote does not say that it has them still.
    pub unasked: usize,
    /// What leads to all that the remote has.
    pub at_remote: Vec<Oid>,
}

impl Loss {
    /// Whether nothing would be gone that is nowhere else.
    pub fn is_nothing(&self) -> bool {
        self.reasons.is_empty() && self.unasked == 0
    }

    /// Where nothing can be told.
    fn unknown(error: &Error) -> Self {
        let reasons = Reasons::default().with_names(ReasonKind::Unreadable, vec![error.to_string()]);
        Self { reasons, ..Self::default() }
    }
}

/// What a working copy holds beyond the commits of its own repository.
#[derive(Debug, Default)]
struct Held {
    /// Files that no commit has.
    files: usize,
    /// The commits of repositories within that their remotes do not have.
    commits: usize,
    stashes: usize,
    operation: Option<String>,
}

impl Held {
    fn and(mut self, other: Self) -> Self {
        self.files += other.files;
        self.commits += other.commits;
        self.stashes += other.stashes;
        self.operation = self.operation.or(other.operation);
        self
    }
}

/// What deleting a working copy and its branch would lose. `base` is the remote's branch that it began at.
pub async fn of_worktree(
    git: &Git,
    path: &Path,
    branch: &BranchName,
    base: Option<&BranchName>,
    remote: &Remote<'_>,
) -> Loss {
    let (place, branch) = (path.to_owned(), branch.clone());
    let found = read(move || {
        let repository = Repository::open(&place)?;
        let tips = [head_of(&repository)?, commit_of(&repository, &branch)].into_iter().flatten();
        // A branch that a worktree within has checked out stays; what it has without a branch goes with it.
        let clone = repository.commondir().parent().unwrap_or(&place);
        let within = working_copies(clone).filter(|(_, path)| *path != place && path.starts_with(&place));
        let within = within.filter_map(|(entry, _)| detached_head(&entry));
        let ends = Ends { tips: tips.chain(within).collect(), ..Ends::default() };
        Ok((ends, stashes_of(&repository, &branch)))
    });
    judge(git, path, found.await, base, remote).await
}

/// What deleting a whole clone would lose: changes in its own working copy, commits of any reference of its own
/// or of a worktree that is gone, stashes. The worktrees of chats are for the caller to look at.
pub async fn of_clone(git: &Git, path: &Path, remote: &Remote<'_>) -> Loss {
    let place = path.to_owned();
    let found = read(move || {
        let repository = Repository::open(place)?;
        Ok((Ends::of_all(&repository)?, stashes(&repository)?))
    });
    judge(git, path, found.await, None, remote).await
}

/// What deleting one branch of a clone would lose.
pub async fn of_branch(
    git: &Git,
    clone: &Path,
    branch: &BranchName,
    remote: &Remote<'_>,
) -> Result<Loss, Error> {
    let (place, branch) = (clone.to_owned(), branch.clone());
    let tips = read(move || Ok(commit_of(&Repository::open(place)?, &branch).into_iter().collect())).await?;
    let commits = Commits::of(clone, Ends { tips, ..Ends::default() }, None, remote).await?;
    let merged = commits.merged(git, clone).await?;
    let reasons = Reasons::default().with(ReasonKind::UnpushedCommits, commits.unpushed - merged);
    Ok(Loss { reasons, commits_within: 0, unasked: merged + commits.doubtful, at_remote: commits.known.now })
}

/// What would go with the entry of a worktree that is gone: the commits of its detached HEAD, and what was staged, which its
/// index alone leads to.
pub async fn of_entry(git: &Git, clone: &Path, entry: &Path) -> Result<Reasons, Error> {
    let (place, of) = (clone.to_owned(), entry.to_owned());
    let (commits, head) = read(move || {
        let repository = Repository::open(place)?;
        let commits = match detached_head(&of) {
            Some(head) => count_unpushed(&repository, |walk| {
                walk.push(head)?;
                walk.hide_glob("refs/heads/*")
            })?,
            None => 0,
        };
        Ok((commits, commit_of_entry(&repository, &of)))
    })
    .await?;
    let mut staged = 0;
    if entry.join("index").exists() {
        let head = head.map_or_else(|| EMPTY_TREE.to_owned(), |head| head.to_string());
        let compare = git.local(clone).environment(&[("GIT_DIR", &*entry.to_string_lossy())]);
        let compare = compare.args(["diff-index", "--cached", "--name-only", "-z", &head]);
        staged = compare.run_with(Vec::new()).await?.split(|byte| *byte == 0).count() - 1;
    }
    Ok(Reasons::default()
        .with(ReasonKind::UncommittedChanges, staged)
        .with(ReasonKind::UnpushedCommits, commits))
}

/// The tree of nothing.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

async fn judge(
    git: &Git,
    path: &Path,
    found: Result<(Ends, usize), Error>,
    base: Option<&BranchName>,
    remote: &Remote<'_>,
) -> Loss {
    let judged = async {
        let (ends, stashes) = found?;
        let commits = Commits::of(path, ends, base, remote).await?;
        let merged = commits.merged(git, path).await?;
        let mut held = held(git, path).await?;
        for inner in linked_within(path)? {
            held = held.and(self::held(git, &path.join(inner)).await?);
        }
        let reasons = Reasons::default()
            .with(ReasonKind::UncommittedChanges, held.files)
            .with_names(ReasonKind::UnfinishedOperation, held.operation.into_iter().collect())
            .with(ReasonKind::UnpushedCommits, commits.unpushed - merged + held.commits)
            .with(ReasonKind::StashEntries, stashes + held.stashes);
        let unasked = merged + commits.doubtful;
        Ok(Loss { reasons, commits_within: held.commits, unasked, at_remote: commits.known.now })
    };
    judged.await.unwrap_or_else(|error| Loss::unknown(&error))
}

/// All that a working copy holds beyond the commits of its own repository.
async fn held(git: &Git, root: &Path) -> Result<Held, Error> {
    let beside = held_beside(git, root).await?;
    Ok(Held { files: beside.files + changed_files(git, root).await?, ..beside })
}

/// The same without the files that `git status` tells of.
async fn held_beside(git: &Git, root: &Path) -> Result<Held, Error> {
    let place = root.to_owned();
    let operation = read(move || Ok(operation(&Repository::open(place)?))).await?;
    let Beside { submodules, files, nested } = beside(git, root).await?;
    let mut held = Held { files: files.len() + nested.len(), operation, ..Held::default() };
    for (path, _) in submodules {
        // What has changed in it is a change of the outer one.
        held = held.and(of_submodule(git, &root.join(path)).await?);
    }
    Ok(held)
}

/// All that a submodule holds and its remote does not have. That remote is not asked.
fn of_submodule<'a>(
    git: &'a Git,
    root: &'a Path,
) -> Pin<Box<dyn Future<Output = Result<Held, Error>> + Send + 'a>> {
    Box::pin(async move {
        let place = root.to_owned();
        let (commits, stashes) = read(move || {
            let repository = Repository::open(place)?;
            let mut ends = Ends::of_all(&repository)?;
            if !repository.remotes()?.is_empty() {
                ends.tags.clear();
            }
            Ok((ends.count_beyond(&repository, &fetched(&repository)?)?, stashes(&repository)?))
        })
        .await?;
        let held = held_beside(git, root).await?;
        Ok(held.and(Held { commits, stashes, ..Held::default() }))
    })
}

/// Whether a working copy is as its commit has it, and nothing goes on there.
pub(crate) async fn is_untouched(git: &Git, path: &Path) -> Result<bool, Error> {
    let held = held(git, path).await?;
    Ok(held.operation.is_none() && held.files == 0)
}

/// Whether a submodule is as `commit` has it, and holds nothing that its remote does not have.
pub(crate) async fn is_submodule_at(git: &Git, path: &Path, commit: Oid) -> Result<bool, Error> {
    let held = of_submodule(git, path).await?;
    let place = path.to_owned();
    let is_there = read(move || Ok(head_of(&Repository::open(place)?)? == Some(commit))).await?;
    Ok(is_there && held.commits + held.stashes == 0 && is_untouched(git, path).await?)
}

/// All entries of a stash.
fn stashes(repository: &Repository) -> Result<usize, git2::Error> {
    match repository.find_reference("refs/stash") {
        Ok(_) => Ok(repository.reflog("refs/stash")?.len().max(1)),
        Err(_) => Ok(0),
    }
}

/// The entries of the stash that were made on a branch.
fn stashes_of(repository: &Repository, branch: &BranchName) -> usize {
    let Ok(stash) = repository.reflog("refs/stash") else { return 0 };
    stash
        .iter()
        .filter(|entry| entry.message_bytes().is_some_and(|message| is_stash_of(message, branch)))
        .count()
}

/// Whether the words of a stash entry name the branch as where it was made.
pub(crate) fn is_stash_of(message: &[u8], branch: &BranchName) -> bool {
    ["WIP on ", "On "].iter().any(|words| message.starts_with(format!("{words}{branch}: ").as_bytes()))
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
