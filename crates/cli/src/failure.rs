//! How a command can fail, and the code that it then ends with.

use std::process::ExitCode;

use ocweb_service::WRONG_SETTING;

use crate::{config_file::Mistake, resolution::Unusable};

/// A command that did not work. Its text is for the person who typed it.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It did not work.
    #[error("{0}")]
    Other(String),
    /// It was typed wrongly.
    #[error("{0}")]
    Usage(String),
    /// A setting is missing or wrong.
    #[error("{0}")]
    Setting(String),
    /// ocweb does not run.
    #[error("{0}")]
    NotRunning(String),
}

impl Failure {
    /// The code that tells a program which of these it was.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Other(_) => 1,
            Self::Usage(_) => 2,
            Self::Setting(_) => WRONG_SETTING,
            Self::NotRunning(_) => 4,
        })
    }

    /// What is wrong in a file, each mistake in a line.
    pub fn mistakes(path: &std::path::Path, mistakes: &[Mistake]) -> Self {
        let lines: Vec<_> = mistakes
            .iter()
            .map(|mistake| {
                format!("{}:{}:{}: {}", path.display(), mistake.line, mistake.column, mistake.text)
            })
            .collect();
        Self::Setting(lines.join("\n"))
    }
}

impl From<ocweb_backup::Error> for Failure {
    fn from(error: ocweb_backup::Error) -> Self {
        Self::Other(error.to_string())
    }
}

impl From<Unusable> for Failure {
    fn from(unusable: Unusable) -> Self {
        Self::Setting(unusable.to_string())
    }
}
