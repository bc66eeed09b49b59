//! A look at what damage can be seen cheaply: sizes, heads and ends of files, and what they point to.
//!
//! It reads and changes nothing, so it may run beside git. What it finds is looked at once more before it is treated.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use git2::{Oid, Repository};

use super::{
    loose,
    patient::{Patient, RecordedCopy},
};
use crate::worktrees::working_copies;

/// A lock older than this is nobody's, where no git is at work in its place.
const STALE: Duration = Duration::from_secs(5);
/// A pack gets its index within this time.
const INDEXED: Duration = Duration::from_mins(10);
/// Which loose objects are read to their end, the newest first.
struct Reach {
    /// How old they may be.
    age: Duration,
    /// How much of them is read, in bytes as they lie on the disk.
    bytes: u64,
}

/// Some seconds of reading. What lies beyond is left to a check of everything.
const ALL: Reach = Reach { age: Duration::MAX, bytes: 256 << 20 };
/// What an agent may have made in the run that has just ended.
const JUST_MADE: Reach = Reach { age: Duration::from_hours(1), bytes: 4 << 20 };

/// Something that is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// A lock that nobody holds.
    Lock(PathBuf),
    /// The clone's HEAD.
    Head(PathBuf),
    /// A working copy whose `.git` or whose entry in the clone is gone or damaged: its number.
    Link(usize),
    /// A working copy whose folder is gone: its number.
    Gone(usize),
    /// A reference's file, without a commit's name in it.
    Reference(PathBuf),
    /// The file of packed references.
    PackedReferences(PathBuf),
    /// A loose object.
    Object(PathBuf),
    /// A pack, its index, or both.
    Pack(PathBuf),
    /// A branch that names a commit that cannot be read.
    Tip(String),
    /// The index of the working copy with this path.
    Index(PathBuf),
}

impl Finding {
    /// Whether objects are missing once it is set aside.
    pub(super) fn is_about_objects(&self) -> bool {
        matches!(self, Self::Object(_) | Self::Pack(_) | Self::Tip(_))
    }
}

/// All damage that can be seen.
pub(super) fn examine(patient: &Patient) -> Vec<Finding> {
    let mut found = Vec::new();
    let git = patient.git_directory();
    if !git.is_dir() {
        return found;
    }
    locks(patient, &mut found);
    if !is_head(&git.join("HEAD")) {
        found.push(Finding::Head(git.join("HEAD")));
    }
    for (number, copy) in patient.copies.iter().enumerate() {
        if patient.has_moved(copy) {
            // What lives elsewhere is for whoever moved it.
        } else if !copy.is_there() {
            found.push(Finding::Gone(number));
        } else if !is_linked(patient, copy) && !is_bare(&copy.path) {
            found.push(Finding::Link(number));
        }
    }
    references(&git.join("refs"), &mut found);
    let packed = git.join("packed-refs");
    if fs::read_to_string(&packed).is_ok_and(|text| !text.lines().all(is_packed_line)) {
        found.push(Finding::PackedReferences(packed));
    }
    packs(&git.join("objects/pack"), &mut found);
    objects(patient, &ALL, &mut found);
    tips(patient, &mut found);
    indexes(patient, &mut found);
    found
}

/// The same for what an agent's git trips over in one working copy, in milliseconds.
pub(super) fn glance(patient: &Patient, copy: &Path) -> bool {
    let Some(copy) = patient.copies.iter().find(|known| known.path == copy) else { return false };
    let Some(entry) = copy.named_entry() else { return copy.is_there() && !is_bare(&copy.path) };
    let index = entry.join("index");
    is_stale(&entry.join("index.lock"))
        || is_stale(&entry.join("HEAD.lock"))
        || !is_head(&entry.join("HEAD"))
        || index.metadata().is_ok_and(|found| found.len() == 0)
        || is_stale(&patient.git_directory().join("packed-refs.lock"))
        || is_stale(&patient.git_directory().join("config.lock"))
        || {
            let mut damaged = Vec::new();
            objects(patient, &JUST_MADE, &mut damaged);
            !damaged.is_empty()
        }
}

/// The locks that git leaves: directly in a git directory, and beside references.
fn locks(patient: &Patient, found: &mut Vec<Finding>) {
    let git = patient.git_directory();
    let entries = subfolders(&git.join("worktrees"));
    let mut locks = Vec::new();
    for folder in entries.into_iter().chain([git.clone()]) {
        locks.extend(files(&folder).into_iter().filter(|path| is_stale(path)));
    }
    walk(&git.join("refs"), &mut |path| locks.extend(Some(path.to_owned()).filter(|path| is_stale(path))));
    if locks.is_empty() {
        return;
    }
    // A commit whose hook runs for minutes holds its lock all the while.
    let copies: Vec<_> = working_copies(&patient.clone).collect();
    let places: Vec<_> = copies.iter().map(|(_, path)| path.clone()).chain([patient.clone.clone()]).collect();
    let at_work = gits_at_work(&places);
    found.extend(locks.into_iter().filter(|lock| !is_held(&copies, lock, &at_work)).map(Finding::Lock));
}

/// Whether a git that is at work may hold a lock: one of the same working copy, or any for what they share. `copies` are
/// all that the clone has an entry of, for an agent may add some of its own.
fn is_held(copies: &[(PathBuf, PathBuf)], lock: &Path, at_work: &[PathBuf]) -> bool {
    match copies.iter().find(|(entry, _)| Some(entry.as_path()) == lock.parent()) {
        Some((_, path)) => at_work.contains(path),
        None => !at_work.is_empty(),
    }
}

fn is_stale(path: &Path) -> bool {
    let is_lock = path.extension().is_some_and(|extension| extension == "lock");
    let age = || path.symlink_metadata().ok()?.modified().ok()?.elapsed().ok();
    is_lock && age().is_some_and(|age| age > STALE)
}

/// Those of these folders in which a git is at work.
fn gits_at_work(places: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(name) = fs::read_to_string(entry.path().join("comm")) else { continue };
        if name.trim() != "git" && !name.starts_with("git-") {
            continue;
        }
        let Ok(directory) = fs::read_link(entry.path().join("cwd")) else { continue };
        found.extend(places.iter().filter(|place| directory.starts_with(place)).cloned());
    }
    found
}

pub(super) fn is_head(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| match text.trim_end().strip_prefix("ref: ") {
        Some(name) => name.starts_with("refs/") && !name.contains(char::is_whitespace),
        None => is_object_name(text.trim_end()),
    })
}

pub(super) fn is_object_name(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && text.bytes().any(|byte| byte != b'0')
}

pub(super) fn is_packed_line(line: &str) -> bool {
    if line.starts_with('#') {
        return true;
    }
    match line.strip_prefix('^') {
        Some(name) => is_object_name(name),
        None => line.split_once(' ').is_some_and(|(id, name)| {
            is_object_name(id) && name.starts_with("refs/") && !name.contains('\0')
        }),
    }
}

/// Whether a working copy and its entry in the clone point to each other.
fn is_linked(patient: &Patient, copy: &RecordedCopy) -> bool {
    let Some(entry) = patient.entry(copy) else { return false };
    let points_back = fs::read_to_string(entry.join("gitdir"))
        .is_ok_and(|text| Path::new(text.trim_end()) == copy.path.join(".git"));
    let common = fs::read_to_string(entry.join("commondir")).is_ok_and(|text| text.trim_end() == "../..");
    copy.named_entry().as_ref() == Some(&entry) && points_back && common && is_head(&entry.join("HEAD"))
}

/// Whether nothing is left of a working copy but its folder, or somebody made one in its place: not ours to fill.
fn is_bare(working_copy: &Path) -> bool {
    fs::read_dir(working_copy).is_ok_and(|mut entries| entries.next().is_none())
}

fn references(folder: &Path, found: &mut Vec<Finding>) {
    walk(folder, &mut |path| {
        let is_lock = path.extension().is_some_and(|extension| extension == "lock");
        if !is_lock && !is_head(path) {
            found.push(Finding::Reference(path.to_owned()));
        }
    });
}

fn packs(folder: &Path, found: &mut Vec<Finding>) {
    for pack in files(folder) {
        let is_pack = pack.extension().is_some_and(|extension| extension == "pack");
        if is_pack && !is_whole_pack(&pack) {
            found.push(Finding::Pack(pack));
        }
    }
}

/// Whether a pack begins and ends as its index says. What is between costs a whole reading.
fn is_whole_pack(pack: &Path) -> bool {
    let index = pack.with_extension("idx");
    if !index.exists() {
        let age = || pack.metadata().ok()?.modified().ok()?.elapsed().ok();
        return age().is_none_or(|age| age < INDEXED);
    }
    let ends = || -> io::Result<bool> {
        let (mut head, mut pack_end, mut index_end) = ([0; 4], [0; 20], [0; 40]);
        let mut pack = File::open(pack)?;
        pack.read_exact(&mut head)?;
        pack.seek(SeekFrom::End(-20))?;
        pack.read_exact(&mut pack_end)?;
        let mut index = File::open(&index)?;
        let mut index_head = [0; 4];
        index.read_exact(&mut index_head)?;
        index.seek(SeekFrom::End(-40))?;
        index.read_exact(&mut index_end)?;
        Ok(&head == b"PACK" && index_end[..20] == pack_end && index_head == [0xff, b't', b'O', b'c'])
    };
    ends().unwrap_or(false)
}

/// Loose objects that are empty, and among the newest those that cannot be read.
fn objects(patient: &Patient, reach: &Reach, found: &mut Vec<Finding>) {
    let folder = patient.git_directory().join("objects");
    let mut newest: Vec<(SystemTime, u64, PathBuf, Oid)> = Vec::new();
    for fan in subfolders(&folder) {
        let Some(beginning) = fan.file_name().and_then(|name| name.to_str()).filter(|name| name.len() == 2)
        else {
            continue;
        };
        for path in files(&fan) {
            let rest = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let name = format!("{beginning}{rest}");
            let (true, Ok(stat)) = (is_object_name(&name), path.symlink_metadata()) else { continue };
            if stat.len() == 0 {
                found.push(Finding::Object(path));
            } else if let (Ok(at), Ok(id)) = (stat.modified(), Oid::from_str(&name))
                && at.elapsed().unwrap_or_default() < reach.age
            {
                newest.push((at, stat.len(), path, id));
            }
        }
    }
    newest.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    let mut bytes = 0;
    let near = newest.into_iter().take_while(|(_, size, ..)| {
        bytes += size;
        bytes <= reach.bytes
    });
    let damaged = near.filter(|(_, _, path, id)| !loose::is_whole(path, *id));
    found.extend(damaged.map(|(_, _, path, _)| Finding::Object(path)));
}

/// Branches and working copies whose commit cannot be read.
fn tips(patient: &Patient, found: &mut Vec<Finding>) {
    let Some(repository) = patient.repository() else { return };
    let is_damaged = |id: Oid| !loose::is_readable_commit(&repository, id);
    for reference in repository.references().into_iter().flatten().flatten() {
        let (Ok(name), Some(id)) = (reference.name(), reference.target()) else { continue };
        if (name.starts_with("refs/heads/") || name.starts_with("refs/remotes/")) && is_damaged(id) {
            found.push(Finding::Tip(name.to_owned()));
        }
    }
    for copy in patient.copies.iter().filter(|copy| copy.is_there() && copy.began_at.is_some()) {
        let lost = format!("refs/heads/{}", copy.branch);
        let Some(entry) = patient.entry(copy) else { continue };
        let on_it = fs::read_to_string(entry.join("HEAD"))
            .is_ok_and(|head| head.trim_end() == format!("ref: {lost}"));
        if on_it && repository.refname_to_id(&lost).is_err() && !found.contains(&Finding::Tip(lost.clone())) {
            found.push(Finding::Tip(lost));
        }
    }
}

/// Indexes that cannot be read. One that is gone is as bad in a chat's working copy, which always has one.
fn indexes(patient: &Patient, found: &mut Vec<Finding>) {
    let main = patient.git_directory().join("index");
    if main.exists() && !is_index(&main) {
        found.push(Finding::Index(patient.clone.clone()));
    }
    for copy in patient.copies.iter().filter(|copy| copy.is_there() && copy.began_at.is_some()) {
        let entry = patient.entry(copy);
        if entry.is_some_and(|entry| !is_index(&entry.join("index"))) {
            found.push(Finding::Index(copy.path.clone()));
        }
    }
}

fn is_index(path: &Path) -> bool {
    matches!(index_state(path), IndexState::Whole)
}

/// What can be said of an index.
pub(super) enum IndexState {
    Whole,
    /// The library does not know its form: git has the last word.
    Unknown,
    Damaged,
}

pub(super) fn index_state(path: &Path) -> IndexState {
    if path.metadata().map_or(true, |found| found.len() == 0) {
        return IndexState::Damaged;
    }
    match git2::Index::open(path) {
        Ok(_) => IndexState::Whole,
        Err(error) if error.message().contains("unsupported") => IndexState::Unknown,
        Err(_) => IndexState::Damaged,
    }
}

/// Whether this is what a repository opens as.
pub(super) fn opens(path: &Path) -> bool {
    Repository::open(path).is_ok()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    entries(folder, |kind| kind.is_file())
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    entries(folder, |kind| kind.is_dir())
}

fn entries(folder: &Path, wanted: impl Fn(fs::FileType) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(&wanted)).map(|entry| entry.path()).collect()
}

fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
    for path in files(folder) {
        each(&path);
    }
    for path in subfolders(folder) {
        walk(&path, each);
    }
}
