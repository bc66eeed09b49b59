//! Getting objects back that were set aside or are missing: from what can still be read of a pack, and from the files of
//! the working copies, whose last committed content is often still there.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use git2::{ObjectType, Odb, Oid, Repository};

use super::{loose, patient::Patient};

/// Files larger than this are not read in the hope that they are a lost object, in bytes.
const LARGEST: u64 = 64 << 20;

/// Copies the objects that can be read in `folder` (an `objects` folder) and are not in the clone.
pub(super) fn salvage(patient: &Patient, folder: &Path) -> usize {
    let salvage = || -> Result<usize, git2::Error> {
        let Some(repository) = patient.repository() else { return Ok(0) };
        let (from, to) = (Odb::new()?, repository.odb()?);
        from.add_disk_alternate(&folder.to_string_lossy())?;
        let mut ids = Vec::new();
        from.foreach(|id| {
            ids.push(*id);
            true
        })?;
        let mut saved = 0;
        for id in ids {
            // A loose object lies there because it is damaged: the library must not touch one that ends too soon.
            let loose = loose::path(folder, id);
            if !to.exists(id)
                && (!loose.exists() || loose::is_whole(&loose, id))
                && let Ok(object) = from.read(id)
            {
                to.write(object.kind(), object.data())?;
                saved += 1;
            }
        }
        Ok(saved)
    };
    salvage().unwrap_or_else(|error| {
        tracing::warn!(folder = %folder.display(), %error, "not all that was set aside could be looked through");
        0
    })
}

/// Writes those of these missing blobs that a file of a working copy still holds. Gives the ones that were found.
pub(super) fn find_in_files(patient: &Patient, wanted: &[Oid]) -> Vec<(Oid, PathBuf)> {
    let mut found = Vec::new();
    let Some(repository) = patient.repository() else { return found };
    let Ok(objects) = repository.odb() else { return found };
    for copy in patient.copies.iter().filter(|copy| copy.is_there()) {
        let Ok(index) = Repository::open(&copy.path).and_then(|repository| repository.index()) else {
            continue;
        };
        for entry in index.iter().filter(|entry| wanted.contains(&entry.id)) {
            let Ok(name) = String::from_utf8(entry.path) else { continue };
            let path = copy.path.join(name);
            let fits = path.symlink_metadata().is_ok_and(|file| file.is_file() && file.size() <= LARGEST);
            let content = if fits { fs::read(&path).unwrap_or_default() } else { continue };
            if Oid::hash_object(ObjectType::Blob, &content).ok() == Some(entry.id)
                && objects.write(ObjectType::Blob, &content).is_ok()
            {
                found.push((entry.id, path));
            }
        }
    }
    found
}
