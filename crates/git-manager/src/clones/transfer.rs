//! Cloning and fetching: git's own processes, and what is done around them so that no half remains.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use backon::{ExponentialBuilder, Retryable};
use nix::unistd::syncfs;

use super::reading::Branch;
use crate::{
    error::Error,
    git::{CloneProgress, Git, GitError, clearing_stale_locks},
    names::{BranchName, RepositoryName},
    records::sync_folder,
};

const INCOMING: &str = ".incoming-";
const DELETED: &str = ".deleting-";
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
    mut on_progress: impl FnMut(CloneProgress),
) -> Result<(), Error> {
    let path = unique_path(folder, INCOMING, name);
    let mut incoming = Incoming(Some(path.clone()));
    let address = git.address(name);
    let mut delays = backon::BackoffBuilder::build(attempts());
    loop {
        let mut progress = CloneProgress::default();
        let command = git
            .remote(name, None)
            .args(["clone", "--progress", "--no-recurse-submodules", "--template=", "--origin=origin"])
            .args(["--end-of-options", address.as_str()])
            .arg(&path)
            .unlimited();
        let run = command.run_watched(|line| {
            if progress.read(line) {
                on_progress(progress);
            }
        });
        let Err(error) = run.await else { break };
        let error = Error::remote(&error, name, git.has_token());
        let Some(delay) = delays.next().filter(|_| error.is_transient()) else { return Err(error) };
        tokio::time::sleep(delay).await;
    }
    configure(git, &path, name).await?;
    place(&path, &folder.join(name.folder())).await?;
    incoming.0 = None;
    Ok(())
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

/// Where it comes from; who the agent commits as; and no garbage collection in the background, which would outlive its
/// chat.
async fn configure(git: &Git, clone: &Path, name: &RepositoryName) -> Result<(), Error> {
    git.local(clone).args(["config", "remote.origin.url", git.origin(name).as_str()]).run().await?;
    git.local(clone).args(["config", "gc.autoDetach", "false"]).run().await?;
    if let (Some(user), Some(email)) = (git.identity(), git.noreply_address()) {
        git.local(clone).args(["config", "user.name", user]).run().await?;
        git.local(clone).args(["config", "user.email", &email]).run().await?;
    }
    Ok(())
}

/// Brings the remote-tracking branches and the remote's HEAD up to date.
pub(super) async fn fetch(git: &Git, clone: &Path, name: &RepositoryName) -> Result<(), Error> {
    let attempt = || async {
        let fetched = fetch_once(git, clone, name).await;
        fetched.map_err(|error| Error::remote(&error, name, git.has_token()))
    };
    attempt.retry(attempts()).when(Error::is_transient).await
}

async fn fetch_once(git: &Git, clone: &Path, name: &RepositoryName) -> Result<(), GitError> {
    let address = git.address(name);
    let borrowed = git.borrow(clone).map_err(|error| GitError::not_started("fetch", &error))?;
    let fetch = clearing_stale_locks(clone, || async {
        git.remote(name, Some(&borrowed))
            .args(["fetch", "--quiet", "--prune", "--no-recurse-submodules", "--no-write-fetch-head"])
            .args(["--end-of-options", address.as_str(), EVERY_BRANCH])
            .unlimited()
            .run()
            .await
    });
    let head = git
        .remote(name, None)
        .args(["ls-remote", "--symref", "--end-of-options", address.as_str(), "HEAD"])
        .run();
    let (_, head) = tokio::try_join!(fetch, head)?;
    if let Some(branch) = head_of(&head.text) {
        clearing_stale_locks(clone, || async {
            let target = format!("refs/remotes/origin/{branch}");
            git.local(clone).args(["symbolic-ref", "refs/remotes/origin/HEAD", &target]).run().await
        })
        .await?;
    }
    Ok(())
}

/// The branches of a repository that is not cloned.
pub(super) async fn remote_branches(git: &Git, name: &RepositoryName) -> Result<Vec<Branch>, Error> {
    let address = git.address(name);
    let listed = git
        .remote(name, None)
        .args(["ls-remote", "--symref", "--end-of-options", address.as_str(), "HEAD", "refs/heads/*"])
        .run()
        .await
        .map_err(|error| Error::remote(&error, name, git.has_token()))?;
    let default = head_of(&listed.text);
    let names =
        listed.text.lines().filter_map(|line| line.split_once("\trefs/heads/")?.1.parse::<BranchName>().ok());
    Ok(names.map(|name| Branch { default: Some(&name) == default.as_ref(), name }).collect())
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
