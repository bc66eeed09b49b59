//! What came of trying a fact.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::document;

/// Of what came instead, so much is told.
const LONGEST: usize = 300;

/// What was found about one fact.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Its name in the document.
    pub fact: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Whether a fact still is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// It is.
    Kept,
    /// It is not.
    Broken(Broken),
}

/// How a fact is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// What should have been.
    pub expected: String,
    /// What was.
    pub came: String,
}

impl Broken {
    pub(crate) fn new(expected: impl Into<String>, came: impl fmt::Display) -> Self {
        let came = came.to_string();
        let beginning: String = came.chars().take(LONGEST).collect();
        let came = if beginning.len() < came.len() { format!("{beginning}…") } else { beginning };
        Self { expected: expected.into(), came: came.replace('\n', " ") }
    }
}

/// Nothing where it holds; else what was expected, and what came.
pub(crate) fn ensure(holds: bool, expected: &str, came: &Value) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken::new(expected, came)) }
}

impl From<ocweb_opencode_client::Error> for Broken {
    fn from(error: ocweb_opencode_client::Error) -> Self {
        Self::new("an answer that our client understands", error)
    }
}

impl From<reqwest::Error> for Broken {
    fn from(error: reqwest::Error) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Self::new("an answer", format!("{error}{cause}"))
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::new("files and programs that can be used", error)
    }
}

impl Finding {
    /// Whether the fact still is one.
    pub fn is_kept(&self) -> bool {
        self.outcome == Outcome::Kept
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Kept => write!(formatter, "kept    {}", self.fact),
            Outcome::Broken(Broken { expected, came }) => {
                write!(formatter, "BROKEN  {}: expected {expected}; came {came}", self.fact)?;
                match document::fact(self.fact) {
                    Some(fact) => write!(formatter, "\n        {}", fact.words),
                    None => Ok(()),
                }
            }
        }
    }
}
