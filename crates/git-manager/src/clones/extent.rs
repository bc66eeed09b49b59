//! How much of a repository a clone holds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much of a repository is cloned. It is chosen when it is cloned, and holds for what is fetched later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Everything.
    #[default]
    Full,
    /// All commits, but of the contents of files only those that were needed so far; others are fetched once they are.
    WithoutOldFiles,
    /// The newest commit of the branches that are used, and what has come since; nothing that was before.
    LatestOnly,
}

impl Extent {
    /// What `git clone` is told for it.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Full => &[],
            // What is checked out is fetched in a step of its own, of which git tells how far it is.
            Self::WithoutOldFiles => &["--filter=blob:none", "--no-checkout"],
            Self::LatestOnly => &["--depth=1"],
        }
    }
}
