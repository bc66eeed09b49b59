//! The repositories that the person works on here: the token is used for these, and for no other.
//!
//! git-manager runs as the agent's user, so what it asks for, even what it signs, may be the agent's wish. Which repositories
//! are opened is therefore decided by what comes through Caddy with the person's login, before git-manager hears of it, and kept
//! where the agent cannot write.

use std::{collections::BTreeSet, path::Path};

use ocweb_git_access::{RepositoryName, repository_of_folder};

use crate::kept::{Kept, KeptError};

/// All that were ever opened, by [`RepositoryName::key`]. A repository stays opened when its clone is deleted: what was saved
/// of it may come back.
pub(crate) struct Opened(Kept<BTreeSet<String>>);

impl Opened {
    /// Reads the list. At the first start, on a volume of a version without one, it is what is cloned.
    pub(crate) fn open(path: &Path, clones: &Path) -> Result<Self, KeptError> {
        Kept::open(path, || cloned(clones)).map(Self)
    }

    /// Whether the token may be used for it.
    pub(crate) fn has(&self, repository: &RepositoryName) -> bool {
        self.0.value().contains(&repository.key())
    }

    /// From now on it may.
    pub(crate) fn add(&self, repository: &RepositoryName) -> Result<(), KeptError> {
        self.0.change(|opened| {
            opened.insert(repository.key());
        })
    }
}

fn cloned(clones: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(clones).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| repository_of_folder(entry.file_name().to_str()?));
    names.map(|name| name.key()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cloned_before_there_was_a_list_is_opened_and_nothing_that_is_cloned_later() {
        let folder = tempfile::tempdir().unwrap();
        let (path, clones) = (folder.path().join("gateway/opened.json"), folder.path().join("repos"));
        for name in ["Demo__one", ".incoming-1", "lost+found"] {
            std::fs::create_dir_all(clones.join(name)).unwrap();
        }
        let has = |name: &str| Opened::open(&path, &clones).unwrap().has(&name.parse().unwrap());
        assert!(has("demo/one"));
        std::fs::create_dir(clones.join("demo__two")).unwrap();
        assert!(!has("demo/two"));
        Opened::open(&path, &clones).unwrap().add(&"demo/Two".parse().unwrap()).unwrap();
        assert!(has("demo/two") && has("demo/one"));
    }
}
