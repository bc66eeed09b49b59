//! How the last backup went, for who shows and measures it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Manifest, archive::private_folder};

const FILE: &str = "last.json";

/// What is remembered between backups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// When the last one that worked was begun.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_success_at: Option<OffsetDateTime>,
    /// How large it is.
    pub size_bytes: u64,
    /// Of how many working copies the uncommitted work could not be taken into it.
    #[serde(default)]
    pub not_held: usize,
    /// When one failed since.
    #[serde(with = "time::serde::rfc3339::option")]
    pub failed_at: Option<OffsetDateTime>,
    /// Why.
    pub reason: Option<String>,
}

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

    /// Writes down how one went that was begun then.
    pub fn note(folder: &Path, begun: OffsetDateTime, result: Result) -> io::Result<()> {
        let before = Self::read(folder);
        let now = match result {
            Ok(made) => Self {
                last_success_at: Some(begun),
                size_bytes: made.size_bytes(),
                not_held: made.not_held.len(),
                failed_at: None,
                reason: None,
            },
            Err(reason) => Self { failed_at: Some(begun), reason: Some(reason), ..before },
        };
        private_folder(folder).map_err(io::Error::other)?;
        let beside = folder.join(format!("{FILE}.new"));
        fs::write(&beside, serde_json::to_vec(&now)?)?;
        fs::rename(beside, folder.join(FILE))
    }
}
