//! A working copy made again of the commit that was made of it.

use std::{
    ffi::OsStr,
    fs,
    io::{self, ErrorKind},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use git2::Repository;

use crate::{
    error::Error,
    git::{Git, Workshop},
};

/// The workshop's index of the files that no commit has.
const FILES: &str = "files-to-come";

/// Makes the working copy at `path`, whose HEAD is right, what it was when `commit` was made. The workshop has the commit.
pub(super) async fn put_back(git: &Git, workshop: &Workshop, commit: &str, path: &Path) -> Result<(), Error> {
    let listing = Listing { git, workshop, commit };
    let index = listing.lines("index", Entry::staged).await?;
    git.local(path).args(["read-tree", "--empty"]).run().await?;
    let update = git.local(path).args(["update-index", "-z", "--index-info"]);
    update.run_with(index).await?;
    git.local(path).args(["checkout-index", "--all", "--force", "--index"]).run().await?;
    for gone in listing.content("gone").await?.split(|byte| *byte == 0).filter(|gone| !gone.is_empty()) {
        remove(path, Path::new(OsStr::from_bytes(gone)))?;
    }
    let files = listing.lines("files", Entry::unstaged).await?;
    git.within_over(workshop, path, FILES).args(["read-tree", "--empty"]).run().await?;
    let update = git.within_over(workshop, path, FILES).args(["update-index", "-z", "--index-info"]);
    update.run_with(files).await?;
    git.within_over(workshop, path, FILES).args(["checkout-index", "--all", "--force"]).run().await?;
    let git_directory = Repository::open(path)?.path().to_owned();
    let mut states = Vec::new();
    listing.each("state", |entry| states.push(entry.path)).await?;
    for state in states {
        let content = listing.content_of([b"state/", state.as_slice()].concat()).await?;
        let state = git_directory.join(OsStr::from_bytes(&state));
        if let Some(folder) = state.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(state, content)?;
    }
    // It says with its status that there are changes.
    if let Err(error) = git.local(path).args(["update-index", "-q", "--refresh"]).run().await {
        tracing::debug!(%error, "not all of the restored files are as their commit has them");
    }
    Ok(())
}

/// Removes a file and the folders that are empty then.
fn remove(root: &Path, path: &Path) -> io::Result<()> {
    match fs::remove_file(root.join(path)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    for folder in path.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty()) {
        if fs::remove_dir(root.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

/// What is in a snapshot.
struct Listing<'a> {
    git: &'a Git,
    workshop: &'a Workshop,
    commit: &'a str,
}

/// A file of it.
struct Entry {
    mode: String,
    object: String,
    path: Vec<u8>,
}

impl Listing<'_> {
    /// Shows the files in one of its folders, by their paths in there.
    async fn each(&self, folder: &str, mut show: impl FnMut(Entry)) -> Result<(), Error> {
        let list = self.git.within(self.workshop).args(["ls-tree", "-r", "-z", "--full-tree", self.commit]);
        let read = |entry: &[u8]| {
            // mode, type, object; then the path behind a tab.
            let tab = entry.iter().position(|byte| *byte == b'\t')?;
            let head = String::from_utf8_lossy(&entry[..tab]);
            let mut head = head.split(' ');
            let (mode, object) = (head.next()?.to_owned(), head.nth(1)?.to_owned());
            Some(Entry { mode, object, path: entry[tab + 1 + folder.len() + 1..].to_vec() })
        };
        list.arg(format!("{folder}/"))
            .run_pieces(Vec::new(), 0, |entry| read(entry).into_iter().for_each(&mut show))
            .await
    }

    /// One line for each of them.
    async fn lines(&self, folder: &str, line: impl Fn(&Entry) -> Vec<u8>) -> Result<Vec<u8>, Error> {
        let mut lines = Vec::new();
        self.each(folder, |entry| lines.extend(line(&entry))).await?;
        Ok(lines)
    }

    async fn content(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.content_of(path.as_bytes().to_vec()).await
    }

    async fn content_of(&self, path: Vec<u8>) -> Result<Vec<u8>, Error> {
        let name = [self.commit.as_bytes(), b":", &path].concat();
        self.git
            .within(self.workshop)
            .args(["cat-file", "blob"])
            .arg(OsStr::from_bytes(&name))
            .run_with(Vec::new())
            .await
    }
}

impl Entry {
    /// For an index whose stages come before the paths.
    fn staged(&self) -> Vec<u8> {
        let (stage, path) = self.path.split_at_checked(2).unwrap_or((b"0/", &self.path));
        self.line(stage[0], path)
    }

    fn unstaged(&self) -> Vec<u8> {
        self.line(b'0', &self.path)
    }

    fn line(&self, stage: u8, path: &[u8]) -> Vec<u8> {
        let mut line = format!("{} {} {}\t", self.mode, self.object, char::from(stage)).into_bytes();
        line.extend_from_slice(path);
        line.push(0);
        line
    }
}
