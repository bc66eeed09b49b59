//! Puts files into a working copy: inside it, through no link, whole, and over nothing that is there.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use git2::Repository;
use nix::libc::{O_NOFOLLOW, O_NONBLOCK};

use super::plan::SettingsFile;
use crate::names::InnerPath;

/// The largest file that is copied, in bytes.
const LARGEST: u64 = 16 << 20;
/// Nobody else's business: what is put here often holds secrets of the person.
const PRIVATE: u32 = 0o600;

/// What became of one file: a sentence, and whether it is in its place.
pub(super) type Placed = Result<String, String>;

/// Writes a file of the settings.
pub(super) fn write(working_copy: &Path, file: &SettingsFile) -> Placed {
    let SettingsFile { path, text } = file;
    place(working_copy, path, PRIVATE, |target| target.write_all(text.as_bytes()))?;
    Ok(format!("{path} was written.{}", unignored(working_copy, path)))
}

/// Copies a file from the folder of the clone, where git must not track it: the working copy has its own of those.
pub(super) fn copy(clone: &Path, working_copy: &Path, path: &InnerPath) -> Placed {
    let not = |reason: &str| format!("{path} was not copied: {reason}.");
    let source = inside(clone, path, false).map_err(|_| not("its path leads through a link"))?;
    // A pipe in its place must not keep anybody waiting for a writer.
    let source = match OpenOptions::new().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(source) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(not(&format!("the clone's folder {} has none", clone.display())));
        }
        Err(_) => return Err(not("it is a link, or cannot be read")),
    };
    let found = source.metadata().map_err(|error| not(&error.to_string()))?;
    if !found.is_file() {
        return Err(not("it is no file"));
    }
    if found.len() > LARGEST {
        return Err(not("it is larger than 16 MB"));
    }
    if is_tracked(clone, path) {
        return Err(not("git tracks it, so the working copy has its own"));
    }
    let mode = found.mode() & 0o777;
    // It may grow meanwhile.
    let mut source = source.take(LARGEST);
    place(working_copy, path, mode, |target| io::copy(&mut source, target).map(drop))?;
    Ok(format!("{path} was copied.{}", unignored(working_copy, path)))
}

/// Puts a file into its place, with the folders that lead there: whole or not at all, and over nothing else. What is there
/// with the same content is what an earlier run put there before it was killed.
fn place(
    working_copy: &Path,
    path: &InnerPath,
    mode: u32,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), String> {
    let not = |reason: String| format!("{path} was not put into the working copy: {reason}.");
    if is_tracked(working_copy, path) {
        return Err(not("git tracks it".into()));
    }
    let target = inside(working_copy, path, true).map_err(|error| not(error.to_string()))?;
    let beside = Beside::filled(working_copy, mode, fill).map_err(|error| not(error.to_string()))?;
    match fs::hard_link(&beside.0, &target) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let is_same = is_same(&beside.0, &target).map_err(|error| not(error.to_string()))?;
            is_same.then_some(()).ok_or_else(|| not("it is there already".into()))
        }
        Err(error) => Err(not(error.to_string())),
    }
}

/// A file before it gets to its place, in git's own folder, where nobody commits what a killed run leaves. Its name there is
/// removed with this.
struct Beside(PathBuf);

impl Beside {
    fn filled(
        working_copy: &Path,
        mode: u32,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<Self> {
        let repository = Repository::open(working_copy).map_err(io::Error::other)?;
        let path = repository.path().join("ocweb-setup-file");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut target = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        let beside = Self(path);
        fill(&mut target)?;
        target.sync_all()?;
        Ok(beside)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // What resists is removed before the next file, or with the working copy.
        let _ = fs::remove_file(&self.0);
    }
}

/// Whether a file is there, through no link, with the content of another.
fn is_same(file: &Path, there: &Path) -> io::Result<bool> {
    if !there.symlink_metadata()?.is_file() {
        return Ok(false);
    }
    let there = OpenOptions::new().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(there)?;
    let content = fs::read(file)?;
    if there.metadata()?.len() != content.len() as u64 {
        return Ok(false);
    }
    let mut found = Vec::with_capacity(content.len());
    there.take(content.len() as u64).read_to_end(&mut found)?;
    Ok(found == content)
}

/// Where a path leads below a folder, by real folders alone.
fn inside(folder: &Path, path: &InnerPath, make: bool) -> io::Result<PathBuf> {
    let mut place = folder.to_owned();
    for part in path.as_path().parent().into_iter().flat_map(Path::iter) {
        place.push(part);
        match place.symlink_metadata() {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(io::Error::other("its path leads through a link or a file")),
            Err(error) if make && error.kind() == io::ErrorKind::NotFound => fs::create_dir(&place)?,
            // What is not there is found missing when it is opened.
            Err(_) => {}
        }
    }
    Ok(place.join(path.name()))
}

fn is_tracked(folder: &Path, path: &InnerPath) -> bool {
    let index = Repository::open(folder).and_then(|repository| repository.index());
    index.is_ok_and(|index| index.get_path(path.as_path(), 0).is_some())
}

/// What to take care of where git would add the file with `git add .`.
fn unignored(working_copy: &Path, path: &InnerPath) -> String {
    let ignored = Repository::open(working_copy).and_then(|it| it.is_path_ignored(path.as_path()));
    match ignored {
        Ok(false) => " Git does not ignore it, so it may be committed: name it in .gitignore.".into(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct Scene {
        folder: tempfile::TempDir,
    }

    impl Scene {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            for name in ["clone", "copy"] {
                Repository::init(folder.path().join(name)).unwrap();
            }
            fs::write(folder.path().join("secret"), "secret").unwrap();
            Self { folder }
        }

        fn clone(&self) -> PathBuf {
            self.folder.path().join("clone")
        }

        fn working_copy(&self) -> PathBuf {
            self.folder.path().join("copy")
        }

        fn copy(&self, path: &str) -> Placed {
            copy(&self.clone(), &self.working_copy(), &path.parse().unwrap())
        }

        fn write(&self, path: &str) -> Placed {
            write(&self.working_copy(), &SettingsFile { path: path.parse().unwrap(), text: "new".into() })
        }
    }

    #[test]
    fn files_get_to_their_place_with_the_folders_that_lead_there() {
        let scene = Scene::new();
        fs::create_dir(scene.clone().join("a")).unwrap();
        fs::write(scene.clone().join("a/.env"), "A=1").unwrap();
        let said = scene.copy("a/.env").unwrap();
        assert!(said.contains("Git does not ignore it"), "{said}");
        assert_eq!(fs::read_to_string(scene.working_copy().join("a/.env")).unwrap(), "A=1");
        scene.write("b/c/.env").unwrap();
        let written = scene.working_copy().join("b/c/.env");
        assert_eq!(fs::metadata(written).unwrap().mode() & 0o777, PRIVATE);
    }

    #[test]
    fn links_lead_nowhere() {
        let scene = Scene::new();
        let outside = scene.folder.path();
        symlink(outside.join("secret"), scene.clone().join("link")).unwrap();
        symlink(outside, scene.clone().join("way")).unwrap();
        symlink(outside, scene.working_copy().join("out")).unwrap();
        symlink(outside.join("made"), scene.working_copy().join("hole")).unwrap();
        fs::create_dir(scene.clone().join("folder")).unwrap();
        for path in ["link", "way/secret", "folder", "missing"] {
            scene.copy(path).unwrap_err();
            assert!(!scene.working_copy().join(path).exists());
        }
        for path in ["out/made", "hole"] {
            scene.write(path).unwrap_err();
        }
        assert!(!outside.join("made").exists());
    }

    #[test]
    fn a_file_is_whole_or_not_there_and_may_be_put_there_twice() {
        let scene = Scene::new();
        let beside = scene.working_copy().join(".git/ocweb-setup-file");
        // What a killed run leaves.
        fs::write(&beside, "half").unwrap();
        for _ in 0..2 {
            scene.write("a/.env").unwrap();
            assert_eq!(fs::read_to_string(scene.working_copy().join("a/.env")).unwrap(), "new");
        }
        let full = place(&scene.working_copy(), &"full".parse().unwrap(), PRIVATE, |file| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(full.unwrap_err().contains("no storage space"));
        assert!(!scene.working_copy().join("full").exists() && !beside.exists());
    }

    #[test]
    fn nothing_that_is_there_or_tracked_is_overwritten() {
        let scene = Scene::new();
        fs::write(scene.working_copy().join("there"), "old").unwrap();
        assert!(scene.write("there").unwrap_err().contains("there already"));
        assert_eq!(fs::read_to_string(scene.working_copy().join("there")).unwrap(), "old");
        let repository = Repository::open(scene.working_copy()).unwrap();
        let mut index = repository.index().unwrap();
        index.add_path(Path::new("there")).unwrap();
        index.write().unwrap();
        fs::remove_file(scene.working_copy().join("there")).unwrap();
        assert!(scene.write("there").unwrap_err().contains("tracks"));
    }
}
