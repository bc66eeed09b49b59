//! Lock files that a killed git left in a clone.
//!
//! git never removes them: every later fetch would fail on `packed-refs.lock` for ever. The agent's git
//! may hold the same lock rightly, but only for moments; one that stays for long belongs to nobody.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::GitError;

/// Reference and configuration locks are held for milliseconds.
const STALE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(250);
const ATTEMPTS: usize = 60;

/// Runs `operation`, and again while a lock file below `repository` is in its way, which is removed once
/// it is old enough to be nobody's.
pub async fn clearing_stale_locks<T, F>(repository: &Path, operation: impl Fn() -> F) -> Result<T, GitError>
where
    F: Future<Output = Result<T, GitError>>,
{
    let mut attempt = 1;
    loop {
        let error = match operation().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let lock = lock_in_the_way(error.said()).filter(|path| is_within(path, &repository.join(".git")));
        let Some(lock) = lock.filter(|_| attempt < ATTEMPTS) else { return Err(error) };
        attempt += 1;
        if age(&lock).is_some_and(|age| age > STALE) {
            tracing::warn!(lock = %lock.display(), "removing a lock that a killed git left behind");
            // Gone meanwhile is as good; anything else shows at the next attempt.
            let _ = std::fs::remove_file(&lock);
        } else {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The file named by git's `Unable to create '/…/x.lock': File exists`.
pub(super) fn lock_in_the_way(said: &str) -> Option<PathBuf> {
    let (before, _) = said.split_once(".lock': File exists")?;
    let (_, path) = before.rsplit_once("Unable to create '")?;
    Some(PathBuf::from(format!("{path}.lock")))
}

/// Whether a file really lies below a folder, whichever links its path goes through.
fn is_within(file: &Path, folder: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    match (file.parent().and_then(real), real(folder)) {
        (Some(parent), Some(folder)) => parent.starts_with(folder),
        _ => false,
    }
}

fn age(path: &Path) -> Option<Duration> {
    SystemTime::now().duration_since(path.metadata().ok()?.modified().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_found_in_what_git_says() {
        let said = "error: cannot lock ref 'refs/remotes/origin/main': Unable to create '/d/o__n/.git/refs/remotes/origin/main.lock': File exists.\n\nAnother git process seems to be running";
        assert_eq!(lock_in_the_way(said), Some("/d/o__n/.git/refs/remotes/origin/main.lock".into()));
        assert_eq!(lock_in_the_way("fatal: could not read Username"), None);
    }
}
