//! Which other repositories a chat may read with the token: those that its repository has as submodules, as GitHub itself
//! says it now.
//!
//! What a clone on this machine says of its remote counts for nothing, since agents write there. Nor does what a stranger
//! wrote into `.gitmodules`: it counts only in a repository that the token may push to. And what it says on branches that
//! chats push to is theirs, also where one of these is the default branch, as the first branch is that an empty repository
//! gets; on another default branch, where they may be allowed to, a push that changes it is refused.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ocweb_git_access::{BranchName, RepositoryName};
use reqwest::Url;
use serde::Deserialize;

use crate::{
    failure::{Cause, Failure},
    github::GitHub,
};

/// For how long an answer holds: git asks several times for each submodule.
const FRESH: Duration = Duration::from_mins(5);
const DOING: &str = "reading which submodules a repository has";
/// More than any honest repository has.
const MOST: usize = 50;
/// A longer `.gitmodules` names none, in bytes.
const LARGEST: usize = 256 << 10;

/// What GitHub says of submodules.
pub(crate) struct Submodules {
    github: Arc<GitHub>,
    /// Where its repositories are, by whose addresses they are named.
    url: Url,
    /// By repository and branch.
    known: Mutex<HashMap<(String, Option<BranchName>), Known>>,
}

type Known = (Instant, Vec<RepositoryName>);

/// A repository, as far as it matters here.
#[derive(Deserialize)]
struct Facts {
    permissions: Option<Permissions>,
    default_branch: String,
}

#[derive(Deserialize)]
struct Permissions {
    push: bool,
}

/// A file.
#[derive(Deserialize)]
struct Contents {
    content: String,
}

impl Submodules {
    pub(crate) fn new(github: Arc<GitHub>, mut url: Url) -> Self {
        if let Ok(mut path) = url.path_segments_mut() {
            // The beginning of its repositories' addresses, and of no other host's.
            path.pop_if_empty().push("");
        }
        Self { github, url, known: Mutex::default() }
    }

    /// Whether `part` is a submodule of `repository`, on its default branch or on `base`. An error where GitHub does not say.
    pub(crate) async fn have(
        &self,
        repository: &RepositoryName,
        base: Option<BranchName>,
        part: &RepositoryName,
    ) -> Result<bool, Failure> {
        let mut untold = None;
        for branch in std::iter::once(None).chain(base.map(Some)) {
            match self.of(repository, branch).await {
                Ok(parts) if parts.iter().any(|known| known.key() == part.key()) => return Ok(true),
                Ok(_) => {}
                // Without a token nothing is read but what anybody can read.
                Err(Failure { cause: Cause::TokenMissing, .. }) => return Ok(false),
                Err(failure) => {
                    tracing::warn!(%repository, ?failure, "GitHub does not say which submodules it has");
                    untold = Some(failure);
                }
            }
        }
        untold.map_or(Ok(false), Err)
    }

    async fn of(
        &self,
        repository: &RepositoryName,
        branch: Option<BranchName>,
    ) -> Result<Vec<RepositoryName>, Failure> {
        let key = (repository.key(), branch);
        if let Some((at, parts)) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && at.elapsed() < FRESH
        {
            return Ok(parts.clone());
        }
        let parts = self.ask(repository, key.1.as_ref()).await?;
        let known = (Instant::now(), parts.clone());
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, known);
        Ok(parts)
    }

    async fn ask(
        &self,
        repository: &RepositoryName,
        branch: Option<&BranchName>,
    ) -> Result<Vec<RepositoryName>, Failure> {
        let place = ["repos", repository.owner(), repository.name()];
        let facts: Facts = self.github.read(self.github.address(&place, &[]), DOING).await?;
        if !facts.permissions.is_some_and(|may| may.push) {
            return Ok(Vec::new());
        }
        let Some(branch) = branch.cloned().or_else(|| people_push_to(&facts.default_branch)) else {
            return Ok(Vec::new());
        };
        // A branch, and nothing else that may be called so.
        let branch = format!("refs/heads/{branch}");
        let path = [&place[..], &["contents", ".gitmodules"]].concat();
        let read = self.github.read(self.github.address(&path, &[("ref", &branch)]), DOING).await;
        let contents: Contents = match read {
            Err(Failure { cause: Cause::NotFound { .. }, .. }) => return Ok(Vec::new()),
            contents => contents?,
        };
        let encoded: String = contents.content.split_ascii_whitespace().collect();
        let text = BASE64_STANDARD.decode(encoded).map_err(|_| Failure::new(DOING, Cause::Garbled))?;
        if text.len() > LARGEST {
            return Ok(Vec::new());
        }
        Ok(named(&String::from_utf8_lossy(&text), repository, &self.url))
    }
}

/// A default branch, unless it is a chat's.
fn people_push_to(default: &str) -> Option<BranchName> {
    default.parse().ok().filter(|branch: &BranchName| !branch.is_ours())
}

/// The repositories in the text of a `.gitmodules`.
pub(crate) fn named(text: &str, repository: &RepositoryName, github: &Url) -> Vec<RepositoryName> {
    let addresses = text.lines().filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "url").then(|| value.trim().trim_matches('"'))
    });
    let mut found: Vec<_> = addresses.filter_map(|address| named_by(address, repository, github)).collect();
    found.dedup();
    found.truncate(MOST);
    found
}

fn named_by(address: &str, repository: &RepositoryName, github: &Url) -> Option<RepositoryName> {
    let host = github.host_str()?;
    let path = if address.starts_with("./") || address.starts_with("../") {
        // Relative to the repository, as if that were a folder.
        let mut base = github.clone();
        base.path_segments_mut().ok()?.pop_if_empty().extend([repository.owner(), repository.name(), ""]);
        base.join(address).ok()?.as_str().strip_prefix(github.as_str())?.to_owned()
    } else {
        let prefixes = [github.as_str().to_owned(), format!("git@{host}:"), format!("ssh://git@{host}/")];
        prefixes.iter().find_map(|prefix| address.strip_prefix(prefix.as_str()))?.to_owned()
    };
    let path = path.trim_end_matches('/');
    path.strip_suffix(".git").unwrap_or(path).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_the_same_github_are_found() {
        let text = "[submodule \"a\"]\n\tpath = a\n\turl = https://github.com/o/one.git\n\
            [submodule \"b\"]\n\turl = ../two.git\n[submodule \"c\"]\n\turl=../../other/three\n\
            [submodule \"d\"]\n\turl = git@github.com:o/four.git\n[submodule \"e\"]\n\turl = ssh://git@github.com/o/five\n\
            [submodule \"f\"]\n\turl = https://example.com/o/six.git\n[submodule \"g\"]\n\turl = ../../../etc/x\n\
            [submodule \"h\"]\n\turl = https://github.com.evil.example/o/seven\n[submodule \"i\"]\n\tbranch = https://github.com/o/n\n";
        let github = Url::parse("https://github.com/").unwrap();
        let found = named(text, &"o/n".parse().unwrap(), &github);
        let found: Vec<_> = found.iter().map(RepositoryName::as_str).collect();
        assert_eq!(found, ["o/one", "o/two", "other/three", "o/four", "o/five", "etc/x"]);
    }
}
