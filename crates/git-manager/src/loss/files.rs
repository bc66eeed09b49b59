//! What `git status` does not tell of a working copy: its submodules, the files that git was told not to look at, and those
//! where a submodule would be.
//!
//! By git's own words, not the library's: an index may be split or sparse, which the library does not read.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use git2::{ObjectType, Oid, Repository};

use crate::{error::Error, git::Git, worktrees::working_copies};

/// What a working copy has beside the files that `git status` tells of. Paths are from its root.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// The submodules that are there, with the commits that the index names.
    pub(crate) submodules: Vec<(PathBuf, Oid)>,
    /// Files that no commit has.
    pub(crate) files: Vec<PathBuf>,
    /// Repositories in the folders of submodules that are not there.
    pub(crate) nested: Vec<PathBuf>,
}

/// An entry of an index.
struct Entry<'a> {
    /// Whether git was told not to look whether it has changed (`git update-index`).
    is_hidden: bool,
    is_submodule: bool,
    id: Oid,
    path: &'a Path,
}

/// Finds what is beside the files that `git status` tells of.
pub(crate) async fn beside(git: &Git, root: &Path) -> Result<Beside, Error> {
    let listed = git.reading(root).args(["ls-files", "-v", "--stage", "-z"]).run_with(Vec::new()).await?;
    let root = root.to_owned();
    // Contents are read, of which there may be much.
    let found = tokio::task::spawn_blocking(move || sort_out(&root, &listed)).await;
    found.map_err(|error| Error::Internal(error.to_string()))?
}

fn sort_out(root: &Path, listed: &[u8]) -> Result<Beside, Error> {
    let mut beside = Beside::default();
    for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        let entry = Entry::read(entry)
            .ok_or_else(|| Error::Unreadable("Its index has an entry that makes no sense.".into()))?;
        let Entry { is_hidden, is_submodule, id, path } = entry;
        let there = root.join(path);
        if is_submodule && there.join(".git").exists() {
            beside.submodules.push((path.to_owned(), id));
        } else if is_submodule {
            beside.add_below(root, path)?;
        } else if is_hidden && differs(&there, id) {
            beside.files.push(path.to_owned());
        }
    }
    Ok(beside)
}

impl Beside {
    /// Adds what is in the folder of a submodule that is not there: git looks at nothing in it.
    fn add_below(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        let entries = match fs::read_dir(root.join(folder)) {
            // A file or link in its place is a change that git sees.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            match entry.file_type()? {
                kind if kind.is_dir() && root.join(&path).join(".git").exists() => self.nested.push(path),
                kind if kind.is_dir() => self.add_below(root, &path)?,
                kind if kind.is_file() || kind.is_symlink() => self.files.push(path),
                _ => {}
            }
        }
        Ok(())
    }
}

impl<'a> Entry<'a> {
    /// `<tag> <mode> <object> <stage>`, a tab, the path.
    fn read(listed: &'a [u8]) -> Option<Self> {
        let tab = listed.iter().position(|byte| *byte == b'\t')?;
        let mut fields = std::str::from_utf8(&listed[..tab]).ok()?.split(' ');
        let (tag, mode, id) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Self {
            is_hidden: tag == "S" || tag.starts_with(|tag: char| tag.is_ascii_lowercase()),
            is_submodule: mode == "160000",
            id: Oid::from_str(id).ok()?,
            path: Path::new(OsStr::from_bytes(&listed[tab + 1..])),
        })
    }
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

/// The further worktrees of a clone that lie below one of its working copies, from there, outer ones first: git is silent
/// about those in a folder that is ignored.
pub(crate) fn linked_within(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let common = Repository::open(root)?.commondir().to_owned();
    let Some(clone) = common.parent() else { return Ok(Vec::new()) };
    // As git writes it into its entries.
    let root = root.canonicalize()?;
    let mut found: Vec<_> = working_copies(clone)
        .filter(|(_, path)| path.join(".git").exists())
        .filter_map(|(_, path)| Some(path.strip_prefix(&root).ok()?.to_owned()))
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    found.sort();
    Ok(found)
}
