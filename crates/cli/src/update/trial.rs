//! Trying a program before it is switched to.

use std::{path::Path, process::Command};

use serde_json::Value;

use super::{Tool, source};
use crate::{failure::Failure, interruption};

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
    let output = interruption::run(Command::new(&contract).arg("--json").arg(program));
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
