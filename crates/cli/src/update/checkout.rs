//! ocweb itself, where it is run from a checkout: what is new, taking it, and going back.

use std::{
    io,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use crate::{failure::Failure, interruption};

/// A checkout that ocweb was built in.
#[derive(Debug)]
pub struct Checkout {
    root: PathBuf,
}

/// What is new.
#[derive(Debug)]
pub struct News {
    /// One line for each commit.
    pub commits: Vec<String>,
}

impl Checkout {
    /// The checkout at `root`.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Asks where it was cloned from.
    pub fn news(&self) -> Result<News, Failure> {
        // Where the terminal is, for it may ask for a password there.
        let fetched = self.command(&["fetch", "--quiet"]).stdin(Stdio::null()).output();
        said("fetch", fetched)?;
        let log = self.git(&["log", "--no-decorate", "--format=%h %s", "HEAD..@{upstream}"])?;
        Ok(News { commits: log.lines().map(str::to_owned).collect() })
    }

    /// The commit that is checked out.
    pub fn commit(&self) -> Result<String, Failure> {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Refuses what is not as it was committed.
    pub fn expect_clean(&self) -> Result<(), Failure> {
        if self.git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
            return Ok(());
        }
        let root = self.root.display();
        Err(Failure::Other(format!("{root} has changes of yours: commit them, or take them back.")))
    }

    /// Takes what is new.
    pub fn advance(&self) -> Result<(), Failure> {
        self.git(&["merge", "--quiet", "--ff-only", "@{upstream}"]).map(drop)
    }

    /// Checks out a commit from before, and builds that.
    pub fn go_back(&self, commit: &str) -> Result<(), Failure> {
        self.git(&["reset", "--quiet", "--keep", commit])?;
        self.install()?;
        self.build()
    }

    /// Gets the programs that it was tested with, and takes them into use.
    pub fn install(&self) -> Result<(), Failure> {
        self.run("bin/install")
    }

    /// Builds ocweb itself.
    pub fn build(&self) -> Result<(), Failure> {
        self.run("bin/build")
    }

    fn run(&self, script: &str) -> Result<(), Failure> {
        let script = self.root.join(script);
        // The person sees how it goes.
        let mut command = Command::new(&script);
        command.current_dir(&self.root);
        if interruption::run_aloud(command).is_ok_and(|status| status.success()) {
            return Ok(());
        }
        Err(Failure::Other(format!("{} failed.", script.display())))
    }

    fn git(&self, arguments: &[&str]) -> Result<String, Failure> {
        said(arguments[0], interruption::run(&mut self.command(arguments)))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.root);
        command
    }
}

/// What a command of git's said.
fn said(name: &str, output: io::Result<Output>) -> Result<String, Failure> {
    let failed = |why: &str| Failure::Other(format!("git {name}: {}", why.trim()));
    let output = output.map_err(|error| failed(&error.to_string()))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{fs, path::Path};

    use super::*;

    pub(crate) fn git(directory: &Path, arguments: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(directory)
            .status();
        assert!(status.unwrap().success(), "git {arguments:?}");
    }

    /// A commit whose `bin/build` does this.
    fn commit(directory: &Path, build: &str) {
        use std::os::unix::fs::PermissionsExt;
        fs::create_dir_all(directory.join("bin")).unwrap();
        for (name, text) in [("bin/install", "true"), ("bin/build", build)] {
            fs::write(directory.join(name), format!("#!/bin/sh\n{text}\n")).unwrap();
            fs::set_permissions(directory.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        git(directory, &["add", "."]);
        git(directory, &["commit", "--quiet", "--message", build]);
    }

    #[test]
    fn what_is_new_is_told_and_taken_and_what_cannot_be_built_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (origin, here) = (folder.path().join("origin"), folder.path().join("here"));
        fs::create_dir_all(&origin).unwrap();
        git(&origin, &["init", "--quiet"]);
        commit(&origin, "echo first > built");
        git(folder.path(), &["clone", "--quiet", "origin", "here"]);
        let checkout = Checkout::at(here.clone());
        assert!(checkout.news().unwrap().commits.is_empty());
        commit(&origin, "echo second > built");
        let news = checkout.news().unwrap().commits;
        assert!(news.len() == 1 && news[0].ends_with("second > built"), "{news:?}");
        let built = || fs::read_to_string(here.join("built")).unwrap();
        checkout.advance().and_then(|()| checkout.build()).unwrap();
        assert_eq!(built(), "second\n");
        let good = checkout.commit().unwrap();
        commit(&origin, "exit 1");
        checkout.news().unwrap();
        checkout.advance().unwrap();
        assert!(checkout.build().unwrap_err().to_string().contains("bin/build failed"));
        checkout.go_back(&good).unwrap();
        assert_eq!((checkout.commit().unwrap(), built().as_str()), (good, "second\n"));
        fs::write(here.join("bin/build"), "mine").unwrap();
        assert!(checkout.expect_clean().unwrap_err().to_string().contains("changes of yours"));
    }
}
