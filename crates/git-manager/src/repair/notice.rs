//! What was found damaged and what was done about it, in sentences for the person whose work it is.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::names::RepositoryName;

/// What had a repository looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The start of this service.
    Start,
    /// Something that could not be read or done.
    Error,
    /// Its person asked for it.
    Asked,
}

/// What was found, done and lost: sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = RepairReport)]
pub struct Report {
    /// What was damaged.
    pub found: Vec<String>,
    /// What was done about it.
    pub done: Vec<String>,
    /// What could not be had again.
    pub lost: Vec<String>,
    /// Where the damaged things lie now; nothing was deleted.
    #[schema(value_type = Option<String>)]
    pub aside: Option<PathBuf>,
    /// Whether the remote could not be asked, so that it is tried again at the next start.
    #[serde(default)]
    pub unfinished: bool,
}

impl Report {
    /// Whether nothing was wrong.
    pub fn is_clean(&self) -> bool {
        self.found.is_empty() && self.lost.is_empty()
    }
}

/// A repair that its person is to know of until they have put it away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Repair)]
pub struct Notice {
    /// By which it is put away.
    pub id: String,
    /// The repository; nothing where it is about opencode's database.
    pub repo: Option<RepositoryName>,
    /// What had it looked at.
    #[schema(inline)]
    pub trigger: Trigger,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What there is to say.
    #[serde(flatten)]
    pub report: Report,
}
