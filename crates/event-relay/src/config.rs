//! What the service is told, read once at the start.

use ocweb_service::{ConfigError, Environment, config::Folders};
use reqwest::Url;

/// The service's configuration. Holds a secret: it has no `Debug`.
pub struct Config {
    /// Where data and sockets live.
    pub folders: Folders,
    /// `OCWEB_OPENCODE_URL`: opencode's loopback address.
    pub opencode_url: Url,
    /// `OPENCODE_SERVER_PASSWORD`, when opencode asks for one.
    pub opencode_password: Option<String>,
}

impl Config {
    /// Reads the environment.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        const NAME: &str = "OCWEB_OPENCODE_URL";
        let address = environment.required(NAME, "the supervisor sets it to opencode's address")?;
        let opencode_url = Url::parse(address)
            .ok()
            .filter(|url| url.scheme() == "http")
            .ok_or(ConfigError::Invalid { name: NAME, reason: "it must begin with http://".into() })?;
        Ok(Self {
            folders: Folders::from_environment(environment)?,
            opencode_url,
            opencode_password: environment.get("OPENCODE_SERVER_PASSWORD").map(Into::into),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_cannot_be_used_is_named() {
        for address in ["", "opencode", "https://example.org"] {
            let variables =
                [("OCWEB_DATA", "/data"), ("OCWEB_RUN_DIR", "/run"), ("OCWEB_OPENCODE_URL", address)];
            let error = Config::from_environment(&variables.into_iter().collect()).err();
            let error = error.unwrap_or_else(|| panic!("{address} was taken"));
            assert!(error.to_string().starts_with("OCWEB_OPENCODE_URL"), "{error}");
        }
    }
}
