//! What the owner and the host decide, read from the environment at the start.

use std::path::PathBuf;

use ocweb_service::{ConfigError, Environment, config::Folders};

use crate::{
    host::Hosts,
    password::{Password, PasswordError},
    secret::Secret,
};

/// The name of this service: of its socket and of its folder on the volume.
pub const SERVICE: &str = "auth";

/// The settings of the auth service.
pub struct Settings {
    /// `AUTH_PASSWORD`, if it is set.
    pub(crate) password: Option<Password>,
    /// `AUTH_SECRET`, if it is set.
    pub(crate) secret: Option<Secret>,
    /// The names that ocweb answers for: `OCWEB_HOSTS`, and the one of the Fly app.
    pub(crate) hosts: Hosts,
    /// `ocweb/auth` on the volume.
    pub(crate) folder: PathBuf,
    /// Whether the agent is another user, who cannot open our socket.
    pub(crate) agent_is_apart: bool,
}

impl Settings {
    /// Reads `AUTH_PASSWORD`, `AUTH_SECRET`, `OCWEB_HOSTS`, `FLY_APP_NAME`, `OCWEB_DATA` and
    /// `OCWEB_AGENT_IS_APART`, which the supervisor sets where it is so.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        let password = environment.get("AUTH_PASSWORD").map(Password::parse).transpose();
        let password = password.map_err(|error: PasswordError| ConfigError::Invalid {
            name: "AUTH_PASSWORD",
            reason: error.to_string(),
        })?;
        let secret = match environment.get("AUTH_SECRET") {
            None => None,
            Some(text) => {
                Some(
                    Secret::parse(text).ok_or_else(|| ConfigError::Invalid {
                        name: "AUTH_SECRET",
                        reason:
                            "it must have at least 32 characters; leave it unset to have one made and kept"
                                .into(),
                    })?,
                )
            }
        };
        let mut hosts =
            Hosts::parse(environment.get("OCWEB_HOSTS").unwrap_or_default()).map_err(|entry| {
                ConfigError::Invalid {
                    name: "OCWEB_HOSTS",
                    reason: format!("`{entry}` is not a bare host name such as ocweb.example.org"),
                }
            })?;
        if let Some(app) = environment.get("FLY_APP_NAME") {
            hosts.add(format!("{app}.fly.dev"));
        }
        let data = environment.absolute_path("OCWEB_DATA", "give the folder that ocweb keeps its data in")?;
        // The start script asks for a password before there is a run folder.
        let folder = Folders { data, run: PathBuf::new() }.own(SERVICE);
        let agent_is_apart = environment.get("OCWEB_AGENT_IS_APART").is_some();
        Ok(Self { password, secret, hosts, folder, agent_is_apart })
    }

    /// Where the hash of a generated password is kept.
    pub(crate) fn password_file(&self) -> PathBuf {
        self.folder.join("password")
    }

    /// Where a generated secret is kept.
    pub(crate) fn secret_file(&self) -> PathBuf {
        self.folder.join("secret")
    }

    /// Where the tokens are kept.
    pub(crate) fn tokens_file(&self) -> PathBuf {
        self.folder.join("tokens.json")
    }

    /// Where the sessions are kept.
    pub(crate) fn sessions_file(&self) -> PathBuf {
        self.folder.join("sessions.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(name: &'static str, value: &str) -> String {
        let environment = [("OCWEB_DATA", "/vol"), (name, value)].into_iter().collect();
        Settings::from_environment(&environment).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_setting_is_named_in_one_sentence() {
        assert_eq!(
            error("AUTH_SECRET", "hunter2hunter2"),
            "AUTH_SECRET cannot be used: it must have at least 32 characters; leave it unset to have one made and kept"
        );
        assert_eq!(
            error("AUTH_PASSWORD", "swordfish\n"),
            "AUTH_PASSWORD cannot be used: the password has a control character in it, such as a line break"
        );
        assert_eq!(
            error("OCWEB_HOSTS", "https://a.example"),
            "OCWEB_HOSTS cannot be used: `https://a.example` is not a bare host name such as ocweb.example.org"
        );
        assert_eq!(error("OCWEB_DATA", "vol"), "OCWEB_DATA cannot be used: it must be an absolute path");
    }

    #[test]
    fn the_fly_app_is_one_of_our_hosts() {
        let environment = [("OCWEB_DATA", "/vol"), ("FLY_APP_NAME", "mine")].into_iter().collect();
        let settings = Settings::from_environment(&environment).unwrap();
        let host = crate::host::Authority::parse("mine.fly.dev").unwrap();
        assert!(settings.hosts.answer_for(host));
        assert_eq!(settings.folder, PathBuf::from("/vol/ocweb/auth"));
    }
}
