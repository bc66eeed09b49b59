//! Whether a commit has another among its ancestors, read from a clone that somebody else may write to.
//!
//! Only objects are read: no configuration, no references, no program. An object is what its id says, or the library
//! refuses it.

use std::{
    collections::{HashSet, VecDeque},
    path::Path,
};

use git2::{ObjectType, Odb, Oid};

/// More commits than anybody pushes at once.
const MOST: usize = 200_000;
/// A commit with thousands of parents and a long story is still smaller, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Whether `old` is `new` or one of its ancestors, in the clone at `clone`. What cannot be read has no ancestors.
pub(crate) fn is_ancestor(clone: &Path, old: &str, new: &str) -> bool {
    let read = || -> Result<bool, git2::Error> {
        let (old, new) = (Oid::from_str(old)?, Oid::from_str(new)?);
        let objects = Odb::new()?;
        let folder = clone.join(".git/objects");
        objects.add_disk_alternate(folder.to_str().unwrap_or_default())?;
        // The nearest first: what is pushed is seldom far from what was there.
        let (mut seen, mut next) = (HashSet::from([new]), VecDeque::from([new]));
        while let Some(id) = next.pop_front() {
            if id == old {
                return Ok(true);
            }
            if seen.len() > MOST {
                return Ok(false);
            }
            next.extend(parents(&objects, id)?.into_iter().filter(|&parent| seen.insert(parent)));
        }
        Ok(false)
    };
    read().unwrap_or(false)
}

/// A commit's parents; a shallow clone lacks the oldest, which then have none.
fn parents(objects: &Odb<'_>, id: Oid) -> Result<Vec<Oid>, git2::Error> {
    if !objects.exists(id) {
        return Ok(Vec::new());
    }
    let (size, kind) = objects.read_header(id)?;
    if kind != ObjectType::Commit || size > LARGEST {
        return Err(git2::Error::from_str("this is no honest commit"));
    }
    let object = objects.read(id)?;
    let head = object.data().split(|&byte| byte == b'\n').take_while(|line| !line.is_empty());
    let parents = head.filter_map(|line| std::str::from_utf8(line.strip_prefix(b"parent ")?).ok());
    parents.map(Oid::from_str).collect()
}
