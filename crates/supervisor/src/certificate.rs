//! The person's own certificate and key, as Caddy reads them.
//!
//! They often belong to root, who renews them, and Caddy is somebody else; so Caddy gets copies, in the run folder, where
//! the agent's user cannot read. When the originals change they are copied again and Caddy reads them without closing its
//! ports. A pair of which only one half is new yet is refused by Caddy, which keeps what it has until the other half comes.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, fchown},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use ocweb_service::ConfigError;
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

/// Files of the person's that Caddy needs.
pub(crate) struct Copies {
    folder: PathBuf,
    owner: Option<User>,
    files: Vec<Copy>,
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
        Ok(Self { folder, owner, files })
    }

    /// Copies again whatever changes, and tells Caddy, for ever.
    pub(crate) async fn follow(mut self, caddy: watch::Receiver<Status>) {
        let mut is_due = false;
        while !self.files.is_empty() {
            sleep(LOOK_AGAIN).await;
            is_due |= self.renew();
            // One that starts or hangs is told later.
            is_due = is_due && !tell(&caddy);
        }
    }

    /// Copies what has changed; true if there was something.
    fn renew(&mut self) -> bool {
        let Self { folder, owner, files } = self;
        let mut changed = false;
        for copy in files {
            // While it is being replaced it may be away for a moment.
            let Ok(content) = fs::read(&copy.original) else { continue };
            if content == copy.content {
                continue;
            }
            let file = copy.original.display();
            match write(folder, *owner, copy.name, &content) {
                Ok(()) => {
                    tracing::info!(%file, "has changed, and is taken up");
                    copy.content = content;
                    changed = true;
                }
                Err(error) => tracing::error!(%file, %error, "has changed, and cannot be handed to Caddy"),
            }
        }
        changed
    }
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
