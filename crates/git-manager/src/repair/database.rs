//! Notices of repairs of opencode's database. The supervisor has it looked at before each start of opencode, as opencode's
//! user, and what was done is written beside what was set aside: here it is read and put away like any other repair.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::notice::Notice;

/// The agent may write there as well; more is no notice of ours, in bytes.
const LARGEST: u64 = 64 << 10;

/// The notices in this folder, one in each folder of things set aside.
pub(super) struct DatabaseNotices(pub(super) PathBuf);

impl DatabaseNotices {
    /// All that can be read.
    pub(super) fn all(&self) -> Vec<Notice> {
        self.files().filter_map(|file| read(&file)).collect()
    }

    /// Puts one away. False where there is none of this name.
    pub(super) fn put_away(&self, id: &str) -> io::Result<bool> {
        match self.files().find(|file| read(file).is_some_and(|notice| notice.id == id)) {
            Some(file) => fs::remove_file(file).map(|()| true),
            None => Ok(false),
        }
    }

    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let folders = fs::read_dir(&self.0).into_iter().flatten().flatten();
        folders.map(|folder| folder.path().join("notice.json")).filter(|file| file.is_file())
    }
}

fn read(file: &Path) -> Option<Notice> {
    let mut text = Vec::new();
    File::open(file).ok()?.take(LARGEST).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}
