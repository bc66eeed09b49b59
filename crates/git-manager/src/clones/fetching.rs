//! Fetching into a clone: its branches, and whatever of it is not here. All of it goes the same way: once the gateway is up,
//! with its progress told, and again where a transfer was cut.

use std::{collections::BTreeSet, path::Path, time::Duration};

use backon::{ExponentialBuilder, Retryable};

use super::{
    extent::Extent,
    pull_head::reference_of,
    reading::{self, Branch},
};
use crate::{
    error::{Error, Missing},
    git::{Borrowed, Git, GitError, Invocation, clearing_stale_locks},
    names::{BranchName, RepositoryName},
    underway::Report,
};

/// What the branches of chats begin with.
pub(super) const OF_CHATS: &str = "ocweb/";
const EVERY_BRANCH: &str = "+refs/heads/*:refs/remotes/origin/*";
/// What the remote is called in a borrowed directory.
const ORIGIN: &str = "origin";

/// What is fetched.
#[derive(Clone, Copy)]
pub(super) enum What<'a> {
    /// The remote-tracking branches and the remote's HEAD, brought up to date: in a clone without history those that are used
    /// and this one, in any other clone all.
    Branches(Option<&'a BranchName>),
    /// The commits of a pull request.
    PullRequest(&'a BranchName),
    /// A commit by its name, and all that leads to it where the clone has history.
    Commit(&'a str),
    /// One object by its name.
    Object(&'a str),
    /// The contents of a commit's files.
    FilesOf(&'a str),
    /// What tells how two commits differ.
    Difference(&'a str, &'a str),
    /// Every object that the remote's branches lead to, also those that the clone should have already. Its references stay
    /// as they are.
    AllAgain,
}

/// Fetches something into a clone. Transient failures are tried again.
pub(super) async fn fetch(
    git: &Git,
    clone: &Path,
    name: &RepositoryName,
    extent: Extent,
    report: &Report,
    what: What<'_>,
) -> Result<(), Error> {
    let attempt = || async {
        git.await_gateway().await;
        let borrowed = match what {
            What::AllAgain => git.borrow_objects(name, clone, extent)?,
            _ => git.borrow(name, clone, extent)?,
        };
        let run = Run { git, clone, name, extent, borrowed, report };
        Box::pin(run.get(what)).await
    };
    attempt.retry(attempts()).when(Error::is_transient).await
}

/// One attempt.
struct Run<'a> {
    git: &'a Git,
    clone: &'a Path,
    name: &'a RepositoryName,
    extent: Extent,
    borrowed: Borrowed,
    report: &'a Report,
}

impl Run<'_> {
    async fn get(&self, what: What<'_>) -> Result<(), Error> {
        match what {
            What::Branches(wanted) if self.extent == Extent::LatestOnly => self.used_branches(wanted).await,
            What::Branches(_) => self.every_branch().await,
            What::PullRequest(head) => self.pull_request(head).await,
            What::Commit(commit) => {
                // By its address, for which no filter is configured.
                let address = self.git.address(self.name);
                let depth = (self.extent == Extent::LatestOnly).then_some("--depth=1");
                let how: Vec<_> = ["--no-tags"].into_iter().chain(depth).collect();
                let fetched = self.fetch(&how, address.as_str(), commit).await;
                fetched.map_err(|error| self.failed(&error))
            }
            What::Object(id) => self.objects(id.to_owned()).await,
            What::FilesOf(commit) => self.files_of(commit).await,
            What::Difference(from, to) => {
                // git itself fetches all that it lacks for this, at once, and led by our configuration.
                let compare = self.remote().args(["diff-tree", "-r", "-M", "--numstat", from, to]);
                compare.run().await.map(drop).map_err(|error| self.failed(&error))
            }
            What::AllAgain if self.extent == Extent::LatestOnly => match self.known().await {
                // The remote has forgotten some of it.
                Err(error) if !error.is_transient() => {
                    let latest = self.fetch(&["--depth=1"], ORIGIN, EVERY_BRANCH).await;
                    latest.map_err(|error| self.failed(&error))
                }
                fetched => fetched,
            },
            What::AllAgain => {
                let fetched = self.fetch(&[], ORIGIN, EVERY_BRANCH).await;
                fetched.map_err(|error| self.failed(&error))
            }
        }
    }

    async fn every_branch(&self) -> Result<(), Error> {
        let head = async { self.look(&["HEAD"]).await.map(|listed| head_of(&listed)) };
        let fetch = async {
            self.fetch(&["--prune"], ORIGIN, EVERY_BRANCH).await.map_err(|error| self.failed(&error))
        };
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
            let fetched = self.fetch(bound.as_deref().as_slice(), ORIGIN, &specification).await;
            match fetched {
                // It was led back to before where it begins here.
                Err(error) if error.said().contains("no commits selected") => {
                    let again = self.fetch(&["--depth=1"], ORIGIN, &specification).await;
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
        let gone: String = gone.flat_map(|name| ["delete refs/remotes/origin/", name, "\n"]).collect();
        if !gone.is_empty() {
            clearing_stale_locks(self.clone, || async {
                self.git.local(self.clone).args(["update-ref", "--stdin"]).input(gone.clone()).run().await
            })
            .await?;
        }
        Ok(())
    }

    async fn pull_request(&self, head: &BranchName) -> Result<(), Error> {
        // Where there is no history, what the pull request parted from need not be here; its own commits are later, as a rule.
        let begins_at = match (self.extent, reading::default_branch(self.clone)?) {
            (Extent::LatestOnly, Some(default)) => reading::begins_at(self.clone, &default)?,
            _ => None,
        };
        let bound = begins_at.map(|time| format!("--shallow-since={time}"));
        let how: Vec<_> = ["--no-tags"].into_iter().chain(bound.as_deref()).collect();
        let fetched = self.fetch(&how, ORIGIN, &format!("+refs/{head}:{}", reference_of(head))).await;
        fetched.map_err(|error| {
            if error.said().contains("couldn't find remote ref") {
                Error::Missing(Missing::Branch(self.name.clone(), head.clone()))
            } else {
                self.failed(&error)
            }
        })
    }

    async fn files_of(&self, commit: &str) -> Result<(), Error> {
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
            let missing: Vec<_> = missing_in(&listed.text).collect();
            if missing.is_empty() {
                return Ok(());
            }
            if missing.len() >= left {
                return Err(Error::Internal(format!("{} objects of {commit} do not come", missing.len())));
            }
            left = missing.len();
            self.objects(missing.join("\n")).await?;
        }
    }

    /// What the clone knew of the remote, as far back as its history goes: what the remote has by now does not lead there.
    async fn known(&self) -> Result<(), Error> {
        let tips = self.git.reading(self.clone);
        let tips = tips.args(["for-each-ref", "--format=%(objectname)", "refs/remotes/"]).run();
        let tips = tips.await.map(|listed| listed.text).unwrap_or_default();
        let ends = std::fs::read_to_string(self.clone.join(".git/shallow")).unwrap_or_default();
        let fetch = self
            .remote()
            .args(["fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"])
            .args(["--stdin", ORIGIN])
            .input(format!("{tips}{ends}"))
            .unlimited();
        let fetched = fetch.run_watched(|line| self.report.read(line)).await;
        fetched.map(drop).map_err(|error| self.failed(&error))
    }

    /// Gets objects by their names, of which each line holds one.
    async fn objects(&self, names: String) -> Result<(), Error> {
        let fetch = self
            .remote()
            // What is here already says nothing about what is missing.
            .setting("fetch.negotiationAlgorithm=noop")
            .args(["fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"])
            .args(["--filter=blob:none", "--stdin", ORIGIN])
            .input(names + "\n")
            .unlimited();
        let fetched = fetch.run_watched(|line| self.report.read(line)).await;
        fetched.map(drop).map_err(|error| self.failed(&error))
    }

    async fn fetch(&self, how: &[&str], from: &str, what: &str) -> Result<(), GitError> {
        clearing_stale_locks(self.clone, || async {
            let fetch = self
                .remote()
                .args(["fetch", "--progress", "--no-recurse-submodules", "--no-write-fetch-head"])
                .args(how)
                .args(["--end-of-options", from, what])
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
        Error::remote(error, self.name, self.git.has_token())
    }
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

/// The objects in the answer of `rev-list --missing=print`. Of very many the last line may be cut: it is left out, and
/// listed again with what is left.
pub(super) fn missing_in(listed: &str) -> impl Iterator<Item = &str> {
    listed.split_inclusive('\n').filter_map(|line| line.strip_prefix('?')?.strip_suffix('\n'))
}

/// The branches in the answer of `ls-remote`, each with its commit.
pub(super) fn branches_in(listed: &str) -> impl Iterator<Item = (BranchName, &str)> {
    listed.lines().filter_map(|line| {
        let (commit, name) = line.split_once("\trefs/heads/")?;
        Some((name.parse().ok()?, commit))
    })
}

/// The branch in the answer of `ls-remote --symref`.
pub(super) fn head_of(listed: &str) -> Option<BranchName> {
    let line =
        listed.lines().find(|line| line.ends_with("\tHEAD") && line.starts_with("ref: refs/heads/"))?;
    line.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD")?.parse().ok()
}

/// Three attempts within some four seconds: who waits on the phone shall soon know.
pub(super) fn attempts() -> ExponentialBuilder {
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
