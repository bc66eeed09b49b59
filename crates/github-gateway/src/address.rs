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
    /// Whether large files of a push are locked by others (`POST info/lfs/locks/verify`).
    Locks,
}

impl Service {
    /// What stands behind the repository's address.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::ReadingRefs => "info/refs?service=git-upload-pack",
            Self::PushingRefs => "info/refs?service=git-receive-pack",
            Self::Reading => "git-upload-pack",
            Self::Pushing => "git-receive-pack",
            Self::LargeFiles => "info/lfs/objects/batch",
            Self::Locks => "info/lfs/locks/verify",
        }
    }

    /// Whether only those may ask who may push.
    pub(crate) fn needs_push(self) -> bool {
        matches!(self, Self::PushingRefs | Self::Pushing | Self::Locks)
    }
}

/// The repository and the request, when there is such a one.
pub(crate) fn parse(method: &Method, uri: &Uri) -> Option<(RepositoryName, Service)> {
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
        (&Method::POST, "info/lfs/locks/verify", None) => Service::Locks,
        _ => return None,
    };
    Some((repository, service))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &Method, address: &str) -> Option<(String, Service)> {
        let (repository, service) = parse(method, &address.parse().ok()?)?;
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
        for address in ["/o/n.git/info/refs?service=git-receive-pack", "/o/n.git/git-receive-pack?x"] {
            assert_eq!(read(&Method::POST, address), None, "{address}");
        }
        assert_eq!(read(&Method::PUT, "/o/n.git/git-receive-pack"), None);
    }
}
