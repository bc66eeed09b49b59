//! `ocweb restore`.

use std::path::{Path, PathBuf};

use ocweb_backup::{Archive, FETCHED, Obstacle, Repository, Volume, restore};
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    arguments::RestoreArguments,
    backup::Targets,
    commands::backup::{megabytes, tell_what_is_not_in_it},
    context::Context,
    failure::Failure,
    layout::Layout,
};

/// Restores a backup to where the settings say that data is.
pub fn run(arguments: &RestoreArguments, context: &Context) -> Result<String, Failure> {
    let mut environment = context.environment()?;
    Layout::here().complete(&mut environment)?;
    let opencode = PathBuf::from(&environment["OCWEB_OPENCODE_BIN"]);
    let data = PathBuf::from(&environment["OCWEB_DATA"]);
    let volume = Volume::take(&data)?;
    match (&arguments.from, &arguments.from_repository) {
        (Some(folder), _) => {
            Restoration { data: &data, volume: &volume, opencode: &opencode, arguments, context }.lay(folder)
        }
        (None, snapshot) => {
            let repository = Targets::of(&environment).repository.ok_or_else(|| {
                Failure::Setting(
                    "Say which repository: OCWEB_BACKUP_REPOSITORY, or backup.repository.".into(),
                )
            })?;
            let restoration =
                Restoration { data: &data, volume: &volume, opencode: &opencode, arguments, context };
            restoration.fetch_and_lay(&repository, snapshot.as_deref())
        }
    }
}

/// A restoration, and what it is done with.
struct Restoration<'a> {
    data: &'a Path,
    volume: &'a Volume,
    opencode: &'a Path,
    arguments: &'a RestoreArguments,
    context: &'a Context,
}

impl Restoration<'_> {
    fn fetch_and_lay(&self, repository: &Repository, snapshot: Option<&str>) -> Result<String, Failure> {
        let Self { data, context, .. } = self;
        // On the volume: in a container, that alone is large enough, and may be written to.
        let fetched = data.join(FETCHED);
        let clear = || match std::fs::remove_dir_all(&fetched) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::Other(format!("{}: {error}.", fetched.display())))
            }
            _ => Ok(()),
        };
        clear()?;
        context.say("Getting the backup from the repository …");
        let restored = repository.fetch(snapshot, &fetched).map_err(Failure::from);
        let restored = restored.and_then(|folder| self.lay(&folder));
        clear()?;
        restored
    }

    fn lay(&self, folder: &Path) -> Result<String, Failure> {
        let Self { data, volume, opencode, arguments, context } = self;
        let archive = Archive::open(folder)?;
        let manifest = &archive.manifest;
        if is_newer(&manifest.ocweb_version, env!("CARGO_PKG_VERSION")) {
            return Err(Failure::Other(format!(
                "The backup was made by ocweb {}, and this is {}. Update this one first.",
                manifest.ocweb_version,
                env!("CARGO_PKG_VERSION")
            )));
        }
        context.say(&format!("Checking and unpacking {} …", megabytes(manifest.size_bytes())));
        let aside = arguments
            .move_aside
            .then(|| format!("before-restore-{}", OffsetDateTime::now_utc().unix_timestamp()));
        let moved =
            restore(&archive, volume, aside.as_deref(), opencode).map_err(|obstacle| match obstacle {
                Obstacle::NotEmpty(_) => Failure::Usage(obstacle.to_string()),
                Obstacle::Error(error) => error.into(),
            })?;
        if context.manner.json {
            return Ok(json!({
            "data": data, "chats": manifest.chats.len(), "clones": manifest.clones.len(), "not_held": manifest.not_held,
            "moved_aside": moved,
        })
        .to_string());
        }
        if let Some(moved) = moved {
            context.say(&format!("What was there is in {}.", moved.display()));
        }
        context.say(&format!(
        "{} chats of {} repositories are restored as of {}. Start ocweb: it clones the repositories again and brings the \
         working copies back.",
        manifest.chats.len(),
        manifest.clones.len(),
        manifest.made_at.date()
    ));
        tell_what_is_not_in_it(manifest);
        Ok(data.display().to_string())
    }
}

/// Whether one version is newer than another.
fn is_newer(one: &str, other: &str) -> bool {
    let numbers = |version: &str| -> Vec<u64> {
        version.split(['.', '-', '+']).map_while(|number| number.parse().ok()).collect()
    };
    numbers(one) > numbers(other)
}
