//! What every command is given: how to speak, the environment, and by them the settings and the running instance.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{
    arguments::Manner,
    config_file::{self, Said},
    config_store,
    failure::Failure,
    instance::Instance,
    resolution::{self, Variables},
};

/// What a command is given.
#[derive(Debug)]
pub struct Context {
    /// How to speak.
    pub manner: Manner,
    /// The variables that the command was started with.
    pub variables: Variables,
}

impl Context {
    /// A variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The same without some of the variables.
    #[must_use]
    pub fn without(&self, names: &[String]) -> Self {
        let mut variables = self.variables.clone();
        variables.retain(|name, _| !names.contains(name));
        Self { manner: self.manner, variables }
    }

    /// Tells the person on standard error how it goes, unless nobody wants to hear it.
    pub fn say(&self, sentence: &str) {
        if !self.manner.quiet && !self.manner.json {
            tell(sentence);
        }
    }

    /// Tells a person who wants to know more.
    pub fn detail(&self, sentence: &str) {
        if self.manner.verbose && !self.manner.json {
            tell(sentence);
        }
    }

    /// Where the config file lies, or would.
    pub fn config_path(&self) -> Result<PathBuf, Failure> {
        let variable = |name: &str| self.variable(name).map(str::to_owned);
        if is_root() && variable("OCWEB_CONFIG").is_none() && variable("XDG_CONFIG_HOME").is_none() {
            return Ok("/etc/ocweb/config.jsonc".into());
        }
        config_file::path(variable).ok_or_else(|| {
            Failure::Setting(
                "HOME is not set, so the config file has no place: set HOME, or OCWEB_CONFIG.".into(),
            )
        })
    }

    /// What the config file says; nothing where there is none.
    pub fn said(&self) -> Result<Said, Failure> {
        let path = self.config_path()?;
        config_file::read(&config_store::text(&path)?).map_err(|mistakes| Failure::mistakes(&path, &mistakes))
    }

    /// The environment with what the config file says in it: that of whatever is started.
    pub fn environment(&self) -> Result<Variables, Failure> {
        let mut environment = resolution::environment(&self.variables, &self.said()?)?;
        if environment.get("OCWEB_DATA").is_none_or(String::is_empty) {
            let data = default_data(&environment).ok_or_else(|| {
                Failure::Setting(
                    "HOME is not set, so there is no place for data: set HOME, or OCWEB_DATA.".into(),
                )
            })?;
            environment.insert("OCWEB_DATA".into(), data.display().to_string());
        }
        Ok(environment)
    }

    /// The folder of everything that is kept.
    pub fn data(&self) -> Result<PathBuf, Failure> {
        Ok(self.environment()?.remove("OCWEB_DATA").unwrap_or_default().into())
    }

    /// The ocweb that runs on the data.
    pub fn instance(&self) -> Result<Instance, Failure> {
        Instance::find(&self.data()?)
    }
}

/// The config file and the data of somebody who is not root, where no variable says otherwise.
pub fn usual_places(home: &Path) -> (PathBuf, PathBuf) {
    (home.join(".config/ocweb/config.jsonc"), home.join(".local/share/ocweb"))
}

/// Shows on standard output what a command found, if anything. Nobody may read it to its end: `ocweb config get | head`.
pub fn show(found: &str) {
    if !found.is_empty() {
        let _ = writeln!(io::stdout(), "{found}");
    }
}

/// Whoever has closed the terminal hears nothing; what was begun goes on.
fn tell(sentence: &str) {
    let _ = writeln!(io::stderr(), "{sentence}");
}

/// Root's is an ocweb of the whole machine.
fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

fn default_data(variables: &Variables) -> Option<PathBuf> {
    let folder = |name: &str| variables.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let share = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")));
    let own = share.map(|share| share.join("ocweb"));
    // The agent is another user then, who gets through to nothing in root's home.
    if is_root() && !own.as_ref().is_some_and(|own| own.exists()) {
        Some("/var/lib/ocweb".into())
    } else {
        own
    }
}
