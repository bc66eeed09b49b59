//! The processes that have a folder as theirs: a server that an agent started, a terminal.
//!
//! opencode's tools and terminals begin a session of their own, with `setsid`. What shares opencode's session or ours
//! ends by itself: language servers with the folder's instance, git with its call.

use std::{fs, path::Path};

use nix::unistd::{Pid, getsid};
use serde::Deserialize;

use crate::error::Error;

/// The names of the programs that run in `folder` or below. `run` is the folder in which the supervisor lists opencode.
pub async fn in_folder(folder: &Path, run: &Path) -> Result<Vec<String>, Error> {
    let (folder, run) = (folder.to_owned(), run.to_owned());
    let found = tokio::task::spawn_blocking(move || find(&folder, &run)).await;
    found.map_err(|error| Error::Internal(error.to_string()))
}

fn find(folder: &Path, run: &Path) -> Vec<String> {
    let ours = getsid(None).ok().map(Pid::as_raw);
    let ending = [ours, opencode(run).and_then(|pid| stat(&pid.to_string())).map(|(_, session)| session)];
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter_map(|entry| {
            let directory = fs::read_link(entry.path().join("cwd")).ok()?;
            let (name, session) =
                stat(entry.file_name().to_str()?).filter(|_| directory.starts_with(folder))?;
            (!ending.contains(&Some(session))).then_some(name)
        })
        .collect();
    names.sort();
    names
}

/// The name of a process and the number of its session.
fn stat(pid: &str) -> Option<(String, i32)> {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).ok()?;
    // The name is in brackets, and may hold any other.
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
    Some((name.to_owned(), rest.split(' ').nth(3)?.parse().ok()?))
}

/// The process of opencode, as the supervisor wrote it down.
fn opencode(run: &Path) -> Option<u32> {
    #[derive(Deserialize)]
    struct Listed {
        name: String,
        pid: u32,
    }
    let listed: Vec<Listed> = serde_json::from_slice(&fs::read(run.join("processes.json")).ok()?).ok()?;
    listed.into_iter().find(|listed| listed.name == "opencode").map(|listed| listed.pid)
}
