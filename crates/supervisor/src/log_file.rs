//! The log on the volume: what `ocweb logs` shows where nobody else keeps it.
//!
//! A line is `TIME NAME | TEXT`. There is one file that is written to, and a few before it; together they take no more
//! room than they may. Under systemd the journal keeps the lines, and there is no such file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use nix::libc;
use ocweb_service::Environment;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The file's name in the supervisor's folder; those before it have `.1` and so on after it.
const NAME: &str = "log";

/// How big a file becomes, in bytes.
const LIMIT: u64 = 4 << 20;

/// How many files are kept besides the one that is written to.
const KEPT: u32 = 3;

/// The file that is written to.
#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
    limit: u64,
}

impl LogFile {
    /// Goes on with the file in a folder.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        Self::with_limit(folder, LIMIT)
    }

    fn with_limit(folder: &Path, limit: u64) -> io::Result<Self> {
        let path = folder.join(NAME);
        let file = append(&path)?;
        Ok(Self { size: file.metadata()?.len(), path, file, limit })
    }

    /// Adds a line of a process.
    pub(crate) fn write(&mut self, name: &str, text: &str, now: OffsetDateTime) -> io::Result<()> {
        if self.size >= self.limit {
            self.begin_anew()?;
        }
        let time = now.format(&Rfc3339).map_err(io::Error::other)?;
        let line = format!("{time} {name} | {text}\n");
        // Counted although it may fail: on a full disk the next file begins with room.
        self.size += line.len() as u64;
        self.file.write_all(line.as_bytes())
    }

    fn begin_anew(&mut self) -> io::Result<()> {
        let kept = |number: u32| self.path.with_extension(number.to_string());
        for number in (1..KEPT).rev() {
            // Those that are not there yet are no loss.
            let _ = fs::rename(kept(number), kept(number + 1));
        }
        fs::rename(&self.path, kept(1))?;
        self.file = append(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW).open(path)
}

/// True where standard error goes to systemd's journal (`JOURNAL_STREAM` in systemd.exec(5)), which keeps it.
pub(crate) fn is_kept_by_the_journal(environment: &Environment) -> bool {
    let Some(stream) = environment.get("JOURNAL_STREAM") else { return false };
    let ours = io::stderr().as_fd().try_clone_to_owned().and_then(|stream| File::from(stream).metadata());
    ours.is_ok_and(|ours| stream == format!("{}:{}", ours.dev(), ours.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn lines_have_their_time_and_name_and_the_files_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogFile::with_limit(folder.path(), 100).unwrap();
        for number in 0..20 {
            log.write("auth", &format!("line {number}"), OffsetDateTime::UNIX_EPOCH).unwrap();
        }
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(read("log.1").starts_with("1970-01-01T00:00:00Z auth | line 1"));
        assert!(read("log").ends_with("line 19\n"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1 + KEPT as usize);
        let mode = fs::metadata(folder.path().join("log")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_next_start_goes_on_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..2 {
            let mut log = LogFile::open(folder.path()).unwrap();
            log.write("caddy", &number.to_string(), OffsetDateTime::UNIX_EPOCH).unwrap();
        }
        assert_eq!(fs::read_to_string(folder.path().join("log")).unwrap().lines().count(), 2);
    }
}
