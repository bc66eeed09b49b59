//! The person's own certificate and key, as Caddy reads them.
//!
//! They often belong to root, who renews them, and Caddy is somebody else; so Caddy gets copies, in the run folder, where
//! the agent's user cannot read. When the originals change they are copied again and Caddy reads them without closing its
//! ports. A pair of which only one half is new yet is left until the other half comes: Caddy would refuse it, keep what it has,
//! and not start again with it.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, fchown},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use ocweb_service::ConfigError;
use rustls::{
    Error, InconsistentKeys,
    crypto::ring::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use tokio::{sync::watch, time::sleep};

use crate::{
    edge::{Edge, Source, Tls},
    ownership::Folder,
    process::Status,
    settings::invalid,
    state::State,
    users::User,
};

/// How often it is looked whether the originals have changed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How long what is new may be no use before it is said. A renewal takes moments, and may be met in the middle.
const PATIENCE: Duration = Duration::from_mins(1);

/// Files of the person's that Caddy needs: a certificate and its key, or an authority's certificate alone.
pub(crate) struct Copies {
    folder: PathBuf,
    owner: Option<User>,
    files: Vec<Copy>,
    complaint: Complaint,
}

struct Copy {
    original: PathBuf,
    name: &'static str,
    /// What is in the copy.
    content: Vec<u8>,
}

impl Copies {
    /// Makes the first copies into `folder`, for `owner` where that is not us.
    pub(crate) fn make(edge: &Edge, folder: PathBuf, owner: Option<User>) -> Result<Self, ConfigError> {
        let wanted: &[(&'static str, &Path, &'static str)] =
            match edge.tls.as_ref().map(|Tls { source, .. }| source) {
                Some(Source::Files { certificate, key }) => &[
                    ("OCWEB_TLS_CERTIFICATE", certificate, "certificate.pem"),
                    ("OCWEB_TLS_KEY", key, "key.pem"),
                ],
                Some(Source::Acme { root: Some(root), .. }) => &[("OCWEB_ACME_ROOT", root, ROOT)],
                Some(Source::Acme { root: None, .. }) | None => &[],
            };
        let mut files = Vec::new();
        for &(setting, original, name) in wanted {
            let content = fs::read(original).map_err(|error| {
                invalid(setting, format!("{} cannot be read: {error}", original.display()))
            })?;
            if !content.windows(PEM.len()).any(|bytes| bytes == PEM) {
                return Err(invalid(setting, format!("{} is no PEM file", original.display())));
            }
            write(&folder, owner, name, &content)
                .map_err(|error| invalid(setting, format!("it cannot be handed to Caddy: {error}")))?;
            files.push(Copy { original: original.to_owned(), name, content });
        }
        Ok(Self { folder, owner, files, complaint: Complaint::None })
    }

    /// Copies again whatever changes, and tells Caddy, for ever.
    pub(crate) async fn follow(mut self, caddy: watch::Receiver<Status>) {
        let mut is_due = false;
        while !self.files.is_empty() {
            sleep(LOOK_AGAIN).await;
            is_due |= self.look(Instant::now());
            // One that starts or hangs is told later.
            is_due = is_due && !tell(&caddy);
        }
    }

    /// Copies what has changed; true if there was something. What keeps it from that is said once.
    fn look(&mut self, now: Instant) -> bool {
        let renewed = self.renew();
        let (changed, reason) = match renewed {
            Ok(changed) => (changed, None),
            Err(reason) => (false, Some(reason)),
        };
        let before = std::mem::take(&mut self.complaint);
        self.complaint = before.after(reason, now);
        changed
    }

    fn renew(&mut self) -> Result<bool, String> {
        let mut found = Vec::new();
        for copy in &self.files {
            let file = copy.original.display();
            found.push(fs::read(&copy.original).map_err(|error| format!("{file} cannot be read: {error}"))?);
        }
        let is_new = self.files.iter().zip(&found).any(|(copy, content)| copy.content != *content);
        if let ([certificate, key], true) = (found.as_slice(), is_new)
            && !belong_together(certificate, key)
        {
            let [certificate, key] = [0, 1].map(|which| self.files[which].original.display());
            return Err(format!("{key} is not the key of {certificate}"));
        }
        for (copy, content) in
            self.files.iter_mut().zip(found).filter(|(copy, content)| copy.content != *content)
        {
            let file = copy.original.display();
            write(&self.folder, self.owner, copy.name, &content)
                .map_err(|error| format!("{file} cannot be handed to Caddy: {error}"))?;
            tracing::info!(%file, "has changed, and is taken up");
            copy.content = content;
        }
        Ok(is_new)
    }
}

/// What the person has to hear of a renewal that is not taken up.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Complaint {
    /// Nothing.
    #[default]
    None,
    /// It may be in the middle of being made.
    Since(Instant),
    /// It was said.
    Said,
}

impl Complaint {
    /// After another look, and what stood in its way.
    fn after(self, reason: Option<String>, now: Instant) -> Self {
        match (self, reason) {
            (_, None) => Self::None,
            (Self::None, Some(_)) => Self::Since(now),
            (Self::Since(since), Some(reason)) if now.saturating_duration_since(since) >= PATIENCE => {
                tracing::warn!(
                    reason,
                    "the renewed certificate is not taken up; until this is mended the former one is shown, until it expires"
                );
                Self::Said
            }
            (before, Some(_)) => before,
        }
    }
}

/// False if a key is another certificate's, or one of them is not whole. What only Caddy understands is for Caddy to judge.
fn belong_together(certificate: &[u8], key: &[u8]) -> bool {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let (Ok(chain), Ok(key)) = (chain, PrivateKeyDer::from_pem_slice(key)) else { return false };
    let Ok(key) = any_supported_type(&key) else { return true };
    let matching = CertifiedKey::new(chain, key).keys_match();
    matches!(matching, Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)))
}

/// Written beside and put in its place.
fn write(folder: &Path, owner: Option<User>, name: &str, content: &[u8]) -> io::Result<()> {
    Folder::private(folder.to_owned()).make(owner)?;
    let path = folder.join(name);
    let beside = path.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(content)?;
    if let Some(User { uid, gid }) = owner {
        fchown(&file, Some(uid.as_raw()), Some(gid.as_raw()))?;
    }
    fs::rename(beside, path)
}

/// How a PEM file's parts begin.
const PEM: &[u8] = b"-----BEGIN ";

/// The copy of an authority's own certificate.
pub(crate) const ROOT: &str = "root.pem";

/// Has Caddy read its configuration again; false where it was not told. Before it is ready it would not survive the signal,
/// and may have read the old files already.
fn tell(caddy: &watch::Receiver<Status>) -> bool {
    let status = caddy.borrow();
    match (status.state, status.pid) {
        (State::Running, Some(pid)) => kill(Pid::from_raw(pid), Signal::SIGUSR1).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
#[path = "../tests/pair/mod.rs"]
mod pair;

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(folder: &Path, originals: &[PathBuf; 2], first: &[Vec<u8>; 2]) -> Copies {
        let mut files = Vec::new();
        for ((original, content), name) in originals.iter().zip(first).zip(["certificate.pem", "key.pem"]) {
            fs::write(original, content).unwrap();
            write(folder, None, name, content).unwrap();
            files.push(Copy { original: original.clone(), name, content: content.clone() });
        }
        Copies { folder: folder.to_owned(), owner: None, files, complaint: Complaint::None }
    }

    #[test]
    fn a_pair_is_taken_up_as_one_and_what_does_not_fit_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let (old, new) = (pair::made(folder.path(), "old"), pair::made(folder.path(), "new"));
        let originals = ["own.crt", "own.key"].map(|name| folder.path().join(name));
        let mut copies = copies(&run, &originals, &old);
        let has = |pair: &[Vec<u8>; 2]| {
            ["certificate.pem", "key.pem"]
                .iter()
                .zip(pair)
                .all(|(name, content)| fs::read(run.join(name)).unwrap() == *content)
        };
        let now = Instant::now();
        assert!(!copies.look(now), "nothing is new");
        fs::write(&originals[0], &new[0]).unwrap();
        assert!(!copies.look(now) && has(&old), "half of it");
        fs::write(&originals[1], &new[1][..new[1].len() / 2]).unwrap();
        assert!(!copies.look(now) && has(&old), "not whole yet");
        fs::write(&originals[1], &new[1]).unwrap();
        assert!(copies.look(now) && has(&new));
        assert_eq!(copies.complaint, Complaint::None);
        // A chain that is longer is the same key's.
        let chain = [&new[0][..], &old[0]].concat();
        fs::write(&originals[0], &chain).unwrap();
        assert!(copies.look(now) && has(&[chain, new[1].clone()]));
    }

    #[test]
    fn what_cannot_be_taken_up_for_a_while_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let old = pair::made(folder.path(), "old");
        let originals = ["own.crt", "own.key"].map(|name| folder.path().join(name));
        let mut copies = copies(&folder.path().join("run"), &originals, &old);
        let now = Instant::now();
        fs::remove_file(&originals[1]).unwrap();
        assert!(!copies.look(now));
        assert_eq!(copies.complaint, Complaint::Since(now));
        copies.look(now + PATIENCE / 2);
        assert_eq!(copies.complaint, Complaint::Since(now), "it may just be replaced");
        copies.look(now + PATIENCE);
        assert_eq!(copies.complaint, Complaint::Said);
        fs::write(&originals[1], &old[1]).unwrap();
        copies.look(now + PATIENCE);
        assert_eq!(copies.complaint, Complaint::None);
    }
}
