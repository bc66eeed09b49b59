//! What deleting would lose: the one rule that every deletion and the garbage collection obey.
//!
//! Lost would be changes that no commit has, and commits that no remote-tracking branch and no merged pull request has;
//! also those in a submodule or another repository within, which goes with the working copy, and those that `git status` was
//! told to look away from. Ignored files do not count. Where it cannot be told, everything might be.

mod files;

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use git2::{ErrorCode, Oid, Repository, RepositoryState, Revwalk};

pub(crate) use files::{hidden_changes, submodules};

use crate::{
    error::Error,
    git::{Git, Workshop},
    merged::{self, Tip},
    names::{BranchName, RepositoryName},
    reasons::{ReasonKind, Reasons},
};

/// How long a remote may take to tell which tags it has.
const TAGS: Duration = Duration::from_secs(20);

/// What goes with something that is deleted.
#[derive(Debug, Clone, Default)]
pub struct Loss {
    /// What speaks against it.
    pub reasons: Reasons,
    /// How many commits are on no remote, but in a merged pull request: nobody has to be asked, and they are saved.
    pub merged: usize,
}

impl Loss {
    /// Whether nothing would be gone that is nowhere else.
    pub fn is_nothing(&self) -> bool {
        self.reasons.is_empty() && self.merged == 0
    }
}

/// What the library finds: all but the files that `git status` tells of.
#[derive(Default)]
struct Found {
    /// The commits that may be in a merged pull request.
    tips: Vec<Tip>,
    /// How many commits are on no remote.
    commits: usize,
    stashes: usize,
    hidden_files: usize,
    operation: Option<String>,
}

/// What deleting a working copy and its branch would lose. `base` is the remote's branch that it began at.
pub async fn of_worktree(git: &Git, path: &Path, branch: &BranchName, base: Option<&BranchName>) -> Loss {
    let path_of_it = path.to_owned();
    let (branch, base) = (branch.clone(), base.cloned());
    let found = read(move || {
        let repository = Repository::open(&path_of_it)?;
        let tips = [head_of(&repository)?, commit_of(&repository, &format!("refs/heads/{branch}"))];
        let tips = tips.into_iter().flatten().collect();
        let found = Found { stashes: stashes_of(&repository, &branch), ..Found::default() };
        let found = with_commits(&repository, found, tips, base.as_ref())?;
        look_into(&repository, found)
    });
    judge(git, path, found.await).await
}

/// What deleting a whole clone would lose: changes in its own working copy, commits of any reference of its own
/// or of a worktree that is gone, stashes. The worktrees that are there are for the caller to look at.
pub async fn of_clone(git: &Git, path: &Path, name: &RepositoryName) -> Loss {
    let path_of_it = path.to_owned();
    let tags = read(move || stray_tags(&Repository::open(&path_of_it)?)).await;
    let tags = match tags {
        Ok(tags) if tags.is_empty() => Ok(tags),
        Ok(tags) => Ok(not_at_remote(git, name, tags).await),
        Err(error) => Err(error),
    };
    let path_of_it = path.to_owned();
    let found = match tags {
        Ok(tags) => read(move || whole(&Repository::open(&path_of_it)?, tags)).await,
        Err(error) => Err(error),
    };
    judge(git, path, found).await
}

/// What deleting one branch of a clone would lose.
pub async fn of_branch(git: &Git, clone: &Path, branch: &BranchName) -> Result<Loss, Error> {
    let (path, branch) = (clone.to_owned(), branch.clone());
    let found = read(move || {
        let repository = Repository::open(&path)?;
        let tips = commit_of(&repository, &format!("refs/heads/{branch}")).into_iter().collect();
        with_commits(&repository, Found::default(), tips, None)
    });
    let found = found.await?;
    let merged = merged_commits(git, clone, &found).await?;
    let reasons = Reasons::default().with(ReasonKind::UnpushedCommits, found.commits - merged);
    Ok(Loss { reasons, merged })
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

/// All that one repository holds and no remote has. `tags` are those that are its own.
fn whole(repository: &Repository, tags: Vec<Oid>) -> Result<Found, git2::Error> {
    let entries = fs::read_dir(repository.commondir().join("worktrees")).into_iter().flatten().flatten();
    let detached = entries.filter_map(|entry| detached_head(&entry.path()));
    let mut tips: Vec<_> = head_of(repository)?.into_iter().chain(detached).chain(tags).collect();
    for reference in repository.references()?.flatten() {
        if reference.name_bytes().starts_with(b"refs/") && is_own(reference.name_bytes()) {
            tips.extend(reference.peel_to_commit().ok().map(|commit| commit.id()));
        }
    }
    let stashes = match repository.find_reference("refs/stash") {
        Ok(_) => repository.reflog("refs/stash")?.len().max(1),
        Err(_) => 0,
    };
    let found = with_commits(repository, Found { stashes, ..Found::default() }, tips, None)?;
    look_into(repository, found)
}

/// Whether a reference is made here and nowhere else. Tags may be the remote's, and the stash counts by itself.
pub(crate) fn is_own(name: &[u8]) -> bool {
    const OTHERS: [&[u8]; 5] =
        [b"refs/remotes/", b"refs/tags/", b"refs/stash", b"refs/ocweb/", b"refs/prefetch/"];
    !OTHERS.iter().any(|others| name.starts_with(others))
}

/// The tags that hold commits which no remote-tracking branch has, by name.
fn stray_tags(repository: &Repository) -> Result<Vec<Oid>, git2::Error> {
    let mut tags = Vec::new();
    for tag in repository.references_glob("refs/tags/*")?.flatten() {
        let Ok(commit) = tag.peel_to_commit() else { continue };
        if count_unpushed(repository, |walk| walk.push(commit.id()))? > 0 {
            tags.push(commit.id());
        }
    }
    Ok(tags)
}

/// The commits that no tag of the remote names. Where it cannot be asked, it may have none of them.
async fn not_at_remote(git: &Git, name: &RepositoryName, mut tags: Vec<Oid>) -> Vec<Oid> {
    let address = git.address(name);
    let ask = git.remote(name, None).args(["ls-remote", "--tags", "--end-of-options", address.as_str()]);
    match ask.limit(TAGS).run_with(Vec::new()).await {
        Ok(listed) => {
            let listed = String::from_utf8_lossy(&listed);
            let there: BTreeSet<_> =
                listed.lines().filter_map(|line| line.split_once('\t')).map(|(id, _)| id).collect();
            tags.retain(|tag| !there.contains(tag.to_string().as_str()));
        }
        Err(error) => {
            tracing::warn!(repository = %name, %error, "it cannot be told which tags the remote has");
        }
    }
    tags
}

/// Adds the commits that lead to `tips` and are on no remote.
fn with_commits(
    repository: &Repository,
    mut found: Found,
    tips: Vec<Oid>,
    base: Option<&BranchName>,
) -> Result<Found, git2::Error> {
    let tips: BTreeSet<_> = tips.into_iter().collect();
    found.commits += count_unpushed(repository, |walk| tips.iter().try_for_each(|tip| walk.push(*tip)))?;
    if found.commits > 0 {
        let base = base.map(|base| format!("refs/remotes/origin/{base}"));
        let branches: Vec<_> = base.into_iter().chain(["refs/remotes/origin/HEAD".to_owned()]).collect();
        for tip in tips {
            if count_unpushed(repository, |walk| walk.push(tip))? > 0 {
                found.tips.push(Tip::new(repository, tip, &branches)?);
            }
        }
    }
    Ok(found)
}

/// Adds what the working copy holds beyond its own commits and what `git status` shows.
fn look_into(repository: &Repository, mut found: Found) -> Result<Found, git2::Error> {
    found.operation = operation(repository);
    let Some(root) = repository.workdir() else { return Ok(found) };
    for (path, _) in submodules(repository)? {
        let inside = inner(&Repository::open(root.join(path))?)?;
        found.commits += inside.commits;
        found.stashes += inside.stashes;
        found.hidden_files += inside.hidden_files;
        found.operation = found.operation.or(inside.operation);
    }
    found.hidden_files += hidden_changes(repository)?.len();
    Ok(found)
}

/// All that a submodule holds and its remote does not have. Which tags that has is not asked.
fn inner(repository: &Repository) -> Result<Found, git2::Error> {
    let tags = if repository.remotes()?.is_empty() { stray_tags(repository)? } else { Vec::new() };
    whole(repository, tags)
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

async fn judge(git: &Git, path: &Path, found: Result<Found, Error>) -> Loss {
    let unreadable = |error: Error| Loss {
        reasons: Reasons::default().with_names(ReasonKind::Unreadable, vec![error.to_string()]),
        merged: 0,
    };
    let (found, files) = match (found, changed_files(git, path).await) {
        (Ok(found), Ok(files)) => (found, files),
        (Err(error), _) | (_, Err(error)) => return unreadable(error),
    };
    let merged = match merged_commits(git, path, &found).await {
        Ok(merged) => merged,
        Err(error) => return unreadable(error),
    };
    let Found { commits, stashes, hidden_files, operation, .. } = found;
    let reasons = Reasons::default()
        .with(ReasonKind::UncommittedChanges, files + hidden_files)
        .with_names(ReasonKind::UnfinishedOperation, operation.into_iter().collect())
        .with(ReasonKind::UnpushedCommits, commits - merged)
        .with(ReasonKind::StashEntries, stashes);
    Loss { reasons, merged }
}

/// Whether a working copy is as its commit has it, and nothing goes on there.
pub(crate) async fn is_untouched(git: &Git, path: &Path) -> Result<bool, Error> {
    let path_of_it = path.to_owned();
    let found = read(move || look_into(&Repository::open(&path_of_it)?, Found::default())).await?;
    Ok(found.operation.is_none() && found.hidden_files == 0 && changed_files(git, path).await? == 0)
}

/// Whether a submodule is as `commit` has it, and holds nothing that its remote does not have.
pub(crate) async fn is_submodule_at(git: &Git, path: &Path, commit: Oid) -> Result<bool, Error> {
    let path_of_it = path.to_owned();
    let is_pushed = read(move || {
        let repository = Repository::open(&path_of_it)?;
        let found = inner(&repository)?;
        Ok(found.commits + found.stashes == 0 && head_of(&repository)? == Some(commit))
    });
    Ok(is_pushed.await? && is_untouched(git, path).await?)
}

/// How many of the commits that no remote has are in a merged pull request.
async fn merged_commits(git: &Git, path: &Path, found: &Found) -> Result<usize, Error> {
    if found.tips.is_empty() {
        return Ok(0);
    }
    let workshop = lent(git, path)?;
    let (mut merged, mut others) = (Vec::new(), Vec::new());
    for tip in &found.tips {
        if merged::is_in(git, &workshop, tip).await? {
            merged.push(tip.commit);
        } else {
            others.push(tip.commit);
        }
    }
    if merged.is_empty() {
        return Ok(0);
    }
    let path = path.to_owned();
    read(move || {
        let repository = Repository::open(&path)?;
        count_unpushed(&repository, |walk| {
            merged.iter().try_for_each(|tip| walk.push(*tip))?;
            others.iter().try_for_each(|tip| walk.hide(*tip))
        })
    })
    .await
}

/// A workshop that sees the objects of the repository at `path`.
fn lent(git: &Git, path: &Path) -> Result<Workshop, Error> {
    let workshop = git.workshop()?;
    workshop.lend(Repository::open(path)?.commondir())?;
    Ok(workshop)
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

/// How many of the commits that are pushed no remote-tracking branch leads to.
pub(crate) fn count_unpushed(
    repository: &Repository,
    push: impl FnOnce(&mut Revwalk<'_>) -> Result<(), git2::Error>,
) -> Result<usize, git2::Error> {
    let mut walk = repository.revwalk()?;
    push(&mut walk)?;
    walk.hide_glob("refs/remotes/*")?;
    walk.try_fold(0, |count, commit| commit.map(|_| count + 1))
}

/// The commit of HEAD, where there is one.
fn head_of(repository: &Repository) -> Result<Option<Oid>, git2::Error> {
    match repository.head() {
        Ok(head) => Ok(Some(head.peel_to_commit()?.id())),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The commit of a reference, where there is one.
fn commit_of(repository: &Repository, reference: &str) -> Option<Oid> {
    Some(repository.find_reference(reference).ok()?.peel_to_commit().ok()?.id())
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
