//! What the person allows the chats of each repository beyond their own branches.

use std::{collections::BTreeMap, path::Path};

use ocweb_git_access::RepositoryName;

use crate::{
    kept::{Kept, KeptError},
    push::Rules,
};

/// The rules of all repositories, by [`RepositoryName::key`]; a repository without an entry has the default rules.
pub(crate) struct RuleBook(Kept<BTreeMap<String, Rules>>);

impl RuleBook {
    /// Reads the file, if there is one.
    pub(crate) fn open(path: &Path) -> Result<Self, KeptError> {
        Kept::open(path, BTreeMap::new).map(Self)
    }

    /// What is allowed in a repository.
    pub(crate) fn of(&self, repository: &RepositoryName) -> Rules {
        self.0.value().get(&repository.key()).cloned().unwrap_or_default()
    }

    /// Allows this from now on, also after a restart.
    pub(crate) fn set(&self, repository: &RepositoryName, rules: Rules) -> Result<(), KeptError> {
        self.0.change(|kept| {
            if rules == Rules::default() {
                kept.remove(&repository.key());
            } else {
                kept.insert(repository.key(), rules);
            }
        })
    }
}
