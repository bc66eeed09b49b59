//! Where damaged things go: out of git's way, and never away.

use std::{
    ffi::OsStr,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::names::RepositoryName;

/// What is done with the folder before the first thing goes there.
type Begin<'a> = Box<dyn Fn(&Path) -> io::Result<()> + Send + Sync + 'a>;

/// The folder of one repair, made when the first thing goes there.
pub(super) struct Aside<'a> {
    folder: PathBuf,
    /// Those of repairs of the same clone that were cut off.
    earlier: Vec<PathBuf>,
    /// The folder in which clones and worktrees are: paths are kept as they are from there.
    projects: PathBuf,
    begin: Begin<'a>,
    is_made: bool,
}

impl<'a> Aside<'a> {
    pub(super) fn new(
        folder: &Path,
        projects: &Path,
        repository: &RepositoryName,
        earlier: Vec<PathBuf>,
        begin: impl Fn(&Path) -> io::Result<()> + Send + Sync + 'a,
    ) -> Self {
        let time = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_else(|_| "at-no-time".into());
        // Colons are for no file name that somebody may want to copy elsewhere.
        let time = time.replace(':', "-");
        let folder = folder.join(time).join(repository.folder());
        Self { folder, earlier, projects: projects.to_owned(), begin: Box::new(begin), is_made: false }
    }

    /// The folder, if there is anything in it.
    pub(super) fn used(&self) -> Option<PathBuf> {
        self.is_made.then(|| self.folder.clone())
    }

    /// Where something is by now that was at `path` and was set aside, also by a repair that was cut off.
    pub(super) fn places(&self, path: &Path) -> Vec<PathBuf> {
        let folders = self.earlier.iter().chain([&self.folder]);
        folders.map(|folder| folder.join(self.inner(path))).filter(|place| place.exists()).collect()
    }

    fn inner<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.projects).unwrap_or(Path::new("elsewhere"))
    }

    /// Moves something there. What is gone already is as good.
    pub(super) fn take(&mut self, path: &Path) -> io::Result<()> {
        if path.symlink_metadata().is_err() {
            return Ok(());
        }
        let place = self.prepare(path)?;
        tracing::warn!(from = %path.display(), to = %place.display(), "set aside");
        fs::rename(path, place)
    }

    /// Puts a copy there of a file that is going to be changed.
    pub(super) fn copy(&mut self, path: &Path) -> io::Result<()> {
        if path.is_file() { fs::copy(path, self.prepare(path)?).map(drop) } else { Ok(()) }
    }

    fn prepare(&mut self, path: &Path) -> io::Result<PathBuf> {
        let place = self.folder.join(self.inner(path));
        fs::create_dir_all(place.parent().unwrap_or(&self.folder))?;
        if !self.is_made {
            (self.begin)(&self.folder)?;
            self.is_made = true;
        }
        // The second of one name stands beside the first.
        let mut free = place.clone();
        let mut number = 1;
        while free.symlink_metadata().is_ok() {
            number += 1;
            let mut name = place.file_name().unwrap_or(OsStr::new("it")).to_owned();
            name.push(format!(".{number}"));
            free = place.with_file_name(name);
        }
        Ok(free)
    }
}

/// Replaces a file as a whole; a link in its place is replaced, not followed.
pub(super) fn put(path: &Path, content: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or(OsStr::new("it")).to_owned();
    name.push(".ocweb-new");
    let beside = path.with_file_name(name);
    // Of a run that was killed.
    let _ = fs::remove_file(&beside);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
