//! What the service is told, read once at the start.

use std::{num::NonZeroU64, path::PathBuf};

use ocweb_service::{ConfigError, Environment, config::Folders};
use reqwest::Url;

/// The service's configuration. Holds secrets: it has no `Debug`.
pub struct Config {
    /// Where data and sockets live.
    pub folders: Folders,
    /// `GITHUB_URL`: where clones come from, without credentials.
    pub github_url: Url,
    /// `GITHUB_API_URL`: where the list of repositories comes from.
    pub github_api_url: Url,
    /// `GITHUB_TOKEN`, when there is one.
    pub token: Option<String>,
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
    /// `OCWEB_INSTANCE`: the mark of this instance's processes.
    pub instance: Option<String>,
    /// `PATH`, in which git is looked for.
    pub path: String,
    /// The program that git asks for the token: this binary.
    pub askpass: PathBuf,
}

impl Config {
    /// Reads the environment. `askpass` is the path of this binary.
    pub fn from_environment(environment: &Environment, askpass: PathBuf) -> Result<Self, ConfigError> {
        let opencode = "the supervisor sets it to opencode's address";
        environment.required("OCWEB_OPENCODE_URL", opencode)?;
        let token = environment.get("GITHUB_TOKEN").map(str::trim).map(str::to_owned);
        if token.as_ref().is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            let reason = "a token is one line of letters, digits and signs".into();
            return Err(ConfigError::Invalid { name: "GITHUB_TOKEN", reason });
        }
        Ok(Self {
            folders: Folders::from_environment(environment)?,
            github_url: http_url(environment, "GITHUB_URL", "https://github.com")?,
            github_api_url: http_url(environment, "GITHUB_API_URL", "https://api.github.com")?,
            token,
            github_user: environment.get("GITHUB_USER").map(Into::into),
            opencode_url: http_url(environment, "OCWEB_OPENCODE_URL", "")?,
            opencode_password: environment.get("OPENCODE_SERVER_PASSWORD").map(Into::into),
            stall_seconds: environment
                .parsed("OCWEB_REMOTE_STALL_SECONDS", NonZeroU64::MIN.saturating_add(59))?
                .get(),
            settle_seconds: environment
                .parsed("OCWEB_PROMPT_SETTLE_SECONDS", NonZeroU64::MIN.saturating_add(14))?
                .get(),
            instance: environment.get("OCWEB_INSTANCE").map(Into::into),
            path: environment.get("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin").into(),
            askpass,
        })
    }
}

/// An `http` or `https` address. Credentials in it are refused: they would end up in every clone.
fn http_url(environment: &Environment, name: &'static str, default: &str) -> Result<Url, ConfigError> {
    let invalid = |reason: &str| ConfigError::Invalid { name, reason: reason.into() };
    let text = environment.get(name).unwrap_or(default);
    let url = Url::parse(text).map_err(|_| invalid("it must be an address such as https://github.com"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("it must begin with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it must not contain a user or a password; use GITHUB_TOKEN"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it must not contain ? or #"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let all = [
            ("OCWEB_DATA", "/data"),
            ("OCWEB_RUN_DIR", "/run"),
            ("OCWEB_OPENCODE_URL", "http://127.0.0.1:1/"),
        ];
        Config::from_environment(&all.iter().chain(extra).copied().collect(), "/x".into())
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
            ("GITHUB_API_URL", "file:///etc"),
            ("GITHUB_TOKEN", "two\nlines"),
            ("OCWEB_REMOTE_STALL_SECONDS", "0"),
            ("OCWEB_OPENCODE_URL", ""),
        ];
        for (name, value) in wrong {
            let error = read(&[(name, value)]).err().unwrap_or_else(|| panic!("{name}={value} was taken"));
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
}
