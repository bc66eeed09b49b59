//! Lays a backup onto a volume. All of it is checked first, then unpacked beside, and only then is moved aside what was there
//! and put into its place what is new: one that is broken off is begun anew, or goes on where all was unpacked.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
};

use nix::unistd::Uid;

use crate::{
    Archive, Error, Volume,
    archive::{private_folder, remove, sync},
    source::move_volume,
    unpacking::unpack,
};

/// Where a backup may lie on the volume while it is got from elsewhere.
pub const FETCHED: &str = ".fetched-backup";
pub(crate) const WORKPLACE: &str = ".restoring";
/// Tells where what was there goes, to one that goes on.
const ASIDE: &str = ".aside";
/// Says that all is unpacked.
pub(crate) const WHOLE: &str = ".whole";
/// What a volume has at its top, in the order in which it is put there: without the last nobody takes it for a volume.
pub(crate) const TOP: [&str; 2] = ["opencode-state", "ocweb"];
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

/// Restores a backup to a volume. What is there is moved aside where that is wanted, into the folder that this gives; where
/// something fails it is in its place again.
pub fn restore(
    archive: &Archive,
    volume: &Volume,
    aside: Option<&str>,
    opencode: &Path,
) -> Result<Option<PathBuf>, Obstacle> {
    let data = &volume.path;
    archive.check()?;
    let workplace = data.join(WORKPLACE);
    let which = archive.manifest.made_at.to_string();
    let is_unpacked = fs::read_to_string(workplace.join(WHOLE)).is_ok_and(|unpacked| unpacked == which);
    let is_landed = |name: &str| is_unpacked && !workplace.join(name).exists();
    // The first is always unpacked: where it is gone, it is in its place, and what there was before is aside.
    let is_landing = is_landed(TOP[0]);
    let begun = fs::read_to_string(workplace.join(ASIDE)).ok().filter(|_| is_unpacked);
    let mut there = what_is_there(data, archive)?;
    if is_landing {
        there.retain(|path| !TOP.iter().any(|name| is_landed(name) && *path == data.join(name)));
    }
    let aside = match begun.as_deref().filter(|_| !is_landing).or(aside) {
        _ if there.is_empty() => None,
        None => return Err(Obstacle::NotEmpty(data.clone())),
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
        let is_back = moves.take_back();
        let _ = aside.map(|name| fs::remove_dir(data.join(name)));
        if is_back && begun.is_none() && !is_landing {
            // All is as it was, and ocweb may start.
            let _ = remove(&workplace);
        }
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
        keep_files(&data.join(TOP[1]), &workplace.join(TOP[1]))?;
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

/// A backup has the folders in `ocweb/`. What lies there as a file belongs to this machine and stays: the config file of an image.
fn keep_files(from: &Path, to: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::io(from))?,
    };
    for entry in entries.flatten() {
        let place = to.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_file()) && !place.exists() {
            let copied = entry.metadata().and_then(|file| {
                fs::copy(entry.path(), &place)?;
                if Uid::effective().is_root() {
                    chown(&place, Some(file.uid()), Some(file.gid()))?;
                }
                File::open(&place)?.sync_all()
            });
            copied.map_err(Error::io(entry.path()))?;
        }
    }
    Ok(())
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

    /// Whether all of it is back. The failure that is told is the one before.
    fn take_back(&self) -> bool {
        let mut is_back = true;
        for (from, to) in self.0.iter().rev() {
            is_back &= fs::rename(to, from).is_ok();
        }
        is_back
    }
}

/// Writes a mark into the workplace, which is on the disk when this returns.
fn mark(workplace: &Path, name: &str, text: &str) -> Result<(), Error> {
    let path = workplace.join(name);
    let written = fs::write(&path, text).and_then(|()| sync(&path)).and_then(|()| sync(workplace));
    written.map_err(Error::io(&path))
}

/// What would be in the way. What file systems have at their top, what was moved aside before, the folder in which the backup
/// itself lies, and an empty one are not: another volume may be mounted there, and its place belong to somebody else.
fn what_is_there(data: &Path, archive: &Archive) -> Result<Vec<PathBuf>, Error> {
    let source = archive.path.canonicalize().map_err(Error::io(&archive.path))?;
    let entries = fs::read_dir(data).map_err(Error::io(data))?.flatten();
    let is_ours = |name: &str| {
        !["lost+found", WORKPLACE, FETCHED].contains(&name) && !name.starts_with("before-restore-")
    };
    let has_the_backup = |path: &Path| path.canonicalize().is_ok_and(|path| source.starts_with(path));
    let is_empty = |path: &Path| fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    Ok(entries
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let path = entry.path();
            is_ours(&name) && (TOP.contains(&&*name) || !has_the_backup(&path) && !is_empty(&path))
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
