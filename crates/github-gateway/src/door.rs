//! Who a git on this machine is: its capability, and that it means this gateway and no other host.

use std::{net::SocketAddr, path::PathBuf};

use axum::http::{HeaderMap, StatusCode, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use ocweb_git_access::{BranchName, Capability, Grant, Key};

use crate::{
    address::{Asked, Service},
    config::Places,
    opened::Opened,
    refusal::Closed,
};

/// Reads capabilities.
pub(crate) struct Door {
    key: Key,
    /// How the gateway is called: another name leads here only by a trick.
    hosts: [String; 2],
}

/// How a request that is let in goes on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// With the token, and it may push.
    Chat {
        /// To this branch.
        branch: BranchName,
        /// What it pushes lies in this clone.
        clone: PathBuf,
    },
    /// With the token, reading.
    Reading,
    /// As anybody would ask: what is public can be read.
    AsAnybody,
}

impl Door {
    pub(crate) fn new(key: Key, address: SocketAddr) -> Self {
        Self { key, hosts: [address.to_string(), format!("localhost:{}", address.port())] }
    }

    /// The capability of a request. Only git's own name for this place is answered.
    pub(crate) fn capability(&self, headers: &HeaderMap) -> Result<Capability, Closed> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if !self.hosts.iter().any(|known| known == host) {
            let sentence = "ocweb: this address is only for the git on this machine.".into();
            return Err(Closed(StatusCode::MISDIRECTED_REQUEST, sentence));
        }
        password(headers).and_then(|text| self.key.verify(&text)).ok_or_else(|| {
            let sentence = "ocweb: only the git of a chat's folder gets to GitHub through here. If this is one, restart ocweb.";
            Closed(StatusCode::FORBIDDEN, sentence.into())
        })
    }
}

/// What the holder of a capability may do with a repository, which may be a submodule of the capability's.
pub(crate) fn passage(
    capability: Capability,
    Asked { repository, service, .. }: &Asked,
    is_submodule: bool,
    opened: &Opened,
    places: &Places,
) -> Result<Passage, Closed> {
    let closed = |sentence: String| Err(Closed(StatusCode::FORBIDDEN, sentence));
    // Whoever had it signed may have been the agent.
    if !opened.has(&capability.repository) {
        return closed(format!(
            "ocweb: nobody has opened {} here. Begin a chat in it on the page (POST /admin/chats), or clone it (POST /admin/repos/clone).",
            capability.repository
        ));
    }
    let own = capability.repository.key() == repository.key();
    let clone = places.clones.join(capability.repository.folder());
    let is_there = match &capability.grant {
        Grant::Transfer { .. } => true,
        Grant::Chat { session, .. } => {
            let worktree = ocweb_git_access::worktree_folder(&capability.repository, session);
            places.worktrees.join(worktree).is_dir()
        }
    };
    if !is_there {
        return closed("ocweb: the chat that this folder belonged to was deleted.".into());
    }
    if *service == Service::Locking {
        // It would be a change for everybody, like a push beyond the own branch.
        return closed(
            "ocweb: a chat locks and unlocks no large files. Only the person whose machine this is can."
                .into(),
        );
    }
    match capability.grant {
        Grant::Chat { branch, .. } if own => Ok(Passage::Chat { branch, clone }),
        Grant::Chat { branch, .. } if service.needs_push() => {
            closed(format!("ocweb: this chat may only push to {branch} of {}.", capability.repository))
        }
        Grant::Transfer { .. } if service.needs_push() => {
            closed("ocweb: only a chat can push, and only to its own branch.".into())
        }
        Grant::Chat { .. } if is_submodule => Ok(Passage::Reading),
        _ if own => Ok(Passage::Reading),
        _ => Ok(Passage::AsAnybody),
    }
}

/// The password of HTTP Basic, whatever the name.
fn password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(credentials.trim()).ok()?).ok()?;
    Some(decoded.split_once(':')?.1.to_owned())
}
