//! What holds, and who said so: the environment wins over the file, the file over what holds by itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use crate::{
    config_file::Said,
    settings::{self, Kind, PROVIDERS, SETTINGS, Setting},
};

/// The variables that the command was started with, those that are empty left out.
pub type Variables = BTreeMap<String, String>;

/// Who said what a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A variable of the environment.
    Variable(String),
    /// A key of the config file.
    File(String),
    /// Nobody: it is so by itself.
    Default,
    /// Nobody, and it is nothing or made at the first start.
    Nobody,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(formatter, "environment, {name}"),
            Self::File(key) => write!(formatter, "config file, {key}"),
            Self::Default => formatter.write_str("default"),
            Self::Nobody => formatter.write_str("not set"),
        }
    }
}

/// What a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// As its variable says it. A secret's is here too: it is for those who hand it on.
    pub value: Option<String>,
    /// Who said so.
    pub origin: Origin,
}

/// A value that cannot be used. Its text names it and never shows it.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is not what it must be.
    #[error("{name} {objection}.")]
    Wrong {
        /// The variable or key.
        name: String,
        /// Why not.
        objection: String,
    },
    /// The file of a secret cannot be read.
    #[error("{name} names the file {}, which cannot be read: {source}.", path.display())]
    SecretFile {
        /// The variable or key.
        name: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What one setting is.
pub fn hold(setting: &Setting, variables: &Variables, said: &Said) -> Result<Held, Unusable> {
    let of_variable = variables.get(setting.variable).filter(|value| !value.is_empty());
    if let Some(value) = of_variable {
        return held(setting, value.clone(), Origin::Variable(setting.variable.into()));
    }
    if setting.kind == Kind::Secret {
        let name = format!("{}_FILE", setting.variable);
        if let Some(path) = variables.get(&name).filter(|path| !path.is_empty()) {
            return held(setting, secret(&name, path, variables)?, Origin::Variable(name));
        }
    }
    if let Some(value) = said.get(setting.key) {
        return held(setting, value.clone(), Origin::File(setting.key.into()));
    }
    let key = format!("{}_file", setting.key);
    if let Some(path) = said.get(&key) {
        return held(setting, secret(&key, path, variables)?, Origin::File(key));
    }
    Ok(match setting.default {
        Some(value) => Held { value: Some(value.into()), origin: Origin::Default },
        None => Held { value: None, origin: Origin::Nobody },
    })
}

fn held(setting: &Setting, value: String, origin: Origin) -> Result<Held, Unusable> {
    let (Origin::Variable(name) | Origin::File(name)) = &origin else {
        return Ok(Held { value: Some(value), origin });
    };
    match setting.objection(&value) {
        Some(objection) => Err(Unusable::Wrong { name: name.clone(), objection }),
        None => Ok(Held { value: Some(value), origin }),
    }
}

/// The variables of the model providers that somebody said something about.
pub fn providers(variables: &Variables, said: &Said) -> BTreeSet<String> {
    let of_environment =
        variables.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.as_str());
    let of_environment = of_environment
        .filter(|name| settings::is_provider_key(name) || settings::provider_key_of_file(name).is_some());
    let of_file = said.keys().filter_map(|key| settings::provider(key));
    let whose = |name| settings::provider_key_of_file(name).unwrap_or(name).to_owned();
    of_environment.chain(of_file).map(whose).collect()
}

/// What the variable of a model provider is: a key may be in a file, as every secret.
pub fn hold_provider(variable: &str, variables: &Variables, said: &Said) -> Result<Held, Unusable> {
    let file = Some(format!("{variable}_FILE"));
    let file = file.filter(|file| settings::provider_key_of_file(file).is_some());
    let names = || [Some(variable), file.as_deref()].into_iter().flatten();
    let of_environment = names().map(|name| (variables.get(name), Origin::Variable(name.into())));
    let of_file = names().map(|name| format!("{PROVIDERS}.{name}"));
    let of_file = of_file.map(|key| (said.get(&key), Origin::File(key)));
    for (value, origin) in of_environment.chain(of_file) {
        let (Some(value), Origin::Variable(name) | Origin::File(name)) =
            (value.filter(|value| !value.is_empty()), &origin)
        else {
            continue;
        };
        let is_there_itself = name.ends_with(variable);
        let value = if is_there_itself { value.clone() } else { secret(name, value, variables)? };
        return Ok(Held { value: Some(value), origin });
    }
    Ok(Held { value: None, origin: Origin::Nobody })
}

/// The first line of a secret's file.
fn secret(name: &str, path: &str, variables: &Variables) -> Result<String, Unusable> {
    let path = whole(path, variables);
    let text = fs::read_to_string(&path).map_err(|source| Unusable::SecretFile {
        name: name.into(),
        path,
        source,
    })?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// A path without `~`.
pub fn whole(path: &str, variables: &Variables) -> PathBuf {
    match (path.strip_prefix("~/"), variables.get("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => path.into(),
    }
}

/// The environment of what is started: all that it had, and what the file says beside it.
pub fn environment(variables: &Variables, said: &Said) -> Result<Variables, Unusable> {
    let mut environment = variables.clone();
    for setting in SETTINGS {
        let Held { value: Some(value), origin } = hold(setting, variables, said)? else { continue };
        // What holds by itself is known where it is used.
        if origin == Origin::Default {
            continue;
        }
        let value =
            if setting.kind == Kind::Path { whole(&value, variables).display().to_string() } else { value };
        environment.insert(setting.variable.into(), value);
        environment.remove(&format!("{}_FILE", setting.variable));
    }
    for variable in providers(variables, said) {
        if let Some(value) = hold_provider(&variable, variables, said)?.value {
            let file = format!("{variable}_FILE");
            if settings::provider_key_of_file(&file).is_some() {
                environment.remove(&file);
            }
            environment.insert(variable, value);
        }
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config_file, settings::by_key};

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|&(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let said = config_file::read(r#"{"server": {"port": 9000}}"#).unwrap();
        let port = by_key("server.port").unwrap();
        let held = |variables: &Variables, said: &Said| {
            let Held { value, origin } = hold(port, variables, said).unwrap();
            (value.unwrap(), origin.to_string())
        };
        let set = variables(&[("OCWEB_PORT", "9001")]);
        assert_eq!(held(&set, &said), ("9001".into(), "environment, OCWEB_PORT".into()));
        assert_eq!(
            held(&variables(&[("OCWEB_PORT", "")]), &said),
            ("9000".into(), "config file, server.port".into())
        );
        assert_eq!(held(&Variables::new(), &Said::new()), ("8080".into(), "default".into()));
    }

    #[test]
    fn a_secret_comes_from_its_file_and_a_wrong_value_is_named_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "ghp_1\n").unwrap();
        let token = by_key("github.token").unwrap();
        let set = variables(&[("GITHUB_TOKEN_FILE", path.to_str().unwrap())]);
        assert_eq!(hold(token, &set, &Said::new()).unwrap().value.unwrap(), "ghp_1");
        let environment = environment(&set, &Said::new()).unwrap();
        assert_eq!(environment.get("GITHUB_TOKEN").unwrap(), "ghp_1");
        assert!(!environment.contains_key("GITHUB_TOKEN_FILE"));
        let set = variables(&[("GITHUB_TOKEN_FILE", "/nowhere/token")]);
        assert!(
            hold(token, &set, &Said::new()).unwrap_err().to_string().starts_with("GITHUB_TOKEN_FILE names")
        );
        let wrong =
            hold(by_key("server.port").unwrap(), &variables(&[("OCWEB_PORT", "s3cret")]), &Said::new());
        assert_eq!(wrong.unwrap_err().to_string(), "OCWEB_PORT must be a whole number from 1 to 65535.");
    }

    #[test]
    fn a_providers_key_comes_from_its_file_unless_it_is_there_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "sk-of-the-file\n").unwrap();
        let path = path.to_str().unwrap();
        let told = |pairs: &[(&str, &str)]| environment(&variables(pairs), &Said::new());
        let key = told(&[("OPENROUTER_API_KEY_FILE", path), ("OPENROUTER_API_KEY", "")]).unwrap();
        assert_eq!(key, variables(&[("OPENROUTER_API_KEY", "sk-of-the-file")]));
        let key = told(&[("OPENROUTER_API_KEY_FILE", path), ("OPENROUTER_API_KEY", "sk")]).unwrap();
        assert_eq!(key["OPENROUTER_API_KEY"], "sk");
        let missing = told(&[("OPENROUTER_API_KEY_FILE", "/nowhere/key")]).unwrap_err().to_string();
        assert!(missing.starts_with("OPENROUTER_API_KEY_FILE names the file /nowhere/key"), "{missing}");
        let said = |text: &str| config_file::read(text).unwrap();
        let named = format!(r#"{{"providers": {{"OPENROUTER_API_KEY_FILE": "{path}"}}}}"#);
        let both = format!(r#"{{"providers": {{"GROQ_API_KEY_FILE": "{path}", "GROQ_API_KEY": "sk"}}}}"#);
        let of_file =
            |text: &str, pairs: &[(&str, &str)]| environment(&variables(pairs), &said(text)).unwrap();
        assert_eq!(of_file(&named, &[]), variables(&[("OPENROUTER_API_KEY", "sk-of-the-file")]));
        let own = [("OPENROUTER_API_KEY", "sk")];
        assert_eq!(of_file(&named, &own), variables(&own));
        assert_eq!(of_file(&both, &[]), variables(&[("GROQ_API_KEY", "sk")]));
        // A file of another kind is the provider's own affair.
        let own = [("AWS_WEB_IDENTITY_TOKEN_FILE", path)];
        assert_eq!(told(&own).unwrap(), variables(&own));
    }

    #[test]
    fn what_is_started_is_told_what_the_file_says_and_nothing_of_what_holds_by_itself() {
        let text = r#"{"providers": {"OPENROUTER_API_KEY": "sk"}, "data": "~/work", "server": {"host_names": ["a", "b"]}}"#;
        let said = config_file::read(text).unwrap();
        let told = environment(&variables(&[("HOME", "/home/me")]), &said).unwrap();
        let expected = [
            ("HOME", "/home/me"),
            ("OCWEB_DATA", "/home/me/work"),
            ("OCWEB_HOSTS", "a,b"),
            ("OPENROUTER_API_KEY", "sk"),
        ];
        assert_eq!(told, variables(&expected));
    }
}
