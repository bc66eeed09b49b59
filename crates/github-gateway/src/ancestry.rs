//! What a push would change in a branch, read from a clone that somebody else may write to.
//!
//! Only objects are read: no configuration, no references, no program. An object is what its id says, or the library
//! refuses it. What is no plain file is not opened: who reads a pipe waits for ever.

use std::{
    collections::{HashSet, VecDeque},
    path::{Path, PathBuf},
};

use git2::{ObjectType, Odb, OdbObject, Oid};

use crate::push::Change;

/// More commits than anybody pushes at once.
const MOST: usize = 200_000;
/// A commit with thousands of parents and a long story is still smaller, in bytes.
const LARGEST: usize = 1024 * 1024;

/// The largest folder that is looked through for a file.
const LARGEST_FOLDER: usize = 16 * 1024 * 1024;
/// What decides which other repositories chats may read.
const SUBMODULES: &[u8] = b".gitmodules";

/// What becomes of a branch that goes on from `old` to `new` (which is new where there is no `old`), in the clone at
/// `clone`. What cannot be read is a [`Change::Rewriting`].
pub(crate) fn change(clone: &Path, old: Option<&str>, new: &str) -> Change {
    let read = || -> Result<Change, git2::Error> {
        let (old, new) = (old.map(Oid::from_str).transpose()?, Oid::from_str(new)?);
        let objects = Objects::open(clone)?;
        if let Some(old) = old
            && !is_ancestor(&objects, old, new)?
        {
            return Ok(Change::Rewriting);
        }
        let before = old.map_or(Ok(None), |old| entry(&objects, old, SUBMODULES))?;
        let is_same = before == entry(&objects, new, SUBMODULES)?;
        Ok(if is_same { Change::Addition } else { Change::Submodules })
    };
    read().unwrap_or(Change::Rewriting)
}

/// Whether `old` is `new` or one of its ancestors.
fn is_ancestor(objects: &Objects, old: Oid, new: Oid) -> Result<bool, git2::Error> {
    // The nearest first: what is pushed is seldom far from what was there.
    let (mut seen, mut next) = (HashSet::from([new]), VecDeque::from([new]));
    while let Some(id) = next.pop_front() {
        if id == old {
            return Ok(true);
        }
        if seen.len() > MOST {
            return Ok(false);
        }
        next.extend(objects.parents(id)?.into_iter().filter(|&parent| seen.insert(parent)));
    }
    Ok(false)
}

/// What a commit has by a name in its uppermost folder: the kind and the id of it, as they are stored.
fn entry(objects: &Objects, commit: Oid, name: &[u8]) -> Result<Option<Vec<u8>>, git2::Error> {
    let commit = objects.honest(commit, ObjectType::Commit, LARGEST)?;
    let tree =
        commit.data().strip_prefix(b"tree ").and_then(|rest| std::str::from_utf8(rest.get(..40)?).ok());
    let tree = Oid::from_str(tree.unwrap_or_default())?;
    let tree = objects.honest(tree, ObjectType::Tree, LARGEST_FOLDER)?;
    // `<mode> <name>`, a zero, and 20 bytes of id, one after the other.
    let mut rest = tree.data();
    while let Some(end) = rest.iter().position(|&byte| byte == 0) {
        let (head, id) = (&rest[..end], rest.get(end + 1..end + 21).unwrap_or_default());
        let mut parts = head.splitn(2, |&byte| byte == b' ');
        if let (Some(mode), Some(found)) = (parts.next(), parts.next())
            && found == name
        {
            return Ok(Some([mode, id].concat()));
        }
        rest = rest.get(end + 21..).unwrap_or_default();
    }
    Ok(None)
}

/// A clone's objects.
struct Objects {
    folder: PathBuf,
    library: Odb<'static>,
}

impl Objects {
    fn open(clone: &Path) -> Result<Self, git2::Error> {
        let folder = clone.join(".git/objects");
        let packs = std::fs::read_dir(folder.join("pack")).into_iter().flatten().flatten();
        for pack in packs {
            if !pack.file_type().is_ok_and(|kind| kind.is_file()) {
                return Err(git2::Error::from_str("what lies among the packs is no pack"));
            }
        }
        let library = Odb::new()?;
        library.add_disk_alternate(folder.to_str().unwrap_or_default())?;
        Ok(Self { folder, library })
    }

    /// An object, if it is what it should be and not too large.
    fn honest(&self, id: Oid, wanted: ObjectType, largest: usize) -> Result<OdbObject<'_>, git2::Error> {
        let dishonest = || git2::Error::from_str("this is no honest object");
        let name = id.to_string();
        let (folder, file) = name.split_at(2);
        let loose = self.folder.join(folder).join(file).symlink_metadata();
        if loose.is_ok_and(|metadata| !metadata.is_file()) {
            return Err(dishonest());
        }
        let (size, kind) = self.library.read_header(id)?;
        if kind != wanted || size > largest {
            return Err(dishonest());
        }
        self.library.read(id)
    }

    /// A commit's parents; a shallow clone lacks the oldest, which then have none.
    fn parents(&self, id: Oid) -> Result<Vec<Oid>, git2::Error> {
        if !self.library.exists(id) {
            return Ok(Vec::new());
        }
        let object = self.honest(id, ObjectType::Commit, LARGEST)?;
        let head = object.data().split(|&byte| byte == b'\n').take_while(|line| !line.is_empty());
        let parents = head.filter_map(|line| std::str::from_utf8(line.strip_prefix(b"parent ")?).ok());
        parents.map(Oid::from_str).collect()
    }
}
