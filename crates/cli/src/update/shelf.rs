//! The folder of tools: each version of a program lies beside the others, and a link says which one is in use.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// The place of one program.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    name: &'static str,
}

impl Shelf {
    /// The one where the program of this name lies. The failure says who moves it instead.
    pub fn of(name: &'static str, program: &Path) -> Result<Self, Failure> {
        let failed = |why: &str| Failure::Usage(format!("{} is not ours to move: {why}.", program.display()));
        let is_link = program.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
        if !is_link || program.file_name().is_none_or(|file| file != name) {
            return Err(failed("it is a program, and not the link to one that bin/install makes"));
        }
        let folder = program.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { folder, name })
    }

    /// The folder of this and other programs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is in use.
    pub fn current(&self) -> Result<PathBuf, Failure> {
        fs::read_link(self.link()).map_err(|error| self.failed(&error))
    }

    /// What was in use before, if that is still there.
    pub fn previous(&self) -> Option<PathBuf> {
        let previous = fs::read_link(self.link_to_previous()).ok()?;
        self.folder.join(&previous).is_file().then_some(previous)
    }

    /// Where a version lies, or would.
    pub fn place(&self, version: &str) -> PathBuf {
        self.folder.join(format!("{}-{version}", self.name))
    }

    /// Takes another program into use, in one moment; what was in use is remembered.
    pub fn switch(&self, to: &Path) -> Result<(), Failure> {
        // A name within the folder, so that the folder can be moved.
        let to = to.strip_prefix(&self.folder).unwrap_or(to);
        let current = self.current()?;
        if current == to {
            return Ok(());
        }
        self.point(&self.link_to_previous(), &current)?;
        self.point(&self.link(), to)
    }

    /// Changes what counts as in use before.
    pub fn remember(&self, previous: Option<&Path>) -> Result<(), Failure> {
        let link = self.link_to_previous();
        match previous {
            Some(previous) => self.point(&link, previous),
            None => match fs::remove_file(&link) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(&error)),
                _ => Ok(()),
            },
        }
    }

    /// Has `bin/install` look anew at what is in use.
    pub fn forget_pin(&self) -> Result<(), Failure> {
        match fs::remove_file(self.folder.join(format!("{}.version", self.name))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    /// Removes the versions that are neither in use nor the one before.
    pub fn tidy(&self) -> Result<(), Failure> {
        let kept = [self.current().ok(), self.previous()];
        let entries = fs::read_dir(&self.folder).map_err(|error| self.failed(&error))?;
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let Some(name) = path.file_name().map(PathBuf::from) else { continue };
            let version = name.to_str().and_then(|name| name.strip_prefix(self.name)?.strip_prefix('-'));
            let is_version =
                version.is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()));
            if is_version && !kept.iter().flatten().any(|kept| *kept == name) {
                fs::remove_file(&path).map_err(|error| self.failed(&error))?;
            }
        }
        Ok(())
    }

    fn link(&self) -> PathBuf {
        self.folder.join(self.name)
    }

    fn link_to_previous(&self) -> PathBuf {
        self.folder.join(format!("{}.previous", self.name))
    }

    fn point(&self, link: &Path, to: &Path) -> Result<(), Failure> {
        let beside = self.folder.join(format!("{}.link", self.name));
        let made = match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => symlink(to, &beside).and_then(|()| fs::rename(&beside, link)),
        };
        made.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::Other(format!("{} cannot be changed: {error}.", self.folder.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_one_moment_and_can_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("opencode");
        for version in ["1.0.0", "1.1.0", "1.2.0"] {
            fs::write(folder.path().join(format!("opencode-{version}")), version).unwrap();
        }
        fs::write(folder.path().join("opencode.version"), "1.0.0").unwrap();
        symlink("opencode-1.0.0", &program).unwrap();
        let shelf = Shelf::of("opencode", &program).unwrap();
        assert_eq!(shelf.previous(), None);
        let used = || fs::read_to_string(&program).unwrap();
        shelf.switch(&shelf.place("1.1.0")).unwrap();
        assert_eq!((used().as_str(), shelf.previous()), ("1.1.0", Some("opencode-1.0.0".into())));
        shelf.switch(&shelf.previous().unwrap()).unwrap();
        assert_eq!((used().as_str(), shelf.previous()), ("1.0.0", Some("opencode-1.1.0".into())));
        shelf.remember(None).unwrap();
        assert_eq!(shelf.previous(), None);
        shelf.switch(&shelf.place("1.2.0")).unwrap();
        shelf.tidy().unwrap();
        assert!(
            !shelf.place("1.1.0").exists() && shelf.place("1.0.0").exists() && shelf.place("1.2.0").exists()
        );
        assert!(folder.path().join("opencode.version").exists());
    }

    #[test]
    fn a_program_that_is_no_link_of_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("opencode");
        fs::write(&program, "").unwrap();
        let error = Shelf::of("opencode", &program).unwrap_err().to_string();
        assert!(error.contains("is not ours to move"), "{error}");
    }
}
