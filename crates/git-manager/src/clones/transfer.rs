//! Cloning: git's own processes, and what is done around them so that no half remains.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use backon::Retryable;
use nix::unistd::syncfs;

use super::{
    extent::Extent,
    fetching::{self, OF_CHATS, What, attempts},
    reading,
};
use crate::{
    error::Error,
    git::{Account, Git, GitError},
    names::RepositoryName,
    records::sync_folder,
    underway::Report,
};

const INCOMING: &str = ".incoming-";
const DELETED: &str = ".deleting-";

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
            .args(settings(git).await)
            .args(["--end-of-options", address.as_str()])
            .arg(&path)
            .unlimited();
        command
            .run_watched(|line| report.read(line))
            .await
            .map_err(|error| Error::remote(&error, name, git.has_token()))
    };
    attempt.retry(attempts()).when(Error::is_transient).await?;
    if extent == Extent::WithoutOldFiles
        && let Some(commit) = reading::head(&path)?
    {
        fetching::fetch(git, &path, name, extent, report, What::FilesOf(&commit)).await?;
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
async fn settings(git: &Git) -> Vec<String> {
    let mut settings = vec!["--config=gc.autoDetach=false".to_owned()];
    if let Some(Account { name, email }) = git.account().await {
        settings.push(format!("--config=user.name={name}"));
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
