//! The contract, tried on the pinned opencode, and on one that breaks some of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The pinned opencode.
fn real() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/opencode");
    let path = std::env::var_os("OCWEB_OPENCODE_BIN").map_or(installed, PathBuf::from);
    path.canonicalize()
        .unwrap_or_else(|_| panic!("there is no opencode at {}: run bin/install", path.display()))
}

/// The exit code, and which facts are broken, with what was said of each.
fn examine(program: &Path, facts: &[&str]) -> (Option<i32>, BTreeSet<String>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ocweb-contract"))
        .arg("--json")
        .arg(program)
        .args(facts)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said: Value = serde_json::from_str(&text).unwrap_or_default();
    let facts = said["facts"].as_array().cloned().unwrap_or_default();
    let broken = facts.iter().filter(|fact| fact["outcome"] == "broken");
    (output.status.code(), broken.map(|fact| fact["fact"].as_str().unwrap().to_owned()).collect(), text)
}

#[test]
fn the_pinned_one_keeps_everything() {
    let (code, broken, said) = examine(&real(), &[]);
    assert!(code == Some(0) && broken.is_empty(), "{broken:?}: {said}");
}

#[test]
fn what_another_breaks_is_named_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("opencode");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spoiled_opencode.py"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("real"), real().display().to_string()).unwrap();
    let spoiled = ["strange-ids", "shell", "catalogue", "page", "terminals"];
    let sound = ["health", "password", "session-id", "prompt-again", "models", "cost"];
    let (code, broken, said) = examine(&program, &[&spoiled[..], &sound].concat());
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(broken, spoiled.map(str::to_owned).into(), "{said}");
    assert!(said.contains("409 while the session is at work") && said.contains("working"), "{said}");
}

#[test]
fn what_is_no_opencode_is_said_to_be_none() {
    let (code, broken, said) = examine(Path::new("/bin/false"), &[]);
    assert_eq!((code, broken), (Some(1), BTreeSet::from(["health".to_owned()])), "{said}");
    assert_eq!(examine(Path::new("/nowhere/opencode"), &[]).0, Some(2));
}
