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

/// Removes the backups of this ocweb in `folder` that are older than so many days. The newest stays whatever its age; another
/// ocweb's are not touched, nor what is no backup.
pub fn forget_old(folder: &Path, identity: &str, days: u32, now: OffsetDateTime) -> Result<Kept, Error> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .map_err(Error::io(folder))?
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("ocweb-"))
        .filter_map(|entry| Archive::open(&entry.path()).ok())
        .filter(|archive| archive.manifest.identity.as_deref() == Some(identity))
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
        let make = |name: &str, ocweb: Option<&str>, age: i64| {
            let made_at = now - Duration::days(age);
            let making = Making::begin(folder.path(), name, false).unwrap();
            let identity = ocweb.map(str::to_owned);
            making.finish(Manifest { identity, made_at, ..manifest() }, name).unwrap();
        };
        make("ocweb-a", Some("ours"), 40);
        make("ocweb-b", Some("ours"), 20);
        make("else", Some("ours"), 90);
        make("ocweb-theirs", Some("theirs"), 90);
        make("ocweb-nobodys", None, 90);
        fs::create_dir(folder.path().join("ocweb-else")).unwrap();
        assert_eq!(forget_old(folder.path(), "ours", 30, now).unwrap(), Kept { kept: 1, removed: 1 });
        assert_eq!(forget_old(folder.path(), "ours", 10, now).unwrap(), Kept { kept: 1, removed: 0 });
        assert!(folder.path().join("ocweb-b").exists() && folder.path().join("ocweb-else").exists());
        for other in ["else", "ocweb-theirs", "ocweb-nobodys"] {
            assert!(folder.path().join(other).exists(), "{other}");
        }
    }
}
