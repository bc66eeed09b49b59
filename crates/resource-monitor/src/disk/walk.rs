//! Adds up what folders take on the disk, with several threads on one heap of folders.
//!
//! As `du` does: allocated blocks rather than lengths, a file with several names counted once for
//! each root, no symbolic link followed, no other file system entered. What vanishes or cannot be
//! read on the way counts nothing.

use std::{
    collections::HashSet,
    fs::{self, Metadata},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// More threads only wait for each other in the kernel.
const MOST_THREADS: usize = 4;

/// The unit of `st_blocks`, whatever the file system's own block is.
const BLOCK_BYTES: u64 = 512;

/// Allocated bytes of each root and everything below it, in the order of the roots.
pub(super) fn allocated_bytes(roots: &[&Path]) -> Vec<u64> {
    let roots: Vec<Root> = roots.iter().map(|path| Root::new(path)).collect();
    let begin = roots.iter().filter(|root| root.device.is_some());
    let folders = begin.map(|root| Folder { root, path: root.path.to_owned() }).collect();
    let heap = Heap { state: Mutex::new(State { folders, under_way: 0 }), changed: Condvar::new() };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(2, MOST_THREADS);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| heap.work());
        }
    });
    roots.into_iter().map(|root| root.bytes.into_inner()).collect()
}

/// What is added up for one root.
struct Root<'a> {
    path: &'a Path,
    /// `None` when there is no such folder.
    device: Option<u64>,
    bytes: AtomicU64,
    /// Inodes with several names that were counted.
    counted: Mutex<HashSet<u64>>,
}

impl<'a> Root<'a> {
    fn new(path: &'a Path) -> Self {
        let metadata = fs::symlink_metadata(path).ok().filter(Metadata::is_dir);
        let bytes = metadata.as_ref().map_or(0, |metadata| metadata.blocks() * BLOCK_BYTES);
        let device = metadata.map(|metadata| metadata.dev());
        Self { path, device, bytes: bytes.into(), counted: Mutex::default() }
    }

    /// Whether the inode was not counted under another name.
    fn is_new(&self, metadata: &Metadata) -> bool {
        metadata.is_dir() || metadata.nlink() < 2 || lock(&self.counted).insert(metadata.ino())
    }
}

/// A folder whose entries are still to be counted.
struct Folder<'a> {
    root: &'a Root<'a>,
    path: PathBuf,
}

impl Folder<'_> {
    /// Counts the entries and returns the folders among them.
    fn count(&self) -> Vec<Self> {
        let mut bytes = 0;
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path).into_iter().flatten().filter_map(Result::ok) {
            let Ok(metadata) = entry.metadata() else { continue };
            if Some(metadata.dev()) != self.root.device || !self.root.is_new(&metadata) {
                continue;
            }
            bytes += metadata.blocks() * BLOCK_BYTES;
            if metadata.is_dir() {
                found.push(Folder { root: self.root, path: entry.path() });
            }
        }
        self.root.bytes.fetch_add(bytes, Ordering::Relaxed);
        found
    }
}

/// The folders still to be counted, and how many threads may yet find more.
struct Heap<'a> {
    state: Mutex<State<'a>>,
    changed: Condvar,
}

struct State<'a> {
    folders: Vec<Folder<'a>>,
    under_way: usize,
}

impl Heap<'_> {
    /// Counts folders until none is left and nobody can find another.
    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(folder) = state.folders.pop() {
                state.under_way += 1;
                drop(state);
                let found = folder.count();
                state = lock(&self.state);
                state.under_way -= 1;
                if !found.is_empty() || state.under_way == 0 {
                    self.changed.notify_all();
                }
                state.folders.extend(found);
            } else if state.under_way == 0 {
                return;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, process::Command};

    use super::*;

    fn du(path: &Path) -> u64 {
        let output = Command::new("du").args(["-s", "-B1", "-x"]).arg(path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().next().unwrap().parse().unwrap()
    }

    #[test]
    fn it_counts_as_du_does() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        for index in 0..60 {
            let deep = one.join(format!("a{}/b{index}", index % 7));
            fs::create_dir_all(&deep).unwrap();
            fs::write(deep.join("file"), vec![b'x'; index * 1000]).unwrap();
        }
        // A second name, in another folder; a sparse file; a link to something large; a dead link.
        fs::hard_link(one.join("a3/b59/file"), one.join("again")).unwrap();
        fs::File::create(one.join("sparse")).unwrap().set_len(1 << 30).unwrap();
        symlink("/usr", one.join("out")).unwrap();
        symlink("nowhere", one.join("dead")).unwrap();
        fs::create_dir(&two).unwrap();
        fs::hard_link(one.join("again"), two.join("elsewhere")).unwrap();

        let missing = folder.path().join("missing");
        let counted = allocated_bytes(&[&one, &two, &missing, &one.join("out")]);
        assert_eq!(counted, [du(&one), du(&two), 0, 0]);
        assert!(counted[0] < 10_000_000, "{counted:?}");
    }

    #[test]
    fn it_does_not_enter_another_file_system() {
        let metadata = |path: &str| fs::symlink_metadata(path).unwrap();
        assert_ne!(metadata("/proc").dev(), metadata("/").dev(), "this test needs /proc to be mounted");
        // Only the folder itself and what else of it is on the same file system.
        let root = Root::new(Path::new("/"));
        let found = Folder { root: &root, path: "/".into() }.count();
        assert!(found.iter().all(|folder| folder.path != Path::new("/proc")));
        assert!(found.iter().any(|folder| folder.path == Path::new("/etc")));
    }
}
