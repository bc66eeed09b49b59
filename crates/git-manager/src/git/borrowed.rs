//! Fetching into a clone without believing a word of its configuration.
//!
//! The agent may write anything into `.git/config`: addresses that replace the remote's, proxies,
//! certificates, commands. Overriding each such setting is hopeless, for a more specific one always
//! outranks it. So git is given a directory of its own, with our configuration, whose objects and
//! references are links into the clone.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use reqwest::Url;

use crate::clones::Extent;

/// What a fetch reads or writes. A link to what is not there is as good as nothing there, until git writes.
const SHARED: [&str; 4] = ["objects", "refs", "packed-refs", "shallow"];

/// A git directory that shares a clone's objects and references, removed when this is dropped.
pub struct Borrowed(PathBuf);

impl Borrowed {
    /// In it, `origin` is `address`.
    pub(super) fn new(folder: &Path, clone: &Path, address: &Url, extent: Extent) -> io::Result<Self> {
        Self::sharing(&SHARED, folder, clone, address, extent)
    }

    /// Shares the objects alone.
    pub(super) fn of_objects(folder: &Path, clone: &Path, address: &Url, extent: Extent) -> io::Result<Self> {
        let borrowed = Self::sharing(&["objects", "shallow"], folder, clone, address, extent)?;
        fs::create_dir(borrowed.0.join("refs"))?;
        Ok(borrowed)
    }

    fn sharing(
        parts: &[&str],
        folder: &Path,
        clone: &Path,
        address: &Url,
        extent: Extent,
    ) -> io::Result<Self> {
        let name = clone.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let path = folder.join("fetching").join(name);
        // A killed run leaves its own behind.
        remove(&path)?;
        fs::create_dir_all(&path)?;
        let borrowed = Self(path);
        let git_directory = clone.join(".git");
        for part in parts {
            symlink(git_directory.join(part), borrowed.0.join(part))?;
        }
        fs::write(borrowed.0.join("config"), configuration(address, extent))?;
        fs::write(borrowed.0.join("HEAD"), "ref: refs/heads/none\n")?;
        Ok(borrowed)
    }

    /// The directory.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // What resists is removed before the next fetch.
        let _ = remove(&self.0);
    }
}

fn configuration(address: &Url, extent: Extent) -> String {
    let (version, promised) = match extent {
        Extent::WithoutOldFiles => (1, "\tpromisor = true\n\tpartialclonefilter = blob:none\n"),
        Extent::Full | Extent::LatestOnly => (0, ""),
    };
    format!(
        "[core]\n\trepositoryformatversion = {version}\n\tbare = true\n[remote \"origin\"]\n\turl = {address}\n{promised}"
    )
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
