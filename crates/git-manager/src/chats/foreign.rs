//! Sessions that opencode knows and that are no chats of ours: begun on its own page or in a terminal.
//!
//! They are nobody's to create or delete here. What is kept of one is what delivering its prompts takes,
//! from the first prompt that it was sent through us, and whether it was put away.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ocweb_opencode_client::{Error as ClientError, SessionId as ChatId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Chats, permissions::Permissions};
use crate::{
    error::{Error, Missing},
    records::Records,
};

/// How long opencode may take to describe a session: somebody waits for it.
const DESCRIBE: Duration = Duration::from_secs(5);

/// A session that was begun elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignSession {
    /// Its id.
    pub id: ChatId,
    /// The folder that it runs in.
    pub directory: PathBuf,
    /// Whether its person has put it away; `None` where nobody has said so through us. opencode has a word of its own
    /// for that, but cannot take it back.
    #[serde(default)]
    pub archived: Option<bool>,
    /// What its agent may do without asking, where somebody has said so through us.
    #[serde(default)]
    pub permissions: Option<Permissions>,
    /// When opencode made it.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last sent a prompt or put away through us.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// A session as opencode describes it.
#[derive(Deserialize)]
struct Description {
    directory: PathBuf,
    time: Times,
}

#[derive(Deserialize)]
struct Times {
    /// In milliseconds.
    created: f64,
}

impl Description {
    /// The session so described, which is written down now.
    fn session(self, id: &ChatId) -> ForeignSession {
        let now = OffsetDateTime::now_utc();
        let created = OffsetDateTime::UNIX_EPOCH
            .checked_add(time::Duration::saturating_seconds_f64(self.time.created / 1000.0));
        ForeignSession {
            id: id.clone(),
            directory: self.directory,
            archived: None,
            permissions: None,
            created_at: created.unwrap_or(now),
            updated_at: now,
        }
    }
}

/// Those that were sent a prompt or put away.
pub(super) struct ForeignSessions {
    records: Records<ForeignSession>,
    known: Mutex<BTreeMap<ChatId, ForeignSession>>,
}

impl ForeignSessions {
    /// Those whose records lie in `folder`.
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        let records = Records::<ForeignSession>::open(folder)?;
        let known = records.all()?.into_iter().map(|(_, session)| (session.id.clone(), session)).collect();
        Ok(Self { records, known: Mutex::new(known) })
    }

    fn list(&self) -> Vec<ForeignSession> {
        self.lock().values().cloned().collect()
    }

    pub(super) fn get(&self, id: &ChatId) -> Option<ForeignSession> {
        self.lock().get(id).cloned()
    }

    /// Writes one down, first on the disk.
    pub(super) fn put(&self, session: ForeignSession) -> io::Result<()> {
        self.records.put(session.id.as_str(), &session)?;
        self.lock().insert(session.id.clone(), session);
        Ok(())
    }

    fn remove(&self, id: &ChatId) -> io::Result<()> {
        self.records.remove(id.as_str())?;
        self.lock().remove(id);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ChatId, ForeignSession>> {
        // Every change under this lock is one statement, so a panic cannot leave a half.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chats {
    /// The session that was begun elsewhere, as opencode describes it now.
    pub(super) async fn find_foreign(&self, id: &ChatId) -> Result<ForeignSession, Error> {
        let described = async {
            // The health check is answered soon or not at all; any other call may hang on an opencode that starts.
            self.opencode.healthy().await?;
            self.opencode.session::<Description>(id.as_str()).await
        };
        match tokio::time::timeout(DESCRIBE, described).await {
            Ok(Ok(description)) => {
                let permissions = self.foreign.get(id).and_then(|known| known.permissions);
                Ok(ForeignSession { permissions, ..description.session(id) })
            }
            Ok(Err(ClientError::NotFound)) => Err(Error::Missing(Missing::Chat(id.to_string()))),
            Ok(Err(error)) if !error.is_unavailable() => Err(error.into()),
            // Where it runs is known from an earlier prompt; this one waits for opencode as any other does.
            Ok(Err(_)) | Err(_) => self.foreign.get(id).ok_or(Error::OpencodeUnavailable),
        }
    }

    /// The folder of a session that was begun elsewhere, which never changes.
    pub async fn foreign_directory(&self, id: &ChatId) -> Result<PathBuf, Error> {
        match self.foreign.get(id) {
            Some(known) => Ok(known.directory),
            None => Ok(self.find_foreign(id).await?.directory),
        }
    }

    /// A session that was begun elsewhere and sent a prompt.
    pub fn foreign(&self, id: &ChatId) -> Option<ForeignSession> {
        self.foreign.get(id)
    }

    /// The sessions that were begun elsewhere and sent a prompt, chats aside.
    pub fn list_foreign(&self) -> Vec<ForeignSession> {
        self.foreign.list().into_iter().filter(|session| self.get(&session.id).is_err()).collect()
    }

    /// Removes what is kept of a session that was begun elsewhere and is gone.
    pub fn forget_foreign(&self, id: &ChatId) -> Result<(), Error> {
        self.foreign.remove(id)?;
        self.prompts.forget(id)
    }
}
