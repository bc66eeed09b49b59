//! The sessions: in memory for every check, in a file for the next start.
//!
//! A check only reads memory. Logging in and revoking write the file at once; when a session was
//! last seen is written now and then. A disk that is full keeps nobody out: what could not be
//! written stays due, and is tried again.

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    list_file::ListFile,
    session::{Session, SessionId},
};

/// Most sessions at once. One more pushes out the one that was not used for longest.
const MOST_SESSIONS: usize = 256;

/// How coarse "last seen" is, in seconds: checks within it write nothing, not even memory.
const LAST_SEEN_STEP: i64 = 60;

/// What is kept of them.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    sessions: Vec<Session>,
    #[serde(default)]
    era: Option<Era>,
}

/// The time between two moments at which everybody, or everybody else, was logged out. A random name, for services
/// that gave something to nobody's login in particular and that shall take it back then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Era(String);

impl Era {
    fn begin() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Its name.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

struct Entry {
    /// As of the login; its `last_seen_at` is overtaken by `last_seen`.
    session: Session,
    /// Seconds since 1970.
    last_seen: AtomicI64,
}

impl Entry {
    fn new(session: Session) -> Self {
        let last_seen = AtomicI64::new(session.last_seen_at.unix_timestamp());
        Self { session, last_seen }
    }

    fn to_session(&self) -> Session {
        let mut session = self.session.clone();
        if let Ok(last_seen) = OffsetDateTime::from_unix_timestamp(self.last_seen.load(Ordering::Relaxed)) {
            session.last_seen_at = last_seen;
        }
        session
    }
}

/// All sessions of this installation.
pub(crate) struct SessionStore {
    file: Arc<ListFile>,
    entries: RwLock<HashMap<SessionId, Entry>>,
    era: Mutex<Era>,
}

impl SessionStore {
    /// Reads the sessions kept at `path` for cookies of the key named `key`.
    pub(crate) fn open(path: &Path, key: String, now: OffsetDateTime) -> io::Result<Self> {
        let (file, kept) = ListFile::open::<Kept>(path, key, "everyone has to log in again")?;
        let sessions = kept.sessions.into_iter().filter(|session| session.expires_at > now);
        let entries = sessions.map(|session| (session.id, Entry::new(session))).collect();
        let era = if let Some(era) = kept.era {
            era
        } else {
            file.changed();
            Era::begin()?
        };
        Ok(Self { file, entries: RwLock::new(entries), era: Mutex::new(era) })
    }

    /// True when there is such a session, which is then seen now.
    pub(crate) fn touch(&self, id: SessionId, now: OffsetDateTime) -> bool {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = entries.get(&id) else { return false };
        if now >= entry.session.expires_at {
            return false;
        }
        let now = now.unix_timestamp();
        // Also when the clock went back, so that the time shown is one that was.
        if now.abs_diff(entry.last_seen.load(Ordering::Relaxed)) >= LAST_SEEN_STEP.unsigned_abs() {
            entry.last_seen.store(now, Ordering::Relaxed);
            self.file.changed();
        }
        true
    }

    /// The sessions that have not expired, latest login first.
    pub(crate) fn list(&self, now: OffsetDateTime) -> Vec<Session> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let mut sessions: Vec<_> =
            entries.values().map(Entry::to_session).filter(|session| session.expires_at > now).collect();
        sessions.sort_by_key(|session| (std::cmp::Reverse(session.created_at), session.id.to_string()));
        sessions
    }

    /// Adds a session.
    pub(crate) fn add(&self, session: Session) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let now = session.created_at;
        entries.retain(|_, entry| entry.session.expires_at > now);
        if entries.len() >= MOST_SESSIONS {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.last_seen.load(Ordering::Relaxed));
            if let Some(id) = oldest.map(|(id, _)| *id) {
                tracing::warn!(session = %id, "too many sessions: the one not used for longest is ended");
                entries.remove(&id);
            }
        }
        entries.insert(session.id, Entry::new(session));
        self.file.changed();
    }

    /// Removes the sessions that `is_revoked` says, and names them.
    pub(crate) fn remove(&self, is_revoked: impl Fn(SessionId) -> bool) -> Vec<SessionId> {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        let revoked: Vec<_> = entries.extract_if(|id, _| is_revoked(*id)).map(|(id, _)| id).collect();
        if !revoked.is_empty() {
            self.file.changed();
        }
        revoked
    }

    /// Removes all; those to come are for cookies of the key named `key`.
    pub(crate) fn begin_anew(&self, key: String) -> io::Result<()> {
        self.remove(|_| true);
        self.file.change_key(key);
        self.begin_era()
    }

    /// The era that it is.
    pub(crate) fn era(&self) -> Era {
        self.era.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins another era.
    pub(crate) fn begin_era(&self) -> io::Result<()> {
        *self.era.lock().unwrap_or_else(PoisonError::into_inner) = Era::begin()?;
        self.file.changed();
        Ok(())
    }

    /// Writes the file if it is due.
    pub(crate) async fn flush(self: &Arc<Self>) -> io::Result<()> {
        let store = Arc::clone(self);
        self.file.flush(move || store.kept()).await
    }

    fn kept(&self) -> Kept {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        Kept { sessions: entries.values().map(Entry::to_session).collect(), era: Some(self.era()) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use time::Duration;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::days(20_000));

    fn open(path: &Path, now: OffsetDateTime) -> Arc<SessionStore> {
        Arc::new(SessionStore::open(path, "key".into(), now).unwrap())
    }

    fn add(store: &SessionStore, now: OffsetDateTime) -> SessionId {
        let id = SessionId::generate().unwrap();
        store.add(Session::begin(id, now, "test", Some([192, 0, 2, 1].into())));
        id
    }

    #[tokio::test]
    async fn sessions_survive_a_restart_with_when_they_were_last_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.json");
        let store = open(&path, NOW);
        let id = add(&store, NOW);
        store.flush().await.unwrap();
        let later = NOW + Duration::hours(1);
        assert!(store.touch(id, later));
        store.flush().await.unwrap();

        let store = open(&path, later);
        assert!(store.touch(id, later));
        let [session] = store.list(later).try_into().unwrap();
        assert_eq!((session.id, session.created_at, session.last_seen_at), (id, NOW, later));
    }

    #[tokio::test]
    async fn a_check_within_the_minute_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("sessions.json"), NOW);
        let id = add(&store, NOW);
        store.flush().await.unwrap();
        assert!(store.touch(id, NOW + Duration::seconds(59)));
        assert!(!store.file.is_due());
        assert!(store.touch(id, NOW + Duration::seconds(60)));
        assert!(store.file.is_due());
    }

    #[tokio::test]
    async fn a_session_ends_after_thirty_days_and_the_clock_may_jump() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.json");
        let store = open(&path, NOW);
        let id = add(&store, NOW);
        assert!(store.touch(id, NOW - Duration::days(1)), "the clock went back a day");
        assert!(store.touch(id, NOW + Duration::days(29)));
        let end = NOW + Duration::days(30);
        assert!(!store.touch(id, end));
        assert!(store.list(end).is_empty());
        store.flush().await.unwrap();
        assert!(open(&path, end).entries.read().unwrap().is_empty(), "an expired one is not loaded");
        add(&store, end);
        assert_eq!(store.entries.read().unwrap().len(), 1, "a new one makes expired ones go");
    }

    #[tokio::test]
    async fn a_revoked_session_stays_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.json");
        let store = open(&path, NOW);
        let (first, second) = (add(&store, NOW), add(&store, NOW));
        assert_eq!(store.remove(|id| id == first), [first]);
        assert_eq!(store.remove(|id| id == first), []);
        store.flush().await.unwrap();
        let store = open(&path, NOW);
        assert!(!store.touch(first, NOW));
        assert!(store.touch(second, NOW));
    }

    #[tokio::test]
    async fn an_era_survives_a_restart_and_no_other_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.json");
        let store = open(&path, NOW);
        let first = store.era();
        store.flush().await.unwrap();
        assert_eq!(open(&path, NOW).era(), first);
        assert_ne!(SessionStore::open(&path, "other".into(), NOW).unwrap().era(), first);
        store.begin_era().unwrap();
        assert_ne!(store.era(), first);
        store.flush().await.unwrap();
        assert_eq!(open(&path, NOW).era(), store.era());
        // As it was written before there were eras.
        fs::write(&path, r#"{"version":1,"key":"key","sessions":[]}"#).unwrap();
        let store = open(&path, NOW);
        store.flush().await.unwrap();
        assert_eq!(open(&path, NOW).era(), store.era());
    }

    #[test]
    fn the_number_of_sessions_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("sessions.json"), NOW);
        let oldest = add(&store, NOW - Duration::hours(1));
        for _ in 0..MOST_SESSIONS {
            add(&store, NOW);
        }
        assert_eq!(store.list(NOW).len(), MOST_SESSIONS);
        assert!(!store.touch(oldest, NOW));
    }
}
