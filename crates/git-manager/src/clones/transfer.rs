//! Cloning and fetching: git's own processes, and what is done around them so that no half remains.

use std::{
    collections::BTreeSet,
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use backon::{ExponentialBuilder, Retryable};
use nix::unistd::syncfs;

use super::{
    extent::Extent,
    reading::{self, Branch},
};
use crate::{
    error::Error,
    git::{Borrowed, Git, GitError, Invocation, clearing_stale_locks},
    names::{BranchName, RepositoryName},
    records::sync_folder,
    underway::Report,
};

const INCOMING: &str = ".incoming-";
const DELETED: &str = ".deleting-";
/// What the branches of chats begin with.
const OF_CHATS: &str = "ocweb/";
const EVERY_BRANCH: &str = "+refs/heads/*:refs/remotes/origin/*";

/// What a half-made or half-deleted folder among the clones or worktrees was to be or has been.
pub(crate) fn original_of(folder: &str) -> Option<&str> {
    let rest = folder.strip_prefix(INCOMING).or_else(|| folder.strip_prefix(DELETED))?;
    Some(rest.rsplit_once('-')?.0)
}

/// Where a clone goes before it is deleted, so that it disappears at once.
pub(super) fn deleted_path(folder: &Path, name: &RepositoryName) -> PathBuf {
    unique_path(folder, DELETED, name)
}

/// The generated end makes the name unique, over restarts too.
fn unique_path(folder: &Path, prefix: &str, name: &RepositoryName) -> PathBuf {
    let unique = ocweb_opencode_client::MessageId::generate();
    folder.join(format!("{prefix}{}-{unique}", name.folder()))
}

/// A clone in the making: removed again unless it gets to its place.
struct Incoming(Option<PathBuf>);

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // What resists, because a killed git was still writing, is removed at the next start.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// Clones a repository into `folder`. Transient failures are tried again.
pub(super) async fn clone(
    git: &Git,
    folder: &Path,
    name: &RepositoryName,
    extent: Extent,
    report: &Report,
) -> Result<(), Error> {
    let path = unique_path(folder, INCOMING, name);
    let mut incoming = Incoming(Some(path.clone()));
    let address = git.address(name);
    let attempt = async || {
        git.await_gateway().await;
        let command = git
            .remote(name, None)
            .args(["clone", "--progress", "--no-recurse-submodules", "--template=", "--origin=origin"])
            .args(extent.arguments())
            .args(settings(git))
            .args(["--end-of-options", address.as_str()])
            .arg(&path)
            .unlimited();
        command.run_watched(|line| report.read(line)).await.map_err(|error| failed(git, name, &error))
    };
    attempt.retry(attempts()).when(Error::is_transient).await?;
    if extent == Extent::WithoutOldFiles
        && let Some(commit) = reading::head(&path)?
    {
        complete(git, &path, name, &commit, report).await?;
        check_out(git, &path, report).await?;
    }
    name_origin(git, &path, name, extent).await?;
    place(&path, &folder.join(name.folder())).await?;
    incoming.0 = None;
    Ok(())
}

/// Writes the files of a working copy's commit, in a process of its own, so that what writes them is our child and dies
/// with us.
pub(crate) async fn check_out(git: &Git, working_copy: &Path, report: &Report) -> Result<(), GitError> {
    let reset = git.local(working_copy).environment(&[("GIT_PROGRESS_DELAY", "0")]).args(["reset", "--hard"]);
    reset.run_watched(|line| report.read(line)).await.map(drop)
}

/// Makes a whole clone durable and then visible.
async fn place(from: &Path, to: &Path) -> Result<(), Error> {
    let opened = File::open(from)?;
    let synced = tokio::task::spawn_blocking(move || syncfs(opened)).await;
    synced.map_err(|error| Error::Internal(error.to_string()))?.map_err(std::io::Error::from)?;
    std::fs::rename(from, to)?;
    if let Some(folder) = to.parent() {
        sync_folder(folder)?;
    }
    Ok(())
}

/// Who the agent commits as; and no garbage collection in the background, which would outlive its chat.
fn settings(git: &Git) -> Vec<String> {
    let mut settings = vec!["--config=gc.autoDetach=false".to_owned()];
    if let (Some(user), Some(email)) = (git.identity(), git.noreply_address()) {
        settings.push(format!("--config=user.name={user}"));
        settings.push(format!("--config=user.email={email}"));
    }
    settings
}

/// Has a new clone name GitHub as where it comes from. One without history follows the branches of chats too, so that it
/// can be told what of them was pushed.
async fn name_origin(git: &Git, clone: &Path, name: &RepositoryName, extent: Extent) -> Result<(), Error> {
    git.local(clone).args(["config", "remote.origin.url", git.origin(name).as_str()]).run().await?;
    if extent == Extent::LatestOnly {
        let chats = format!("+refs/heads/{OF_CHATS}*:refs/remotes/origin/{OF_CHATS}*");
        git.local(clone).args(["config", "--add", "remote.origin.fetch", &chats]).run().await?;
    }
    Ok(())
}

/// Brings the remote-tracking branches and the remote's HEAD up to date: in a clone without history those that are used
/// and the one that is `wanted`, in any other clone all.
pub(super) async fn fetch(
    git: &Git,
    clone: &Path,
    name: &RepositoryName,
    extent: Extent,
    wanted: Option<&BranchName>,
    report: &Report,
) -> Result<(), Error> {
    let attempt = || async {
        git.await_gateway().await;
        let borrowed = git.borrow(name, clone, extent)?;
        let run = Run { git, clone, name, borrowed, report };
        match extent {
            Extent::LatestOnly => run.used_branches(wanted).await,
            Extent::Full | Extent::WithoutOldFiles => run.every_branch().await,
        }
    };
    attempt.retry(attempts()).when(Error::is_transient).await
}

/// Brings every object that the remote's branches lead to, also those that the clone should have already. Its
/// references stay as they are.
pub(super) async fn refetch_objects(
    git: &Git,
    clone: &Path,
    name: &RepositoryName,
    extent: Extent,
) -> Result<(), Error> {
    let borrowed = git.borrow_objects(name, clone, extent)?;
    let fetch = git
        .remote(name, Some(&borrowed))
        .args(["fetch", "--quiet", "--no-recurse-submodules", "--no-write-fetch-head"])
        .args((extent == Extent::LatestOnly).then_some("--depth=1"))
        .args(["--end-of-options", "origin", EVERY_BRANCH])
        .unlimited();
    fetch.run().await.map(drop).map_err(|error| failed(git, name, &error))
}

/// Fetches the contents of a commit's files that a clone lacks.
pub(super) async fn complete(
    git: &Git,
    clone: &Path,
    name: &RepositoryName,
    commit: &str,
    report: &Report,
) -> Result<(), Error> {
    let attempt = || async {
        git.await_gateway().await;
        let borrowed = git.borrow(name, clone, Extent::WithoutOldFiles)?;
        Run { git, clone, name, borrowed, report }.contents_of(commit).await
    };
    attempt.retry(attempts()).when(Error::is_transient).await
}

/// Fetches what a clone lacks to tell how two commits differ.
pub(super) async fn complete_difference(
    git: &Git,
    clone: &Path,
    name: &RepositoryName,
    from: &str,
    to: &str,
) -> Result<(), Error> {
    let borrowed = git.borrow(name, clone, Extent::WithoutOldFiles)?;
    // git itself fetches all that it lacks for this, at once, and led by our configuration.
    let compare = git.remote(name, Some(&borrowed)).args(["diff-tree", "-r", "-M", "--numstat", from, to]);
    compare.run().await.map(drop).map_err(|error| failed(git, name, &error))
}

/// One fetch.
struct Run<'a> {
    git: &'a Git,
    clone: &'a Path,
    name: &'a RepositoryName,
    borrowed: Borrowed,
    report: &'a Report,
}

impl Run<'_> {
    async fn every_branch(&self) -> Result<(), Error> {
        let head = async { self.look(&["HEAD"]).await.map(|listed| head_of(&listed)) };
        let fetch =
            async { self.fetch(&["--prune"], EVERY_BRANCH).await.map_err(|error| self.failed(&error)) };
        let ((), head) = tokio::try_join!(fetch, head)?;
        self.set_head(head).await
    }

    /// Without history a branch is fetched from where it begins here, so that the new commits follow the old ones. A
    /// fetch without any bound would bring the whole history of whatever was merged.
    async fn used_branches(&self, wanted: Option<&BranchName>) -> Result<(), Error> {
        let known = reading::tracked(self.clone)?;
        let listed = self.look(&["HEAD", "refs/heads/*"]).await?;
        self.forget_gone(&known, &listed).await?;
        let head = head_of(&listed);
        let mut used: BTreeSet<_> =
            reading::branches(self.clone)?.into_iter().map(|branch| branch.name).collect();
        used.retain(|branch| !branch.as_str().starts_with(OF_CHATS));
        used.extend(wanted.cloned().into_iter().chain(head.clone()));
        for (branch, tip) in branches_in(&listed).filter(|(branch, _)| used.contains(branch)) {
            let specification = format!("+refs/heads/{branch}:refs/remotes/origin/{branch}");
            let bound = match reading::begins_at(self.clone, &branch)? {
                Some(time) => Some(format!("--shallow-since={time}")),
                // What is here has its history here.
                None if reading::has(self.clone, tip)? => None,
                None => Some("--depth=1".to_owned()),
            };
            let fetched = self.fetch(bound.as_deref().as_slice(), &specification).await;
            match fetched {
                // It was led back to before where it begins here.
                Err(error) if error.said().contains("no commits selected") => {
                    let again = self.fetch(&["--depth=1"], &specification).await;
                    again.map_err(|error| self.failed(&error))?;
                }
                fetched => fetched.map_err(|error| self.failed(&error))?,
            }
        }
        self.set_head(head).await
    }

    /// Forgets the branches that are `known` and not at the remote any more: nobody shall begin at one, nor take its commits
    /// for pushed, nor is its name to be in another's way.
    async fn forget_gone(&self, known: &[String], listed: &str) -> Result<(), Error> {
        let there: BTreeSet<_> = listed
            .lines()
            .filter_map(|line| line.split_once("\trefs/heads/"))
            .map(|(_, name)| name)
            .collect();
        let gone = known.iter().filter(|name| !there.contains(name.as_str()));
        let gone: Vec<_> = gone.map(|name| format!("delete refs/remotes/origin/{name}\n")).collect();
        if !gone.is_empty() {
            clearing_stale_locks(self.clone, || async {
                self.git.local(self.clone).args(["update-ref", "--stdin"]).input(gone.concat()).run().await
            })
            .await?;
        }
        Ok(())
    }

    async fn contents_of(&self, commit: &str) -> Result<(), Error> {
        let mut left = usize::MAX;
        loop {
            let list = self.remote().environment(&[("GIT_NO_LAZY_FETCH", "1")]).args([
                "rev-list",
                "--objects",
                "--quiet",
                "--missing=print",
                "--no-walk",
                commit,
            ]);
            let listed = list.run().await?;
            // Of very many the last line may be cut: what is left is listed again.
            let missing: Vec<_> = listed
                .text
                .split_inclusive('\n')
                .filter_map(|line| line.strip_prefix('?')?.strip_suffix('\n'))
                .collect();
            if missing.is_empty() {
                return Ok(());
            }
            if missing.len() >= left {
                return Err(Error::Internal(format!("{} objects of {commit} do not come", missing.len())));
            }
            left = missing.len();
            let fetch = self
                .remote()
                // What is here already says nothing about what is missing.
                .setting("fetch.negotiationAlgorithm=noop")
                .args([
                    "fetch",
                    "--progress",
                    "--no-tags",
                    "--no-recurse-submodules",
                    "--no-write-fetch-head",
                ])
                .args(["--filter=blob:none", "--stdin", "origin"])
                .input(missing.join("\n") + "\n")
                .unlimited();
            fetch.run_watched(|line| self.report.read(line)).await.map_err(|error| self.failed(&error))?;
        }
    }

    async fn fetch(&self, how: &[&str], what: &str) -> Result<(), GitError> {
        clearing_stale_locks(self.clone, || async {
            let fetch = self
                .remote()
                .args(["fetch", "--progress", "--no-recurse-submodules", "--no-write-fetch-head"])
                .args(how)
                .args(["origin", what])
                .unlimited();
            fetch.run_watched(|line| self.report.read(line)).await.map(drop)
        })
        .await
    }

    async fn look(&self, what: &[&str]) -> Result<String, Error> {
        let address = self.git.address(self.name);
        let look = self.git.remote(self.name, None).args([
            "ls-remote",
            "--symref",
            "--end-of-options",
            address.as_str(),
        ]);
        Ok(look.args(what).run().await.map_err(|error| self.failed(&error))?.text)
    }

    async fn set_head(&self, head: Option<BranchName>) -> Result<(), Error> {
        let Some(branch) = head else { return Ok(()) };
        clearing_stale_locks(self.clone, || async {
            let target = format!("refs/remotes/origin/{branch}");
            self.git.local(self.clone).args(["symbolic-ref", "refs/remotes/origin/HEAD", &target]).run().await
        })
        .await?;
        Ok(())
    }

    fn remote(&self) -> Invocation {
        // What comes stays the pack that it came in: git tells how it arrives, and makes sure that it is on the disk, which
        // it does of no object in a file of its own.
        self.git.remote(self.name, Some(&self.borrowed)).setting("fetch.unpackLimit=1")
    }

    fn failed(&self, error: &GitError) -> Error {
        failed(self.git, self.name, error)
    }
}

fn failed(git: &Git, name: &RepositoryName, error: &GitError) -> Error {
    Error::remote(error, name, git.has_token())
}

/// Gets a commit by its name, and all that leads to it.
pub(super) async fn fetch_commit(
    git: &Git,
    clone: &Path,
    name: &RepositoryName,
    extent: Extent,
    commit: &str,
) -> Result<(), Error> {
    let address = git.address(name);
    let borrowed = git.borrow(name, clone, extent)?;
    let fetch =
        git.remote(name, Some(&borrowed)).args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"]);
    let fetched = fetch.args(["--end-of-options", address.as_str(), commit]).unlimited().run().await;
    fetched.map_err(|error| Error::remote(&error, name, git.has_token()))?;
    Ok(())
}

/// The branches of a repository that is not cloned.
pub(super) async fn remote_branches(git: &Git, name: &RepositoryName) -> Result<Vec<Branch>, Error> {
    git.await_gateway().await;
    let address = git.address(name);
    let listed = git
        .remote(name, None)
        .args(["ls-remote", "--symref", "--end-of-options", address.as_str(), "HEAD", "refs/heads/*"])
        .run()
        .await
        .map_err(|error| Error::remote(&error, name, git.has_token()))?;
    let default = head_of(&listed.text);
    Ok(branches_in(&listed.text)
        .map(|(name, _)| Branch { default: Some(&name) == default.as_ref(), name })
        .collect())
}

/// The branches in the answer of `ls-remote`, each with its commit.
fn branches_in(listed: &str) -> impl Iterator<Item = (BranchName, &str)> {
    listed.lines().filter_map(|line| {
        let (commit, name) = line.split_once("\trefs/heads/")?;
        Some((name.parse().ok()?, commit))
    })
}

/// The branch in the answer of `ls-remote --symref`.
fn head_of(listed: &str) -> Option<BranchName> {
    let line =
        listed.lines().find(|line| line.ends_with("\tHEAD") && line.starts_with("ref: refs/heads/"))?;
    line.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD")?.parse().ok()
}

/// Three attempts within some four seconds: who waits on the phone shall soon know.
fn attempts() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_factor(3.0)
        .with_max_times(2)
        .with_jitter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remotes_head_is_read() {
        assert_eq!(head_of("ref: refs/heads/trunk\tHEAD\nabc\tHEAD\n"), Some("trunk".parse().unwrap()));
        assert_eq!(head_of("abc\tHEAD\n"), None);
        assert_eq!(head_of(""), None);
    }
}
