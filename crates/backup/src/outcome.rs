//! How the last backup went, for who shows and measures it.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Manifest, UnheldWork, archive::private_folder};

const FILE: &str = "last.json";

/// What is remembered between backups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// When the last one that worked was begun.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_success_at: Option<OffsetDateTime>,
    /// How large it is.
    pub size_bytes: u64,
    /// The work that could not be taken into it.
    #[serde(default)]
    pub not_held: Vec<UnheldWork>,
    /// When one failed since.
    #[serde(with = "time::serde::rfc3339::option")]
    pub failed_at: Option<OffsetDateTime>,
    /// Why.
    pub reason: Option<String>,
    /// Which places one has reached, and when the last one that did was begun.
    #[serde(default)]
    pub reached: BTreeMap<String, At>,
}

/// A time, as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct At(#[serde(with = "time::serde::rfc3339")] pub OffsetDateTime);

/// How one went: what was made, or why it failed.
pub type Result<'a> = std::result::Result<&'a Manifest, String>;

impl Outcome {
    /// The folder in which it is written down, on a volume.
    pub fn folder(data: &Path) -> PathBuf {
        data.join("ocweb/supervisor/backup")
    }

    /// What is written down in `folder`; nothing is known where that cannot be read.
    pub fn read(folder: &Path) -> Self {
        let text = fs::read(folder.join(FILE)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Whether it is time that one reaches a place again. What is said to lie in the future was written by another clock.
    pub fn is_due(&self, place: &str, every: Duration, now: OffsetDateTime) -> bool {
        self.reached.get(place).is_none_or(|At(at)| *at > now || *at + every <= now)
    }

    /// Writes down how one went that was begun then.
    pub fn note(folder: &Path, begun: OffsetDateTime, result: Result) -> io::Result<()> {
        Self::note_places(folder, begun, &[], result)
    }

    /// The same of one that reached these places, all that there are or not.
    pub fn note_places(
        folder: &Path,
        begun: OffsetDateTime,
        places: &[String],
        result: Result,
    ) -> io::Result<()> {
        let mut before = Self::read(folder);
        before.reached.extend(places.iter().map(|place| (place.clone(), At(begun))));
        let now = match result {
            Ok(made) => Self {
                last_success_at: Some(begun),
                size_bytes: made.size_bytes(),
                not_held: made.not_held.clone(),
                failed_at: None,
                reason: None,
                reached: before.reached,
            },
            Err(reason) => Self { failed_at: Some(begun), reason: Some(reason), ..before },
        };
        private_folder(folder).map_err(io::Error::other)?;
        let beside = folder.join(format!("{FILE}.new"));
        fs::write(&beside, serde_json::to_vec(&now)?)?;
        fs::rename(beside, folder.join(FILE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::manifest;

    #[test]
    fn a_place_that_was_reached_is_not_due_while_another_is() {
        let folder = tempfile::tempdir().unwrap();
        let begun = OffsetDateTime::now_utc();
        let (day, hour) = (Duration::from_hours(24), Duration::from_hours(1));
        Outcome::note_places(folder.path(), begun, &["disk".into()], Err("The store is away.".into()))
            .unwrap();
        let outcome = Outcome::read(folder.path());
        assert!(!outcome.is_due("disk", day, begun + hour) && outcome.is_due("store", day, begun + hour));
        assert!(outcome.is_due("disk", day, begun + day), "the next is");
        assert_eq!((outcome.failed_at, outcome.last_success_at), (Some(begun), None));
        let again = begun + hour;
        Outcome::note_places(folder.path(), again, &["store".into()], Ok(&manifest())).unwrap();
        let outcome = Outcome::read(folder.path());
        assert!(!outcome.is_due("disk", day, again) && !outcome.is_due("store", day, again));
        assert_eq!((outcome.failed_at, outcome.last_success_at), (None, Some(again)));
    }
}
