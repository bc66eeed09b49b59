//! What the service is told, read once at the start.

use std::{net::SocketAddr, path::PathBuf};

use ocweb_git_access::Key;
use ocweb_service::{ConfigError, Environment, Proxies, config::Folders};
use reqwest::Url;

use crate::SERVICE;

/// The service's configuration. Holds secrets: it has no `Debug`.
pub struct Config {
    /// `OCWEB_GATEWAY_SECRET`: what capabilities are signed with.
    pub(crate) key: Key,
    /// `OCWEB_GATEWAY_ADDRESS`: where git comes in, on loopback.
    pub address: SocketAddr,
    /// GitHub.
    pub(crate) upstream: UpstreamConfig,
    /// `GITHUB_API_URL`.
    pub(crate) api_url: Url,
    /// `HTTPS_PROXY` and the like: the way to both.
    pub(crate) proxies: Proxies,
    /// Folders and files.
    pub(crate) places: Places,
    /// Where the person's requests come in.
    pub socket: PathBuf,
    /// Where those go on to that open a repository.
    pub(crate) git_manager: PathBuf,
}

/// Where git's requests go on to.
pub(crate) struct UpstreamConfig {
    /// `GITHUB_URL`.
    pub(crate) url: Url,
    /// `GITHUB_TOKEN`, when there is one.
    pub(crate) token: Option<String>,
    /// `GITHUB_USER`: the account that the token belongs to.
    pub(crate) user: Option<String>,
}

/// What lies where on this machine.
pub(crate) struct Places {
    /// The clones, `owner__name`.
    pub(crate) clones: PathBuf,
    /// The working copies of chats, `owner__name__sessionId`.
    pub(crate) worktrees: PathBuf,
    /// What the person allowed.
    pub(crate) rules: PathBuf,
    /// Which repositories the person opened.
    pub(crate) opened: PathBuf,
}

impl Config {
    /// Reads the environment.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let hint = "the supervisor sets it anew at each start";
        let secret = environment.required("OCWEB_GATEWAY_SECRET", hint)?;
        let key = Key::new(secret).ok_or_else(|| invalid("OCWEB_GATEWAY_SECRET", "it is too short"))?;
        let address: SocketAddr = environment
            .required("OCWEB_GATEWAY_ADDRESS", hint)?
            .parse()
            .map_err(|_| invalid("OCWEB_GATEWAY_ADDRESS", "it must be an address such as 127.0.0.1:4000"))?;
        if !address.ip().is_loopback() {
            return Err(invalid("OCWEB_GATEWAY_ADDRESS", "only this machine may reach the gateway"));
        }
        let token = environment.get("GITHUB_TOKEN").map(str::trim).filter(|token| !token.is_empty());
        if token.is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(invalid("GITHUB_TOKEN", "a token is one line of letters, digits and signs"));
        }
        let folders = Folders::from_environment(environment)?;
        Ok(Self {
            key,
            address,
            upstream: UpstreamConfig {
                url: environment.http_url("GITHUB_URL", "https://github.com")?,
                token: token.map(Into::into),
                user: environment.get("GITHUB_USER").map(Into::into),
            },
            api_url: environment.http_url("GITHUB_API_URL", "https://api.github.com")?,
            proxies: Proxies::from_environment(environment)?,
            places: Places {
                clones: folders.repositories(),
                worktrees: folders.worktrees(),
                rules: folders.own(SERVICE).join("rules.json"),
                opened: folders.own(SERVICE).join("opened.json"),
            },
            socket: folders.socket(SERVICE),
            git_manager: folders.socket("git-manager"),
        })
    }
}

fn invalid(name: &'static str, reason: &str) -> ConfigError {
    ConfigError::Invalid { name, reason: reason.into() }
}
