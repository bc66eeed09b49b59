//! Folder names on the volume, read back into what they stand for.
//!
//! A clone is `owner__name`, a worktree `owner__name__sessionId`. Neither an owner nor a session id holds two underscores
//! in a row, so the outer separators are the first and the last `__`, whatever the repository is called.

/// `owner/name` of a clone's folder. `None` for a folder that is no clone.
pub(crate) fn repository_of_clone(folder: &str) -> Option<String> {
    let (owner, name) = folder.split_once("__")?;
    // Accounts of enterprises have an underscore in their names.
    let is_owner = |owner: &str| {
        owner.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && owner.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))
    };
    (is_owner(owner) && !name.is_empty()).then(|| format!("{owner}/{name}"))
}

/// What a worktree's folder stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Worktree {
    /// `owner/name`.
    pub(crate) repository: String,
    /// opencode's session.
    pub(crate) session_id: String,
}

impl Worktree {
    /// Reads a folder's name. `None` for a folder that is no worktree.
    pub(crate) fn of_folder(folder: &str) -> Option<Self> {
        let (clone, session_id) = folder.rsplit_once("__")?;
        let repository = repository_of_clone(clone)?;
        session_id.starts_with("ses_").then(|| Self { repository, session_id: session_id.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worktree(folder: &str) -> Option<(String, String)> {
        Worktree::of_folder(folder).map(|worktree| (worktree.repository, worktree.session_id))
    }

    #[test]
    fn names_with_separators_in_them_are_read_from_both_ends() {
        let read = |repository: &str, session: &str| Some((repository.into(), session.into()));
        assert_eq!(worktree("demo__hello__ses_1aB"), read("demo/hello", "ses_1aB"));
        assert_eq!(worktree("demo__data__pipe.v2__ses_1"), read("demo/data__pipe.v2", "ses_1"));
        assert_eq!(worktree("demo___x___ses_1"), read("demo/_x_", "ses_1"));
        assert_eq!(repository_of_clone("a-b__c__d"), Some("a-b/c__d".into()));
        assert_eq!(repository_of_clone("octo_corp__c"), Some("octo_corp/c".into()));
    }

    #[test]
    fn other_folders_are_nobodys() {
        for folder in
            ["", "demo", "demo__hello", "__hello__ses_1", "demo__ses_1", ".tmp__x__ses_1", "a__b__c"]
        {
            assert_eq!(worktree(folder), None, "{folder}");
        }
        assert_eq!(repository_of_clone(".unfinished__x"), None);
        assert_eq!(repository_of_clone("demo__"), None);
    }
}
