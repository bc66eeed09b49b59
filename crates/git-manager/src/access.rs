//! Leads the agent's git to the gateway: what a git in a chat's folder is configured with.
//!
//! `git/config` in opencode's configuration folder belongs to whoever writes there, the person or a tool of theirs: it
//! includes one file of ours, and is otherwise left alone. That file includes another one where the git directory is a
//! chat's. A submodule's git directory lies within the chat's, so it goes the same way, from its first clone on (seen
//! with git 2.39 and 2.47). Nothing is written into the clones themselves: what the agent changes there leads it
//! astray, and nobody else.

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
    /// The remote's branch that it began at, where it is known.
    pub base: Option<BranchName>,
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

/// The file that includes the one of each chat, in the folder of these. No worktree is called so.
const INDEX: &str = "config";
/// What makes git read it.
const INCLUSION: &str = "[include]\n\tpath = ocweb/config\n";
/// How the file began when all of it was ours.
const ALL_OURS: &str = "# Written by ocweb at each start";

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
            "# Written by ocweb at each start and with each chat. Your own settings belong in the file that includes this one.\n",
        );
        let mut names = Vec::new();
        for workplace in workplaces() {
            let Workplace { repository, session, branch, git_directory, base } = workplace;
            let name = ocweb_git_access::worktree_folder(&repository, &session);
            let path = included.join(&name);
            let capability = Capability { repository, grant: Grant::Chat { session, branch, base } };
            replace(&path, &self.settings(&capability))?;
            include(&mut index, &git_directory, &path);
            names.push(name);
        }
        replace(&included.join(INDEX), &index)?;
        include_beside(&self.folder.join("config"))?;
        names.push(INDEX.to_owned());
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
    let directory = quoted(&literal(git_directory));
    let path = quoted(&path.display().to_string());
    // Writing to a String cannot fail.
    for end in ["", "/"] {
        let _ = write!(index, "[includeIf \"gitdir:{directory}{end}\"]\n\tpath = \"{path}\"\n");
    }
}

/// A path as a pattern that matches nothing else.
fn literal(path: &Path) -> String {
    let path = path.display().to_string();
    path.chars().fold(String::with_capacity(path.len()), |mut pattern, letter| {
        if matches!(letter, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
        pattern
    })
}

/// A text within the quotes of git's configuration.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Has our file included by somebody else's, behind what stands there. A link leads to the file that is meant.
fn include_beside(config: &Path) -> io::Result<()> {
    let config = config.canonicalize().unwrap_or_else(|_| config.to_owned());
    let before = match fs::read(&config) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Ok(before) if before.starts_with(ALL_OURS.as_bytes()) => Vec::new(),
        before => before?,
    };
    let inclusion = INCLUSION.as_bytes();
    if before.windows(inclusion.len()).any(|window| window == inclusion) {
        return Ok(());
    }
    let end = if before.last().is_none_or(|&last| last == b'\n') { "" } else { "\n" };
    let after = [&before, end.as_bytes(), inclusion].concat();
    let beside = config.with_extension("ocweb-new");
    fs::write(&beside, after)?;
    if let Ok(metadata) = fs::metadata(&config) {
        fs::set_permissions(&beside, metadata.permissions())?;
    }
    fs::rename(&beside, &config)
}

/// Replaces a file as a whole, so that a git that starts now reads the old or the new one.
fn replace(path: &Path, content: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, content)?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, process::Command};

    use super::*;

    #[test]
    fn only_that_git_directory_is_meant_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for (name, other) in [("a[b]c", "abc"), ("a*", "ab"), ("a?", "ac"), ("a\\b", "ab"), ("a\"b c", "ad")]
        {
            for directory in [name, other] {
                let made =
                    Command::new("git").args(["init", "-q"]).arg(folder.path().join(directory)).status();
                assert!(made.unwrap().success());
            }
            let included = folder.path().join("included");
            fs::write(&included, "[ocweb]\n\tled = yes\n").unwrap();
            let mut index = String::new();
            include(&mut index, &folder.path().canonicalize().unwrap().join(name).join(".git"), &included);
            let config = folder.path().join("config");
            fs::write(&config, index).unwrap();
            let is_led = |directory: &str| {
                let mut git = Command::new("git");
                git.env("GIT_CONFIG_GLOBAL", &config).arg("-C").arg(folder.path().join(directory));
                git.args(["config", "ocweb.led"]).output().unwrap().status.success()
            };
            assert!(is_led(name), "{name}");
            assert!(!is_led(other), "{name} is not {other}");
        }
    }

    #[test]
    fn the_persons_own_settings_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (real, config) = (folder.path().join("dotfile"), folder.path().join("config"));
        let own = "[user]\n\tname = Me\n[alias]\n\tst = status";
        fs::write(&real, own).unwrap();
        symlink(&real, &config).unwrap();
        for _ in 0..2 {
            include_beside(&config).unwrap();
            assert_eq!(fs::read_to_string(&config).unwrap(), format!("{own}\n{INCLUSION}"));
        }
        assert!(config.is_symlink());
        fs::remove_file(&config).unwrap();
        include_beside(&config).unwrap();
        assert_eq!(fs::read_to_string(&config).unwrap(), INCLUSION);
        // As an earlier version left it.
        fs::write(&config, format!("{ALL_OURS} and with each chat.\n[includeIf \"gitdir:/x\"]\n")).unwrap();
        include_beside(&config).unwrap();
        assert_eq!(fs::read_to_string(&config).unwrap(), INCLUSION);
    }
}
