//! Who runs what.
//!
//! An agent does what it was talked into, so what it must not learn belongs to another user: then the kernel keeps it from
//! that user's `/proc`, memory, sockets and files. That takes root to arrange. Started as anybody else, everything
//! is one user.

use std::{
    fmt,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

use nix::unistd::{Gid, Uid, User as Account};
use ocweb_service::{ConfigError, Environment};

use crate::settings::Settings;

/// The setting that names the agent's user.
const AGENT: &str = "OCWEB_AGENT_USER";

/// The setting that names the user of what holds secrets.
const KEEPER: &str = "OCWEB_USER";

/// Who they are when nobody is named: numbers that no system gives to anybody.
const NOBODIES_AGENT: u32 = 65_521;
const NOBODIES_KEEPER: u32 = 65_520;

/// Services that run as the agent's user: one writes to its repositories, one looks at its processes and ends them.
pub(crate) const OF_THE_AGENT: [&str; 3] = [crate::table::OPENCODE, "git-manager", "resource-monitor"];

/// A user and its group, which is its only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: Uid,
    pub(crate) gid: Gid,
}

impl User {
    /// Whom we run as.
    pub(crate) fn us() -> Self {
        Self { uid: Uid::effective(), gid: Gid::effective() }
    }
}

/// Who runs what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Users {
    /// Everything is the user that started us.
    One,
    /// The agent is one user, what holds secrets another, and we are root.
    Apart {
        /// opencode, whatever it starts, and the services that work on its files and processes.
        agent: User,
        /// Everything else. Its group may connect to all services.
        keeper: User,
    },
}

/// Who runs what, and what follows from it that a person has to know.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) users: Users,
    /// Why the agent is root, and so can read all that ocweb knows, although nobody said that it should be.
    pub(crate) agent_is_root: Option<String>,
}

impl Users {
    /// As whom a process of the table runs, where it is not as we do.
    pub(crate) fn of(self, name: &str) -> Option<User> {
        match self {
            Self::One => None,
            Self::Apart { agent, .. } if self.is_the_agents(name) => Some(agent),
            Self::Apart { keeper, .. } => Some(keeper),
        }
    }

    /// True for what shares its user with the agent, and with nobody else.
    pub(crate) fn is_the_agents(self, name: &str) -> bool {
        self != Self::One && OF_THE_AGENT.contains(&name)
    }

    /// The group that may connect to services.
    pub(crate) fn visitors(self) -> Option<Gid> {
        match self {
            Self::One => None,
            Self::Apart { keeper, .. } => Some(keeper.gid),
        }
    }

    /// Keeps the agent apart where we can. Where it was not asked for and cannot be done, everything is one user, and it is
    /// told why.
    pub(crate) fn choose(settings: &Settings) -> Result<Choice, ConfigError> {
        let environment = &settings.environment;
        let one = |agent_is_root| Ok(Choice { users: Self::One, agent_is_root });
        if !Uid::effective().is_root() {
            return one(None);
        }
        let agent = named(environment, AGENT, NOBODIES_AGENT)?;
        let keeper = named(environment, KEEPER, NOBODIES_KEEPER)?;
        if agent.uid.is_root() {
            tracing::warn!("{AGENT} is root: the agent can read all that ocweb knows");
            return one(None);
        }
        if keeper.uid.is_root() || keeper.uid == agent.uid || keeper.gid == agent.gid {
            return Err(invalid(
                KEEPER,
                "it must be neither root nor in the agent's group nor the agent's user",
            ));
        }
        let tried = try_out(settings, agent, keeper).and_then(|()| match environment.get(AGENT) {
            Some(_) => keep_programs_from(settings, agent, keeper),
            // Nothing belongs to a user that nobody named.
            None => Ok(()),
        });
        match tried {
            Ok(()) => Ok(Choice { users: Self::Apart { agent, keeper }, agent_is_root: None }),
            Err(obstacle) if environment.get(AGENT).is_some() => Err(invalid(AGENT, obstacle.to_string())),
            Err(obstacle) => one(Some(obstacle.to_string())),
        }
    }
}

fn invalid(name: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Invalid { name, reason: reason.into() }
}

/// The user that a setting names, by name or number.
fn named(environment: &Environment, setting: &'static str, nobodies: u32) -> Result<User, ConfigError> {
    let number = match environment.get(setting) {
        None => Some(nobodies),
        Some(text) => text.parse().ok(),
    };
    let account = match number {
        Some(number) => Account::from_uid(Uid::from_raw(number)),
        None => Account::from_name(environment.get(setting).unwrap_or_default()),
    };
    match (account, number) {
        (Ok(Some(account)), _) => Ok(User { uid: account.uid, gid: account.gid }),
        // A number needs no account.
        (_, Some(number)) => Ok(User { uid: Uid::from_raw(number), gid: Gid::from_raw(number) }),
        (_, None) => Err(invalid(setting, "this machine has no such user")),
    }
}

/// Why somebody cannot be a user of their own.
#[derive(Debug)]
enum Obstacle {
    /// The system lets us become nobody else.
    Become(std::io::Error),
    /// They cannot get at something.
    Reach { who: Uid, what: String },
    /// They could change what others run.
    Change { who: Uid, what: String },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Become(error) => write!(text, "no process can become another user: {error}"),
            Self::Reach { who, what } => write!(text, "user {who} cannot reach {what}"),
            Self::Change { who, what } => write!(text, "user {who} can change {what}, which others run"),
        }
    }
}

/// Becomes both users, and tries whether they get at what they need.
fn try_out(settings: &Settings, agent: User, keeper: User) -> Result<(), Obstacle> {
    let Settings { environment, folders, programs, caddyfile, web, .. } = settings;
    let mut common: Vec<(&str, &Path)> = Vec::new();
    // The folders themselves are arranged later, and in a mere check not there yet.
    let above = |path| Path::ancestors(path).skip(1).find(|folder| folder.is_dir());
    common.extend([&folders.data, &folders.run].into_iter().filter_map(|path| Some(("-x", above(path)?))));
    common.extend(environment.get("TMPDIR").map(|path| ("-w", Path::new(path))));
    let mut for_agent = vec![("-x", programs.opencode.as_path())];
    for_agent.extend(environment.get("OPENCODE_CONFIG").map(|path| ("-r", Path::new(path))));
    let mut for_keeper = vec![("-x", programs.caddy.as_path()), ("-r", caddyfile), ("-x", web)];
    for (name, program) in &programs.services {
        let who = if OF_THE_AGENT.contains(name) { &mut for_agent } else { &mut for_keeper };
        who.push(("-x", program));
    }
    for (user, own) in [(agent, for_agent), (keeper, for_keeper)] {
        if let Some(what) = first(user, "test \"$1\" \"$2\"", common.iter().chain(&own))? {
            return Err(Obstacle::Reach { who: user.uid, what });
        }
    }
    Ok(())
}

/// Becomes both users, and tries whether they could put something else in the place of what runs here.
fn keep_programs_from(settings: &Settings, agent: User, keeper: User) -> Result<(), Obstacle> {
    let Settings { programs, caddyfile, web, .. } = settings;
    let files = [&programs.opencode, &programs.caddy, caddyfile, web].into_iter();
    let files = files.chain(programs.services.iter().map(|(_, program)| program));
    let paths: Vec<_> = files
        .flat_map(|path| [Some(path.as_path()), path.parent()])
        .flatten()
        .map(|path| ("-w", path))
        .collect();
    for user in [agent, keeper] {
        if let Some(what) = first(user, "! test \"$1\" \"$2\"", paths.iter())? {
            return Err(Obstacle::Change { who: user.uid, what });
        }
    }
    Ok(())
}

/// The first path of which something is not so. Asks the system itself, which alone knows all its rules.
fn first<'a>(
    user: User,
    test: &str,
    paths: impl Iterator<Item = &'a (&'a str, &'a Path)>,
) -> Result<Option<String>, Obstacle> {
    let script = format!("while [ $# -gt 0 ]; do {test} || {{ printf %s \"$2\"; exit 1; }}; shift 2; done");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script, "sh"]).current_dir("/").env_clear().stdin(Stdio::null());
    for (how, path) in paths {
        command.arg(how).arg(path);
    }
    let output = command.uid(user.uid.as_raw()).gid(user.gid.as_raw()).output().map_err(Obstacle::Become)?;
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((!output.status.success()).then_some(found))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn environment(value: &str) -> Environment {
        [(AGENT, value)].into_iter().collect()
    }

    #[test]
    fn a_user_is_named_or_numbered() {
        let root = named(&environment("root"), AGENT, 7).unwrap();
        assert!(root.uid.is_root());
        assert_eq!(named(&environment("4000000001"), AGENT, 7).unwrap().gid, Gid::from_raw(4_000_000_001));
        assert_eq!(
            named(&Environment::default(), AGENT, NOBODIES_AGENT).unwrap().uid.as_raw(),
            NOBODIES_AGENT
        );
        let error = named(&environment("no such user"), AGENT, 7).unwrap_err();
        assert_eq!(error.to_string(), "OCWEB_AGENT_USER cannot be used: this machine has no such user");
    }

    #[test]
    fn the_agent_shares_its_user_with_no_holder_of_secrets() {
        let user = |number| User { uid: Uid::from_raw(number), gid: Gid::from_raw(number) };
        let users = Users::Apart { agent: user(1), keeper: user(2) };
        for name in crate::settings::SERVICES.iter().chain(&["opencode", "caddy"]) {
            let holds_secrets = ["auth", "github-gateway", "notifier", "event-relay", "caddy"].contains(name);
            assert_eq!(users.of(name), Some(user(if holds_secrets { 2 } else { 1 })), "{name}");
        }
        assert_eq!(Users::One.of("auth"), None);
    }

    #[test]
    fn what_is_out_of_reach_is_named() {
        if !Uid::effective().is_root() {
            eprintln!("only root can try this");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let inside = folder.path().join("inside");
        std::fs::write(&inside, "").unwrap();
        let user = User { uid: Uid::from_raw(NOBODIES_AGENT), gid: Gid::from_raw(NOBODIES_AGENT) };
        let found = first(user, "test \"$1\" \"$2\"", [("-r", Path::new("/")), ("-r", &inside)].iter());
        assert_eq!(found.unwrap(), Some(inside.display().to_string()));
    }
}
