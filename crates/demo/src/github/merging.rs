//! What a pull request does in its bare repository: real git, so that what is merged is really there.

use std::{io, path::Path, process::Stdio};

use tokio::process::Command;

use super::catalogue::OWNER;

/// How a pull request is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Method {
    #[default]
    Merge,
    Squash,
    Rebase,
}

/// A bare repository.
pub(super) struct Bare<'a>(pub(super) &'a Path);

impl Bare<'_> {
    /// The commit of a branch, if it is there.
    pub(super) async fn tip(&self, branch: &str) -> Option<String> {
        self.git(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}^{{commit}}")]).await.ok()
    }

    /// The branches whose names begin so, each with its commit.
    pub(super) async fn tips(&self, beginning: &str) -> Vec<(String, String)> {
        let format = "--format=%(refname:lstrip=2) %(objectname)";
        let all = self.git(&["for-each-ref", format, "refs/heads/"]).await.unwrap_or_default();
        let named = all.lines().filter_map(|line| line.split_once(' '));
        let found = named.filter(|(branch, _)| branch.starts_with(beginning));
        found.map(|(branch, tip)| (branch.to_owned(), tip.to_owned())).collect()
    }

    /// Points a reference at a commit, or removes it.
    pub(super) async fn point(&self, reference: &str, commit: Option<&str>) -> io::Result<()> {
        match commit {
            Some(commit) => self.git(&["update-ref", reference, commit]).await,
            None => self.git(&["update-ref", "-d", reference]).await,
        }
        .map(drop)
    }

    /// How many commits one has that the other lacks.
    pub(super) async fn ahead(&self, base: &str, head: &str) -> u64 {
        let count = self.git(&["rev-list", "--count", &format!("{base}..{head}")]).await;
        count.ok().and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// The tree of both together; `None` where they conflict.
    pub(super) async fn merged_tree(&self, base: &str, head: &str) -> Option<String> {
        self.git(&["merge-tree", "--write-tree", base, head]).await.ok()
    }

    /// Puts `head` onto `base`; `None` where they conflict. Answers the new tip.
    pub(super) async fn merge(
        &self,
        method: Method,
        base: &str,
        head: &str,
        message: &str,
    ) -> io::Result<Option<String>> {
        match method {
            Method::Merge | Method::Squash => {
                let Some(tree) = self.merged_tree(base, head).await else { return Ok(None) };
                let mut arguments = vec!["commit-tree", &tree, "-m", message, "-p", base];
                if method == Method::Merge {
                    arguments.extend(["-p", head]);
                }
                self.git(&arguments).await.map(Some)
            }
            Method::Rebase => self.replay(base, head).await,
        }
    }

    async fn replay(&self, base: &str, head: &str) -> io::Result<Option<String>> {
        let commits = self.git(&["rev-list", "--reverse", "--no-merges", &format!("{base}..{head}")]).await?;
        let mut tip = base.to_owned();
        for commit in commits.lines() {
            let parent = format!("--merge-base={commit}^");
            let picked = self.git(&["merge-tree", "--write-tree", &parent, &tip, commit]).await;
            let Ok(tree) = picked else { return Ok(None) };
            let author = self.git(&["log", "-1", "--format=%an%n%ae%n%aI", commit]).await?;
            let message = self.git(&["log", "-1", "--format=%B", commit]).await?;
            let names = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE"];
            let author: Vec<_> = names.into_iter().zip(author.lines()).collect();
            tip = self.run(&["commit-tree", &tree, "-m", &message, "-p", &tip], &author, b"").await?;
        }
        Ok(Some(tip))
    }

    /// A commit on `parent` that writes one file, as somebody else's branch might have.
    pub(super) async fn commit_file(&self, parent: &str, path: &str, content: &str) -> io::Result<String> {
        let blob = self.run(&["hash-object", "-w", "--stdin"], &[], content.as_bytes()).await?;
        let index = self.0.join(format!("index-{}", &blob[..12]));
        let index_path = index.display().to_string();
        let own_index = [("GIT_INDEX_FILE", index_path.as_str())];
        self.run(&["read-tree", parent], &own_index, b"").await?;
        let entry = format!("100644,{blob},{path}");
        self.run(&["update-index", "--add", "--cacheinfo", &entry], &own_index, b"").await?;
        let tree = self.run(&["write-tree"], &own_index, b"").await?;
        std::fs::remove_file(index)?;
        self.git(&["commit-tree", &tree, "-m", &format!("Write {path}"), "-p", parent]).await
    }

    async fn git(&self, arguments: &[&str]) -> io::Result<String> {
        self.run(arguments, &[], b"").await
    }

    async fn run(&self, arguments: &[&str], variables: &[(&str, &str)], input: &[u8]) -> io::Result<String> {
        let email = format!("{OWNER}@users.noreply.localhost");
        let mut child = Command::new("git")
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_DIR", self.0)
            .envs([("GIT_AUTHOR_NAME", OWNER), ("GIT_COMMITTER_NAME", OWNER)])
            .envs([("GIT_AUTHOR_EMAIL", &email), ("GIT_COMMITTER_EMAIL", &email)])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            tokio::io::AsyncWriteExt::write_all(&mut stdin, input).await?;
        }
        let output = child.wait_with_output().await?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }
}
