//! What only the index of a working copy tells: its submodules, and the files that git was told not to look at.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use git2::{IndexEntry, IndexEntryExtendedFlag, IndexEntryFlag, ObjectType, Oid, Repository};

/// The submodules of a working copy that are there, with the commits that the index names.
pub(crate) fn submodules(repository: &Repository) -> Result<Vec<(PathBuf, Oid)>, git2::Error> {
    const SUBMODULE: u32 = 0o160_000;
    let Some(root) = repository.workdir() else { return Ok(Vec::new()) };
    let index = repository.index()?;
    let all = index.iter().filter(|entry| entry.mode == SUBMODULE).map(|entry| (path_of(&entry), entry.id));
    Ok(all.filter(|(path, _)| root.join(path).join(".git").exists()).collect())
}

/// The changed files of a working copy that git was told not to look at.
pub(crate) fn hidden_changes(repository: &Repository) -> Result<Vec<PathBuf>, git2::Error> {
    let Some(root) = repository.workdir() else { return Ok(Vec::new()) };
    let index = repository.index()?;
    let changed =
        index.iter().filter(|entry| is_hidden(entry) && differs(&root.join(path_of(entry)), entry.id));
    Ok(changed.map(|entry| path_of(&entry)).collect())
}

fn path_of(entry: &IndexEntry) -> PathBuf {
    OsStr::from_bytes(&entry.path).into()
}

/// Whether git was told not to look whether a file has changed (`git update-index`).
fn is_hidden(entry: &IndexEntry) -> bool {
    IndexEntryFlag::from_bits_truncate(entry.flags).is_valid()
        || IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended).is_skip_worktree()
}

/// Whether there is a file with another content. Conversions do not count: rather once too often.
fn differs(path: &Path, id: Oid) -> bool {
    let there = match fs::read_link(path) {
        Ok(target) => Oid::hash_object(ObjectType::Blob, target.as_os_str().as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return false,
        Err(_) => Oid::hash_file(ObjectType::Blob, path),
    };
    there != Ok(id)
}
