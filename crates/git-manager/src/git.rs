//! The only place that runs git.
//!
//! Everything that writes to a repository or talks to a remote is git's own process; the library
//! (`git2`) only reads. Repositories here are also written to by the agent, so nothing they configure
//! is trusted:
//!
//! - the environment is built from nothing; no system or user configuration, no hooks, no helpers, and no
//!   transport but HTTP;
//! - what talks to a remote never reads a clone's configuration, where one line is enough to lead a request
//!   through somebody else's proxy: it runs in a [`Borrowed`] git directory;
//! - what is made of what an agent has is made in a [`Workshop`];
//! - the remote is the github-gateway on this machine. A transfer shows it a capability that is good for minutes, for
//!   reading this one repository; GitHub's token is not in this process.
//!
//! Each git is the leader of a process group that dies with the future that waits for it, and git itself
//! dies with this service. What it started may outlive it by a moment; [`Leftovers`] ends that at the
//! next start.

mod account;
mod borrowed;
mod failure;
#[cfg(test)]
mod fuzz;
mod invocation;
mod leftovers;
mod progress;
mod stale_locks;
mod streams;
mod workshop;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use ocweb_git_access::{Capability, Grant, Key};
use reqwest::Url;
use tokio::sync::OnceCell;

pub use account::Account;
pub use borrowed::Borrowed;
pub use failure::GitError;
pub use invocation::{FirstLines, Invocation, Output};
pub use leftovers::{Leftovers, LeftoversError};
pub use progress::{Phase, Progress};
pub use stale_locks::clearing_stale_locks;
pub use workshop::Workshop;

use crate::{access, clones::Extent, config::Config, names::RepositoryName};

/// How long the gateway may take to come up.
const GATEWAY_STARTS: Duration = Duration::from_secs(10);
/// For how long after it was made up a transfer may begin, in seconds.
const BEGINS_WITHIN: u64 = 600;

/// Runs git for one data folder and one GitHub.
pub struct Git {
    binary: PathBuf,
    environment: Vec<(OsString, OsString)>,
    /// That of a git in a chat's working copy.
    agents_environment: Vec<(OsString, OsString)>,
    home: PathBuf,
    /// What clones name as their origin.
    github: Url,
    /// What is asked instead.
    gateway: Url,
    key: Key,
    has_token: bool,
    /// Who commits; see [`Self::account`].
    account: OnceCell<Account>,
    stall_seconds: u64,
    leftovers: Leftovers,
}

impl Git {
    /// Makes git's private home below `folder`.
    pub fn new(config: &Config, folder: &Path, leftovers: Leftovers) -> std::io::Result<Self> {
        let home = folder.join("home");
        let workshops = home.join("workshops");
        // What a killed run left.
        match std::fs::remove_dir_all(&workshops) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => std::fs::create_dir_all(&home)?,
        }
        let binary = find_in_path("git", &config.path)
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::NotFound, "git is not installed"))?;
        let mut environment: Vec<(OsString, OsString)> = [
            ("PATH", config.path.as_str()),
            ("LC_ALL", "C"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ALLOW_PROTOCOL", "http"),
            ("GIT_OPTIONAL_LOCKS", "0"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .to_vec();
        environment.push(("HOME".into(), home.clone().into()));
        // A working copy that lost its `.git` must not be taken for a part of whatever is above it, nor may
        // git's home be.
        let ceilings = [config.folders.repositories(), config.folders.worktrees(), folder.to_owned()];
        let ceilings = std::env::join_paths(ceilings);
        environment.push(("GIT_CEILING_DIRECTORIES".into(), ceilings.map_err(std::io::Error::other)?));
        // The mark by which the supervisor finds what an instance left behind.
        environment.extend(config.instance.iter().map(|mark| ("OCWEB_INSTANCE".into(), mark.into())));
        let agents_environment = agents_environment(config, &environment);
        let host = config.github_url.host_str().unwrap_or("github.com");
        let account = config.github_user.as_deref().map(|login| Account::of_login(login, host));
        Ok(Self {
            binary,
            environment,
            agents_environment,
            home,
            github: config.github_url.clone(),
            gateway: config.gateway_url.clone(),
            key: config.key.clone(),
            has_token: config.has_token,
            account: OnceCell::new_with(account),
            stall_seconds: config.stall_seconds,
            leftovers,
        })
    }

    /// Where a repository is at GitHub: what its clone names as its origin.
    pub fn origin(&self, repository: &RepositoryName) -> Url {
        address(&self.github, repository)
    }

    /// Where a transfer of a repository goes: the gateway.
    pub fn address(&self, repository: &RepositoryName) -> Url {
        address(&self.gateway, repository)
    }

    /// Whether private repositories can be read.
    pub fn has_token(&self) -> bool {
        self.has_token
    }

    /// The name of GitHub's host.
    pub fn host(&self) -> &str {
        self.github.host_str().unwrap_or("github.com")
    }

    /// A git command that stays on this machine.
    pub fn local(&self, directory: &Path) -> Invocation {
        let mut invocation = Invocation::new(&self.binary, directory, self.leftovers.descriptor());
        invocation.command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        invocation
            .setting("core.hooksPath=/dev/null")
            .setting("core.fsmonitor=false")
            .setting("gc.auto=0")
            .setting("maintenance.auto=false")
            .setting("advice.detachedHead=false")
    }

    /// A git command that only reads a working copy: not what its configuration names instead, and nothing that
    /// would have to be fetched first.
    pub fn reading(&self, working_copy: &Path) -> Invocation {
        let mut invocation = self.local(working_copy);
        invocation.command.env("GIT_DIR", working_copy.join(".git")).env("GIT_WORK_TREE", working_copy);
        invocation.environment(&[("GIT_NO_LAZY_FETCH", "1")])
    }

    /// A git command in a chat's working copy as its agent would run it: with the agent's configuration, the repository's
    /// hooks and filters, and the chat's own capability. For what a person asks to be done there; no secret is in reach.
    pub fn as_agent(&self, working_copy: &Path) -> Invocation {
        let mut invocation = Invocation::new(&self.binary, working_copy, self.leftovers.descriptor());
        invocation.command.envs(self.agents_environment.iter().map(|(name, value)| (name, value)));
        // In the background it would outlive its chat.
        invocation.setting("gc.auto=0").setting("maintenance.auto=false")
    }

    /// A git directory to fetch in for the clone of `repository` at `clone`. One at a time for each clone.
    pub fn borrow(
        &self,
        repository: &RepositoryName,
        clone: &Path,
        extent: Extent,
    ) -> std::io::Result<Borrowed> {
        Borrowed::new(&self.home, clone, &self.address(repository), extent)
    }

    /// The same without the clone's references: a fetch in it takes nothing for granted.
    pub fn borrow_objects(
        &self,
        repository: &RepositoryName,
        clone: &Path,
        extent: Extent,
    ) -> std::io::Result<Borrowed> {
        Borrowed::of_objects(&self.home, clone, &self.address(repository), extent)
    }

    /// Waits until the gateway takes connections: it may come up after this service, or again after it fell. When that takes
    /// too long, git finds out and says so.
    pub async fn await_gateway(&self) {
        let Ok(addresses) = self.gateway.socket_addrs(|| None) else { return };
        let connect = async || tokio::net::TcpStream::connect(&addresses[..]).await;
        let up = async {
            while connect().await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(GATEWAY_STARTS, up).await.is_err() {
            tracing::warn!(gateway = %self.gateway, "the github-gateway does not come up");
        }
    }

    /// A git directory of our own for one piece of work.
    pub fn workshop(&self) -> std::io::Result<Workshop> {
        Workshop::new(&self.home.join("workshops"))
    }

    /// A git command in a workshop.
    pub fn within(&self, workshop: &Workshop) -> Invocation {
        let mut invocation = self.local(workshop.path());
        invocation.command.env("GIT_DIR", workshop.path());
        invocation
    }

    /// A git command in a workshop that writes objects among those of a repository. It puts them in place by a rename, and the
    /// repository may be on another volume than the workshop.
    pub fn within_for(&self, workshop: &Workshop, objects: &Path) -> Invocation {
        let mut invocation = self.within(workshop);
        // Quoted, a path may have a colon, which else ends it.
        let of_workshop = workshop.path().join("objects").display().to_string();
        let of_workshop = of_workshop.replace('\\', "\\\\").replace('"', "\\\"");
        invocation
            .command
            .env("GIT_OBJECT_DIRECTORY", objects)
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", format!("\"{of_workshop}\""));
        invocation
    }

    /// A git command in a workshop about the files of a working copy, with an index of the workshop.
    pub fn within_over(&self, workshop: &Workshop, working_copy: &Path, index: &str) -> Invocation {
        let mut invocation = self.local(working_copy);
        invocation
            .command
            .env("GIT_DIR", workshop.path())
            .env("GIT_WORK_TREE", working_copy)
            .env("GIT_INDEX_FILE", workshop.path().join(index));
        invocation
    }

    /// A git command that reads `repository` at the remote, in the name of a clone or (without one) of none.
    pub fn remote(&self, repository: &RepositoryName, clone: Option<&Borrowed>) -> Invocation {
        let mut invocation = self
            .local(clone.map_or(self.home.as_path(), Borrowed::path))
            .setting("protocol.ext.allow=never")
            .setting("http.followRedirects=false")
            .setting("http.lowSpeedLimit=1")
            .setting(&format!("http.lowSpeedTime={}", self.stall_seconds))
            // The objects that a clone borrows from elsewhere lie where another configuration rules.
            .setting("core.alternateRefsCommand=true");
        if let Some(clone) = clone {
            invocation.command.env("GIT_DIR", clone.path());
        }
        let capability = Capability { repository: repository.clone(), grant: Grant::transfer(BEGINS_WITHIN) };
        // Not among the arguments, which everybody can read.
        let [name, value] = access::header(&self.gateway, &self.key.sign(&capability));
        invocation
            .command
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", name)
            .env("GIT_CONFIG_VALUE_0", value);
        invocation
    }
}

fn address(base: &Url, repository: &RepositoryName) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(repository.owner()).push(&format!("{}.git", repository.name()));
    }
    url
}

/// What a git of the agent has in its environment; the folders are those that opencode is given.
fn agents_environment(config: &Config, own: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    const SHARED: [&str; 4] = ["PATH", "GIT_TERMINAL_PROMPT", "GIT_CEILING_DIRECTORIES", "OCWEB_INSTANCE"];
    let shared = own.iter().filter(|(name, _)| SHARED.iter().any(|known| name == known)).cloned();
    let state = config.folders.agent_state();
    let folders = [
        ("HOME", "home"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_CACHE_HOME", "cache"),
    ];
    let folders = folders.map(|(name, folder)| (name.into(), state.join(folder).into()));
    // git speaks English then; hooks may not be able to write anything but ASCII in plain C.
    let words = [("LC_ALL", "C.UTF-8"), ("GIT_ALLOW_PROTOCOL", "http:https")];
    // Nobody is there to edit.
    let editors = [("GIT_EDITOR", "true"), ("GIT_SEQUENCE_EDITOR", "true")];
    let fixed = words.into_iter().chain(editors).map(|(name, value)| (name.into(), value.into()));
    shared.chain(folders).chain(fixed).collect()
}

fn find_in_path(name: &str, path: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
