//! What a setup ends in: all that is to be changed, and nothing changed yet.

use std::collections::BTreeMap;

use crate::{
    config_file::{self, Mistake, Said},
    resolution::Variables,
    settings,
};

/// The beginning of a config file that a setup makes.
const HEADING: &str = "\
// The settings of ocweb. `ocweb config get` shows what holds, `ocweb config schema` says what there is.
{
}
";

/// What becomes of the password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum NewPassword {
    /// There is one.
    #[default]
    Kept,
    /// One is made and shown once.
    Made,
    /// This one.
    Given(String),
}

/// What is to be changed.
#[derive(Debug, Default)]
pub struct Plan {
    /// What the file says before.
    said: Said,
    /// By key; nothing takes it out of the file.
    changes: BTreeMap<String, Option<String>>,
    /// By key, also where the file says so already: the answers, which win over what the environment says.
    decided: BTreeMap<String, Option<String>>,
    /// What becomes of the password.
    pub password: NewPassword,
    /// Whether it is started with the machine.
    pub service: bool,
}

impl Plan {
    /// One that changes nothing of what the file says.
    pub fn new(said: Said) -> Self {
        Self { said, ..Self::default() }
    }

    /// Wants a value in the file, as the variable would say it.
    pub fn set(&mut self, key: &str, value: &str) {
        // A secret is in the file or in one of its own.
        self.unset(&settings::other_key(key));
        self.decided.insert(key.into(), Some(value.into()));
        let before = self.said.get(key).map(String::as_str).or(default(key));
        if before == Some(value) {
            self.changes.remove(key);
        } else {
            self.changes.insert(key.into(), Some(value.into()));
        }
    }

    /// Wants a value out of the file.
    pub fn unset(&mut self, key: &str) {
        self.decided.insert(key.into(), None);
        self.changes.remove(key);
        if self.said.contains_key(key) {
            self.changes.insert(key.into(), None);
        }
    }

    /// Whether there is an answer about this key.
    pub fn decides(&self, key: &str) -> bool {
        self.decided.contains_key(key)
    }

    /// The variables that say something else than the answers, and would win.
    pub fn contradicted_by(&self, variables: &Variables) -> Vec<String> {
        let contradicts = |(key, value): (&String, &Option<String>)| {
            let name = variable(key)?;
            let said = variables.get(&name).filter(|said| !said.is_empty())?;
            (Some(said.as_str()) != value.as_deref().or(default(key))).then_some(name)
        };
        self.decided.iter().filter_map(contradicts).collect()
    }

    /// Whether everything is to stay as it is.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.password == NewPassword::Kept && !self.service
    }

    /// Whether the file is to be changed.
    pub fn changes_file(&self) -> bool {
        !self.changes.is_empty()
    }

    /// The file after it.
    pub fn applied(&self, text: &str) -> Result<String, Mistake> {
        let text = if text.trim().is_empty() { HEADING } else { text };
        self.changes.iter().try_fold(text.to_owned(), |text, (key, value)| match value {
            Some(value) => config_file::with(&text, key, &config_file::written(key, value)),
            None => config_file::without(&text, key),
        })
    }

    /// What will be in the file, a line each, without secrets.
    pub fn told(&self) -> Vec<String> {
        let line = |(key, value): (&String, &Option<String>)| match value {
            None => format!("{key}: taken out"),
            Some(_) if settings::is_secret(key) => format!("{key} = (not shown)"),
            Some(value) => format!("{key} = {value}"),
        };
        self.changes.iter().map(line).collect()
    }
}

fn default(key: &str) -> Option<&'static str> {
    settings::by_key(key).and_then(|setting| setting.default)
}

/// The variable that says the same as this key.
fn variable(key: &str) -> Option<String> {
    if let Some(setting) = settings::by_key(key) {
        return Some(setting.variable.into());
    }
    if let Some(setting) = settings::by_file_key(key) {
        return Some(format!("{}_FILE", setting.variable));
    }
    settings::provider(key).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        Plan::new(config_file::read(text).unwrap())
    }

    #[test]
    fn only_what_is_different_is_changed_and_comments_stay() {
        let text = "{\n  // mine\n  \"server\": { \"port\": 9000 }, // here\n  \"github\": { \"token_file\": \"/t\" }\n}\n";
        let mut plan = plan(text);
        plan.set("server.port", "9000");
        plan.unset("server.host");
        plan.set("saved.days", "30");
        assert!(!plan.changes_file(), "{plan:?}");
        plan.set("github.token", "ghp_1");
        plan.set("server.trusted_proxies", "10.0.0.0/8 ::1");
        let after = plan.applied(text).unwrap();
        assert!(after.contains("// mine") && after.contains("// here"), "{after}");
        let said = config_file::read(&after).unwrap();
        assert_eq!((said["github.token"].as_str(), said.get("github.token_file")), ("ghp_1", None));
        assert_eq!(said["server.trusted_proxies"], "10.0.0.0/8 ::1");
        assert_eq!(said["server.port"], "9000");
        assert_eq!(
            plan.told(),
            [
                "github.token = (not shown)",
                "github.token_file: taken out",
                "server.trusted_proxies = 10.0.0.0/8 ::1"
            ]
        );
    }

    #[test]
    fn what_an_environment_says_against_an_answer_is_known() {
        let mut plan = plan("");
        plan.set("github.token", "new");
        plan.set("server.port", "8080");
        plan.set("providers.OPENROUTER_API_KEY", "sk");
        plan.unset("server.host");
        let said = [
            ("GITHUB_TOKEN", "old"),
            ("GITHUB_TOKEN_FILE", "/old"),
            ("OCWEB_PORT", "8080"),
            ("OCWEB_HOST", "0.0.0.0"),
            ("OPENROUTER_API_KEY_FILE", "/key"),
            ("OCWEB_NOTICE", "hello"),
        ];
        let variables = said.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let names = ["GITHUB_TOKEN", "GITHUB_TOKEN_FILE", "OPENROUTER_API_KEY_FILE", "OCWEB_HOST"];
        assert_eq!(plan.contradicted_by(&variables), names);
        assert!(plan.decides("github.token_file") && !plan.decides("notice"));
    }

    #[test]
    fn a_new_file_says_what_it_is() {
        let mut plan = plan("");
        plan.set("providers.OPENROUTER_API_KEY", "sk-or-1");
        let after = plan.applied("").unwrap();
        assert!(after.starts_with("// The settings of ocweb."), "{after}");
        assert_eq!(config_file::read(&after).unwrap()["providers.OPENROUTER_API_KEY"], "sk-or-1");
        assert_eq!(plan.told(), ["providers.OPENROUTER_API_KEY = (not shown)"]);
    }
}
