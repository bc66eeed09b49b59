//! A copy of opencode's database from before a new opencode changes it.
//!
//! opencode moves its database on by itself when a new version first opens it, and never back. Older versions open the newer
//! database all the same (measured, docs/update.md), so going back leaves it as it is and loses nothing; the copy is for the day
//! on which that is no longer so.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{failure::Failure, interruption};

/// Consistent while opencode writes: one reading transaction. Only one copy is kept.
const COPY: &str = "import { Database } from 'bun:sqlite';
import { mkdirSync, readdirSync, rmSync, renameSync, statSync, statfsSync } from 'node:fs';
import { dirname, join, basename } from 'node:path';
const [from, to] = process.argv.slice(1);
mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
rmSync(to + '.part', { force: true });
const room = statfsSync(dirname(to)), needed = statSync(from).size + 64 * 2 ** 20;
if (room.bavail * room.bsize < needed) throw new Error(`there is no room for it: ${Math.ceil(needed / 1e6)} MB are needed`);
try {
  new Database(from, { readonly: true }).query('VACUUM INTO ?').run(to + '.part');
} catch (error) {
  rmSync(to + '.part', { force: true });
  throw error;
}
renameSync(to + '.part', to);
for (const name of readdirSync(dirname(to))) if (name !== basename(to)) rmSync(join(dirname(to), name), { force: true });";

/// Copies the database, if there is one, by the `SQLite` in `opencode`, and tells where the copy is.
pub fn copy(data: &Path, opencode: &Path, version: &str) -> Result<Option<PathBuf>, Failure> {
    let state = data.join("opencode-state");
    let database = state.join("data/opencode/opencode.db");
    let Ok(meta) = fs::metadata(&database) else { return Ok(None) };
    let copy = state.join("before").join(format!("opencode-{version}.db"));
    let mut command = Command::new(opencode);
    command.args(["-e", COPY]).arg(&database).arg(&copy);
    // An agent can read what is told to a process of its user: none of our secrets.
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("BUN_BE_BUN", "1");
    // As whose it is: what lies there may be anything that an agent made of it.
    if nix::unistd::geteuid().is_root() {
        command.uid(meta.uid()).gid(meta.gid());
    }
    let output = interruption::run(command.current_dir("/"));
    let output =
        output.map_err(|error| Failure::Other(format!("{} cannot be run: {error}.", opencode.display())))?;
    if output.status.success() {
        return Ok(Some(copy));
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complaint = complaint.lines().find(|line| line.contains("rror")).unwrap_or_default();
    Err(Failure::Other(format!(
        "No copy of opencode's database could be made, so nothing was changed: {complaint}"
    )))
}
