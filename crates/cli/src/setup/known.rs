//! What is known before anything is asked: from the environment, the config file and the volume.

use std::{net::IpAddr, path::PathBuf};

use super::{address::Way, finding::Finding, github, provider};
use crate::{
    config_file::Said,
    context::Context,
    failure::Failure,
    instance::Instance,
    resolution::{self, Held, Origin},
    settings::{self, PROVIDERS, SETTINGS},
    tokens,
};

/// What is known.
#[derive(Debug)]
pub struct Known<'a> {
    context: &'a Context,
    /// What the config file says.
    pub said: Said,
    data: PathBuf,
}

/// A provider's key that is there.
#[derive(Debug)]
pub struct ProviderKey {
    /// The variable that opencode knows it by.
    pub variable: String,
    /// The key.
    pub value: String,
    /// Who said it.
    pub origin: Origin,
}

impl<'a> Known<'a> {
    /// Reads it.
    pub fn read(context: &'a Context) -> Result<Self, Failure> {
        Ok(Self { context, said: context.said()?, data: context.data()? })
    }

    /// What the setting of a variable is.
    pub fn held(&self, variable: &str) -> Result<Held, Failure> {
        match settings::by_variable(variable) {
            Some(setting) => Ok(resolution::hold(setting, &self.context.variables, &self.said)?),
            None => Ok(Held { value: None, origin: Origin::Nobody }),
        }
    }

    /// What the setting of a variable is, if anything.
    pub fn value(&self, variable: &str) -> Result<Option<String>, Failure> {
        Ok(self.held(variable)?.value)
    }

    /// Whether somebody said something about a setting.
    fn is_said(&self, variable: &str) -> Result<bool, Failure> {
        Ok(matches!(self.held(variable)?.origin, Origin::Variable(_) | Origin::File(_)))
    }

    /// Whether ocweb runs on the volume.
    pub fn runs(&self) -> bool {
        Instance::find(&self.data).is_ok()
    }

    /// Where the password is from, if there is one.
    pub fn password(&self) -> Result<Option<String>, Failure> {
        let held = self.held("AUTH_PASSWORD")?;
        if held.value.is_some() {
            return Ok(Some(held.origin.to_string()));
        }
        if self.runs_with_a_fixed_password() {
            return Ok(Some("AUTH_PASSWORD, where the ocweb that runs was started".into()));
        }
        Ok(self.keeps_password().then(|| "its hash is on the volume".into()))
    }

    /// Whether the ocweb that runs was told its password, and takes no other.
    pub fn runs_with_a_fixed_password(&self) -> bool {
        let is_fixed = |instance: Instance| tokens::password_is_fixed(&instance);
        Instance::find(&self.data).and_then(is_fixed).unwrap_or(false)
    }

    /// Whether the volume has one, which another may only replace where that was said.
    fn keeps_password(&self) -> bool {
        self.data.join("ocweb/auth/password").is_file()
    }

    /// GitHub's token, and who said it.
    pub fn token(&self) -> Result<Option<(String, Origin)>, Failure> {
        let Held { value, origin } = self.held("GITHUB_TOKEN")?;
        Ok(value.map(|value| (value, origin)))
    }

    /// What GitHub says of a token.
    pub fn check_token(&self, token: &str) -> Result<Finding, Failure> {
        let api = self.value("GITHUB_API_URL")?.unwrap_or_default();
        Ok(github::check(&api, token))
    }

    /// The providers' keys that are there, by variable.
    pub fn provider_keys(&self) -> Result<Vec<ProviderKey>, Failure> {
        let (variables, said) = (&self.context.variables, &self.said);
        let mut keys = Vec::new();
        for variable in resolution::providers(variables, said) {
            let Held { value, origin } = resolution::hold_provider(&variable, variables, said)?;
            keys.extend(value.map(|value| ProviderKey { variable, value, origin }));
        }
        Ok(keys)
    }

    /// What a provider says of a key.
    pub fn check_key(&self, variable: &str, key: &str) -> Finding {
        provider::check(variable, key, |name| self.context.variable(name))
    }

    /// How it is reached as things stand; the flag says whether somebody wanted it so.
    pub fn way(&self) -> Result<(Way, bool), Failure> {
        let host = self.value("OCWEB_HOST")?.unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let way = if self.is_said("OCWEB_DOMAIN")? || self.is_said("OCWEB_TLS_CERTIFICATE")? {
            Way::Domain
        } else if self.is_said("OCWEB_TRUSTED_PROXIES")? {
            Way::Proxy
        } else if host == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
            Way::Machine
        } else {
            Way::Network
        };
        let is_wanted = self.is_said("OCWEB_HOST")? || self.is_said("OCWEB_PORT")?;
        Ok((way, is_wanted || way != Way::Machine))
    }

    /// What only the environment says, as it would stand in the file, by key.
    pub fn of_environment(&self) -> Result<Vec<(String, String)>, Failure> {
        // A file of a secret stays one.
        let mut all = Vec::new();
        for setting in SETTINGS {
            let Held { value: Some(value), origin: Origin::Variable(name) } =
                resolution::hold(setting, &self.context.variables, &self.said)?
            else {
                continue;
            };
            match self.context.variable(&name).filter(|_| name != setting.variable) {
                Some(path) => all.push((format!("{}_file", setting.key), path.to_owned())),
                None => all.push((setting.key.to_owned(), value)),
            }
        }
        for ProviderKey { variable, value, origin } in self.provider_keys()? {
            let Origin::Variable(name) = origin else { continue };
            let path = self.context.variable(&name).filter(|_| name != variable);
            let value = path.map_or(value, str::to_owned);
            all.push((format!("{PROVIDERS}.{name}"), value));
        }
        // To set it anew, also to the same, would end every login and token.
        let is_kept = |key: &str| key == "password" && self.keeps_password();
        all.retain(|(key, value)| self.said.get(key) != Some(value) && !is_kept(key));
        Ok(all)
    }
}
