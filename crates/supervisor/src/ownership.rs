//! Whose the folders are, on the volume and of this run.
//!
//! The volume itself and `ocweb/` are ours, so that nobody else can put a folder of theirs in another's place. What is in
//! them belongs to whoever works with it. A volume that was used in another way before is handed over at the start,
//! without following a link: the agent may have made it.

use std::{
    ffi::CStr,
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read},
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    },
    path::{Path, PathBuf},
};

use nix::{
    dir::Dir,
    errno::Errno,
    fcntl::{AtFlags, OFlag},
    libc,
    sys::stat::{Mode, SFlag, fstatat},
    unistd::{Gid, fchownat},
};
use ocweb_service::config::Folders;

use crate::users::{User, Users};

/// Anybody may pass through, nobody may look around.
const PASSAGE: u32 = 0o711;

/// A folder that a process needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// A group that may enter it as well, and has what is made in it.
    pub(crate) visitors: Option<Gid>,
}

impl Folder {
    /// A folder for its owner alone.
    pub(crate) fn private(path: PathBuf) -> Self {
        Self { path, visitors: None }
    }

    /// Makes the folder, or takes the one that is there. An owner is named where not everything is one user.
    pub(crate) fn make(&self, owner: Option<User>) -> io::Result<()> {
        make_private_folder(&self.path)?;
        let Some(owner) = owner else { return Ok(()) };
        let folder = open(&self.path)?;
        let (group, mode) = match self.visitors {
            Some(visitors) => (visitors, 0o2750),
            None => (owner.gid, 0o700),
        };
        fchown(&folder, Some(owner.uid.as_raw()), Some(group.as_raw()))?;
        folder.set_permissions(Permissions::from_mode(mode))
    }
}

/// Makes a folder of mode 0700 and what is missing above it.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Gives each user what is theirs, where there is more than one.
pub(crate) fn arrange(users: Users, folders: &Folders) -> io::Result<()> {
    let Users::Apart { agent, keeper } = users else { return Ok(()) };
    let ocweb = folders.data.join("ocweb");
    let own = folders.own("supervisor");
    // Only the person who starts us chose where the volume is, so that may be a link.
    let passages = [File::open(&folders.data)?, open(&folders.run)?, open(&ocweb)?, open(&own)?];
    for folder in passages {
        let us = User::us();
        fchown(&folder, Some(us.uid.as_raw()), Some(us.gid.as_raw()))?;
        folder.set_permissions(Permissions::from_mode(PASSAGE))?;
    }
    // We run what lies there, so whoever had a part of it before has none of it now.
    let everything = Change { former: None, owner: User::us() };
    everything.below(Dir::from_fd(OwnedFd::from(open(&own)?))?)?;
    for entry in std::fs::read_dir(&ocweb)?.flatten() {
        let name = entry.file_name();
        // What is kept there of earlier versions is nobody's business.
        let owner = name.to_str().and_then(|name| (name != "supervisor").then(|| users.of(name))).flatten();
        if let Some(owner) = owner.filter(|_| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            hand_over(&entry.path(), owner)?;
        }
    }
    // Big trees: only when they were somebody else's.
    let projects = folders.data.join("projects");
    let state = folders.data.join("opencode-state");
    for path in [&projects, &state] {
        make_private_folder(path)?;
        if path.symlink_metadata()?.uid() != agent.uid.as_raw() {
            tracing::info!(path = %path.display(), "handing this over to the agent's user; a big one takes a while");
            hand_over(path, agent)?;
        }
    }
    Folder::private(state).make(Some(agent))?;
    // The gateway reads in the clones which commit has which ancestors.
    let folder = open(&projects)?;
    fchown(&folder, Some(agent.uid.as_raw()), Some(keeper.gid.as_raw()))?;
    folder.set_permissions(Permissions::from_mode(0o750))
}

/// Has nobody but us read a program of ours that runs as the agent's user. A process hides itself when it starts, but between
/// its first moment and that one, another of its user could read its environment; not where the user cannot read its program.
pub(crate) fn hide_program(path: &Path) -> io::Result<()> {
    let mut program = File::open(path)?;
    let mode = program.metadata()?.mode();
    let mut start = [0; 2];
    program.read_exact(&mut start)?;
    // Who runs a script has to read it.
    if mode & 0o044 == 0 || start == *b"#!" {
        return Ok(());
    }
    program.set_permissions(Permissions::from_mode(mode & 0o7733))
}

/// Gives a folder and what is in it to `owner`: what is root's, and what belongs to whom the folder belongs to. The folder
/// itself comes last, so that its owner tells whether all of it was done.
fn hand_over(path: &Path, owner: User) -> io::Result<()> {
    let folder = open(path)?;
    let former = folder.metadata()?.uid();
    let change = Change { former: Some([0, former]), owner };
    change.below(Dir::from_fd(OwnedFd::from(folder.try_clone()?))?)?;
    fchown(&folder, Some(owner.uid.as_raw()), Some(owner.gid.as_raw()))
}

struct Change {
    /// Whose entries change hands; everybody's where nobody is named.
    former: Option<[u32; 2]>,
    owner: User,
}

impl Change {
    fn below(&self, mut folder: Dir) -> io::Result<()> {
        let names: Vec<_> = folder
            .iter()
            .map(|entry| Ok(entry?.file_name().to_owned()))
            .collect::<Result<_, nix::Error>>()?;
        for name in names {
            if name.as_c_str() != c"." && name.as_c_str() != c".." {
                self.entry(&folder, &name)?;
            }
        }
        Ok(())
    }

    fn entry(&self, folder: &Dir, name: &CStr) -> io::Result<()> {
        let stat = match fstatat(folder.as_fd(), name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            // What has gone is nobody's.
            Err(Errno::ENOENT) => return Ok(()),
            stat => stat?,
        };
        let kind = SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT;
        if kind == SFlag::S_IFDIR {
            let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            self.below(Dir::openat(folder.as_fd(), name, flags, Mode::empty())?)?;
        }
        // Where the kernel lets anybody make a second name of any file, this may be one of a file that is kept elsewhere.
        let is_elsewhere_too = kind == SFlag::S_IFREG && stat.st_uid == 0 && stat.st_nlink > 1;
        let is_theirs = self.former.is_none_or(|former| former.contains(&stat.st_uid));
        if is_theirs && !is_elsewhere_too {
            let (uid, gid) = (self.owner.uid, self.owner.gid);
            fchownat(folder.as_fd(), name, Some(uid), Some(gid), AtFlags::AT_SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }
}

/// Opens a folder, and no link to one.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(path)
}
