//! What a check of an answer found.

/// What came of holding an answer against the real thing. The texts are sentences for the person who gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It works.
    Works(String),
    /// It will not work.
    Refused(String),
    /// That could not be found out here and now.
    Unknown(String),
}

impl Finding {
    /// What to say about it.
    pub fn text(&self) -> &str {
        match self {
            Self::Works(text) | Self::Refused(text) | Self::Unknown(text) => text,
        }
    }

    /// Whether it is known not to work.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}
