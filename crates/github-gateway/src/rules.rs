//! What the person allows the chats of each repository beyond their own branches, kept in one private file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ocweb_git_access::RepositoryName;
use ocweb_service::private_file;

use crate::push::Rules;

/// The rules of all repositories.
pub(crate) struct RuleBook {
    path: PathBuf,
    /// By [`RepositoryName::key`]; a repository without an entry has the default rules.
    rules: Mutex<BTreeMap<String, Rules>>,
}

/// Rules that could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is damaged. Nothing is guessed: without rules, pushes would only be narrower, but unsaid.
    #[error("{} cannot be read ({source}). Remove it: then chats may push to their own branches only.", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where it is damaged.
        source: serde_json::Error,
    },
}

impl RuleBook {
    /// Reads the file, if there is one.
    pub(crate) fn open(path: &Path) -> Result<Self, RulesError> {
        let io = |source| RulesError::Io { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            private_file::create_folder(folder).map_err(io)?;
        }
        let rules = match private_file::read(path).map_err(io)? {
            None => BTreeMap::new(),
            Some(text) => serde_json::from_str(&text)
                .map_err(|source| RulesError::Damaged { path: path.to_owned(), source })?,
        };
        Ok(Self { path: path.to_owned(), rules: Mutex::new(rules) })
    }

    /// What is allowed in a repository.
    pub(crate) fn of(&self, repository: &RepositoryName) -> Rules {
        self.lock().get(&repository.key()).cloned().unwrap_or_default()
    }

    /// Allows this from now on, also after a restart.
    pub(crate) fn set(&self, repository: &RepositoryName, rules: Rules) -> Result<(), RulesError> {
        let mut kept = self.lock();
        let mut changed = kept.clone();
        if rules == Rules::default() {
            changed.remove(&repository.key());
        } else {
            changed.insert(repository.key(), rules);
        }
        let damaged = |source| RulesError::Damaged { path: self.path.clone(), source };
        let text = serde_json::to_vec_pretty(&changed).map_err(damaged)?;
        private_file::write(&self.path, &text)
            .map_err(|source| RulesError::Io { path: self.path.clone(), source })?;
        *kept = changed;
        Ok(())
    }

    /// A holder that panicked left either the old rules or the new ones.
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Rules>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
