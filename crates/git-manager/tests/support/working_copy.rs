//! Everything that a working copy holds and git tells of, for comparing it with what was brought back.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

use super::git;

/// What is in a working copy, ignored files aside.
#[derive(Debug, PartialEq, Eq)]
pub struct Contents {
    pub head: String,
    pub commit: String,
    pub index: Vec<u8>,
    pub files: BTreeMap<PathBuf, (String, Vec<u8>)>,
    /// References of a repository of its own.
    pub references: String,
    pub within: BTreeMap<PathBuf, Contents>,
}

impl Contents {
    pub fn of(root: &Path) -> Self {
        Self::at(root, false)
    }

    fn at(root: &Path, nested: bool) -> Self {
        let (mut files, mut within) = (BTreeMap::new(), BTreeMap::new());
        let listed = bytes(root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        for path in listed.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
            let path = PathBuf::from(OsStr::from_bytes(path.strip_suffix(b"/").unwrap_or(path)));
            let there = root.join(&path);
            let Ok(metadata) = there.symlink_metadata() else { continue };
            if metadata.is_dir() && there.join(".git").exists() {
                // A further worktree has the references of its clone.
                within.insert(path, Self::at(&there, there.join(".git").is_dir()));
            } else {
                add(root, path, &mut files);
            }
        }
        // Also those that git is silent about, because their folder is ignored.
        let listed = quietly(root, &["worktree", "list", "--porcelain"]);
        let linked = listed
            .lines()
            .filter_map(|line| Path::new(line.strip_prefix("worktree ")?).strip_prefix(root).ok());
        for path in linked.filter(|path| !path.as_os_str().is_empty() && root.join(path).exists()) {
            within.entry(path.to_owned()).or_insert_with(|| Self::at(&root.join(path), false));
        }
        let head = quietly(root, &["symbolic-ref", "--quiet", "HEAD"]);
        let commit = quietly(root, &["rev-parse", "--verify", "--quiet", "HEAD"]);
        let references = if nested {
            git(root, &["for-each-ref", "--format=%(refname) %(objectname)"])
        } else {
            String::new()
        };
        Self { head, commit, index: bytes(root, &["ls-files", "-z", "--stage"]), files, references, within }
    }
}

/// Adds a file, or all in the folder of a submodule that is not there.
fn add(root: &Path, path: PathBuf, files: &mut BTreeMap<PathBuf, (String, Vec<u8>)>) {
    let there = root.join(&path);
    let metadata = there.symlink_metadata().unwrap();
    if metadata.is_dir() {
        for entry in std::fs::read_dir(&there).unwrap() {
            add(root, path.join(entry.unwrap().file_name()), files);
        }
    } else if metadata.is_symlink() {
        let target = std::fs::read_link(&there).unwrap();
        files.insert(path, ("link".into(), target.as_os_str().as_bytes().to_vec()));
    } else {
        let mode = if metadata.permissions().mode() & 0o100 == 0 { "file" } else { "program" };
        files.insert(path, (mode.into(), std::fs::read(&there).unwrap()));
    }
}

/// What git prints, byte by byte.
pub fn bytes(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What git prints, whether or not it likes it.
pub fn quietly(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "protocol.file.allow=always"]);
    let output =
        git.args(arguments).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
