//! Which backups of a folder go: by age, and never the last.

use std::{fs, path::Path};

use time::{Duration, OffsetDateTime};

use crate::{Archive, Error, archive::remove};

/// What is there after old ones went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// How many stay.
    pub kept: usize,
    /// How many were removed.
    pub removed: usize,
}

/// Removes the backups in `folder` that are older than so many days. The newest stays whatever its age, and what is no backup
/// is not touched.
pub fn forget_old(folder: &Path, days: u32, now: OffsetDateTime) -> Result<Kept, Error> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .map_err(Error::io(folder))?
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("ocweb-"))
        .filter_map(|entry| Archive::open(&entry.path()).ok())
        .collect();
    found.sort_by_key(|archive| archive.manifest.made_at);
    let all = found.len();
    found.pop();
    found.retain(|archive| archive.manifest.made_at + Duration::days(days.into()) < now);
    for archive in &found {
        remove(&archive.path)?;
    }
    Ok(Kept { kept: all - found.len(), removed: found.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Making, Manifest, archive::tests::manifest};

    #[test]
    fn old_ones_go_and_the_newest_never() {
        let folder = tempfile::tempdir().unwrap();
        let now = OffsetDateTime::now_utc();
        let make = |name: &str, age: i64| {
            let made_at = now - Duration::days(age);
            let making = Making::begin(folder.path(), name, false).unwrap();
            making.finish(Manifest { made_at, ..manifest() }, name).unwrap();
        };
        make("ocweb-a", 40);
        make("ocweb-b", 20);
        make("theirs", 90);
        fs::create_dir(folder.path().join("ocweb-else")).unwrap();
        assert_eq!(forget_old(folder.path(), 30, now).unwrap(), Kept { kept: 1, removed: 1 });
        assert_eq!(forget_old(folder.path(), 10, now).unwrap(), Kept { kept: 1, removed: 0 });
        assert!(folder.path().join("ocweb-b").exists() && folder.path().join("ocweb-else").exists());
        assert!(folder.path().join("theirs").exists());
    }
}
