//! Where the parts come from: each is read by a process of the user that owns it.

use std::{
    fs,
    io::{self, Read},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use nix::{sys::statvfs::statvfs, unistd::Uid};

use crate::{Error, complaints::Complaints};

/// What of the agent's folder is no use to anybody elsewhere: what can be had again, and what is copied in another way.
const LEFT_OUT: [&str; 16] = [
    "opencode-state/backup",
    // A copy of the database from before a newer opencode.
    "opencode-state/before",
    "opencode-state/cache",
    "opencode-state/damaged",
    "opencode-state/data/opencode/bin",
    "opencode-state/data/opencode/log",
    "opencode-state/data/opencode/opencode.db*",
    "opencode-state/data/opencode/repos",
    // Copies of working copies, as large as these.
    "opencode-state/data/opencode/snapshot",
    "opencode-state/home/.bun",
    "opencode-state/home/.cache",
    "opencode-state/home/.cargo",
    "opencode-state/home/.npm",
    "opencode-state/home/.rustup",
    "ocweb/git-manager/aside",
    "ocweb/git-manager/workshops",
];

/// So much stays free beside the copy of the database: opencode goes on writing.
const RESERVE: u64 = 64 << 20;

/// Copies the database while others write to it, and says the copy.
const COPY: &str = r#"out=$1/backup/opencode.db
mkdir -p "$1/backup" && rm -f "$out" && "$2" -e "$3" "$1/data/opencode/opencode.db" "$out" >&2 && cat "$out"
ended=$?
rm -f "$out"
exit $ended"#;

/// Something that says a part on its standard output.
#[derive(Debug)]
pub struct Source {
    name: &'static str,
    child: Child,
    output: Option<ChildStdout>,
    complaints: Complaints,
    /// The last exit code with which it did its work.
    well: i32,
}

/// Folders of a volume with one owner.
#[derive(Debug)]
pub struct Folders<'a> {
    /// The volume.
    pub data: &'a Path,
    /// Their paths in it; those that are not there are left out.
    pub paths: Vec<PathBuf>,
}

/// opencode's database.
#[derive(Debug)]
pub struct Database<'a> {
    /// opencode's folder on the volume.
    pub state: &'a Path,
    /// opencode's program, which is a Bun with `SQLite` in it.
    pub opencode: &'a Path,
}

impl Folders<'_> {
    /// Begins to read them, as who owns the first of them. Nothing where none is there.
    pub fn read(&self) -> Result<Option<Source>, Error> {
        let paths: Vec<_> = self.paths.iter().filter(|path| self.data.join(path).is_dir()).collect();
        let Some(first) = paths.first() else { return Ok(None) };
        let mut tar = Command::new("tar");
        tar.args([
            "--create",
            "--sparse",
            "--file=-",
            "--sort=name",
            "--ignore-failed-read",
            "--exclude-caches",
        ])
        .args(["--warning=no-file-changed", "--warning=no-file-removed", "--warning=no-file-ignored"])
        .args(["--exclude=node_modules", "--anchored"])
        .args(LEFT_OUT.map(|path| format!("--exclude={path}")))
        .arg("--")
        .args(&paths);
        // Not `--directory`: tar opens that for reading, and the volume may only be passed through.
        tar.current_dir(self.data);
        // 1: a file changed while it was read, which those of ours never do, for they are replaced as a whole.
        Source::start("tar", tar, &self.data.join(first), 1).map(Some)
    }
}

impl Database<'_> {
    /// Begins to copy it. Nothing where there is none.
    pub fn read(&self) -> Result<Option<Source>, Error> {
        let database = self.state.join("data/opencode/opencode.db");
        let Some(found) = database.metadata().ok().filter(fs::Metadata::is_file) else { return Ok(None) };
        has_room(self.state, found.len())?;
        let mut copy = Command::new("/bin/sh");
        copy.args(["-c", COPY, "copy"]).arg(self.state).arg(self.opencode).arg(include_str!("database.js"));
        copy.env("HOME", self.state.join("home"));
        Source::start("Copying opencode's database", copy, self.state, 0).map(Some)
    }
}

/// Whether a copy of so many bytes leaves opencode enough to go on with.
fn has_room(folder: &Path, size: u64) -> Result<(), Error> {
    let volume = statvfs(folder).map_err(|error| Error::io(folder)(error.into()))?;
    let free = volume.blocks_available().saturating_mul(volume.fragment_size());
    if free < size.saturating_add(RESERVE) { Err(Error::DiskFull(folder.to_owned())) } else { Ok(()) }
}

/// Tells a database that its volume lies elsewhere now.
pub(crate) fn move_volume(state: &Path, opencode: &Path, from: &Path, to: &Path) -> Result<(), Error> {
    const NAME: &str = "Moving opencode's database";
    let mut bun = Command::new(opencode);
    // Nothing that the backup brought tells it what to do.
    bun.env("HOME", state.parent().unwrap_or(state)).args(["-e", include_str!("moved.js")]);
    bun.arg(state.join("data/opencode/opencode.db")).args([from, to]);
    let mut source = Source::start(NAME, bun, state, 0)?;
    io::copy(&mut source, &mut io::sink()).map_err(Error::io(state))?;
    source.end()
}

impl Source {
    fn start(name: &'static str, mut command: Command, folder: &Path, well: i32) -> Result<Self, Error> {
        // Only whoever owns it may read it for us.
        let owner = fs::metadata(folder).map_err(Error::io(folder))?;
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        let home = command
            .get_envs()
            .find_map(|(variable, value)| (variable == "HOME").then_some(value?.to_owned()));
        command
            .env_clear()
            .env("PATH", path)
            .env("LC_ALL", "C")
            .env("BUN_BE_BUN", "1")
            .envs(home.map(|home| ("HOME", home)));
        if command.get_current_dir().is_none() {
            command.current_dir("/");
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if Uid::effective().is_root() && owner.uid() != 0 {
            // It loses our other groups as well.
            command.uid(owner.uid()).gid(owner.gid());
        }
        let mut child = command
            .spawn()
            .map_err(|error| Error::Program { program: name.into(), said: format!("{error}.") })?;
        let output = child.stdout.take();
        let complaints = Complaints::of(child.stderr.take());
        Ok(Self { name, child, output, complaints, well })
    }

    /// Waits for its end, once all it says was read. The failure is what it complained of.
    pub fn end(mut self) -> Result<(), Error> {
        let ended = self.child.wait().map_err(Error::io(self.name))?;
        let said = std::mem::take(&mut self.complaints).end();
        if ended.code().is_some_and(|code| code <= self.well) {
            return Ok(());
        }
        let said = complaint(&said).map_or_else(|| ended.to_string(), str::to_owned);
        let said = format!("{}.", said.trim().trim_end_matches('.'));
        Err(Error::Program { program: self.name.into(), said })
    }
}

/// The line that says it: Bun shows the script around it, tar says last only that it ends.
fn complaint(said: &str) -> Option<&str> {
    let mut lines = said.lines().filter(|line| !line.trim().is_empty());
    let is_error = |line: &str| line.contains("Error: ") || line.starts_with("error: ");
    said.lines().find(|line| is_error(line)).or_else(|| lines.next())
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.output.as_mut().map_or(Ok(0), |output| output.read(buffer))
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // Where nobody reads on it ends at the next that it says, and what it made for us it takes away. One that has ended is
        // not there to be waited for.
        self.output = None;
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn one_that_complains_of_much_is_heard_to_its_end() {
        let mut command = Command::new("/bin/sh");
        let script =
            "echo first >&2; head -c 1000000 /dev/zero | tr '\\0' x >&2; echo last >&2; echo done; exit 3";
        command.args(["-c", script]);
        let mut source = Source::start("sh", command, Path::new("/tmp"), 0).unwrap();
        let mut said = String::new();
        source.read_to_string(&mut said).unwrap();
        assert_eq!(said, "done\n");
        assert_eq!(source.end().unwrap_err().to_string(), "sh failed: first.");
    }

    #[test]
    fn the_copy_of_a_database_goes_when_nobody_wants_it() {
        let folder = tempfile::tempdir().unwrap();
        let (state, opencode) = (folder.path().join("state"), folder.path().join("opencode"));
        let database = state.join("data/opencode/opencode.db");
        fs::create_dir_all(database.parent().unwrap()).unwrap();
        // More than a pipe holds.
        fs::write(&database, vec![7; 1 << 20]).unwrap();
        fs::write(&opencode, "#!/bin/sh\ncp \"$3\" \"$4\"\n").unwrap();
        fs::set_permissions(&opencode, fs::Permissions::from_mode(0o755)).unwrap();
        let mut source = Database { state: &state, opencode: &opencode }.read().unwrap().unwrap();
        source.read_exact(&mut [0; 10]).unwrap();
        let copy = state.join("backup/opencode.db");
        assert!(copy.exists());
        drop(source);
        assert!(!copy.exists());
        assert!(matches!(has_room(&state, u64::MAX), Err(Error::DiskFull(_))));
    }
}
