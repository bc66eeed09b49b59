//! A backup of an ocweb that runs: what each of its parts is asked for, in which order, and where it goes.
//!
//! The order makes it consistent. First the work of the clones; then our records, among them prompts that wait; the database
//! last. A prompt that was handed over in between is in both: before it is sent again it is looked for in the conversation.

mod held;
mod targets;

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use ocweb_backup::{Archive, Error, Kept, Manifest, Outcome, Repository, claim, forget_old, identity};
use serde::Deserialize;
use time::OffsetDateTime;

pub use self::targets::Targets;
use self::{held::Held, targets::place_of};
use crate::{failure::Failure, instance::Instance, layout::Layout, resolution::Variables};

/// Where the backup lies that is handed to restic.
const STAGE: &str = "staged";

/// What a backup is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It is time for one: wherever it is.
    Clock,
    /// A person wants one, wherever the settings say.
    Person,
    /// A person wants one somewhere else. It counts for none of the others, and takes none away.
    Elsewhere,
}

/// A backup that was made.
pub struct Made {
    /// What is in it.
    pub manifest: Manifest,
    /// Where it is.
    pub places: Vec<String>,
    /// What became of those before in the folder.
    pub kept: Option<Kept>,
    /// What went wrong without making it any less of a backup.
    pub warnings: Vec<String>,
}

/// Makes a backup, and notes how that went where it went to what the settings say. `anew` has it begin also where those of before
/// are not to be found.
pub fn make(instance: &Instance, targets: Targets, occasion: Occasion, anew: bool) -> Result<Made, Failure> {
    if targets.folder.is_none() && targets.repository.is_none() {
        let how = "Say where: `ocweb backup --to FOLDER`, or `ocweb config set backup.to FOLDER`.";
        return Err(Failure::Usage(how.into()));
    }
    let memory = Outcome::folder(&instance.folders().data);
    let _alone = alone(&memory, occasion)?;
    let begun = OffsetDateTime::now_utc();
    let last = Outcome::read(&memory);
    let targets = if occasion == Occasion::Clock { targets.due(&last, begun) } else { targets };
    let run = Run { memory: &memory, begun, occasion, keep_days: targets.keep_days, last, anew };
    let (reached, made) = run.make(instance, &targets);
    if occasion == Occasion::Elsewhere {
        return made;
    }
    let result = made.as_ref().map(|made| &made.manifest).map_err(ToString::to_string);
    match (Outcome::note_places(&memory, begun, &reached, result), &made) {
        (Err(error), Ok(_)) => Err(Failure::Other(format!(
            "The backup was made, but that cannot be written down in {}: {error}.",
            memory.display()
        ))),
        _ => made,
    }
}

/// Two at once would take each other's work away. The clock waits; a person is told, and nothing has failed.
fn alone(memory: &Path, occasion: Occasion) -> Result<File, Failure> {
    let path = memory.join("lock");
    let failed = |error: io::Error| Failure::Other(format!("{}: {error}.", path.display()));
    fs::create_dir_all(memory).map_err(failed)?;
    let lock = File::create(&path).map_err(failed)?;
    if occasion == Occasion::Clock {
        lock.lock().map_err(failed)?;
        return Ok(lock);
    }
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Failure::Other("Another backup is being made.".into())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// A backup that is being made.
struct Run<'a> {
    memory: &'a Path,
    begun: OffsetDateTime,
    occasion: Occasion,
    keep_days: u32,
    last: Outcome,
    anew: bool,
}

impl Run<'_> {
    /// Makes it wherever it can be made, and says where that is.
    fn make(&self, instance: &Instance, targets: &Targets) -> (Vec<String>, Result<Made, Failure>) {
        let held = match Held::take(instance) {
            Ok(held) => held,
            Err(failure) => return (Vec::new(), Err(failure)),
        };
        let mut reached = Vec::new();
        let folder = targets
            .folder
            .as_ref()
            .map(|folder| self.to_folder(&held, folder).inspect(|_| reached.push(place_of(folder))));
        // Also where that failed: one is better than none.
        let repository = targets.repository.as_ref().map(|repository| {
            self.to_repository(&held, repository).inspect(|_| reached.push(repository.place()))
        });
        (reached, together(folder, repository))
    }

    fn to_folder(&self, held: &Held<'_>, folder: &Path) -> Result<Made, Failure> {
        let identity = identity(self.memory)?;
        if self.occasion != Occasion::Elsewhere {
            claim(folder, &identity, self.has_backups(&place_of(folder)))?;
        }
        let Archive { path, manifest } = held.write(folder, &name(self.begun), self.begun, true)?;
        let mut made = Made { manifest, places: vec![place_of(&path)], kept: None, warnings: Vec::new() };
        if self.occasion != Occasion::Elsewhere {
            let kept = forget_old(folder, &identity, self.keep_days, OffsetDateTime::now_utc());
            made.kept = kept.map_err(|error| made.warnings.push(of_old_ones(&error))).ok();
        }
        Ok(made)
    }

    fn to_repository(&self, held: &Held<'_>, repository: &Repository) -> Result<Made, Failure> {
        let identity = identity(self.memory)?;
        repository.prepare(self.has_backups(&repository.place()))?;
        // restic packs, and finds what it has already only in what is not packed.
        let staged = held.write(self.memory, STAGE, self.begun, false)?;
        let stored = repository.store(&staged.path, &identity);
        fs::remove_dir_all(&staged.path).map_err(|error| Failure::Other(error.to_string()))?;
        stored?;
        let warning = repository.forget_old(&identity, self.keep_days).err();
        let warnings = warning.iter().map(of_old_ones).collect();
        let places = vec![repository.place()];
        Ok(Made { manifest: staged.manifest, places, kept: None, warnings })
    }

    /// Whether a place must have some already.
    fn has_backups(&self, place: &str) -> bool {
        !self.anew && self.last.reached.contains_key(place)
    }
}

fn of_old_ones(error: &Error) -> String {
    format!("The backup was made, but old ones stay: {error}")
}

/// What became of both.
fn together(
    folder: Option<Result<Made, Failure>>,
    repository: Option<Result<Made, Failure>>,
) -> Result<Made, Failure> {
    match (folder, repository) {
        (Some(Ok(folder)), Some(Ok(repository))) => Ok(Made {
            places: [folder.places, repository.places].concat(),
            kept: folder.kept,
            warnings: [folder.warnings, repository.warnings].concat(),
            ..repository
        }),
        (Some(Err(one)), Some(Err(other))) => Err(Failure::Other(format!("{one} {other}"))),
        (Some(Err(failure)), Some(Ok(made))) | (Some(Ok(made)), Some(Err(failure))) => {
            Err(Failure::Other(format!("{failure} The backup in {} was made.", made.places.join(", "))))
        }
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => Err(Failure::Other("There is no place for a backup.".into())),
    }
}

/// The name of a backup: they sort by it.
fn name(begun: OffsetDateTime) -> String {
    let (year, month, day) = begun.to_calendar_date();
    let (hour, minute, second) = begun.to_hms();
    format!("ocweb-{year:04}-{:02}-{day:02}T{hour:02}-{minute:02}-{second:02}Z", u8::from(month))
}

/// The program that runs as opencode: another version might not read its database.
fn opencode(instance: &Instance) -> Result<PathBuf, Failure> {
    #[derive(Deserialize)]
    struct Listed {
        name: String,
        pid: u32,
    }
    let list = fs::read(instance.folders().run.join("processes.json")).unwrap_or_default();
    let list: Vec<Listed> = serde_json::from_slice(&list).unwrap_or_default();
    let running = list.iter().find(|listed| listed.name == "opencode");
    let program =
        running.and_then(|listed| program_of(fs::read_link(format!("/proc/{}/exe", listed.pid)), beside_us));
    program
        .filter(|program| program.is_file() && !program.ends_with("sh") && !program.ends_with("dash"))
        .ok_or_else(|| {
            Failure::NotRunning(
                "opencode does not run, so its database cannot be copied. `ocweb status` says how it is."
                    .into(),
            )
        })
}

/// What a process runs, by the link that tells it, or the one that is installed here. A container's root may not look at another
/// user's process. A service of the machine may see its files under paths that lead nowhere from here, and an update may have
/// replaced the program since.
fn program_of(link: io::Result<PathBuf>, installed: impl FnOnce() -> Option<PathBuf>) -> Option<PathBuf> {
    match link {
        Ok(program) if program.is_file() => Some(program),
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => None,
        Ok(_) | Err(_) => installed(),
    }
}

/// opencode as it was installed with this program.
fn beside_us() -> Option<PathBuf> {
    let mut environment: Variables = std::env::vars().collect();
    Layout::here().complete(&mut environment).ok()?;
    environment.remove("OCWEB_OPENCODE_BIN").map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_of_another_and_the_clock_waits() {
        let memory = tempfile::tempdir().unwrap();
        let held = alone(memory.path(), Occasion::Person).unwrap();
        let refused = alone(memory.path(), Occasion::Elsewhere).unwrap_err().to_string();
        assert_eq!(refused, "Another backup is being made.");
        drop(held);
        alone(memory.path(), Occasion::Clock).unwrap();
        fs::remove_file(memory.path().join("lock")).unwrap();
        fs::create_dir(memory.path().join("lock")).unwrap();
        let refused = alone(memory.path(), Occasion::Person).unwrap_err().to_string();
        assert!(refused.contains("/lock: "), "{refused}");
    }

    #[test]
    fn old_ones_that_stay_make_no_failure_of_a_backup() {
        let made = |warning: &str| Made {
            manifest: Manifest::new("1.0.0", Path::new("/data"), OffsetDateTime::now_utc()),
            places: vec![warning.into()],
            kept: None,
            warnings: vec![warning.into()],
        };
        let both = together(Some(Ok(made("one"))), Some(Ok(made("other")))).unwrap();
        assert_eq!((both.warnings, both.places.len()), (vec!["one".to_owned(), "other".to_owned()], 2));
    }

    #[test]
    fn restic_is_given_the_keys_of_the_store_by_its_names_and_no_others() {
        let settings = [
            ("OCWEB_BACKUP_REPOSITORY", "s3:https://store.example/bucket"),
            ("OCWEB_BACKUP_PASSWORD", "words"),
            ("OCWEB_BACKUP_S3_KEY_ID", "id"),
            ("OCWEB_BACKUP_S3_SECRET_KEY", "key"),
            // What the model's provider is asked with.
            ("AWS_ACCESS_KEY_ID", "provider's"),
            ("AUTH_PASSWORD", "login"),
            ("OPENROUTER_API_KEY", "provider's"),
            ("PATH", "/bin"),
        ];
        let targets = Targets::of(&settings.map(|(name, value)| (name.into(), value.into())).into());
        let given = targets.repository.unwrap().environment;
        let given: Vec<_> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let wanted = [
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            ("PATH", "/bin"),
            ("RESTIC_PASSWORD", "words"),
        ];
        assert_eq!(given, wanted);
    }

    #[test]
    fn a_program_that_cannot_be_seen_from_here_is_the_installed_one() {
        let folder = tempfile::tempdir().unwrap();
        let (seen, installed) = (folder.path().join("seen"), folder.path().join("installed"));
        fs::write(&seen, "").unwrap();
        let program = |link| program_of(link, || Some(installed.clone()));
        assert_eq!(program(Ok(seen.clone())), Some(seen));
        assert_eq!(program(Ok(folder.path().join("opencode (deleted)"))), Some(installed.clone()));
        assert_eq!(program(Err(io::ErrorKind::PermissionDenied.into())), Some(installed.clone()));
        assert_eq!(program(Err(io::ErrorKind::NotFound.into())), None, "it has ended");
    }
}
