//! Trying a program before it is switched to.

use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::Command,
};

use nix::unistd::geteuid;
use serde_json::Value;

use super::{Tool, source};
use crate::{failure::Failure, interruption};

/// A user that has nothing, neither the agent's nor the keeper's.
const NOBODY: u32 = 65_522;
/// Of what is broken, so many are told.
const MOST: usize = 5;

/// Whether a program is the version that it should be, and does what we rely on.
pub fn pass(tool: Tool, program: &Path, version: &str, services: &Path) -> Result<(), Failure> {
    let said = source::version_of(tool, program);
    if said.as_deref() != Some(version) {
        let said = said.as_deref().unwrap_or("nothing");
        return Err(Failure::Other(format!("What came as {tool} {version} says that it is {said}.")));
    }
    match tool {
        Tool::Opencode => keeps_the_contract(program, services),
        // It is proved by being switched to: the supervisor asks for our own health through it.
        Tool::Caddy => Ok(()),
    }
}

fn keeps_the_contract(program: &Path, services: &Path) -> Result<(), Failure> {
    let contract = services.join("ocweb-contract");
    let mut command = Command::new(&contract);
    command.arg("--json").arg(program).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // It gives its opencode a shell, so it runs as nobody who matters, wherever that one gets through to the programs.
    if geteuid().is_root() && is_open_to_all(&contract) && is_open_to_all(program) {
        command.uid(NOBODY).gid(NOBODY).env("HOME", "/nonexistent");
    } else if let Some(home) = std::env::var_os("HOME") {
        command.env("HOME", home);
    }
    let output = interruption::run(&mut command);
    let output = output.map_err(|error| {
        Failure::Other(format!("{} cannot be run: {error}. Build it: bin/build", contract.display()))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let broken: Vec<_> = said["facts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|fact| fact["outcome"] == "broken")
        .map(|fact| {
            let word = |name: &str| fact[name].as_str().unwrap_or_default().to_owned();
            format!("  {}: expected {}; came {}", word("fact"), word("expected"), word("came"))
        })
        .collect();
    if broken.is_empty() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::Other(format!("It could not be tried: {}", complaint.trim())));
    }
    let more = broken.len().saturating_sub(MOST);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    let told = broken[..broken.len().min(MOST)].join("\n");
    Err(Failure::Other(format!(
        "This opencode breaks what ocweb relies on (docs/opencode.md):\n{told}{more}"
    )))
}

/// Whether anybody may run a program, and get to where it lies.
fn is_open_to_all(program: &Path) -> bool {
    let Ok(program) = program.canonicalize() else { return false };
    program
        .ancestors()
        .all(|part| fs::metadata(part).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_open_to_all_unless_it_or_a_folder_above_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("contract");
        fs::write(&program, "").unwrap();
        let is_open = |of_folder: u32, of_program: u32| {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(of_folder)).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(of_program)).unwrap();
            is_open_to_all(&program)
        };
        assert!(is_open(0o711, 0o711));
        assert!(!is_open(0o700, 0o711) && !is_open(0o711, 0o700));
        assert!(!is_open_to_all(Path::new("/nowhere/contract")));
    }
}
