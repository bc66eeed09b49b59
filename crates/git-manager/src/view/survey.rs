//! Whether a working copy is as it was, without asking git.
//!
//! Only a look at every file tells, for a change of a file's content shows nowhere else. So what is
//! remembered is the folders to look into, and one number made of the stamps of all that lies there.

use std::{
    collections::{BTreeSet, hash_map::DefaultHasher},
    fs::Metadata,
    hash::{Hash, Hasher},
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use git2::Repository;

use super::{Failure, Patience, operation, place::Place};

/// Two changes may share a stamp within this time, so what changed just before a survey is not trusted.
const TICK: Duration = Duration::from_millis(50);
/// With more folders it is measured each time instead.
const FOLDERS: usize = 20_000;
const SUBMODULE: u32 = 0o160_000;

/// What a working copy looked like.
pub(super) struct Survey {
    /// Below the working copy; those that git ignores are not among them.
    folders: Box<[Box<Path>]>,
    /// What git notes when commits, branches or its own view of the files change.
    notes: Box<[Box<Path>]>,
    sum: u64,
}

/// What a look at some files adds up to.
#[derive(Default)]
struct Sum {
    sum: u64,
    newest: Option<SystemTime>,
}

impl Survey {
    /// Looks at a working copy. Nothing if what is seen cannot tell whether it has changed.
    pub(super) fn take(
        place: &Place,
        repository: &Repository,
        patience: &Patience,
    ) -> Result<Option<Self>, Failure> {
        let began = SystemTime::now();
        let Some(folders) = folders(place, repository, patience)? else { return Ok(None) };
        let notes = notes(place, repository);
        let mut survey = Self { folders, notes, sum: 0 };
        let seen = survey.look(&place.path);
        survey.sum = seen.sum;
        let settled = seen.newest.is_none_or(|newest| newest + TICK < began);
        Ok(settled.then_some(survey))
    }

    /// Whether everything looks as it did.
    pub(super) fn still_holds(&self, root: &Path) -> bool {
        self.look(root).sum == self.sum
    }

    fn look(&self, root: &Path) -> Sum {
        let mut seen = Sum::default();
        for folder in &self.folders {
            let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
            for entry in entries {
                // What happens in a folder shows on its own entries.
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                let metadata = if is_folder { None } else { entry.metadata().ok() };
                seen.add((folder, entry.file_name()), metadata.as_ref());
            }
        }
        for note in &self.notes {
            seen.add(note, note.symlink_metadata().ok().as_ref());
        }
        seen
    }
}

impl Sum {
    /// Adds one file. The order does not matter.
    fn add(&mut self, name: impl Hash, metadata: Option<&Metadata>) {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        if let Some(metadata) = metadata {
            let times = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
            (metadata.ino(), metadata.size(), metadata.mode(), times).hash(&mut hasher);
            let seconds = Duration::new(
                u64::try_from(metadata.ctime()).unwrap_or_default(),
                u32::try_from(metadata.ctime_nsec()).unwrap_or_default(),
            );
            self.newest = self.newest.max(Some(SystemTime::UNIX_EPOCH + seconds));
        }
        self.sum = self.sum.wrapping_add(hasher.finish());
    }
}

/// The folders of the working copy that are not ignored. Nothing if there is a submodule among them, whose
/// commits are noted elsewhere, or too many.
fn folders(
    place: &Place,
    repository: &Repository,
    patience: &Patience,
) -> Result<Option<Box<[Box<Path>]>>, Failure> {
    let mut found = BTreeSet::from([PathBuf::new()]);
    let index = repository.index()?;
    for entry in index.iter() {
        if entry.mode == SUBMODULE {
            return Ok(None);
        }
        let path = Path::new(std::ffi::OsStr::from_bytes(&entry.path));
        for folder in path.ancestors().skip(1) {
            if !found.insert(folder.to_owned()) {
                break;
            }
        }
    }
    let mut unseen: Vec<_> = found.iter().cloned().collect();
    while let Some(folder) = unseen.pop() {
        patience.check()?;
        let entries = std::fs::read_dir(place.path.join(&folder)).into_iter().flatten().flatten();
        for entry in entries {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if entry.file_name() == ".git" {
                // A repository in the repository.
                return Ok(None);
            }
            let path = folder.join(entry.file_name());
            if found.contains(&path) || repository.is_path_ignored(&path).unwrap_or(false) {
                continue;
            }
            found.insert(path.clone());
            unseen.push(path);
        }
        if found.len() > FOLDERS {
            return Ok(None);
        }
    }
    Ok(Some(found.into_iter().map(PathBuf::into_boxed_path).collect()))
}

/// The files in which git notes what a measurement depends on.
fn notes(place: &Place, repository: &Repository) -> Box<[Box<Path>]> {
    let (own, common) = (repository.path(), repository.commondir());
    let head = repository.find_reference("HEAD").ok();
    let branch = head.and_then(|head| Some(head.symbolic_target().ok()??.to_owned()));
    let in_common =
        ["packed-refs", "config", "info/exclude", "info/attributes"].map(|name| common.join(name));
    let references = branch.into_iter().chain(place.base_reference()).chain(place.remote_reference());
    let references = references.map(|name| common.join(name));
    let in_own = ["HEAD", "index", "config.worktree"].into_iter().chain(operation::NOTES);
    in_own
        .map(|name| own.join(name))
        .chain(in_common)
        .chain(references)
        .map(PathBuf::into_boxed_path)
        .collect()
}
