//! Makes the bare repositories on the first start: `git fast-import` writes each in one go. They are the same each time, so a
//! process that starts many worlds, as tests do, makes each once and writes it down again from memory.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    catalogue::{Content, Repository, repositories},
    contents::{Commit, branch_commit, history},
};

/// Date of the first commit, in seconds since 1970; each further one is an hour later.
const FIRST_COMMIT: u64 = 1_750_000_000;

/// A repository of the demo that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// Git could not be started, or a file could not be written.
    #[error("cannot make the demo repository {}: {source}", path.display())]
    Io {
        /// The repository.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Git said no.
    #[error("cannot make the demo repository {}: git {step}: {message}", path.display())]
    Git {
        /// The repository.
        path: PathBuf,
        /// Which command failed.
        step: &'static str,
        /// What git wrote to its standard error.
        message: String,
    },
}

/// What was made before, by the repository's name.
static MADE: Mutex<BTreeMap<&'static str, Arc<Image>>> = Mutex::new(BTreeMap::new());

/// A folder in memory: paths in it, each before what is below it, and the content where it is a file.
struct Image(Vec<(PathBuf, Option<Vec<u8>>)>);

impl Image {
    fn read(folder: &Path) -> io::Result<Self> {
        let mut found = vec![(PathBuf::new(), None)];
        let mut next = 0;
        while let Some((path, content)) = found.get(next) {
            next += 1;
            if content.is_some() {
                continue;
            }
            let path = path.clone();
            for entry in fs::read_dir(folder.join(&path))? {
                let entry = entry?;
                let content = if entry.file_type()?.is_dir() { None } else { Some(fs::read(entry.path())?) };
                found.push((path.join(entry.file_name()), content));
            }
        }
        Ok(Self(found))
    }

    fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, content) in &self.0 {
            let path = folder.join(path);
            match content {
                None => fs::create_dir_all(path)?,
                Some(content) => fs::write(path, content)?,
            }
        }
        Ok(())
    }
}

/// Makes every repository of the catalogue that is not yet below `root`.
pub(crate) fn seed(root: &Path) -> Result<(), SeedError> {
    for repository in repositories() {
        let path = root.join(format!("{}.git", repository.full_name));
        if !path.exists() {
            make(repository, &path)?;
        }
    }
    Ok(())
}

/// Makes one repository beside its place and moves it there, so that a start that was cut off leaves
/// no half of one.
fn make(repository: &Repository, path: &Path) -> Result<(), SeedError> {
    let io = |source| SeedError::Io { path: path.to_owned(), source };
    let unfinished = path.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(io)?;
    }
    // Held while one is made: who comes meanwhile wants just that.
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(image) = made.get(repository.full_name).cloned() {
        drop(made);
        image.write(&unfinished).map_err(io)?;
    } else {
        fill(repository, &unfinished)?;
        let image = Image::read(&unfinished).map_err(io)?;
        made.insert(repository.full_name, Arc::new(image));
    }
    fs::rename(&unfinished, path).map_err(io)
}

/// Makes a repository by git.
fn fill(repository: &Repository, unfinished: &Path) -> Result<(), SeedError> {
    let io = |source| SeedError::Io { path: unfinished.to_owned(), source };
    fs::create_dir_all(unfinished).map_err(io)?;
    lay_out(repository, unfinished).map_err(io)?;
    let stream = import_stream(repository);
    if !stream.is_empty() {
        git(unfinished, "fast-import", &["--quiet"], &stream)?;
    }
    if repository.content == Content::Broken {
        lose_an_object(unfinished)?;
    }
    Ok(())
}

/// What `git init --bare` and `git config` would write: two processes less for each repository.
fn lay_out(repository: &Repository, path: &Path) -> io::Result<()> {
    fs::create_dir(path.join("objects"))?;
    fs::create_dir_all(path.join("refs/heads"))?;
    fs::write(path.join("HEAD"), format!("ref: refs/heads/{}\n", repository.default_branch))?;
    // Objects stay in single files where one of them is to be lost. Nothing waits for the disk: a demo
    // may be thrown away.
    let unpack = if repository.content == Content::Broken { 100_000 } else { 0 };
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsync = none\n[fastimport]\n\tunpackLimit = {unpack}\n"
    );
    fs::write(path.join("config"), config)
}

/// The repository as `git fast-import` reads it.
fn import_stream(repository: &Repository) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut date = FIRST_COMMIT;
    let mut add = |branch: &str, from: Option<&str>, commit: &Commit| {
        date += 3600;
        let message = &commit.message;
        stream.extend(format!("commit refs/heads/{branch}\n").bytes());
        stream.extend(format!("committer Demo <demo@users.noreply.localhost> {date} +0000\n").bytes());
        stream.extend(format!("data {}\n{message}\n", message.len()).bytes());
        if let Some(from) = from {
            stream.extend(format!("from refs/heads/{from}\n").bytes());
        }
        for (path, content) in &commit.files {
            stream.extend(format!("M 100644 inline {path}\ndata {}\n", content.len()).bytes());
            stream.extend(content);
            stream.push(b'\n');
        }
    };
    for commit in history(repository) {
        add(repository.default_branch, None, &commit);
    }
    for branch in repository.branches {
        add(branch, Some(repository.default_branch), &branch_commit(branch));
    }
    stream
}

/// Removes the README's object, so that nobody can fetch the repository whole.
fn lose_an_object(repository: &Path) -> Result<(), SeedError> {
    let object = git(repository, "rev-parse", &["HEAD:README.md"], b"")?;
    let (folder, file) = object.trim().split_at(2);
    fs::remove_file(repository.join("objects").join(folder).join(file))
        .map_err(|source| SeedError::Io { path: repository.to_owned(), source })
}

/// Runs git in `repository`, gives it `input` and returns what it printed.
fn git(repository: &Path, step: &'static str, arguments: &[&str], input: &[u8]) -> Result<String, SeedError> {
    let io = |source| SeedError::Io { path: repository.to_owned(), source };
    let mut child = Command::new("git")
        .arg(step)
        .args(arguments)
        .current_dir(repository)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_DIR", repository)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(io)?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input) {
            // Git went away early: its exit status and message tell more than the broken pipe.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            result => result.map_err(io)?,
        }
    }
    let output = child.wait_with_output().map_err(io)?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(SeedError::Git { path: repository.to_owned(), step, message });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
