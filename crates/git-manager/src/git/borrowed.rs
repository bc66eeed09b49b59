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

const CONFIGURATION: &str = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";
/// What a fetch reads or writes. A link to what is not there is as good as nothing there, until git writes.
const SHARED: [&str; 4] = ["objects", "refs", "packed-refs", "shallow"];

/// A git directory that shares a clone's objects and references, removed when this is dropped.
pub struct Borrowed(PathBuf);

impl Borrowed {
    pub(super) fn new(folder: &Path, clone: &Path) -> io::Result<Self> {
        let name = clone.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let path = folder.join("fetching").join(name);
        // A killed run leaves its own behind.
        remove(&path)?;
        fs::create_dir_all(&path)?;
        let borrowed = Self(path);
        let git_directory = clone.join(".git");
        for part in SHARED {
            symlink(git_directory.join(part), borrowed.0.join(part))?;
        }
        fs::write(borrowed.0.join("config"), CONFIGURATION)?;
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

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
