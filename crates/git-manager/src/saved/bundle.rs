//! The file of saved work: what it builds on, and a pack of everything else.
//!
//! git opens a bundle only where the history of all that it builds on is whole, back to its beginning, which in a clone
//! that holds less than everything it is not. Here it is opened by its format, which git documents (`gitformat-bundle`).

use std::{
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use crate::{
    error::Error,
    git::{Git, Workshop},
};

/// A bundle whose header was read.
pub(super) struct Bundle {
    path: PathBuf,
    /// Where its pack begins, in bytes.
    pack: u64,
    /// The commits that it builds on: who opens it needs them with their files.
    pub(super) prerequisites: Vec<String>,
}

impl Bundle {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut file = BufReader::new(File::open(path)?);
        let (mut prerequisites, mut line) = (Vec::new(), Vec::new());
        loop {
            line.clear();
            file.read_until(b'\n', &mut line)?;
            match line.as_slice() {
                [] => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the bundle is cut off")),
                b"\n" => break,
                // Its commit's words follow.
                [b'-', rest @ ..] => {
                    let commit = rest.split(u8::is_ascii_whitespace).next().unwrap_or_default();
                    prerequisites.push(String::from_utf8_lossy(commit).into_owned());
                }
                _ => {}
            }
        }
        Ok(Self { path: path.to_owned(), pack: file.stream_position()?, prerequisites })
    }

    /// Puts its objects into a workshop that sees what it builds on; each of them is read and checked. Gives the index of
    /// the pack that they are in.
    pub(super) async fn unpack(&self, git: &Git, workshop: &Workshop) -> Result<PathBuf, Error> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.pack))?;
        let index = git.within(workshop).args(["index-pack", "--stdin", "--fix-thin"]).input_file(file);
        let said = index.unlimited().run().await?.text;
        // `pack`, a tab and its name.
        let name = said.trim().rsplit('\t').next().unwrap_or_default();
        Ok(workshop.path().join(format!("objects/pack/pack-{name}.idx")))
    }
}
