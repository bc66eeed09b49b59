//! The document, the checks and the versions agree with each other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use ocweb_contract::{
    checks::{ALONE, BESIDE, UNCHECKED},
    document,
};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn each_fact_of_the_document_is_tried_or_says_why_not() {
    let mut times: BTreeMap<&str, usize> = document::facts().map(|fact| (fact.id, 0)).collect();
    let document = include_str!("../../../docs/opencode.md");
    // What follows the table under a heading of its own is about other versions.
    let table = document.split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(times.len(), rows - 1, "a row has no name, or the name of another");
    let checks = BESIDE.iter().chain(ALONE).map(|check| check.fact);
    for fact in checks.chain(UNCHECKED.iter().map(|(fact, _)| *fact)) {
        *times.get_mut(fact).unwrap_or_else(|| panic!("the document has no fact “{fact}”")) += 1;
    }
    let wrong: Vec<_> = times.iter().filter(|(_, times)| **times != 1).collect();
    assert!(wrong.is_empty(), "to be tried once, or left out with a reason: {wrong:?}");
}

/// Files that tell what was so at a time, or that a package manager writes.
fn is_a_record(path: &str) -> bool {
    let ends = [".sse", "package-lock.json", "Cargo.lock", "docs/benchmarks.md", ".svg", ".png", ".woff2"];
    path.starts_with("docs/decisions/") || ends.iter().any(|end| path.ends_with(end))
}

#[test]
fn the_versions_of_what_is_run_are_named_in_one_place() {
    let versions: Value =
        serde_json::from_slice(&fs::read(root().join("tools/versions.json")).unwrap()).unwrap();
    let pinned = ["opencode", "caddy"].map(|tool| versions[tool]["version"].as_str().unwrap());
    let sums = |tool: &str| versions[tool]["sha256"].as_object().unwrap().clone();
    for (tool, builds) in [("opencode", 5), ("caddy", 4)] {
        let sums = sums(tool);
        let is_sum = |sum: &Value| sum.as_str().is_some_and(|sum| sum.len() == 64);
        assert!(sums.len() == builds && sums.values().all(is_sum), "{tool} has no checksum for each build");
    }
    let listed = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    for path in String::from_utf8(listed.stdout).unwrap().lines().filter(|path| !is_a_record(path)) {
        let Ok(text) = fs::read_to_string(root().join(path)) else { continue };
        let named = pinned.iter().filter(|version| text.contains(**version)).count();
        // The types of the page are of the same opencode.
        let may_be_named = ["tools/versions.json", "web/package.json"].contains(&path);
        assert!(named == 0 || may_be_named, "{path} names a version that tools/versions.json is there for");
    }
    let page: Value = serde_json::from_slice(&fs::read(root().join("web/package.json")).unwrap()).unwrap();
    let sdk = ["dependencies", "devDependencies"].map(|group| page[group]["@opencode-ai/sdk"].clone());
    assert!(
        sdk.contains(&versions["opencode"]["version"]),
        "the page has the types of another opencode: {sdk:?}"
    );
}
