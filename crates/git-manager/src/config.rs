//! What the service is told, read once at the start.

use std::{
    collections::BTreeMap,
    num::{NonZeroU32, NonZeroU64},
    path::PathBuf,
};

use ocweb_git_access::Key;
use ocweb_service::{ConfigError, Environment, config::Folders};
use reqwest::Url;

/// The service's configuration. Holds secrets: it has no `Debug`.
pub struct Config {
    /// Where data and sockets live.
    pub folders: Folders,
    /// `GITHUB_URL`: where clones come from, as they themselves say.
    pub github_url: Url,
    /// `OCWEB_GATEWAY_URL`: the github-gateway, through which git gets there.
    pub gateway_url: Url,
    /// `OCWEB_GATEWAY_SECRET`: what capabilities are signed with.
    pub key: Key,
    /// `OCWEB_GITHUB_TOKEN_IS_SET`: whether the gateway has a token.
    pub has_token: bool,
    /// `GITHUB_USER`: the account that the token belongs to.
    pub github_user: Option<String>,
    /// `OCWEB_OPENCODE_URL`: opencode's loopback address.
    pub opencode_url: Url,
    /// `OPENCODE_SERVER_PASSWORD`, when opencode asks for one.
    pub opencode_password: Option<String>,
    /// `OCWEB_REMOTE_STALL_SECONDS`: for how long a transfer may stand still before it is given up.
    pub stall_seconds: u64,
    /// `OCWEB_PROMPT_SETTLE_SECONDS`: how long a prompt may take from being sent to being stored.
    pub settle_seconds: u64,
    /// `OCWEB_AGENT_ENVIRONMENT`: what the agent's commands are given, without keys; JSON.
    pub agent_environment: Vec<(String, String)>,
    /// `OCWEB_OPENCODE_BIN`: opencode's program, which imports conversations.
    pub opencode_program: Option<PathBuf>,
    /// `OCWEB_SETUP_LIMIT_SECONDS`: how long the setup of a working copy may take.
    pub setup_limit_seconds: u64,
    /// `OCWEB_SAVED_DAYS`: for how many days work is kept that was saved before it was deleted.
    pub saved_days: u32,
    /// `OCWEB_SAVED_LIMIT_MB`: how much room the uncommitted files of one deletion may take there, in bytes.
    pub saved_limit: u64,
    /// `OCWEB_INSTANCE`: the mark of this instance's processes.
    pub instance: Option<String>,
    /// `PATH`, in which git is looked for.
    pub path: String,
}

impl Config {
    /// Reads the environment.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let opencode = "the supervisor sets it to opencode's address";
        environment.required("OCWEB_OPENCODE_URL", opencode)?;
        let gateway = "the supervisor sets it anew at each start";
        environment.required("OCWEB_GATEWAY_URL", gateway)?;
        let secret = environment.required("OCWEB_GATEWAY_SECRET", gateway)?;
        let too_short =
            || ConfigError::Invalid { name: "OCWEB_GATEWAY_SECRET", reason: "it is too short".into() };
        Ok(Self {
            folders: Folders::from_environment(environment)?,
            github_url: environment.http_url("GITHUB_URL", "https://github.com")?,
            gateway_url: environment.http_url("OCWEB_GATEWAY_URL", "")?,
            key: Key::new(secret).ok_or_else(too_short)?,
            has_token: environment.get("OCWEB_GITHUB_TOKEN_IS_SET").is_some(),
            github_user: environment.get("GITHUB_USER").map(Into::into),
            opencode_url: environment.http_url("OCWEB_OPENCODE_URL", "")?,
            opencode_password: environment.get("OPENCODE_SERVER_PASSWORD").map(Into::into),
            stall_seconds: environment
                .parsed("OCWEB_REMOTE_STALL_SECONDS", NonZeroU64::MIN.saturating_add(59))?
                .get(),
            settle_seconds: environment
                .parsed("OCWEB_PROMPT_SETTLE_SECONDS", NonZeroU64::MIN.saturating_add(14))?
                .get(),
            agent_environment: agent_environment(environment)?,
            opencode_program: environment.get("OCWEB_OPENCODE_BIN").map(Into::into),
            setup_limit_seconds: environment
                .parsed("OCWEB_SETUP_LIMIT_SECONDS", NonZeroU64::MIN.saturating_add(899))?
                .get(),
            saved_days: environment.parsed("OCWEB_SAVED_DAYS", NonZeroU32::MIN.saturating_add(29))?.get(),
            saved_limit: environment.parsed("OCWEB_SAVED_LIMIT_MB", 2048_u64)?.saturating_mul(1 << 20),
            instance: environment.get("OCWEB_INSTANCE").map(Into::into),
            path: environment.get("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin").into(),
        })
    }
}

/// What a command is given that is run in the agent's place. Alone, without a supervisor, what can be known.
fn agent_environment(environment: &Environment) -> Result<Vec<(String, String)>, ConfigError> {
    const NAME: &str = "OCWEB_AGENT_ENVIRONMENT";
    let Some(text) = environment.get(NAME) else {
        let path = environment.get("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin");
        return Ok(vec![("PATH".into(), path.into())]);
    };
    let variables: BTreeMap<String, String> = serde_json::from_str(text)
        .map_err(|error| ConfigError::Invalid { name: NAME, reason: error.to_string() })?;
    Ok(variables.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let all = [
            ("OCWEB_DATA", "/data"),
            ("OCWEB_RUN_DIR", "/run"),
            ("OCWEB_OPENCODE_URL", "http://127.0.0.1:1/"),
            ("OCWEB_GATEWAY_URL", "http://127.0.0.1:2/"),
            ("OCWEB_GATEWAY_SECRET", "0123456789abcdef0123456789abcdef"),
        ];
        Config::from_environment(&all.iter().chain(extra).copied().collect())
    }

    #[test]
    fn githubs_addresses_have_defaults() {
        let config = read(&[]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.github_url.as_str(), "https://github.com/");
        assert_eq!(config.stall_seconds, 60);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let wrong = [
            ("GITHUB_URL", "github.com"),
            ("GITHUB_URL", "ssh://git@github.com"),
            ("GITHUB_URL", "https://me:token@github.com"),
            ("OCWEB_GATEWAY_URL", "file:///etc"),
            ("OCWEB_GATEWAY_SECRET", "short"),
            ("OCWEB_REMOTE_STALL_SECONDS", "0"),
            ("OCWEB_SAVED_DAYS", "0"),
            ("OCWEB_SAVED_LIMIT_MB", "much"),
            ("OCWEB_OPENCODE_URL", ""),
        ];
        for (name, value) in wrong {
            let error = read(&[(name, value)]).err().unwrap_or_else(|| panic!("{name}={value} was taken"));
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
}
