//! A restic repository: encrypted, without what is there twice, in a folder, an S3-like store or wherever restic reaches.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::{Error, place::is_another};

/// What ours are known by among others in the same repository.
const TAG: &str = "ocweb";
/// How the newest of them is asked for.
const LATEST: &str = "latest";
/// The exit code of `restic cat config` without a repository is 1 in old versions, and says so.
const NO_REPOSITORY: [&str; 2] =
    ["Is there a repository at the following location?", "repository does not exist"];

/// A repository, and what restic is given to reach it.
pub struct Repository {
    /// Where it is, as restic writes it: `s3:https://host/bucket`, a folder, and so on. It may hold a password; what is told
    /// of the repository is [`place`](Self::place).
    pub address: String,
    /// The environment of restic: the password, and the keys of the store.
    pub environment: BTreeMap<String, String>,
}

/// The snapshots of one ocweb.
#[derive(Deserialize)]
struct Group {
    snapshots: Vec<Snapshot>,
}

/// A backup that is in a repository.
#[derive(Debug, Deserialize)]
struct Snapshot {
    short_id: String,
    hostname: String,
    time: String,
}

impl Repository {
    /// The name of where it is, in which nobody reads a password.
    pub fn place(&self) -> String {
        without_password(&self.address)
    }

    /// Makes the repository where there is none, which must not be where backups are known to have been made.
    pub fn prepare(&self, has_backups: bool) -> Result<(), Error> {
        match self.run(&["cat", "config"], None) {
            Err(Error::Program { said, .. }) if NO_REPOSITORY.iter().any(|words| said.contains(words)) => {
                if has_backups {
                    return Err(is_another(self.place()));
                }
                self.run(&["init"], None).map(|_| ())
            }
            outcome => outcome.map(|_| ()),
        }
    }

    /// Stores a backup.
    pub fn store(&self, backup: &Path, ocweb: &str) -> Result<(), Error> {
        // What a killed one left locked. It leaves the locks of those that are at work.
        self.run(&["unlock", "--quiet"], None)?;
        self.run(&["backup", "--quiet", "--tag", TAG, "--host", ocweb, "."], Some(backup)).map(|_| ())
    }

    /// Removes those of one ocweb that are older than so many days, the last one aside.
    pub fn forget_old(&self, ocweb: &str, days: u32) -> Result<(), Error> {
        let within = format!("{days}d");
        // Not by paths, of which each restoration may have another.
        let forget = ["forget", "--quiet", "--tag", TAG, "--host", ocweb, "--group-by", "host,tags"];
        let kept = ["--keep-within", &within, "--keep-last", "1", "--prune"];
        self.run(&[&forget[..], &kept].concat(), None).map(|_| ())
    }

    /// Gets one back into `folder`, and says where it lies then. Without a name it is the latest, if only one ocweb has any.
    pub fn fetch(&self, snapshot: Option<&str>, folder: &Path) -> Result<PathBuf, Error> {
        let snapshot = match snapshot.filter(|name| *name != LATEST) {
            Some(name) => name.to_owned(),
            None => self.latest()?,
        };
        let target = folder.to_string_lossy();
        self.run(&["restore", &snapshot, "--tag", TAG, "--target", &target], None)?;
        find_backup(folder).ok_or_else(|| {
            Error::Unusable(format!("{} has no backup of ocweb in that snapshot.", self.place()))
        })
    }

    /// The name of the latest.
    fn latest(&self) -> Result<String, Error> {
        let list = ["snapshots", "--json", "--tag", TAG, "--group-by", "host"];
        let listed = self.run(&list, None)?;
        let unusable = |said: String| Error::Unusable(format!("{} {said}", self.place()));
        let groups: Vec<Group> = serde_json::from_str(&listed)
            .map_err(|error| unusable(format!("lists its snapshots in another way: {error}.")))?;
        let newest =
            |group: Group| group.snapshots.into_iter().max_by(|one, other| one.time.cmp(&other.time));
        let latest: Vec<_> = groups.into_iter().filter_map(newest).collect();
        match &latest[..] {
            [] => Err(unusable("has no backup of an ocweb.".into())),
            [one] => Ok(one.short_id.clone()),
            many => {
                let line = |one: &Snapshot| format!("\n  {}  {}  {}", one.short_id, one.time, one.hostname);
                let lines: String = many.iter().map(line).collect();
                let said = "has backups of more than one ocweb. Say which: --from-repository SNAPSHOT";
                Err(unusable(format!("{said}{lines}")))
            }
        }
    }

    fn run(&self, arguments: &[&str], directory: Option<&Path>) -> Result<String, Error> {
        let failed = |said: String| Error::Program { program: "restic".into(), said };
        let mut restic = Command::new("restic");
        // Its arguments can be read by everybody.
        restic.args(arguments).env_clear().envs(&self.environment).env("RESTIC_REPOSITORY", &self.address);
        if let Some(directory) = directory {
            restic.current_dir(directory);
        }
        let ran = restic.stdin(Stdio::null()).output().map_err(|error| {
            failed(format!("it cannot be started ({error}). Install it: apt install restic."))
        })?;
        if ran.status.success() {
            return Ok(String::from_utf8_lossy(&ran.stdout).into_owned());
        }
        Err(failed(String::from_utf8_lossy(&ran.stderr).trim().replace('\n', " ")))
    }
}

/// An address in which the password, if it has one, is not shown: `rest:https://user:***@host/`, as restic itself tells it.
pub fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let hidden =
        authority.rsplit_once('@').and_then(|(person, host)| Some((person.split_once(':')?.0, host)));
    hidden.map_or_else(|| address.to_owned(), |(name, host)| format!("{scheme}://{name}:***@{host}{path}"))
}

/// restic lays a backup out under its whole path.
fn find_backup(folder: &Path) -> Option<PathBuf> {
    if folder.join(crate::manifest::MANIFEST).is_file() {
        return Some(folder.to_owned());
    }
    let entries = fs::read_dir(folder).ok()?.flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .find_map(|entry| find_backup(&entry.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let shown = [
            ("rest:https://me:se:c@ret@host:8000/me/", "rest:https://me:***@host:8000/me/"),
            ("https://me:secret@host", "https://me:***@host"),
            ("rest:https://me@host/a:b@c", "rest:https://me@host/a:b@c"),
            ("s3:https://host/bucket", "s3:https://host/bucket"),
            ("sftp:me@host:/srv/restic", "sftp:me@host:/srv/restic"),
            ("/srv/backups", "/srv/backups"),
        ];
        for (address, expected) in shown {
            assert_eq!(without_password(address), expected);
        }
    }
}
