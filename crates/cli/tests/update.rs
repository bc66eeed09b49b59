//! `ocweb update` of a checkout, at a terminal that is closed or interrupted in the middle of it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use crate::support::{Person, World};

/// A build that waits for the test, and not longer than its folder is there.
const SLOW: &str = ": >begun; until [ -e go-on ] || ! [ -d .git ]; do sleep 0.05; done; echo second >built; echo said by the build";

/// A checkout with this `ocweb` in it, one commit behind.
struct Checkout {
    world: World,
    root: PathBuf,
}

impl Checkout {
    fn new() -> Self {
        let world = World::new();
        let (origin, root) = (world.path("origin"), world.path("here"));
        fs::create_dir_all(origin.join("crates/cli")).unwrap();
        fs::write(origin.join("crates/cli/kept"), "").unwrap();
        git(&origin, &["init", "--quiet"]);
        commit(&origin, "echo first >built");
        git(&world.path(""), &["clone", "--quiet", "origin", "here"]);
        commit(&origin, SLOW);
        fs::create_dir_all(root.join("target/release")).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_ocweb"), root.join("target/release/ocweb")).unwrap();
        for name in ["opencode", "caddy"] {
            script(&root.join(format!(".tools/{name}-1.0.0")), "echo 1.0.0");
            symlink(format!("{name}-1.0.0"), root.join(".tools").join(name)).unwrap();
        }
        world.put_program("ocweb-contract", "true");
        Self { world, root }
    }

    fn ocweb(&self) -> String {
        self.root.join("target/release/ocweb").display().to_string()
    }

    fn variables(&self) -> [(&'static str, String); 2] {
        let tool = |name: &str| self.root.join(".tools").join(name).display().to_string();
        [("OCWEB_OPENCODE_BIN", tool("opencode")), ("OCWEB_CADDY_BIN", tool("caddy"))]
    }

    /// A person who has begun to update, up to the middle of the build.
    fn builds(&self) -> Person {
        let variables = self.variables();
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let person = self.world.sit_down_at(&[&self.ocweb(), "update"], &variables);
        until("the build has begun", || self.root.join("begun").exists());
        person
    }

    /// The same where nobody sits.
    fn update(&self) -> Output {
        self.world.ocweb_at(
            &self.ocweb(),
            &["update"],
            &self.variables().each_ref().map(|(n, v)| (*n, v.as_str())),
        )
    }

    fn built(&self) -> String {
        fs::read_to_string(self.root.join("built")).unwrap_or_default()
    }

    fn is_over(&self) -> bool {
        !self.root.join(".tools/updating").exists()
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_mins(3), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn git(directory: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(directory)
        .status();
    assert!(status.unwrap().success(), "git {arguments:?}");
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn commit(origin: &Path, build: &str) {
    script(&origin.join("bin/install"), "true");
    script(&origin.join("bin/build"), build);
    git(origin, &["add", "."]);
    git(origin, &["commit", "--quiet", "--message", "a build"]);
}

#[test]
fn a_closed_terminal_ends_nothing_and_nobody_else_begins_meanwhile() {
    let checkout = Checkout::new();
    checkout.builds().leaves();
    let second = checkout.update();
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(
        second.status.code() == Some(1) && said.contains("Another `ocweb update` is under way"),
        "{said}"
    );
    fs::write(checkout.root.join("go-on"), "").unwrap();
    let log = || fs::read_to_string(checkout.root.join(".tools/update.log")).unwrap_or_default();
    until("it is over", || checkout.is_over() && log().contains("ocweb is up to date."));
    assert_eq!(checkout.built(), "second\n");
    assert!(log().contains("said by the build"), "{}", log());
}

#[test]
fn who_interrupts_it_has_it_taken_back() {
    let checkout = Checkout::new();
    let mut person = checkout.builds();
    person.presses("\u{3}").reads("Going back").reads("It was interrupted. ocweb is what it was before.");
    person.ends_with(1);
    assert_eq!(checkout.built(), "first\n");
    assert!(checkout.is_over());
}
