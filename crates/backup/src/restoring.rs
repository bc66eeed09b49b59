//! Lays a backup onto a volume. All of it is checked first, then unpacked beside, and only then is moved aside what was there
//! and put into its place what is new: one that is broken off is begun anew, or goes on where all was unpacked.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    Archive, Error, Outcome,
    archive::{private_folder, remove, sync},
    complaints::Complaints,
    identity,
    source::move_volume,
};

/// Where a backup may lie on the volume while it is got from elsewhere.
pub const FETCHED: &str = ".fetched-backup";
const WORKPLACE: &str = ".restoring";
/// Tells where what was there goes, to one that goes on.
const ASIDE: &str = ".aside";
/// Says that all is unpacked.
const WHOLE: &str = ".whole";
/// What a volume has at its top, in the order in which it is put there: without the last nobody takes it for a volume.
const TOP: [&str; 2] = ["opencode-state", "ocweb"];
/// What each part may bring. Who reads the agent's folders is its user, so the agent may have had a hand in it.
const PARTS: [(&str, &[&str]); 2] = [
    ("keeper.tar", &["ocweb"]),
    ("agent.tar", &["opencode-state", "ocweb/git-manager", "ocweb/resource-monitor"]),
];

/// Why a volume is not restored to.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// There is something.
    #[error("{} is not empty. Restore to an empty folder, or move aside what is there with --move-aside.", .0.display())]
    NotEmpty(PathBuf),
    /// The backup or the disk.
    #[error(transparent)]
    Error(#[from] Error),
}

/// Restores a backup to `data`, on which nothing may run. What is there is moved aside where that is wanted, into the folder
/// that this gives; where something fails it is in its place again.
pub fn restore(
    archive: &Archive,
    data: &Path,
    aside: Option<&str>,
    opencode: &Path,
) -> Result<Option<PathBuf>, Obstacle> {
    archive.check()?;
    private_folder(data)?;
    let workplace = data.join(WORKPLACE);
    let which = archive.manifest.made_at.to_string();
    let is_unpacked = fs::read_to_string(workplace.join(WHOLE)).is_ok_and(|unpacked| unpacked == which);
    // The first is always unpacked: where it is gone, it is in its place, and nothing there is of before.
    let is_landing = is_unpacked && !workplace.join(TOP[0]).exists();
    let there = if is_landing { Vec::new() } else { what_is_there(data, archive)? };
    let begun = fs::read_to_string(workplace.join(ASIDE)).ok().filter(|_| is_unpacked);
    let aside = match begun.as_deref().or(aside) {
        _ if there.is_empty() => None,
        None => return Err(Obstacle::NotEmpty(data.to_owned())),
        Some(name) => Some(name),
    };
    if !is_unpacked {
        remove(&workplace)?;
        private_folder(&workplace)?;
        unpack(archive, &workplace)
            .and_then(|()| tell_place(archive, &workplace, data, opencode))
            .and_then(|()| mark(&workplace, WHOLE, &which))
            .inspect_err(|_| {
                // A disk that is full is to be as it was.
                let _ = remove(&workplace);
            })?;
    }
    let mut moves = Moves::default();
    let outcome = land(&mut moves, &workplace, data, &there, aside);
    if outcome.is_err() {
        moves.take_back();
        // Whatever resists is of no use to the next one, and no harm.
        let _ = fs::remove_file(workplace.join(ASIDE));
        let _ = aside.map(|name| fs::remove_dir(data.join(name)));
    }
    let before = outcome?;
    remove(&workplace)?;
    Ok(before.or_else(|| begun.map(|name| data.join(name))))
}

/// Moves aside what is there, and what was unpacked into its place.
fn land(
    moves: &mut Moves,
    workplace: &Path,
    data: &Path,
    there: &[PathBuf],
    aside: Option<&str>,
) -> Result<Option<PathBuf>, Error> {
    let folder = aside.map(|name| data.join(name));
    if let (Some(name), Some(folder)) = (aside, &folder) {
        private_folder(folder)?;
        mark(workplace, ASIDE, name)?;
        for path in there {
            moves.make(path, &folder.join(path.file_name().unwrap_or_default()))?;
        }
    }
    for name in TOP {
        let from = workplace.join(name);
        if from.exists() {
            moves.make(&from, &data.join(name))?;
        }
    }
    sync(data).map_err(Error::io(data))?;
    Ok(folder)
}

/// What was moved, and can be moved back.
#[derive(Default)]
struct Moves(Vec<(PathBuf, PathBuf)>);

impl Moves {
    fn make(&mut self, from: &Path, to: &Path) -> Result<(), Error> {
        fs::rename(from, to).map_err(Error::io(from))?;
        self.0.push((from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn take_back(&self) {
        for (from, to) in self.0.iter().rev() {
            // The failure that is told is the one before.
            let _ = fs::rename(to, from);
        }
    }
}

/// Writes a mark into the workplace, which is on the disk when this returns.
fn mark(workplace: &Path, name: &str, text: &str) -> Result<(), Error> {
    let path = workplace.join(name);
    let written = fs::write(&path, text).and_then(|()| sync(&path)).and_then(|()| sync(workplace));
    written.map_err(Error::io(&path))
}

/// What would be in the way. What file systems have at their top, what was moved aside before, and the folder in which the
/// backup itself lies are not.
fn what_is_there(data: &Path, archive: &Archive) -> Result<Vec<PathBuf>, Error> {
    let source = archive.path.canonicalize().map_err(Error::io(&archive.path))?;
    let entries = fs::read_dir(data).map_err(Error::io(data))?.flatten();
    let is_ours = |name: &str| {
        !["lost+found", WORKPLACE, FETCHED].contains(&name) && !name.starts_with("before-restore-")
    };
    let has_the_backup = |path: &Path| path.canonicalize().is_ok_and(|path| source.starts_with(path));
    Ok(entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            is_ours(&name) && (TOP.contains(&&*name) || !has_the_backup(&entry.path()))
        })
        .map(|entry| entry.path())
        .collect())
}

/// Has the sessions find their folders where the volume is another.
fn tell_place(archive: &Archive, workplace: &Path, data: &Path, opencode: &Path) -> Result<(), Error> {
    let data = data.canonicalize().map_err(Error::io(data))?;
    let state = workplace.join("opencode-state");
    if data == archive.manifest.data || !state.join("data/opencode/opencode.db").is_file() {
        return Ok(());
    }
    move_volume(&state, opencode, &archive.manifest.data, &data)
}

fn unpack(archive: &Archive, workplace: &Path) -> Result<(), Error> {
    for (name, members) in PARTS {
        let Some(mut part) = archive.part(name)? else { continue };
        // In a folder of its own, in which a link leads to nothing of another part's.
        let own = workplace.join(name);
        private_folder(&own)?;
        extract(&mut part, &own)?;
        for member in members {
            if let Some(from) = real_folder(&own, member, false)? {
                let to = workplace.join(member);
                to.parent().map_or(Ok(()), private_folder)?;
                fs::rename(&from, &to).map_err(Error::io(&from))?;
            }
        }
        remove(&own)?;
    }
    let state = made_folder(workplace, TOP[0])?;
    if let Some(mut part) = archive.part("opencode.db")? {
        let folder = made_folder(&state, "data/opencode")?;
        // What belongs to a database is not the agent's part's to bring.
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with("opencode.db") {
                fs::remove_file(entry.path()).map_err(Error::io(&folder))?;
            }
        }
        let path = folder.join("opencode.db");
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.map_err(Error::io(&path))?;
        io::copy(&mut part, &mut file).and_then(|_| file.sync_all()).map_err(Error::io(workplace))?;
    }
    if let Some(name) = &archive.manifest.identity {
        identity::remember(&Outcome::folder(workplace), name)?;
    }
    lay_work_out(&made_folder(workplace, "ocweb/git-manager")?)
}

/// A folder below one of ours, by its path there: each step is a folder, and none is a link, which may lead anywhere.
fn real_folder(root: &Path, path: &str, makes: bool) -> Result<Option<PathBuf>, Error> {
    let mut folder = root.to_owned();
    for step in path.split('/') {
        folder.push(step);
        match folder.symlink_metadata() {
            Ok(found) if found.is_dir() => {}
            Ok(_) => {
                let said = format!(
                    "The backup cannot be used: it has no folder in the place of {path}, but something else."
                );
                return Err(Error::Unusable(said));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::io(&folder)(error)),
            Err(_) if makes => private_folder(&folder)?,
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(folder))
}

/// The same, made where there is none.
fn made_folder(root: &Path, path: &str) -> Result<PathBuf, Error> {
    Ok(real_folder(root, path, true)?.unwrap_or_else(|| root.join(path)))
}

/// What was taken of the working copies becomes what git-manager brings back, beside what an earlier restoration left to do.
fn lay_work_out(own: &Path) -> Result<(), Error> {
    let restored = made_folder(own, "restored/work")?;
    if let Some(taken) = real_folder(own, "backup/work", false)? {
        for entry in fs::read_dir(&taken).map_err(Error::io(&taken))?.flatten() {
            fs::rename(entry.path(), restored.join(entry.file_name())).map_err(Error::io(&taken))?;
        }
    }
    remove(&own.join("backup"))
}

fn extract(part: &mut dyn Read, folder: &Path) -> Result<(), Error> {
    let failed = |said: String| Error::Program { program: "tar".into(), said };
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--file=-", "--no-same-owner", "--preserve-permissions"])
        .args(["--delay-directory-restore", "--warning=no-timestamp", "--directory"])
        .arg(folder);
    let tar =
        tar.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).env("LC_ALL", "C").spawn();
    let mut tar = tar.map_err(|error| failed(format!("{error}.")))?;
    let complaints = Complaints::of(tar.stderr.take());
    let copied = tar.stdin.take().map_or(Ok(0), |mut input| io::copy(part, &mut input));
    let ended = tar.wait().map_err(|error| failed(format!("{error}.")))?;
    let said = complaints.end();
    if said.contains("No space left") {
        return Err(Error::DiskFull(folder.to_owned()));
    }
    if !ended.success() {
        return Err(failed(said.lines().next().map_or_else(|| format!("{ended}."), str::to_owned)));
    }
    match copied {
        // It ends when it has all that it wants, with zeros still to come.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::io(folder)(error)),
        _ => Ok(()),
    }
}
