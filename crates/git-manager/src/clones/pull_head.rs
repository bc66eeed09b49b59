//! The commits of a pull request, which a chat can begin at: GitHub keeps them under the pull request's number, also
//! those of a fork, which has no branch here, and those of a branch that is gone.

use std::path::Path;

use super::{extent::Extent, reading};
use crate::{
    error::{Error, Missing},
    git::{Git, clearing_stale_locks},
    names::{BranchName, RepositoryName},
};

/// Whether a base is no branch but the commits of a pull request, `pull/12/head`.
pub(super) fn is_pull_head(base: &BranchName) -> bool {
    let number = base.as_str().strip_prefix("pull/").and_then(|rest| rest.strip_suffix("/head"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Where a clone keeps a base as it was last fetched. What is of pull requests is not among the branches of `origin`, so no
/// later fetch prunes it: its commits stay known as ones that are at GitHub.
pub(crate) fn reference_of(base: &BranchName) -> String {
    if is_pull_head(base) { format!("refs/remotes/{base}") } else { format!("refs/remotes/origin/{base}") }
}

/// Fetches the commits of a pull request.
pub(super) async fn fetch(
    git: &Git,
    clone: &Path,
    name: &RepositoryName,
    extent: Extent,
    head: &BranchName,
) -> Result<(), Error> {
    let refspec = format!("+refs/{head}:{}", reference_of(head));
    let borrowed = git.borrow(name, clone, extent)?;
    // Where there is no history, what the pull request parted from need not be here; its own commits are later, as a rule.
    let begins_at = match (extent, reading::default_branch(clone)?) {
        (Extent::LatestOnly, Some(default)) => reading::begins_at(clone, &default)?,
        _ => None,
    };
    let bound = begins_at.map(|time| format!("--shallow-since={time}"));
    let fetched = clearing_stale_locks(clone, || async {
        git.remote(name, Some(&borrowed))
            .args(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"])
            .args(&bound)
            .args(["origin", &refspec])
            .unlimited()
            .run()
            .await
    });
    match fetched.await {
        Ok(_) => Ok(()),
        Err(error) if error.said().contains("couldn't find remote ref") => {
            Err(Error::Missing(Missing::Branch(name.clone(), head.clone())))
        }
        Err(error) => Err(Error::remote(&error, name, git.has_token())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_pull_requests() {
        let told = |text: &str| reference_of(&text.parse().unwrap());
        assert_eq!(told("pull/12/head"), "refs/remotes/pull/12/head");
        for branch in
            ["main", "pull/x/head", "pull//head".trim_matches('/'), "pull/12/merge", "pull/12/head/x"]
        {
            if let Ok(name) = branch.parse::<BranchName>() {
                assert_eq!(reference_of(&name), format!("refs/remotes/origin/{branch}"));
            }
        }
    }
}
