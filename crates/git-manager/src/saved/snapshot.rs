//! A working copy as a commit: all that git knows of it, and the bytes of all that git does not.
//!
//! Its tree has `index/<stage>/<path>` for each entry of the index, `files/<path>` for each changed and new file as it lies
//! on the disk, `gone` with the paths that were deleted and not staged, and `state/` with the files of an operation that is
//! not finished. Its parents are HEAD and all that only the working copy's own logs lead to.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs::{self, Metadata},
    io::{self, ErrorKind},
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
};

use git2::{Oid, Repository};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufWriter},
    process::ChildStdin,
};

use crate::{
    error::Error,
    git::{Git, Workshop},
    loss::Beside,
};

/// What git writes down about an operation that goes on, and about where a branch was.
const STATE: [&str; 17] = [
    "MERGE_HEAD",
    "MERGE_MSG",
    "MERGE_MODE",
    "MERGE_AUTOSTASH",
    "SQUASH_MSG",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
    "ORIG_HEAD",
    "BISECT_START",
    "BISECT_LOG",
    "BISECT_TERMS",
    "BISECT_NAMES",
    "BISECT_EXPECTED_REV",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
];
/// The files in which a commit may stand that nothing else leads to.
const HEADS: [&str; 7] = [
    "MERGE_HEAD",
    "MERGE_AUTOSTASH",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "ORIG_HEAD",
    "rebase-merge/autostash",
    "rebase-apply/autostash",
];
/// So many of the latest commits that only a log leads to are kept.
const LOGGED: usize = 500;
/// The files whose line ends git converts, as the working copy's attributes say.
const CONVERTED: [&str; 4] = [":(attr:text)", ":(attr:text=auto)", ":(attr:eol=crlf)", ":(attr:eol=lf)"];
/// The copy of a working copy's index in the workshop.
const COPY: &str = "index";

/// What a working copy has that no commit has.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Changed and new files.
    pub(super) files: Vec<PathBuf>,
    /// Files of the index that are not there.
    pub(super) gone: Vec<PathBuf>,
    /// Repositories within, submodules aside.
    pub(super) nested: Vec<PathBuf>,
}

impl Changes {
    /// How many bytes its files have, with the largest of them.
    pub(super) fn size(&self, root: &Path) -> (u64, Option<&Path>) {
        let sizes =
            self.files.iter().filter_map(|path| Some((root.join(path).symlink_metadata().ok()?.len(), path)));
        let mut total = 0;
        let largest = sizes.inspect(|(size, _)| total += size).max();
        let largest = largest.map(|(_, path)| path.as_path());
        (total, largest)
    }

    /// Adds what one entry of `git status` tells.
    fn note(&mut self, root: &Path, entry: &[u8]) {
        let (fields, is_changed, is_gone) = match entry {
            [b'1', _, _, in_files, ..] => (8, *in_files != b'.', *in_files == b'D'),
            [b'u', ..] => (10, true, false),
            [b'?', ..] => (1, true, false),
            _ => return,
        };
        let Some(path) = entry.splitn(fields + 1, |byte| *byte == b' ').nth(fields) else { return };
        let (path, is_folder) = path.strip_suffix(b"/").map_or((path, false), |path| (path, true));
        let path = PathBuf::from(OsStr::from_bytes(path));
        if is_folder {
            self.nested.push(path);
        } else if is_gone || entry[0] == b'u' && root.join(&path).symlink_metadata().is_err() {
            self.gone.push(path);
        } else if is_changed {
            self.files.push(path);
        }
    }
}

/// Finds out what has changed in the working copy of `repository`, with the workshop's eyes. The workshop gets its index.
pub(super) async fn changes(git: &Git, workshop: &Workshop, place: &Place) -> Result<Changes, Error> {
    workshop.head(place.head.as_deref())?;
    copy_index(&place.git_directory, workshop)?;
    // What only this machine ignores.
    let ignored = fs::read(place.common.join("info/exclude")).unwrap_or_default();
    fs::write(workshop.path().join("info/exclude"), ignored)?;
    let status = git.within_over(workshop, &place.root, COPY).args([
        "status",
        "--porcelain=v2",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=all",
        "--no-renames",
    ]);
    let mut changes =
        Changes { files: place.beside.files.clone(), gone: Vec::new(), nested: place.beside.nested.clone() };
    status.run_pieces(Vec::new(), 0, |entry| changes.note(&place.root, entry)).await?;
    // Its times tell git that these are as they were, and its attributes that they are as their commit has them.
    let line_ends = git.reading(&place.root).args(["ls-files", "-z", "--eol", "--"]).args(CONVERTED);
    line_ends.run_pieces(Vec::new(), 0, |entry| changes.files.extend(with_other_line_ends(entry))).await?;
    changes.files.sort_unstable();
    changes.files.dedup();
    Ok(changes)
}

/// The file of an entry of `git ls-files --eol`, where its line ends are others than a checkout would give it.
fn with_other_line_ends(entry: &[u8]) -> Option<PathBuf> {
    // i/lf, w/crlf, attr/text=auto, eol=crlf; then the path behind a tab.
    let tab = entry.iter().position(|byte| *byte == b'\t')?;
    let head = String::from_utf8_lossy(&entry[..tab]);
    let (in_index, head) = head.strip_prefix("i/")?.split_once(' ')?;
    let (on_disk, attributes) = head.trim_start().strip_prefix("w/")?.split_once(' ')?;
    let attributes = attributes.trim_start().strip_prefix("attr/")?;
    let is_made_crlf = attributes.contains("eol=crlf")
        && (in_index == "lf" || in_index == "mixed" && !attributes.contains("text=auto"));
    let of_checkout = if is_made_crlf { "crlf" } else { in_index };
    let is_other = !on_disk.is_empty() && on_disk != of_checkout;
    is_other.then(|| PathBuf::from(OsStr::from_bytes(&entry[tab + 1..])))
}

/// Where a working copy is, and what the library knows of it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) git_directory: PathBuf,
    pub(super) common: PathBuf,
    pub(super) head: Option<String>,
    /// What `git status` does not tell of.
    pub(super) beside: Beside,
    /// Commits that only its own logs and files lead to.
    logged: Vec<Oid>,
}

impl Place {
    pub(super) fn new(repository: &Repository, root: &Path, branch: Option<&str>, beside: Beside) -> Self {
        let head =
            repository.head().ok().and_then(|head| head.peel_to_commit().ok()).map(|commit| commit.id());
        Self {
            root: root.to_owned(),
            git_directory: repository.path().to_owned(),
            common: repository.commondir().to_owned(),
            head: head.map(|head| head.to_string()),
            beside,
            logged: logged(repository, head, branch),
        }
    }
}

/// The commits of a working copy's own logs and state, HEAD aside.
fn logged(repository: &Repository, head: Option<Oid>, branch: Option<&str>) -> Vec<Oid> {
    let git_directory = repository.path();
    let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
    let logs = [
        Some(git_directory.join("logs/HEAD")),
        branch.map(|branch| repository.commondir().join("logs").join(branch)),
    ];
    let logs: Vec<_> = logs.into_iter().flatten().map(read).collect();
    let logged =
        logs.iter().flat_map(|log| log.lines()).rev().take(LOGGED).filter_map(|line| line.split(' ').nth(1));
    let heads: Vec<_> = HEADS.iter().map(|head| read(git_directory.join(head))).collect();
    let named = heads.iter().flat_map(|head| head.lines());
    let is_linked = git_directory != repository.commondir();
    let own = if is_linked { references_below(&git_directory.join("refs")) } else { Vec::new() };
    let own: Vec<_> = own.into_iter().map(read).collect();
    let own = own.iter().map(|reference| reference.trim());
    let oids: BTreeSet<_> =
        logged.chain(named).chain(own).filter_map(|text| Oid::from_str(text.trim()).ok()).collect();
    let is_there = |oid: &Oid| Some(*oid) != head && !oid.is_zero() && repository.find_commit(*oid).is_ok();
    oids.into_iter().filter(is_there).collect()
}

/// The references that one working copy has beside those of its repository.
fn references_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { references_below(&path) } else { vec![path] }).collect()
}

fn copy_index(git_directory: &Path, workshop: &Workshop) -> io::Result<()> {
    let index = workshop.path().join(COPY);
    match fs::copy(git_directory.join("index"), &index) {
        Err(error) if error.kind() == ErrorKind::NotFound => match fs::remove_file(&index) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        },
        copied => {
            copied?;
            // By its time git tells which files it has to read, because they changed while the index was written.
            let written = fs::metadata(git_directory.join("index"))?.modified()?;
            fs::File::options().write(true).open(&index)?.set_modified(written)?;
        }
    }
    for entry in fs::read_dir(git_directory)?.flatten() {
        if entry.file_name().as_bytes().starts_with(b"sharedindex.") {
            fs::copy(entry.path(), workshop.path().join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Makes the commit, under the reference `name` of the workshop. [`changes`] were found last of all.
pub(super) async fn take(
    git: &Git,
    workshop: &Workshop,
    place: &Place,
    changes: &Changes,
    name: &str,
) -> Result<String, Error> {
    let index = index_tree(git, workshop, place).await?;
    let git_directory = &place.git_directory;
    let state: Vec<_> = STATE.iter().flat_map(|name| files_below(git_directory, Path::new(name))).collect();
    let import =
        git.within(workshop).args(["fast-import", "--quiet", "--date-format=now", "--force"]).unlimited();
    import
        .run_fed(async |stdin| {
            let mut stream = Stream(BufWriter::with_capacity(64 * 1024, stdin));
            stream
                .text(&format!("commit {name}\ncommitter ocweb <ocweb@localhost> now\ndata 5\nsaved\n"))
                .await?;
            let mut parents = place.head.iter().cloned().chain(place.logged.iter().map(Oid::to_string));
            if let Some(first) = parents.next() {
                stream.text(&format!("from {first}\n")).await?;
            }
            for parent in parents {
                stream.text(&format!("merge {parent}\n")).await?;
            }
            stream.text(&format!("deleteall\nM 040000 {index} index\n")).await?;
            for path in &changes.files {
                stream.file(&place.root, path, "files").await?;
            }
            for path in &state {
                stream.file(git_directory, path, "state").await?;
            }
            let gone: Vec<_> = changes.gone.iter().map(|path| path.as_os_str().as_bytes()).collect();
            stream.bytes("100644", b"gone", &gone.join(&0)).await?;
            stream.0.flush().await?;
            stream.0.into_inner().shutdown().await
        })
        .await?;
    let commit = git.within(workshop).args(["rev-parse", "--verify", name]).run().await?;
    Ok(commit.text.trim().to_owned())
}

/// The index as a tree, with the stage of each entry before its path.
async fn index_tree(git: &Git, workshop: &Workshop, place: &Place) -> Result<String, Error> {
    const STAGED: &str = "index-tree";
    let listed = git.within_over(workshop, &place.root, COPY).args(["ls-files", "-z", "--stage"]);
    let mut entries = Vec::new();
    let note = |entry: &[u8]| {
        // mode, object, stage; then the path behind a tab.
        let Some(tab) = entry.iter().position(|byte| *byte == b'\t') else { return };
        let (head, path) = (String::from_utf8_lossy(&entry[..tab]), &entry[tab + 1..]);
        let Some((object, stage)) = head.rsplit_once(' ') else { return };
        entries.extend_from_slice(format!("{object} 0\t{stage}/").as_bytes());
        entries.extend_from_slice(path);
        entries.push(0);
    };
    listed.run_pieces(Vec::new(), 0, note).await?;
    match fs::remove_file(workshop.path().join(STAGED)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let update = git.within_over(workshop, &place.root, STAGED).args(["update-index", "-z", "--index-info"]);
    update.run_with(entries).await?;
    // What a partial clone does not have is at the remote.
    let tree =
        git.within_over(workshop, &place.root, STAGED).args(["write-tree", "--missing-ok"]).run().await?;
    Ok(tree.text.trim().to_owned())
}

/// The regular files at `path` or below it.
fn files_below(folder: &Path, path: &Path) -> Vec<PathBuf> {
    match folder.join(path).symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {
            let entries = fs::read_dir(folder.join(path)).into_iter().flatten().flatten();
            entries.flat_map(|entry| files_below(folder, &path.join(entry.file_name()))).collect()
        }
        Ok(metadata) if metadata.is_file() => vec![path.to_owned()],
        _ => Vec::new(),
    }
}

/// What `git fast-import` reads.
struct Stream(BufWriter<ChildStdin>);

impl Stream {
    async fn text(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes()).await
    }

    async fn bytes(&mut self, mode: &str, path: &[u8], content: &[u8]) -> io::Result<()> {
        self.head(mode, path, content.len() as u64).await?;
        self.0.write_all(content).await?;
        self.text("\n").await
    }

    async fn head(&mut self, mode: &str, path: &[u8], length: u64) -> io::Result<()> {
        self.text(&format!("M {mode} inline ")).await?;
        self.0.write_all(&quoted(path)).await?;
        self.text(&format!("\ndata {length}\n")).await
    }

    /// A file or link as it lies there. One that has gone meanwhile was deleted by somebody else.
    async fn file(&mut self, root: &Path, path: &Path, below: &str) -> io::Result<()> {
        let name = [below.as_bytes(), b"/", path.as_os_str().as_bytes()].concat();
        let there = root.join(path);
        let say = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let metadata = match there.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            metadata => metadata.map_err(say)?,
        };
        if metadata.is_symlink() {
            let target = fs::read_link(&there).map_err(say)?;
            return self.bytes("120000", &name, target.as_os_str().as_bytes()).await;
        }
        if !metadata.is_file() {
            return Ok(());
        }
        let mut options = tokio::fs::OpenOptions::new();
        let file = options
            .read(true)
            .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
            .open(&there)
            .await
            .map_err(say)?;
        let length = file.metadata().await.map_err(say)?.len();
        self.head(mode(&metadata), &name, length).await?;
        let copied = tokio::io::copy(&mut file.take(length), &mut self.0).await?;
        if copied < length {
            let words = format!("{} became shorter while it was saved", path.display());
            return Err(io::Error::other(words));
        }
        self.text("\n").await
    }
}

fn mode(metadata: &Metadata) -> &'static str {
    if metadata.mode() & 0o100 == 0 { "100644" } else { "100755" }
}

/// A path within the quotes of `git fast-import`.
fn quoted(path: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for byte in path {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', *byte]),
            b'\n' => quoted.extend(b"\\n"),
            _ => quoted.push(*byte),
        }
    }
    quoted.push(b'"');
    quoted
}
