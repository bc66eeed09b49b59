//! What the page shows about this installation.

use std::path::PathBuf;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{environment, settings::Settings};

/// What the settings say about this installation.
#[derive(Clone)]
pub(crate) struct Installation {
    /// Shown at the top of the page.
    pub(crate) notice: Option<String>,
    /// Why the agent is root, where nobody wanted that.
    pub(crate) agent_is_root: Option<String>,
    has_github_token: bool,
    has_provider_key: bool,
    /// Where opencode keeps the keys that were given to `opencode auth login`.
    opencode_keys: PathBuf,
}

/// A setting that is absent and without which something does not work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MissingSetting {
    /// What is missing: a variable's name, or words.
    pub(crate) name: &'static str,
    /// What does not work without it, and what to do.
    pub(crate) detail: &'static str,
}

impl Installation {
    pub(crate) fn new(settings: &Settings, agent_is_root: Option<String>) -> Self {
        let environment = &settings.environment;
        Self {
            notice: environment.get("OCWEB_NOTICE").map(str::to_owned),
            agent_is_root,
            has_github_token: environment.get("GITHUB_TOKEN").is_some(),
            has_provider_key: environment::has_provider_key(environment)
                || environment.get("OPENCODE_CONFIG").is_some(),
            opencode_keys: settings.opencode_folder("data").join("opencode/auth.json"),
        }
    }

    /// What is missing now.
    pub(crate) fn missing(&self) -> Vec<MissingSetting> {
        let github = MissingSetting {
            name: "GITHUB_TOKEN",
            detail: "Without it your repositories cannot be listed and private ones cannot be cloned. Set it to a \
                     GitHub token that may read and write the repositories you work on, and restart.",
        };
        let provider = MissingSetting {
            name: "A model provider key",
            detail: "Without one no model answers. Set OPENROUTER_API_KEY, or the key of another provider that \
                     opencode knows, or OPENCODE_CONFIG, and restart.",
        };
        let has_provider = self.has_provider_key || self.opencode_keys.exists();
        [(self.has_github_token, github), (has_provider, provider)]
            .into_iter()
            .filter_map(|(has, missing)| (!has).then_some(missing))
            .collect()
    }
}
