//! The files and folders of a working copy, from which no path leads out.
//!
//! A path is gone down part by part from the root's own descriptor, and no link is followed: what is opened
//! lies inside, whatever the agent does meanwhile.

use std::{
    ffi::OsStr,
    fs::{File, Metadata},
    io::Read,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    path::{Component, Path, PathBuf},
};

use git2::Repository;
use nix::{
    errno::Errno,
    fcntl::{OFlag, open, openat, readlinkat},
    sys::stat::Mode,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Failure, place::Place};
use crate::{
    error::{Error, Missing},
    names::InnerPath,
};

/// How many entries of a folder are listed.
const ENTRIES: usize = 5000;
const SUBMODULE: u32 = 0o160_000;

/// The root of a working copy.
pub(super) struct Inside(OwnedFd);

/// What lies at a path.
pub(super) enum Node {
    File(File, Metadata),
    Folder(OwnedFd),
    /// With what it points to.
    Link(Vec<u8>),
}

impl Inside {
    /// The working copy at `root`.
    pub(super) fn open(root: &Path) -> Result<Self, Failure> {
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_RDONLY;
        Ok(Self(open(root, flags, Mode::empty()).map_err(std::io::Error::from)?))
    }

    /// What lies at a path; neither its folders nor itself are followed if they are links.
    pub(super) fn find(self, path: &Path) -> Result<Node, Failure> {
        let Self(mut folder) = self;
        let mut parts = path.components().peekable();
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else { return Err(refusal(Errno::EINVAL, path)) };
            if parts.peek().is_none() {
                return last(&folder, name, path);
            }
            let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_RDONLY;
            folder = openat(&folder, name, flags, Mode::empty()).map_err(|error| refusal(error, path))?;
        }
        Ok(Node::Folder(folder))
    }

    /// The first `limit` bytes of a file, or what a link points to.
    pub(super) fn read(self, path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
        match self.find(path)? {
            Node::File(file, _) => {
                let mut content = Vec::new();
                file.take(limit).read_to_end(&mut content)?;
                Ok(content)
            }
            Node::Link(target) => Ok(target),
            Node::Folder(_) => Err(refusal(Errno::EISDIR, path)),
        }
    }
}

fn last(folder: &OwnedFd, name: &OsStr, path: &Path) -> Result<Node, Failure> {
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write.
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let found = match openat(folder, name, flags, Mode::empty()) {
        Ok(found) => File::from(found),
        Err(Errno::ELOOP) => {
            let target = readlinkat(folder, name).map_err(|error| refusal(error, path))?;
            return Ok(Node::Link(target.as_bytes().to_vec()));
        }
        Err(error) => return Err(refusal(error, path)),
    };
    let metadata = found.metadata()?;
    if metadata.is_dir() {
        Ok(Node::Folder(found.into()))
    } else if metadata.is_file() {
        Ok(Node::File(found, metadata))
    } else {
        let detail = format!("{} is neither a file nor a folder.", path.display());
        Err(Error::Unreadable(detail).into())
    }
}

fn refusal(error: Errno, path: &Path) -> Failure {
    let path = path.display();
    match error {
        Errno::ENOENT | Errno::ENAMETOOLONG => Error::Missing(Missing::Path(path.to_string())).into(),
        Errno::ENOTDIR | Errno::ELOOP => {
            let detail = format!("{path} leads through a file or a link, and links are not followed.");
            Error::Unreadable(detail).into()
        }
        _ => Error::Unreadable(format!("{path} cannot be read: {}.", error.desc())).into(),
    }
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// The working copy of another repository that this one refers to.
    Submodule,
    /// A file, or something else that is neither folder nor link.
    File,
    /// A symbolic link, which is not followed.
    Link,
}

/// An entry of a folder.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FileEntry)]
pub struct Entry {
    /// Its name; what is no UTF-8 is replaced, and cannot be asked for.
    pub name: String,
    /// Its path below the working copy.
    pub path: String,
    /// What it is.
    #[schema(inline)]
    pub kind: EntryKind,
    /// Of a file, in bytes.
    pub size_bytes: Option<u64>,
    /// Whether git ignores it.
    pub ignored: bool,
}

/// What a folder holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FileList)]
pub struct Listing {
    /// The folder's path below the working copy.
    pub path: String,
    /// Folders first, each kind by name; git's own folder is left out.
    pub entries: Vec<Entry>,
    /// Whether there are more entries.
    pub truncated: bool,
}

impl Listing {
    pub(super) fn read(place: &Place, path: &InnerPath) -> Result<Self, Failure> {
        let folder = match Inside::open(&place.path)?.find(path.as_path())? {
            Node::Folder(folder) => folder,
            Node::File(..) | Node::Link(_) => {
                return Err(Error::Unreadable(format!("{path} is not a folder.")).into());
            }
        };
        // Files can be shown where git cannot be read; then nothing is known to be ignored.
        let repository = place.open().ok();
        let inside = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
        let mut entries = Vec::new();
        let mut truncated = false;
        for entry in std::fs::read_dir(inside)?.flatten() {
            if entry.file_name().eq_ignore_ascii_case(".git") {
                continue;
            }
            if entries.len() == ENTRIES {
                truncated = true;
                break;
            }
            // Gone in the meantime.
            let Ok(metadata) = entry.metadata() else { continue };
            entries.push(describe(repository.as_ref(), path, &entry.file_name(), &metadata));
        }
        let rank = |entry: &Entry| !matches!(entry.kind, EntryKind::Folder | EntryKind::Submodule);
        entries.sort_by_cached_key(|entry| (rank(entry), entry.name.to_lowercase(), entry.name.clone()));
        Ok(Self { path: path.to_string(), entries, truncated })
    }
}

fn describe(repository: Option<&Repository>, folder: &InnerPath, name: &OsStr, metadata: &Metadata) -> Entry {
    let real = folder.as_path().join(name);
    let index = repository.and_then(|repository| repository.index().ok());
    let tracked = index.and_then(|index| index.get_path(&real, 0));
    let ignored = tracked.is_none()
        && repository.is_some_and(|repository| repository.is_path_ignored(&real).unwrap_or(false));
    let kind = match tracked {
        Some(entry) if entry.mode == SUBMODULE && metadata.is_dir() => EntryKind::Submodule,
        _ if metadata.is_dir() => EntryKind::Folder,
        _ if metadata.is_symlink() => EntryKind::Link,
        _ => EntryKind::File,
    };
    let name = name.to_string_lossy();
    let size_bytes = (kind == EntryKind::File).then(|| metadata.size());
    Entry { path: folder.join(&name), name: name.into_owned(), kind, size_bytes, ignored }
}
