//! What is to be done to a fresh working copy: what its repository says, and what its person says on the page.
//!
//! A committed `.ocweb/setup.json`, `{"copy": [".env"], "run": "npm ci"}`, is read from the commit that the chat begins
//! at. The person's settings add their files and win where both say something: their file takes the place of one to be
//! copied, their command that of the repository's.

use std::path::Path;

use git2::{ObjectType, Oid, Repository};
use ocweb_service::printable;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::InnerPath;

/// Where a repository says what its working copies need.
pub(super) const COMMITTED_FILE: &str = ".ocweb/setup.json";
/// The largest committed file that is read, in bytes.
const COMMITTED_LIMIT: usize = 64 * 1024;
/// How many files a person or a repository may name.
const FILES_LIMIT: usize = 50;
/// How long the texts of all files of the settings may be together, in bytes.
const TEXTS_LIMIT: usize = 512 * 1024;
/// How long a command may be, in bytes.
const COMMAND_LIMIT: usize = 8 * 1024;

/// A file that a person wrote for every working copy of a repository, such as `.env`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettingsFile {
    /// Where it goes.
    #[schema(value_type = String)]
    pub path: InnerPath,
    /// What is in it.
    pub text: String,
}

/// What a person wants done to each new working copy of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SetupSettings)]
pub struct Settings {
    /// Files that are written into it.
    #[serde(default)]
    #[schema(required = true)]
    pub files: Vec<SettingsFile>,
    /// Files that are copied from the clone's own folder, where git does not track them.
    #[serde(default)]
    #[schema(value_type = Vec<String>, required = true)]
    pub copy: Vec<InnerPath>,
    /// What is run in it, in place of what the repository says; `null`: what the repository says.
    pub command: Option<String>,
    /// Whether the repository's own `.ocweb/setup.json` is followed.
    #[serde(default = "follows")]
    #[schema(required = true)]
    pub follow_repository: bool,
}

fn follows() -> bool {
    true
}

impl Default for Settings {
    fn default() -> Self {
        Self { files: Vec::new(), copy: Vec::new(), command: None, follow_repository: true }
    }
}

impl Settings {
    /// Nothing is done, whatever the repository says.
    pub fn nothing() -> Self {
        Self { follow_repository: false, ..Self::default() }
    }
}

/// Settings or a committed file that cannot be followed: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSetup(pub String);

impl InvalidSetup {
    /// What the committed file says now is not here, and did not come.
    pub(crate) fn not_fetched() -> Self {
        Self(format!("{COMMITTED_FILE} has changed and could not be fetched from GitHub. Try again later."))
    }
}

impl Settings {
    /// The settings as they are kept, if they can be followed.
    pub fn checked(mut self) -> Result<Self, InvalidSetup> {
        self.command = checked_command(self.command)?;
        check_paths(self.files.iter().map(|file| &file.path))?;
        check_paths(self.copy.iter())?;
        if self.files.iter().map(|file| file.text.len()).sum::<usize>() > TEXTS_LIMIT {
            return Err(InvalidSetup("The files are too long: 512 KB together is what is kept.".into()));
        }
        Ok(self)
    }
}

/// What a repository says itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CommittedSetup)]
pub struct Committed {
    /// Files that are copied from the clone's own folder, where git does not track them.
    #[serde(default)]
    #[schema(value_type = Vec<String>, required = true)]
    pub copy: Vec<InnerPath>,
    /// What is run in each new working copy.
    #[serde(default)]
    #[schema(required = true)]
    pub run: Option<String>,
}

impl Committed {
    /// What a commit of a clone says; nothing when it says nothing.
    pub fn of_clone(clone: &Path, commit: &str) -> Result<Option<Self>, InvalidSetup> {
        Repository::open(clone).map_or(Ok(None), |repository| Self::at(&repository, commit))
    }

    /// The object that holds what a commit says, where a clone lacks it.
    pub fn lacking(clone: &Path, commit: &str) -> Option<String> {
        let repository = Repository::open(clone).ok()?;
        let id = Self::object(&repository, commit)?;
        (!repository.odb().ok()?.exists(id)).then(|| id.to_string())
    }

    /// The object that holds what a commit says, whether it is here or not; nothing when it says nothing.
    fn object(repository: &Repository, commit: &str) -> Option<Oid> {
        let tree = repository.find_commit(Oid::from_str(commit).ok()?).ok()?.tree().ok()?;
        let entry = tree.get_path(Path::new(COMMITTED_FILE)).ok()?;
        // A link or a folder of that name says nothing.
        let is_file = entry.kind() == Some(ObjectType::Blob) && entry.filemode() != 0o120_000;
        is_file.then(|| entry.id())
    }

    fn at(repository: &Repository, commit: &str) -> Result<Option<Self>, InvalidSetup> {
        let Some(id) = Self::object(repository, commit) else { return Ok(None) };
        let unreadable = |error: git2::Error| {
            InvalidSetup(format!("{COMMITTED_FILE} cannot be read: {}.", error.message()))
        };
        // Before it is read, for which there may be no memory.
        let (size, _) = repository.odb().and_then(|objects| objects.read_header(id)).map_err(unreadable)?;
        if size > COMMITTED_LIMIT {
            return Err(InvalidSetup(format!(
                "{COMMITTED_FILE} is longer than 64 KB, so it is not followed."
            )));
        }
        Self::parse(repository.find_blob(id).map_err(unreadable)?.content()).map(Some)
    }

    pub(super) fn parse(content: &[u8]) -> Result<Self, InvalidSetup> {
        let said: Self = serde_json::from_slice(content).map_err(|error| {
            let why = printable(&error.to_string());
            InvalidSetup(format!("{COMMITTED_FILE} cannot be followed: {why}."))
        })?;
        check_paths(said.copy.iter())?;
        Ok(Self { run: checked_command(said.run)?, ..said })
    }
}

/// Who named a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The repository's committed file.
    Repository,
    /// The settings on the page.
    Settings,
}

/// A command and who named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SetupCommand)]
pub struct Command {
    /// What the shell is given.
    pub text: String,
    /// Who named it.
    #[schema(inline)]
    pub source: Source,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Files that are written.
    pub files: Vec<SettingsFile>,
    /// Files that are copied from the clone.
    pub copy: Vec<InnerPath>,
    /// What is run.
    pub command: Option<Command>,
    /// Why what the repository says is not followed.
    pub problem: Option<String>,
}

impl Plan {
    /// Nothing is done, and why is said.
    pub(super) fn refused(InvalidSetup(problem): InvalidSetup) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }

    /// What the settings and the repository say together.
    pub(super) fn new(settings: Settings, committed: Result<Option<Committed>, InvalidSetup>) -> Self {
        let Settings { files, mut copy, command, follow_repository } = settings;
        let (committed, problem) = match committed {
            _ if !follow_repository => (Committed::default(), None),
            Ok(committed) => (committed.unwrap_or_default(), None),
            Err(error) => (Committed::default(), Some(error.to_string())),
        };
        copy.extend(committed.copy);
        let mut seen: Vec<InnerPath> = files.iter().map(|file| file.path.clone()).collect();
        copy.retain(|path| {
            let is_new = !seen.contains(path);
            seen.push(path.clone());
            is_new
        });
        let own = command.map(|text| Command { text, source: Source::Settings });
        let theirs = committed.run.map(|text| Command { text, source: Source::Repository });
        Self { files, copy, command: own.or(theirs), problem }
    }

    /// Whether there is nothing to be done or said.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn checked_command(command: Option<String>) -> Result<Option<String>, InvalidSetup> {
    let command = command.map(|command| command.trim().to_owned()).filter(|command| !command.is_empty());
    match command {
        Some(command) if command.len() > COMMAND_LIMIT || command.contains('\0') => Err(InvalidSetup(
            "The command is too long: 8 KB is the limit. Put it into a script of the repository.".into(),
        )),
        command => Ok(command),
    }
}

fn check_paths<'a>(paths: impl Iterator<Item = &'a InnerPath>) -> Result<(), InvalidSetup> {
    let paths: Vec<_> = paths.collect();
    if paths.len() > FILES_LIMIT {
        return Err(InvalidSetup(format!("More than {FILES_LIMIT} files are too many.")));
    }
    let mut seen: Vec<&InnerPath> = Vec::new();
    for path in paths {
        if path.is_root() {
            return Err(InvalidSetup("A file needs a path, such as .env.".into()));
        }
        if seen.contains(&path) {
            return Err(InvalidSetup(format!("{} is named twice.", printable(&path.to_string()))));
        }
        seen.push(path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> InnerPath {
        text.parse().unwrap()
    }

    fn committed(text: &str) -> Result<Option<Committed>, InvalidSetup> {
        Committed::parse(text.as_bytes()).map(Some)
    }

    #[test]
    fn the_persons_settings_add_and_win() {
        let settings = Settings {
            files: vec![SettingsFile { path: path(".env"), text: "A=1".into() }],
            copy: vec![path("a")],
            command: Some("mine".into()),
            follow_repository: true,
        };
        let plan = Plan::new(settings.clone(), committed(r#"{"copy": [".env", "a", "b"], "run": "theirs"}"#));
        assert_eq!(plan.copy, [path("a"), path("b")]);
        assert_eq!(plan.command.unwrap(), Command { text: "mine".into(), source: Source::Settings });
        let alone =
            Plan::new(Settings { follow_repository: false, ..settings }, committed(r#"{"copy": ["b"]}"#));
        assert_eq!(alone.copy, [path("a")]);
        let theirs = Plan::new(Settings::default(), committed(r#"{"run": " theirs\n"}"#));
        assert_eq!(theirs.command.unwrap(), Command { text: "theirs".into(), source: Source::Repository });
        assert!(Plan::new(Settings::default(), Ok(None)).is_empty());
    }

    #[test]
    fn what_leads_elsewhere_or_is_not_understood_is_refused_with_a_reason() {
        for text in [
            "",
            r#"{"copy": ["../x"]}"#,
            r#"{"copy": ["/etc/passwd"]}"#,
            r#"{"copy": [".git/config"]}"#,
            r#"{"copy": [""]}"#,
            r#"{"copy": ["a", "a"]}"#,
            r#"{"runs": "typo"}"#,
        ] {
            let problem = Plan::new(Settings::default(), committed(text)).problem;
            assert!(problem.is_some_and(|problem| problem.ends_with('.')), "{text}");
        }
    }
}
