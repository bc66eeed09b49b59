//! Leads the agent's git to the gateway: what a git in a chat's folder is configured with.
//!
//! git reads one file of ours (`git/config` in opencode's configuration folder, which no user of git has to share with
//! us), and that includes another file where the git directory is a chat's. A submodule's git directory
//! lies within the chat's, so it goes the same way, from its first clone on (seen with git 2.39 and 2.47). Nothing is
//! written into the clones themselves: what the agent changes there leads it astray, and nobody else.

use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ocweb_git_access::{BranchName, Capability, Grant, Key, RepositoryName, SessionId};
use reqwest::Url;

use crate::config::Config;

pub(crate) mod submodules;

/// Everything that a chat's worktree contributes.
pub struct Workplace {
    /// Its repository.
    pub repository: RepositoryName,
    /// The chat.
    pub session: SessionId,
    /// Its branch.
    pub branch: BranchName,
    /// The worktree's git directory.
    pub git_directory: PathBuf,
    /// The commit that its branch began at, where it is known.
    pub began_at: Option<String>,
}

/// The files that lead git to the gateway.
pub struct Access {
    /// `git` in opencode's configuration folder.
    folder: PathBuf,
    /// The clones.
    clones: PathBuf,
    github: Url,
    gateway: Url,
    key: Key,
    /// After how many seconds without a byte git gives up.
    stall_seconds: u64,
    /// One writer at a time.
    writing: Mutex<()>,
}

/// The setting that shows a capability to the gateway: its name and its value.
pub fn header(gateway: &Url, capability: &str) -> [String; 2] {
    let credentials = BASE64_STANDARD.encode(format!("ocweb:{capability}"));
    [format!("http.{gateway}.extraHeader"), format!("Authorization: Basic {credentials}")]
}

impl Access {
    /// Files in `folder` for the clones in `clones`.
    pub fn new(folder: PathBuf, clones: PathBuf, config: &Config) -> Self {
        Self {
            folder,
            clones,
            github: folder_of(&config.github_url),
            gateway: folder_of(&config.gateway_url),
            key: config.key.clone(),
            stall_seconds: config.stall_seconds,
            writing: Mutex::default(),
        }
    }

    /// Where the clone of a repository is.
    pub fn clone_of(&self, repository: &RepositoryName) -> PathBuf {
        self.clones.join(repository.folder())
    }

    /// Writes all files anew, as `workplaces` are now. Those that nobody needs any more are removed.
    pub fn write(&self, workplaces: impl FnOnce() -> Vec<Workplace>) -> io::Result<()> {
        // A writer that panicked left files that are each whole.
        let _one = self.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let included = self.folder.join("ocweb");
        fs::create_dir_all(&included)?;
        let mut index = String::from(
            "# Written by ocweb at each start and with each chat. Your own settings belong in ~/.gitconfig.\n",
        );
        let mut names = Vec::new();
        for workplace in workplaces() {
            let Workplace { repository, session, branch, git_directory, began_at } = workplace;
            let clone = self.clone_of(&repository);
            let submodules = began_at
                .map(|commit| submodules::of(&clone, &commit, &repository, &self.github))
                .unwrap_or_default();
            let name = ocweb_git_access::worktree_folder(&repository, &session);
            let path = included.join(&name);
            let capability = Capability { repository, grant: Grant::Chat { session, branch, submodules } };
            replace(&path, &self.settings(&capability))?;
            include(&mut index, &git_directory, &path);
            names.push(name);
        }
        replace(&self.folder.join("config"), &index)?;
        for entry in fs::read_dir(&included)?.flatten() {
            let is_needed =
                entry.file_name().to_str().is_some_and(|name| names.iter().any(|kept| kept == name));
            // What resists leads nobody: nothing includes it.
            if !is_needed && let Err(error) = fs::remove_file(entry.path()) {
                tracing::warn!(file = %entry.path().display(), %error, "what led a git to the gateway stays");
            }
        }
        Ok(())
    }

    /// What git is told in one place.
    fn settings(&self, capability: &Capability) -> String {
        let [_, header] = header(&self.gateway, &self.key.sign(capability));
        let Self { gateway, github, stall_seconds, .. } = self;
        let mut settings = format!("[url \"{gateway}\"]\n\tinsteadOf = {github}\n");
        if let Some(host) = github.host_str() {
            // The other ways to write GitHub's addresses; nobody here has a key for ssh.
            let _ = write!(settings, "\tinsteadOf = git@{host}:\n\tinsteadOf = ssh://git@{host}/\n");
        }
        let _ = write!(
            settings,
            "[http \"{gateway}\"]\n\textraHeader = {header}\n\tproxy =\n\tlowSpeedLimit = 1\n\tlowSpeedTime = {stall_seconds}\n[push]\n\tdefault = current\n\tautoSetupRemote = true\n"
        );
        settings
    }
}

/// An address that ends with a slash, so that it is the beginning of nothing else.
fn folder_of(url: &Url) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("");
    }
    url
}

/// Has `path` included for the git directory, and for those of its submodules, which lie below it.
fn include(index: &mut String, git_directory: &Path, path: &Path) {
    let directory = quoted(git_directory);
    let path = quoted(path);
    // Writing to a String cannot fail.
    for end in ["", "/"] {
        let _ = write!(index, "[includeIf \"gitdir:{directory}{end}\"]\n\tpath = \"{path}\"\n");
    }
}

/// A path within the quotes of git's configuration.
fn quoted(path: &Path) -> String {
    path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"")
}

/// Replaces a file as a whole, so that a git that starts now reads the old or the new one.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, content)?;
    fs::rename(&beside, path)
}
