//! Folder names, `owner__name` and `owner__name__sessionId`, and the way back.
//!
//! A repository's own name may contain `__`. The way back is unique all the same: an owner has no `__`
//! and does not end in `_`, so it ends at the first `__`; a session id has no `__` and does not begin
//! with `_`, so it begins after the last one.

use crate::{RepositoryName, SessionId};

/// The name of a worktree's folder.
pub fn worktree_folder(repository: &RepositoryName, session: &SessionId) -> String {
    format!("{}__{session}", repository.folder())
}

/// The repository whose clone has a folder of this name.
pub fn repository_of_folder(folder: &str) -> Option<RepositoryName> {
    let (owner, name) = folder.split_once("__")?;
    RepositoryName::from_parts(owner, name).ok()
}

/// The repository and session whose worktree has a folder of this name.
pub fn worktree_of_folder(folder: &str) -> Option<(RepositoryName, SessionId)> {
    let (repository, session) = folder.rsplit_once("__")?;
    Some((repository_of_folder(repository)?, session.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn repository() -> impl Strategy<Value = RepositoryName> {
        "[ab-][ab_-]{0,5}/[ab_.-]{1,7}".prop_filter_map("not a name", |text| text.parse().ok())
    }

    fn session() -> impl Strategy<Value = SessionId> {
        "[ab-][ab_-]{0,6}".prop_filter_map("not an id", |text| text.parse().ok())
    }

    proptest! {
        #![proptest_config(ProptestConfig { max_global_rejects: 1 << 20, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn a_folder_leads_back_to_its_repository(name in repository()) {
            prop_assert_eq!(repository_of_folder(&name.folder()), Some(name));
        }

        #[test]
        fn a_folder_leads_back_to_its_worktree(name in repository(), id in session()) {
            prop_assert_eq!(worktree_of_folder(&worktree_folder(&name, &id)), Some((name, id)));
        }

        #[test]
        fn a_folder_that_parses_is_the_folder_of_what_it_parsed_to(folder in "[ab_.-]{1,14}") {
            if let Some((name, id)) = worktree_of_folder(&folder) {
                prop_assert_eq!(worktree_folder(&name, &id), folder.clone());
            }
            if let Some(name) = repository_of_folder(&folder) {
                prop_assert_eq!(name.folder(), folder);
            }
        }
    }

    #[test]
    fn other_folders_lead_nowhere() {
        for folder in ["", "x", "__", "a__", "__b", ".incoming-1", "a__.git", "..__.."] {
            assert_eq!(repository_of_folder(folder), None, "{folder:?}");
        }
        assert_eq!(worktree_of_folder("a__b"), None);
    }
}
