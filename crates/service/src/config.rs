//! Configuration comes from the environment, through one door.
//!
//! [`Environment`] is a value, so that tests pass their own instead of changing the process's.
//! A missing or wrong value is a [`ConfigError`]: one sentence that names the variable.

use std::{collections::BTreeMap, fmt::Display, path::PathBuf, str::FromStr};

use reqwest::Url;

/// A variable that is missing or cannot be used. Its text is one sentence for the person who set it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The variable is needed and was not set, or was empty.
    #[error("{name} is not set: {hint}")]
    Missing {
        /// Name of the variable.
        name: &'static str,
        /// What to set it to.
        hint: &'static str,
    },
    /// The variable was set to something that cannot be used.
    #[error("{name} cannot be used: {reason}")]
    Invalid {
        /// Name of the variable.
        name: &'static str,
        /// What is wrong with it. Never the value itself, which may be a secret.
        reason: String,
    },
}

/// The variables a process was started with. An empty value counts as unset.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 are left out.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable, if it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a variable that must be there.
    pub fn required(&self, name: &'static str, hint: &'static str) -> Result<&str, ConfigError> {
        self.get(name).ok_or(ConfigError::Missing { name, hint })
    }

    /// A variable parsed into `T`, or `default` when it is not set.
    pub fn parsed<T>(&self, name: &'static str, default: T) -> Result<T, ConfigError>
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.get(name) {
            None => Ok(default),
            Some(text) => {
                text.parse().map_err(|error: T::Err| ConfigError::Invalid { name, reason: error.to_string() })
            }
        }
    }

    /// An `http` or `https` address, or `default` when it is not set. Credentials in it are refused: an address is told to
    /// whoever asks.
    pub fn http_url(&self, name: &'static str, default: &str) -> Result<Url, ConfigError> {
        let invalid = |reason: &str| ConfigError::Invalid { name, reason: reason.into() };
        let text = self.get(name).unwrap_or(default);
        let url =
            Url::parse(text).map_err(|_| invalid("it must be an address such as https://github.com"))?;
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

    /// An absolute path that must be there.
    pub fn absolute_path(&self, name: &'static str, hint: &'static str) -> Result<PathBuf, ConfigError> {
        let path = PathBuf::from(self.required(name, hint)?);
        if path.is_absolute() {
            Ok(path)
        } else {
            Err(ConfigError::Invalid { name, reason: "it must be an absolute path".into() })
        }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// The two folders that every service needs, as the supervisor hands them down.
#[derive(Clone, Debug)]
pub struct Folders {
    /// `OCWEB_DATA`: everything that must survive a restart.
    pub data: PathBuf,
    /// `OCWEB_RUN_DIR`: sockets of this run.
    pub run: PathBuf,
}

impl Folders {
    /// Reads `OCWEB_DATA` and `OCWEB_RUN_DIR`.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            data: environment.absolute_path("OCWEB_DATA", "give the folder that ocweb keeps its data in")?,
            run: environment
                .absolute_path("OCWEB_RUN_DIR", "the supervisor sets it to the folder of the sockets")?,
        })
    }

    /// A service's own folder on the volume, `ocweb/<service>`.
    pub fn own(&self, service: &str) -> PathBuf {
        self.data.join("ocweb").join(service)
    }

    /// Where a service listens: in a folder of its own, so that no other user's service can take its place.
    pub fn socket(&self, service: &str) -> PathBuf {
        self.run.join(service).join("socket")
    }

    /// `projects/repos`: one regular clone for each repository, `owner__name`.
    pub fn repositories(&self) -> PathBuf {
        self.data.join("projects/repos")
    }

    /// What opencode and the agent's programs keep.
    pub fn agent_state(&self) -> PathBuf {
        self.data.join("opencode-state")
    }

    /// Where the agent's programs look for their configuration (`XDG_CONFIG_HOME`).
    pub fn agent_configuration(&self) -> PathBuf {
        self.agent_state().join("config")
    }

    /// `projects/worktrees`: one working copy for each chat, `owner__name__sessionId`.
    pub fn worktrees(&self) -> PathBuf {
        self.data.join("projects/worktrees")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|&(name, value)| (name, value)).collect()
    }

    #[test]
    fn an_empty_value_counts_as_unset() {
        assert_eq!(environment(&[("A", "")]).get("A"), None);
        assert_eq!(environment(&[("A", "")]).parsed("A", 7_u16), Ok(7));
    }

    #[test]
    fn a_wrong_value_is_named_and_not_shown() {
        let error = environment(&[("OCWEB_PORT", "s3cret")]).parsed("OCWEB_PORT", 1_u16).unwrap_err();
        assert!(error.to_string().starts_with("OCWEB_PORT cannot be used"), "{error}");
        assert!(!error.to_string().contains("s3cret"));
    }

    #[test]
    fn an_address_is_http_and_nothing_but_an_address() {
        let read = |value| environment(&[("GITHUB_URL", value)]).http_url("GITHUB_URL", "https://github.com");
        assert_eq!(read("").map(String::from), Ok("https://github.com/".into()));
        assert_eq!(
            read("http://git.example:8080/x").map(String::from),
            Ok("http://git.example:8080/x".into())
        );
        for wrong in [
            "github.com",
            "ssh://github.com",
            "https://me:s3cret@a",
            "https://me@a",
            "https://a?b",
            "https://a#b",
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.starts_with("GITHUB_URL cannot be used"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_relative_folder_is_refused() {
        let error = environment(&[("OCWEB_DATA", "vol")]).absolute_path("OCWEB_DATA", "x").unwrap_err();
        assert_eq!(error.to_string(), "OCWEB_DATA cannot be used: it must be an absolute path");
    }
}
