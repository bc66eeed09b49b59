//! What the tests of this crate share: a world in a folder of its own, and a client.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "test support; each test file uses its part"
)]

pub mod opencode;

use std::{
    path::Path,
    process::{Command, Output},
};

use ocweb_demo::World;
use tempfile::TempDir;

/// A world in a temporary folder. The folder goes when this is dropped.
pub struct TestWorld {
    pub world: World,
    pub folder: TempDir,
}

impl TestWorld {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = World::start(folder.path(), ([127, 0, 0, 1], 0).into()).await.unwrap();
        Self { world, folder }
    }

    /// The address of a repository without credentials.
    pub fn repository(&self, full_name: &str) -> String {
        format!("{}/{full_name}.git", self.world.url())
    }

    /// The address of a repository with the token in it, as only a test may write it.
    pub fn repository_with_token(&self, full_name: &str) -> String {
        format!("http://anyone:{}@{}/{full_name}.git", self.world.token(), self.world.address())
    }
}

/// An HTTP client.
pub fn client() -> reqwest::Client {
    ocweb_service::client_builder().build().unwrap()
}

/// Runs git in `folder` with nothing of this machine's settings.
pub async fn git(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_AUTHOR_NAME", "Test")
        .env("GIT_AUTHOR_EMAIL", "test@localhost")
        .env("GIT_COMMITTER_NAME", "Test")
        .env("GIT_COMMITTER_EMAIL", "test@localhost");
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What a git command printed; it has to succeed.
pub async fn git_ok(folder: &Path, arguments: &[&str]) -> String {
    let output = git(folder, arguments).await;
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a git command complained; it has to fail.
pub async fn git_fails(folder: &Path, arguments: &[&str]) -> String {
    let output = git(folder, arguments).await;
    assert!(!output.status.success(), "git {arguments:?} should have failed");
    String::from_utf8(output.stderr).unwrap()
}
