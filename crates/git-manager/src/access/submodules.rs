//! Which repositories of the same GitHub a commit names as its submodules.
//!
//! The commit is the one that a chat began at, so it comes from the remote: what the agent writes into `.gitmodules`
//! opens nothing.

use std::path::Path;

use ocweb_git_access::RepositoryName;
use reqwest::Url;

/// More than any honest repository has; each of them is a part of the capability.
const MOST: usize = 50;
/// A larger `.gitmodules` is not read, in bytes: it would be in memory as a whole.
const LARGEST: usize = 256 << 10;

/// The submodules of `commit` in the clone at `clone`. What cannot be read has none.
pub(super) fn of(
    clone: &Path,
    commit: &str,
    repository: &RepositoryName,
    github: &Url,
) -> Vec<RepositoryName> {
    let read = || -> Result<String, git2::Error> {
        let opened = git2::Repository::open(clone)?;
        let tree = opened.find_commit(commit.parse()?)?.tree()?;
        let id = tree.get_path(Path::new(".gitmodules"))?.id();
        let (size, _) = opened.odb()?.read_header(id)?;
        if size > LARGEST {
            return Ok(String::new());
        }
        let blob = opened.find_blob(id)?;
        Ok(String::from_utf8_lossy(blob.content()).into_owned())
    };
    named(&read().unwrap_or_default(), repository, github)
}

/// The repositories in the text of a `.gitmodules`.
pub(crate) fn named(text: &str, repository: &RepositoryName, github: &Url) -> Vec<RepositoryName> {
    let addresses = text.lines().filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "url").then(|| value.trim().trim_matches('"'))
    });
    let mut found: Vec<_> = addresses.filter_map(|address| named_by(address, repository, github)).collect();
    found.dedup();
    found.truncate(MOST);
    found
}

fn named_by(address: &str, repository: &RepositoryName, github: &Url) -> Option<RepositoryName> {
    let host = github.host_str()?;
    let path = if address.starts_with("./") || address.starts_with("../") {
        // Relative to the repository, as if that were a folder.
        let mut base = github.clone();
        base.path_segments_mut().ok()?.pop_if_empty().extend([repository.owner(), repository.name(), ""]);
        base.join(address).ok()?.as_str().strip_prefix(github.as_str())?.to_owned()
    } else {
        let prefixes = [github.as_str().to_owned(), format!("git@{host}:"), format!("ssh://git@{host}/")];
        prefixes.iter().find_map(|prefix| address.strip_prefix(prefix.as_str()))?.to_owned()
    };
    let path = path.trim_end_matches('/');
    path.strip_suffix(".git").unwrap_or(path).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_the_same_github_are_found() {
        let text = "[submodule \"a\"]\n\tpath = a\n\turl = https://github.com/o/one.git\n\
            [submodule \"b\"]\n\turl = ../two.git\n[submodule \"c\"]\n\turl=../../other/three\n\
            [submodule \"d\"]\n\turl = git@github.com:o/four.git\n[submodule \"e\"]\n\turl = ssh://git@github.com/o/five\n\
            [submodule \"f\"]\n\turl = https://example.com/o/six.git\n[submodule \"g\"]\n\turl = ../../../etc/x\n\
            [submodule \"h\"]\n\turl = https://github.com.evil.example/o/seven\n[submodule \"i\"]\n\tbranch = https://github.com/o/n\n";
        let github = Url::parse("https://github.com/").unwrap();
        let found = named(text, &"o/n".parse().unwrap(), &github);
        let found: Vec<_> = found.iter().map(RepositoryName::as_str).collect();
        assert_eq!(found, ["o/one", "o/two", "other/three", "o/four", "o/five", "etc/x"]);
    }
}
