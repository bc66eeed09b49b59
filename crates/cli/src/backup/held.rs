//! What a backup is made of: what git-manager takes of the clones, and the folders and the database of the volume.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use ocweb_backup::{
    Archive, Database, Error, Folders, Making, Manifest, Outcome, Source, UnheldWork, identity,
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::opencode;
use crate::{failure::Failure, instance::Instance};

/// Many working copies on a small machine take a while.
const PATIENCE: Duration = Duration::from_hours(1);
const GIT_MANAGER: &str = "git-manager";
/// What the agent's user has of the volume.
const AGENTS: [&str; 3] = ["opencode-state", "ocweb/git-manager", "ocweb/resource-monitor"];
/// What of `ocweb/` is not copied with the keeper's folders: the agent's, and what is about this run alone.
const NOT_THE_KEEPERS: [&str; 3] = [GIT_MANAGER, "resource-monitor", "supervisor"];
/// What git-manager took, until this goes.
pub(super) struct Held<'a> {
    instance: &'a Instance,
    answer: Taken,
}

#[derive(Deserialize)]
struct Taken {
    folder: PathBuf,
    clones: Vec<Value>,
    work: Vec<TakenWork>,
    not_held: Vec<UnheldWork>,
}

/// Work that lies in git-manager's folder until it is let go.
#[derive(Deserialize)]
struct TakenWork {
    id: String,
}

impl Taken {
    /// Whether all of it is there still: a git-manager that was started anew has removed it, and never makes the same again.
    fn is_whole(&self) -> bool {
        let has = |work: &TakenWork, file| self.folder.join("work").join(&work.id).join(file).is_file();
        self.work.iter().all(|work| ["record.json", "work.bundle"].iter().all(|file| has(work, file)))
    }
}

impl<'a> Held<'a> {
    pub(super) fn take(instance: &'a Instance) -> Result<Self, Failure> {
        let answer =
            instance.send_patiently(GIT_MANAGER, Method::POST, "/internal/backup", None, PATIENCE)?;
        let answer = serde_json::from_value(answer.expect_success()?);
        let answer = answer
            .map_err(|error| Failure::Other(format!("git-manager answers something else: {error}.")))?;
        Ok(Self { instance, answer })
    }

    pub(super) fn write(
        &self,
        folder: &Path,
        name: &str,
        begun: OffsetDateTime,
        is_compressed: bool,
    ) -> Result<Archive, Failure> {
        let instance = self.instance;
        let data = &instance.folders().data;
        let mut making = Making::begin(folder, name, is_compressed)?;
        let chats = instance.get(GIT_MANAGER, "/admin/chats")?.expect_success()?;
        let agents = Folders { data, paths: AGENTS.map(PathBuf::from).to_vec() };
        add(&mut making, "agent.tar", agents.read()?)?;
        // Once it was read, not before.
        if !self.answer.is_whole() {
            return Err(Failure::Other(
                "git-manager was started anew meanwhile, so the work of the working copies is not in this backup.".into(),
            ));
        }
        add(&mut making, "keeper.tar", Folders { data, paths: keepers(data)? }.read()?)?;
        let opencode = opencode(instance)?;
        add(
            &mut making,
            "opencode.db",
            Database { state: &data.join("opencode-state"), opencode: &opencode }.read()?,
        )?;
        let about = instance.get("supervisor", "/admin/instance")?.expect_success()?;
        let manifest = Manifest {
            opencode_version: about["opencode_version"].as_str().map(Into::into),
            clones: self.answer.clones.clone(),
            chats: chats["chats"].as_array().into_iter().flatten().map(line_of).collect(),
            not_held: self.answer.not_held.clone(),
            identity: Some(identity(&Outcome::folder(data))?),
            ..Manifest::new(env!("CARGO_PKG_VERSION"), &canonical(data), begun)
        };
        Ok(making.finish(manifest, name)?)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // It only takes room; the next one removes it as well.
        let _ = self.instance.send(GIT_MANAGER, Method::DELETE, "/internal/backup", None);
    }
}

/// As opencode knows it.
fn canonical(data: &Path) -> PathBuf {
    data.canonicalize().unwrap_or_else(|_| data.to_owned())
}

fn add(making: &mut Making, name: &str, source: Option<Source>) -> Result<(), Error> {
    let Some(mut source) = source else { return Ok(()) };
    making.add(name, &mut source)?;
    source.end()
}

/// What tells one chat from another.
fn line_of(chat: &Value) -> Value {
    ["id", "repo", "branch", "title", "created_at"]
        .iter()
        .map(|name| ((*name).to_owned(), chat[*name].clone()))
        .collect()
}

fn keepers(data: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folder = data.join("ocweb");
    let entries =
        fs::read_dir(&folder).map_err(|error| Failure::Other(format!("{}: {error}.", folder.display())))?;
    let mut names: Vec<_> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| !NOT_THE_KEEPERS.contains(&name.as_str()));
    names.sort();
    Ok(names.into_iter().map(|name| Path::new("ocweb").join(name)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn work_that_git_manager_has_let_go_is_missed() {
        let folder = tempfile::tempdir().unwrap();
        let taken: Taken = serde_json::from_value(json!({
            "folder": folder.path(), "clones": [], "not_held": [], "work": [{ "id": "saved_1" }, { "id": "saved_2" }],
        }))
        .unwrap();
        for id in ["saved_1", "saved_2"] {
            let work = folder.path().join("work").join(id);
            fs::create_dir_all(&work).unwrap();
            assert!(!taken.is_whole());
            fs::write(work.join("record.json"), "{}").unwrap();
            fs::write(work.join("work.bundle"), "# v2 git bundle").unwrap();
        }
        assert!(taken.is_whole());
        // In the order in which a folder is removed, whichever that is.
        fs::remove_file(folder.path().join("work/saved_2/work.bundle")).unwrap();
        assert!(!taken.is_whole());
        fs::remove_dir_all(folder.path().join("work")).unwrap();
        assert!(!taken.is_whole());
    }
}
