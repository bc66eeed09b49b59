//! Whether a loose object is whole, without the library: it never returns from one that ends too soon (seen in a debugger,
//! libgit2 1.9), so nothing may be read with it that was not looked at here.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::ZlibDecoder;
use git2::{ObjectType, Oid, Repository};

/// Larger objects are read to their end, but not hashed, in bytes.
const HASHED: usize = 32 << 20;

/// Where a loose object of this name is or would be.
pub(super) fn path(objects: &Path, id: Oid) -> PathBuf {
    let name = id.to_string();
    objects.join(&name[..2]).join(&name[2..])
}

/// Whether the file holds the object of this name, whole.
pub(super) fn is_whole(file: &Path, id: Oid) -> bool {
    read(file, id).unwrap_or(false)
}

fn read(file: &Path, id: Oid) -> Option<bool> {
    let mut content = ZlibDecoder::new(BufReader::new(File::open(file).ok()?));
    let mut head = Vec::new();
    while !head.ends_with(&[0]) {
        let mut byte = [0];
        content.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
        if head.len() > 40 {
            return None;
        }
    }
    let head = std::str::from_utf8(&head[..head.len() - 1]).ok()?;
    let (kind, size) = head.split_once(' ')?;
    let (kind, size) = (ObjectType::from_str(kind)?, size.parse::<usize>().ok()?);
    // One byte more than there should be tells that there is more, however much that is.
    let mut content = content.take(u64::try_from(size).ok()?.checked_add(1)?);
    let is_whole = if size > HASHED {
        let read = std::io::copy(&mut content, &mut std::io::sink()).ok()?;
        usize::try_from(read) == Ok(size)
    } else {
        let mut data = Vec::with_capacity(size);
        content.read_to_end(&mut data).ok()?;
        data.len() == size && Oid::hash_object(kind, &data).ok()? == id
    };
    // git takes an object for damaged behind which something else stands.
    let mut rest = content.into_inner().into_inner();
    Some(is_whole && rest.fill_buf().ok()?.is_empty())
}

/// Whether a commit can be read with the folder that it names.
pub(super) fn is_readable_commit(repository: &Repository, id: Oid) -> bool {
    let objects = repository.commondir().join("objects");
    let may_be_read = |id: Oid| {
        let file = path(&objects, id);
        !file.exists() || is_whole(&file, id)
    };
    let tree = || repository.find_commit(id).ok().map(|commit| commit.tree_id());
    may_be_read(id) && tree().is_some_and(|tree| may_be_read(tree) && repository.find_tree(tree).is_ok())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    #[test]
    fn what_ends_too_soon_or_holds_something_else_is_not_whole() {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init(folder.path()).unwrap();
        let id = repository.blob(&[7; 10_000]).unwrap();
        let other = repository.blob(b"other").unwrap();
        let objects = folder.path().join(".git/objects");
        let file = path(&objects, id);
        assert!(is_whole(&file, id) && !is_whole(&file, other));
        let content = std::fs::read(&file).unwrap();
        for length in [0, 1, content.len() / 2, content.len() - 1] {
            let cut = folder.path().join("cut");
            std::fs::write(&cut, &content[..length]).unwrap();
            assert!(!is_whole(&cut, id), "{length}");
        }
        let longer = folder.path().join("longer");
        std::fs::write(&longer, [&content[..], b"x"].concat()).unwrap();
        assert!(!is_whole(&longer, id), "git reads none that something stands behind");
    }

    #[test]
    fn of_what_unpacks_to_more_than_it_says_no_more_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let bomb = folder.path().join("bomb");
        let mut file = ZlibEncoder::new(File::create(&bomb).unwrap(), Compression::fast());
        file.write_all(b"blob 5\0").unwrap();
        for _ in 0..256 {
            file.write_all(&vec![0; 1 << 20]).unwrap();
        }
        file.finish().unwrap();
        let before = peak_memory();
        assert!(!is_whole(&bomb, Oid::ZERO_SHA1));
        assert!(peak_memory() < before + (64 << 10), "of 256 MiB, in KiB: {before}, {}", peak_memory());
    }

    fn peak_memory() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}
