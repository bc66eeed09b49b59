//! A backup of an ocweb that runs: what each of its parts is asked for, in which order, and where it goes.
//!
//! The order makes it consistent. First the work of the clones; then our records, among them prompts that wait; the database
//! last. A prompt that was handed over in between is in both: before it is sent again it is looked for in the conversation.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use ocweb_backup::{
    Archive, Database, Error, Folders, Kept, Making, Manifest, Outcome, Repository, Source, UnheldWork,
    forget_old, identity,
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::{failure::Failure, instance::Instance, layout::Layout, resolution::Variables};

/// Many working copies on a small machine take a while.
const PATIENCE: Duration = Duration::from_hours(1);
const GIT_MANAGER: &str = "git-manager";
/// What the agent's user has of the volume.
const AGENTS: [&str; 3] = ["opencode-state", "ocweb/git-manager", "ocweb/resource-monitor"];
/// What of `ocweb/` is not copied with the keeper's folders: the agent's, and what is about this run alone.
const NOT_THE_KEEPERS: [&str; 3] = [GIT_MANAGER, "resource-monitor", "supervisor"];
/// Where the backup lies that is handed to restic.
const STAGE: &str = "staged";

/// Where backups go.
pub struct Targets {
    /// A folder.
    pub folder: Option<PathBuf>,
    /// A restic repository.
    pub repository: Option<Repository>,
    /// How long they are kept there.
    pub keep_days: u32,
}

/// A backup that was made.
pub struct Made {
    /// What is in it.
    pub manifest: Manifest,
    /// Where it is.
    pub places: Vec<String>,
    /// What became of those before in the folder.
    pub kept: Option<Kept>,
}

impl Targets {
    /// What the settings say.
    pub fn of(environment: &Variables) -> Self {
        let get = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        Self {
            folder: get("OCWEB_BACKUP_TO").map(PathBuf::from),
            repository: get("OCWEB_BACKUP_REPOSITORY")
                .map(|address| Repository { address: address.clone(), environment: of_restic(environment) }),
            keep_days: get("OCWEB_BACKUP_KEEP_DAYS").and_then(|days| days.parse().ok()).unwrap_or(14),
        }
    }
}

/// What restic is given: what any program needs, its own settings, and the keys of the store.
fn of_restic(environment: &Variables) -> BTreeMap<String, String> {
    const NAMES: [&str; 5] = ["PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    const BEGINNINGS: [&str; 5] = ["RESTIC_", "AWS_", "B2_", "AZURE_", "GOOGLE_"];
    const OURS: [(&str, &str); 3] = [
        ("OCWEB_BACKUP_PASSWORD", "RESTIC_PASSWORD"),
        ("OCWEB_BACKUP_S3_KEY_ID", "AWS_ACCESS_KEY_ID"),
        ("OCWEB_BACKUP_S3_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"),
    ];
    let is_restics = |name: &str| {
        NAMES.contains(&name)
            || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
            || name.to_lowercase().ends_with("_proxy")
    };
    let given = environment.iter().filter(|(name, _)| is_restics(name));
    let mut given: BTreeMap<_, _> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    for (ours, theirs) in OURS {
        given.extend(environment.get(ours).map(|value| (theirs.to_owned(), value.clone())));
    }
    given
}

/// Makes a backup, and notes how that went where it went to what the settings say: what somebody makes beside is none of those
/// by the clock.
pub fn make(instance: &Instance, targets: &Targets, is_noted: bool) -> Result<Made, Failure> {
    if targets.folder.is_none() && targets.repository.is_none() {
        let how = "Say where: `ocweb backup --to FOLDER`, or `ocweb config set backup.to FOLDER`.";
        return Err(Failure::Usage(how.into()));
    }
    let begun = OffsetDateTime::now_utc();
    let memory = Outcome::folder(&instance.folders().data);
    let made = try_make(instance, targets, &memory, begun);
    if !is_noted {
        return made;
    }
    let noted =
        Outcome::note(&memory, begun, made.as_ref().map(|made| &made.manifest).map_err(ToString::to_string));
    match (&made, noted) {
        (Ok(_), Err(error)) => Err(Failure::Other(format!(
            "The backup was made, but that cannot be written down in {}: {error}.",
            memory.display()
        ))),
        _ => made,
    }
}

fn try_make(
    instance: &Instance,
    targets: &Targets,
    memory: &Path,
    begun: OffsetDateTime,
) -> Result<Made, Failure> {
    fs::create_dir_all(memory).map_err(|error| Failure::Other(format!("{}: {error}.", memory.display())))?;
    // Two at once would take each other's work away.
    let lock = File::create(memory.join("lock")).map_err(|error| Failure::Other(error.to_string()))?;
    lock.try_lock().map_err(|_| Failure::Other("Another backup is being made.".into()))?;
    let held = Held::take(instance)?;
    let folder = targets.folder.as_ref().map(|folder| to_folder(&held, folder, targets.keep_days, begun));
    // Also where that failed: one is better than none.
    let repository = targets
        .repository
        .as_ref()
        .map(|repository| to_repository(&held, repository, memory, targets.keep_days, begun));
    match (folder, repository) {
        (Some(Ok(folder)), Some(Ok(repository))) => {
            Ok(Made { places: [folder.places, repository.places].concat(), kept: folder.kept, ..repository })
        }
        (Some(Err(one)), Some(Err(other))) => Err(Failure::Other(format!("{one} {other}"))),
        (Some(Err(failure)), Some(Ok(made))) | (Some(Ok(made)), Some(Err(failure))) => {
            Err(Failure::Other(format!("{failure} The backup in {} was made.", made.places.join(", "))))
        }
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => Err(Failure::Other("There is no place for a backup.".into())),
    }
}

fn to_folder(held: &Held<'_>, folder: &Path, keep_days: u32, begun: OffsetDateTime) -> Result<Made, Failure> {
    let Archive { path, manifest } = held.write(folder, &name(begun), begun, true)?;
    let kept = Some(forget_old(folder, keep_days, OffsetDateTime::now_utc())?);
    Ok(Made { manifest, places: vec![path.display().to_string()], kept })
}

fn to_repository(
    held: &Held<'_>,
    repository: &Repository,
    memory: &Path,
    keep_days: u32,
    begun: OffsetDateTime,
) -> Result<Made, Failure> {
    // restic packs, and finds what it has already only in what is not packed.
    let staged = held.write(memory, STAGE, begun, false)?;
    let stored = repository.store(&staged.path, &identity(memory)?, keep_days);
    fs::remove_dir_all(&staged.path).map_err(|error| Failure::Other(error.to_string()))?;
    stored?;
    Ok(Made { manifest: staged.manifest, places: vec![repository.address.clone()], kept: None })
}

/// The name of a backup: they sort by it.
fn name(begun: OffsetDateTime) -> String {
    let (year, month, day) = begun.to_calendar_date();
    let (hour, minute, second) = begun.to_hms();
    format!("ocweb-{year:04}-{:02}-{day:02}T{hour:02}-{minute:02}-{second:02}Z", u8::from(month))
}

/// What git-manager took, until this goes.
struct Held<'a> {
    instance: &'a Instance,
    answer: Taken,
}

#[derive(Deserialize)]
struct Taken {
    clones: Vec<Value>,
    not_held: Vec<UnheldWork>,
}

impl<'a> Held<'a> {
    fn take(instance: &'a Instance) -> Result<Self, Failure> {
        let answer =
            instance.send_patiently(GIT_MANAGER, Method::POST, "/internal/backup", None, PATIENCE)?;
        let answer = serde_json::from_value(answer.expect_success()?);
        let answer = answer
            .map_err(|error| Failure::Other(format!("git-manager answers something else: {error}.")))?;
        Ok(Self { instance, answer })
    }

    fn write(
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
    let program = running.and_then(|listed| match fs::read_link(format!("/proc/{}/exe", listed.pid)) {
        // A container's root may not look at another user's process; there is no other opencode there than the one beside us.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => beside_us(),
        link => link.ok(),
    });
    program
        .filter(|program| program.is_file() && !program.ends_with("sh") && !program.ends_with("dash"))
        .ok_or_else(|| {
            Failure::NotRunning(
                "opencode does not run, so its database cannot be copied. `ocweb status` says how it is."
                    .into(),
            )
        })
}

/// opencode as it was installed with this program.
fn beside_us() -> Option<PathBuf> {
    let mut environment: Variables = std::env::vars().collect();
    Layout::here().complete(&mut environment).ok()?;
    environment.remove("OCWEB_OPENCODE_BIN").map(PathBuf::from)
}
