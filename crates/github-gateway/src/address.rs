//! What a git or a git-lfs asks for, read from the path of its request.
//!
//! Only what git's smart HTTP and LFS need is known; every other path is nobody's.

use axum::http::{Method, Uri};
use ocweb_git_access::RepositoryName;

/// One of the requests that git and git-lfs make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// What the remote has, before reading (`GET info/refs?service=git-upload-pack`).
    ReadingRefs,
    /// Reading (`POST git-upload-pack`).
    Reading,
    /// What the remote has, before pushing (`GET info/refs?service=git-receive-pack`).
    PushingRefs,
    /// Pushing (`POST git-receive-pack`).
    Pushing,
    /// Which large files to load or store, and where (`POST info/lfs/objects/batch`).
    LargeFiles,
    /// Which large files are locked (`GET info/lfs/locks`).
    Locks,
    /// Whether large files of a push are locked by others (`POST info/lfs/locks/verify`).
    LocksOfPush,
    /// Locking or unlocking a large file (`POST info/lfs/locks`, `POST info/lfs/locks/{id}/unlock`).
    Locking,
}

impl Service {
    /// Whether only those may ask who may push.
    pub(crate) fn needs_push(self) -> bool {
        matches!(self, Self::PushingRefs | Self::Pushing | Self::LocksOfPush | Self::Locking)
    }

    /// Whether it is git-lfs that asks.
    pub(crate) fn is_of_large_files(self) -> bool {
        matches!(self, Self::LargeFiles | Self::Locks | Self::LocksOfPush | Self::Locking)
    }
}

/// A request that is one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Of which repository.
    pub repository: RepositoryName,
    /// What.
    pub service: Service,
    /// What stands behind the repository's address, with the query.
    pub path: String,
}

/// What is asked for, when there is such a thing.
pub(crate) fn parse(method: &Method, uri: &Uri) -> Option<Asked> {
    let mut parts = uri.path().strip_prefix('/')?.splitn(3, '/');
    let (owner, name, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let name = name.strip_suffix(".git").unwrap_or(name);
    let repository = RepositoryName::from_parts(owner, name).ok()?;
    let service = match (method, rest, uri.query()) {
        (&Method::GET, "info/refs", Some("service=git-upload-pack")) => Service::ReadingRefs,
        (&Method::GET, "info/refs", Some("service=git-receive-pack")) => Service::PushingRefs,
        (&Method::POST, "git-upload-pack", None) => Service::Reading,
        (&Method::POST, "git-receive-pack", None) => Service::Pushing,
        (&Method::POST, "info/lfs/objects/batch", None) => Service::LargeFiles,
        (&Method::GET, "info/lfs/locks", _) => Service::Locks,
        (&Method::POST, "info/lfs/locks/verify", None) => Service::LocksOfPush,
        (&Method::POST, "info/lfs/locks", None) => Service::Locking,
        (&Method::POST, rest, None) if is_unlocking(rest) => Service::Locking,
        _ => return None,
    };
    let path = match uri.query() {
        Some(query) => format!("{rest}?{query}"),
        None => rest.to_owned(),
    };
    Some(Asked { repository, service, path })
}

fn is_unlocking(rest: &str) -> bool {
    let id = rest.strip_prefix("info/lfs/locks/").and_then(|rest| rest.strip_suffix("/unlock"));
    id.is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &Method, address: &str) -> Option<(String, Service)> {
        let Asked { repository, service, path } = parse(method, &address.parse().ok()?)?;
        assert!(address.ends_with(&path), "{path}");
        Some((repository.to_string(), service))
    }

    #[test]
    fn what_git_asks_is_known() {
        let octocat = |service| Some(("o/n".to_owned(), service));
        assert_eq!(
            read(&Method::GET, "/o/n.git/info/refs?service=git-upload-pack"),
            octocat(Service::ReadingRefs)
        );
        assert_eq!(
            read(&Method::GET, "/o/n/info/refs?service=git-receive-pack"),
            octocat(Service::PushingRefs)
        );
        assert_eq!(read(&Method::POST, "/o/n.git/git-upload-pack"), octocat(Service::Reading));
        assert_eq!(read(&Method::POST, "/o/n.git/git-receive-pack"), octocat(Service::Pushing));
        assert_eq!(read(&Method::POST, "/o/n.git/info/lfs/objects/batch"), octocat(Service::LargeFiles));
        assert_eq!(read(&Method::GET, "/o/n.git/info/lfs/locks?path=a&limit=1"), octocat(Service::Locks));
        assert_eq!(read(&Method::POST, "/o/n.git/info/lfs/locks/verify"), octocat(Service::LocksOfPush));
        assert_eq!(read(&Method::POST, "/o/n.git/info/lfs/locks"), octocat(Service::Locking));
        assert_eq!(read(&Method::POST, "/o/n.git/info/lfs/locks/7/unlock"), octocat(Service::Locking));
    }

    #[test]
    fn nothing_else_is() {
        for address in [
            "/",
            "/o/n.git",
            "/o/n.git/info/refs",
            "/o/n.git/info/refs?service=git-upload-archive",
            "/o/n.git/info/refs?service=git-upload-pack&x=1",
            "/o/n.git/HEAD",
            "/o/n.git/objects/info/packs",
            "/../n.git/info/refs?service=git-upload-pack",
            "/o/../x/info/refs?service=git-upload-pack",
            "/o/%2e%2e/info/refs?service=git-upload-pack",
            "/o/n.git.git/info/refs?service=git-upload-pack",
            "//o/n.git/info/refs?service=git-upload-pack",
            "/o/n.git//info/refs?service=git-upload-pack",
            "/user/repos",
        ] {
            assert_eq!(read(&Method::GET, address), None, "{address}");
        }
        for address in [
            "/o/n.git/info/refs?service=git-receive-pack",
            "/o/n.git/git-receive-pack?x",
            "/o/n.git/git-receive-pack/",
            "/o/n.git/./git-receive-pack",
            "/o/n.git/x/../git-receive-pack",
            "/o/n.git/%67it-receive-pack",
            "/o/n.git/info/lfs/locks//unlock",
            "/o/n.git/info/lfs/locks/../../x/unlock",
        ] {
            assert_eq!(read(&Method::POST, address), None, "{address}");
        }
        assert_eq!(read(&Method::PUT, "/o/n.git/git-receive-pack"), None);
    }
}
