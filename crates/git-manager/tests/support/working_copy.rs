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
    /// What git writes down about a merge, a rebase and the like that is not finished.
    pub operation: BTreeMap<PathBuf, Vec<u8>>,
    /// Repositories and further worktrees within, also where git is told to ignore them.
    pub within: BTreeMap<PathBuf, Contents>,
}

/// The names of it in a git directory.
const OPERATION: [&str; 8] = [
    "MERGE_HEAD",
    "MERGE_MSG",
    "MERGE_MODE",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
];

impl Contents {
    pub fn of(root: &Path) -> Self {
        Self::at(root, false)
    }

    fn at(root: &Path, nested: bool) -> Self {
        let mut files = BTreeMap::new();
        let listed = bytes(root, &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        for path in listed.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
            let path = PathBuf::from(OsStr::from_bytes(path.strip_suffix(b"/").unwrap_or(path)));
            let there = root.join(&path);
            let Ok(metadata) = there.symlink_metadata() else { continue };
            if metadata.is_dir() && there.join(".git").exists() {
                // A repository of its own, or a further worktree.
            } else {
                add(root, path, &mut files);
            }
        }
        let head = quietly(root, &["symbolic-ref", "--quiet", "HEAD"]);
        let commit = quietly(root, &["rev-parse", "--verify", "--quiet", "HEAD"]);
        let references = if nested {
            git(root, &["for-each-ref", "--format=%(refname) %(objectname)"])
        } else {
            String::new()
        };
        let index = bytes(root, &["ls-files", "-z", "--stage"]);
        let git_directory = PathBuf::from(git(root, &["rev-parse", "--absolute-git-dir"]));
        let mut operation = BTreeMap::new();
        for name in OPERATION {
            for path in files_below(&git_directory.join(name), &|_| true) {
                let content = std::fs::read(&path).unwrap();
                operation.insert(path.strip_prefix(&git_directory).unwrap().to_owned(), content);
            }
        }
        let mut within = BTreeMap::new();
        for path in repositories_below(root) {
            // A further worktree has the references of its clone.
            let inner = Self::at(&path, path.join(".git").is_dir());
            within.insert(path.strip_prefix(root).unwrap().to_owned(), inner);
        }
        Self { head, commit, index, files, references, operation, within }
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

/// The files and links at a path or below it, in folders that are `entered`.
pub fn files_below(path: &Path, entered: &impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_dir() => vec![path.to_owned()],
        Ok(_) if entered(path) => {
            let entries = std::fs::read_dir(path).unwrap();
            entries.flat_map(|entry| files_below(&entry.unwrap().path(), entered)).collect()
        }
        _ => Vec::new(),
    }
}

/// The outermost repositories within a working copy.
fn repositories_below(folder: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let folders = folders.filter(|entry| entry.file_type().unwrap().is_dir() && entry.file_name() != ".git");
    let paths = folders.map(|entry| entry.path());
    paths
        .flat_map(|path| if path.join(".git").exists() { vec![path] } else { repositories_below(&path) })
        .collect()
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
