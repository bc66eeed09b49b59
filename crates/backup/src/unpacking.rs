//! Makes folders of a backup's parts, beside the volume's own. The agent may have had a hand in them, and it may be root that
//! unpacks.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::{self, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::unistd::Uid;

use crate::{
    Archive, Error, Outcome,
    archive::{private_folder, remove},
    complaints::Complaints,
    identity,
    restoring::TOP,
};

/// What each part may bring. Who reads the agent's folders is its user, so the agent may have had a hand in it.
const PARTS: [(&str, &[&str]); 2] = [
    ("keeper.tar", &["ocweb"]),
    ("agent.tar", &["opencode-state", "ocweb/git-manager", "ocweb/resource-monitor"]),
];

/// Unpacks all of it into `workplace`.
pub(crate) fn unpack(archive: &Archive, workplace: &Path) -> Result<(), Error> {
    for (name, members) in PARTS {
        let Some(mut part) = archive.part(name)? else { continue };
        // In a folder of its own, in which a link leads to nothing of another part's.
        let own = workplace.join(name);
        private_folder(&own)?;
        extract(&mut part, &own)?;
        tame(&own)?;
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

/// As root, tar makes of an archive whatever it says. Only files, folders and links stay, and no program runs as its owner.
fn tame(folder: &Path) -> Result<(), Error> {
    if !Uid::effective().is_root() {
        return Ok(());
    }
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            let found = path.symlink_metadata().map_err(Error::io(&path))?;
            let mode = found.permissions().mode();
            if found.is_dir() {
                folders.push(path.clone());
            } else if !found.is_file() && !found.is_symlink() {
                fs::remove_file(&path).map_err(Error::io(&path))?;
            }
            if (found.is_dir() || found.is_file()) && mode & 0o6000 != 0 {
                fs::set_permissions(&path, Permissions::from_mode(mode & 0o1777))
                    .map_err(Error::io(&path))?;
            }
        }
    }
    Ok(())
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
