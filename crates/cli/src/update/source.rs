//! Where versions come from: the registries, asked by the script that `bin/install` uses too.

use std::{path::Path, process::Command};

use serde_json::Value;

use super::Tool;
use crate::{failure::Failure, interruption};

const GET_TOOL: &str = include_str!("../../../../bin/lib/get-tool");
const VERSIONS: &str = include_str!("../../../../tools/versions.json");

/// What this ocweb was tested with: `version`, and `sha256` of each build.
pub fn pin(tool: Tool) -> Value {
    serde_json::from_str::<Value>(VERSIONS).map(|mut pins| pins[tool.name()].take()).unwrap_or_default()
}

/// The newest version for this machine.
pub fn newest(tool: Tool) -> Result<String, Failure> {
    let version = run(&["newest", tool.name()])?;
    if is_version(&version) {
        Ok(version)
    } else {
        Err(Failure::Other(format!("The newest version of {tool} could not be found out.")))
    }
}

/// Puts a version at a path. Its registry's checksum is held against it, and ours where it is the pinned one.
pub fn get(tool: Tool, version: &str, to: &Path) -> Result<(), Failure> {
    let mut arguments = vec!["get", tool.name(), version, to.to_str().unwrap_or_default()];
    let pin = pin(tool);
    let key = run(&["key", tool.name()])?;
    if pin["version"] == version {
        arguments.extend(pin["sha256"][key].as_str());
    }
    run(&arguments).map(drop)
}

/// Whether this can be a version: numbers with dots between.
pub fn is_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split('.').count() == 3 && text.split('.').all(is_number)
}

/// The version that a program says it is.
pub fn version_of(tool: Tool, program: &Path) -> Option<String> {
    let argument = match tool {
        Tool::Opencode => "--version",
        Tool::Caddy => "version",
    };
    let output = interruption::run(Command::new(program).arg(argument)).ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let version = said.split_whitespace().next()?.trim_start_matches('v').to_owned();
    is_version(&version).then_some(version)
}

/// What the script prints; what it complains of goes to the person.
fn run(arguments: &[&str]) -> Result<String, Failure> {
    let output = interruption::run(Command::new("bash").args(["-c", GET_TOOL, "get-tool"]).args(arguments))
        .map_err(|error| Failure::Other(format!("bash cannot be run: {error}.")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let last = complaint.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it could not be got");
    Err(Failure::Other(format!("{}.", last.trim_start_matches("ocweb: ").trim_end_matches('.'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_other_words() {
        assert!(is_version("1.20.3") && is_version("0.0.0"));
        for text in ["", "1.2", "1.2.3.4", "v1.2.3", "1.2.x", "latest", "../1.2.3", "1..3"] {
            assert!(!is_version(text), "{text}");
        }
    }

    #[test]
    fn the_pinned_versions_are_built_in() {
        for tool in [Tool::Opencode, Tool::Caddy] {
            assert!(is_version(&tool.pinned()), "{tool}");
        }
    }
}
