//! The commits of a pull request, which a chat can begin at: GitHub keeps them under the pull request's number, also
//! those of a fork, which has no branch here, and those of a branch that is gone.

use crate::names::BranchName;

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
