//! What a backup says of itself.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// The form of backups that is written, and the only one that is read.
pub(crate) const FORMAT: u32 = 1;

/// The file that makes a folder a backup.
pub(crate) const MANIFEST: &str = "manifest.json";

/// What is in a backup, and what made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup.
    pub format: u32,
    /// The version of ocweb that made it.
    pub ocweb_version: String,
    /// The version of opencode whose database is in it.
    pub opencode_version: Option<String>,
    /// What tells the ocweb that it was made of from others.
    #[serde(default)]
    pub identity: Option<String>,
    /// The volume that it was made of: sessions know the folders in it by their whole paths.
    pub data: PathBuf,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub made_at: OffsetDateTime,
    /// Its files.
    pub parts: Vec<Part>,
    /// What will be cloned again, as git-manager tells it.
    pub clones: Vec<Value>,
    /// The chats, as git-manager tells them.
    pub chats: Vec<Value>,
    /// Work that could not be taken.
    pub not_held: Vec<UnheldWork>,
}

/// A file of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// Its name.
    pub file: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its checksum, in hexadecimal digits.
    pub sha256: String,
}

/// Work that is not in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnheldWork {
    /// The repository.
    pub repo: String,
    /// The chat, unless it is the clone's own.
    pub session_id: Option<String>,
    /// Why.
    pub reason: String,
}

impl Manifest {
    /// That of a backup which is being made: its parts are added when it is finished.
    pub fn new(ocweb_version: &str, data: &Path, made_at: OffsetDateTime) -> Self {
        Self {
            format: FORMAT,
            ocweb_version: ocweb_version.into(),
            opencode_version: None,
            identity: None,
            data: data.to_owned(),
            made_at,
            parts: Vec::new(),
            clones: Vec::new(),
            chats: Vec::new(),
            not_held: Vec::new(),
        }
    }

    /// How large the backup is.
    pub fn size_bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.size_bytes).sum()
    }
}
