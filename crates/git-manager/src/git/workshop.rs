//! A git directory of our own that sees the objects of other repositories.
//!
//! In it commits and bundles are made of what an agent has, without writing anything into its repositories and without
//! believing a word of their configuration: no filter, no conversion, no name that is refused. What is made here is
//! gone when this is dropped.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use ocweb_opencode_client::MessageId;

/// Names that git refuses for the sake of other systems are names here too.
const CONFIGURATION: &str = "[core]\n\trepositoryformatversion = 0\n\tprotectNTFS = false\n\tprotectHFS = false\n[fastimport]\n\tunpackLimit = 1\n";
/// Above whatever the working copy's own attributes say: bytes stay as they are.
const ATTRIBUTES: &str = "* -text -eol -ident -filter -working-tree-encoding\n";
/// The HEAD of a repository without commits.
const UNBORN: &str = "ref: refs/heads/none";

/// A git directory for one piece of work.
pub struct Workshop(PathBuf);

impl Workshop {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let workshop = Self(folder.join(MessageId::generate().to_string()));
        for part in ["objects/info", "refs", "info"] {
            fs::create_dir_all(workshop.0.join(part))?;
        }
        fs::write(workshop.0.join("config"), CONFIGURATION)?;
        fs::write(workshop.0.join("info/attributes"), ATTRIBUTES)?;
        workshop.head(None)?;
        Ok(workshop)
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Has HEAD name this commit, or none.
    pub fn head(&self, commit: Option<&str>) -> io::Result<()> {
        fs::write(self.0.join("HEAD"), format!("{}\n", commit.unwrap_or(UNBORN)))
    }

    /// Lets it see the objects in the common git directory of another repository, as far as that repository's history goes.
    pub fn lend(&self, common: &Path) -> io::Result<()> {
        let mut line = common.join("objects").as_os_str().as_bytes().to_vec();
        line.push(b'\n');
        self.append("objects/info/alternates", &line)?;
        match fs::read(common.join("shallow")) {
            Ok(shallow) => self.cut_off(&shallow),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Has history end at these commits, one a line.
    pub fn cut_off(&self, shallow: &[u8]) -> io::Result<()> {
        self.append("shallow", shallow)
    }

    fn append(&self, file: &str, lines: &[u8]) -> io::Result<()> {
        let file = OpenOptions::new().create(true).append(true).open(self.0.join(file));
        file?.write_all(lines)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // What resists is removed at the next start.
        let _ = fs::remove_dir_all(&self.0);
    }
}
