//! A folder of backups is known by a note in it: while its disk is not mounted, another is in its place.

use std::{fmt::Display, fs, path::Path};

use crate::{Error, archive::private_folder};

const NOTE: &str = ".ocweb-backups";

/// Leaves the note in `folder`. Where backups are known to have been made there, it must have one.
pub fn claim(folder: &Path, identity: &str, has_backups: bool) -> Result<(), Error> {
    let note = folder.join(NOTE);
    if note.exists() {
        return Ok(());
    }
    if has_backups {
        return Err(is_another(folder.display()));
    }
    private_folder(folder)?;
    fs::write(&note, format!("{identity}\n")).map_err(Error::io(&note))
}

/// What is said of a place that is not what it was.
pub(crate) fn is_another(place: impl Display) -> Error {
    Error::Unusable(format!(
        "{place} is not where the backups of before are: is its disk mounted? If it shall begin anew there: ocweb backup --anew"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_the_place_of_a_disk_is_not_taken_for_it() {
        let root = tempfile::tempdir().unwrap();
        let (disk, away) = (root.path().join("disk"), root.path().join("away"));
        claim(&disk, "ocweb-1", false).unwrap();
        claim(&disk, "ocweb-1", true).unwrap();
        fs::rename(&disk, away).unwrap();
        let refused = claim(&disk, "ocweb-1", true).unwrap_err().to_string();
        assert!(refused.contains("is its disk mounted?") && !disk.exists(), "{refused}");
        claim(&disk, "ocweb-1", false).unwrap();
    }
}
