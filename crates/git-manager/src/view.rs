//! What the working copies of chats hold, for those who read: numbers, changes, commits, files, finds. A session that
//! was begun elsewhere has those of the worktree or clone that it is in.
//!
//! Nothing here writes, takes a lock of git's, or runs anything that a repository configures: it belongs to the
//! agent too. All but the search for text is read with the library, which knows neither hooks nor filters nor
//! any other program. Reading happens off the runtime, few at a time, and ends when nobody waits any more.

mod comparison;
mod content;
mod fuzzy;
mod log;
mod operation;
mod place;
mod search;
mod stat;
mod survey;
mod tree;

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use git2::ErrorCode;
use ocweb_opencode_client::SessionId as ChatId;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use comparison::{Against, Change, ChangeStatus, Comparison};
pub use content::{ImageType, RawFile, TextFile};
pub use log::{Commit, History};
pub use operation::Operation;
pub use search::{Match, Matches};
pub use stat::{RemoteBranch, Stat, State};
pub use tree::{Entry, EntryKind, Listing};

use self::{
    place::Place,
    stat::{Measured, measure},
    tree::Inside,
};
use crate::{
    chats::{Chats, State as ChatState},
    clones::Clones,
    error::{Error, Missing},
    git::Git,
    names::{InnerPath, RepositoryName, SessionId},
    repair::Repairs,
    worktrees::{Worktree, Worktrees},
};

/// How many working copies are read at once.
const READERS: usize = 3;
/// How many readings of one working copy go on at once, so that one that hangs keeps no other waiting.
const READERS_OF_ONE: usize = 2;
/// How long a reading may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Reads working copies.
pub struct View {
    git: Arc<Git>,
    clones: Arc<Clones>,
    chats: Arc<Chats>,
    worktrees: Arc<Worktrees>,
    repairs: Arc<Repairs>,
    readers: Semaphore,
    desks: Mutex<HashMap<PathBuf, Arc<Desk>>>,
}

/// What is kept of one working copy between two requests.
struct Desk {
    readers: Arc<Semaphore>,
    measured: Mutex<Option<Arc<Measured>>>,
}

/// Whether somebody still waits for a reading.
#[derive(Clone)]
pub(crate) struct Patience(CancellationToken);

impl Patience {
    /// Ends a reading for which nobody waits.
    fn check(&self) -> Result<(), Failure> {
        if self.0.is_cancelled() { Err(Error::TookTooLong.into()) } else { Ok(()) }
    }
}

/// Why a working copy could not be read.
#[derive(Debug)]
pub(crate) enum Failure {
    Git(git2::Error),
    Other(Error),
}

impl From<git2::Error> for Failure {
    fn from(error: git2::Error) -> Self {
        Self::Git(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(Error::Unreadable(format!("The working copy cannot be read: {error}.")))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Git(error) => {
                Self::Unreadable(format!("git cannot read this working copy: {}.", error.message()))
            }
            Failure::Other(error) => error,
        }
    }
}

impl View {
    /// A view of the working copies of `chats`.
    pub fn new(
        git: Arc<Git>,
        clones: Arc<Clones>,
        chats: Arc<Chats>,
        worktrees: Arc<Worktrees>,
        repairs: Arc<Repairs>,
    ) -> Self {
        let (readers, desks) = (Semaphore::new(READERS), Mutex::default());
        Self { git, clones, chats, worktrees, repairs, readers, desks }
    }

    /// The numbers of every chat with a working copy that can be read, the newest chat first. They hold: every
    /// working copy is looked at, and measured again if something changed.
    pub async fn stats(&self) -> Vec<Stat> {
        let measuring: FuturesUnordered<_> = self
            .places()
            .into_iter()
            .enumerate()
            .map(async |(index, place)| (index, self.looked_at(place).await))
            .collect();
        let mut found: Vec<_> = measuring.collect().await;
        found.sort_by_key(|(index, _)| *index);
        found.into_iter().filter_map(|(_, stat)| stat.ok()).collect()
    }

    /// The same as they were last measured, at once: no working copy is looked at. Chats that were not measured
    /// since the start are left out.
    pub fn last_stats(&self) -> Vec<Stat> {
        let known = |place: Place| lock(&self.desk(&place).measured).as_ref().map(|it| it.stat_of(&place));
        self.places().into_iter().filter_map(known).collect()
    }

    /// The numbers of one chat, measured now.
    pub async fn stat(&self, chat: &ChatId) -> Result<Stat, Error> {
        // Asked for when a run has ended: what kept the agent's git from working is repaired by its next one.
        if let Ok(known) = self.chats.get(chat) {
            self.repairs.touch(&known.repo, &self.worktrees.path(&known.repo, &SessionId::from(chat))).await;
        }
        self.read_complete(self.place(chat).await?, Against::Base, measure_and_keep).await
    }

    /// The numbers of one chat, measured again only if something changed.
    async fn looked_at(&self, place: Place) -> Result<Stat, Error> {
        self.read_complete(place, Against::Base, |place, desk, patience| {
            let known = lock(&desk.measured).clone();
            match known.filter(|known| known.still_holds(place)) {
                Some(known) => Ok(known.stat_of(place)),
                None => measure_and_keep(place, desk, patience),
            }
        })
        .await
    }

    /// The working copies of all chats, and of the sessions begun elsewhere that are known here, the newest first. What
    /// is kept of working copies that are gone is forgotten.
    fn places(&self) -> Vec<Place> {
        let own = self.chats.list().into_iter().filter_map(|chat| self.own_place(&chat.id).ok());
        let foreign = self.chats.list_foreign().into_iter();
        let mut places: Vec<_> =
            own.chain(foreign.filter_map(|it| self.shared_place(&it.id, &it.directory))).collect();
        places.sort_by(|one, other| one.chat.cmp(&other.chat));
        let read: HashSet<_> = places.iter().map(|place| &place.path).collect();
        self.lock().retain(|path, _| read.contains(path));
        places
    }

    /// What changed against something.
    pub async fn comparison(&self, chat: &ChatId, against: Against) -> Result<Comparison, Error> {
        self.read_complete(self.place(chat).await?, against.clone(), move |place, _, patience| {
            Comparison::read(place, &against, patience)
        })
        .await
    }

    /// The commits of a chat's branch that its base does not have, the newest first.
    pub async fn history(&self, chat: &ChatId, limit: usize) -> Result<History, Error> {
        self.read(self.place(chat).await?, move |place, _, _| History::read(place, limit)).await
    }

    /// The subjects of the latest commits of the branch, its base's among them.
    pub async fn recent_subjects(&self, chat: &ChatId) -> Result<Vec<String>, Error> {
        self.read(self.place(chat).await?, |place, _, _| log::recent_subjects(place)).await
    }

    /// What a folder of the working copy holds.
    pub async fn listing(&self, chat: &ChatId, path: InnerPath) -> Result<Listing, Error> {
        self.read(self.place(chat).await?, move |place, _, _| Listing::read(place, &path)).await
    }

    /// A file of the working copy as text.
    pub async fn text_file(&self, chat: &ChatId, path: InnerPath) -> Result<TextFile, Error> {
        self.read(self.place(chat).await?, move |place, _, _| {
            TextFile::read(Inside::open(&place.path)?, &path)
        })
        .await
    }

    /// A file of the working copy as it is.
    pub async fn raw_file(&self, chat: &ChatId, path: InnerPath) -> Result<RawFile, Error> {
        self.read(self.place(chat).await?, move |place, _, _| {
            RawFile::open(Inside::open(&place.path)?, &path)
        })
        .await
    }

    /// The files whose names fit, the best first; without a query those that changed last.
    pub async fn find_names(&self, chat: &ChatId, query: String, limit: usize) -> Result<Matches, Error> {
        self.read(self.place(chat).await?, move |place, _, patience| {
            search::names(place, &query, limit, patience)
        })
        .await
    }

    /// The lines that hold a text.
    pub async fn find_text(&self, chat: &ChatId, query: &str, limit: usize) -> Result<Matches, Error> {
        let place = self.place(chat).await?;
        let desk = self.desk(&place);
        let _one = desk.readers.acquire().await;
        let _reader = self.readers.acquire().await;
        search::text(&self.git, &place.path, query, limit).await
    }

    /// Where the working copy of a chat, or of a session that was begun elsewhere, is.
    async fn place(&self, id: &ChatId) -> Result<Place, Error> {
        match self.own_place(id) {
            Err(Error::Missing(Missing::Chat(_))) => {
                let directory = self.chats.foreign_directory(id).await?;
                let place = self.shared_place(id, &directory);
                place.ok_or_else(|| Error::Missing(Missing::WorkingCopy(id.clone())))
            }
            place => place,
        }
    }

    /// The working copy that a session begun elsewhere shares, if its folder is in one of ours.
    fn shared_place(&self, id: &ChatId, directory: &Path) -> Option<Place> {
        let (chat, directory) = (id.clone(), directory.canonicalize().ok()?);
        if let Some(Worktree { repo, session_id, path, base, branch, .. }) = self.worktrees.around(&directory)
        {
            let began_at = self.worktrees.began_at(&repo, &session_id);
            return Some(Place { chat, path, base, began_at, own: Some(branch) });
        }
        let name = self.clones.around(&directory)?;
        let base = self.clones.describe(&name)?.default_branch;
        Some(Place { chat, path: self.clones.path(&name), base, began_at: None, own: None })
    }

    /// Where the working copy of a chat of ours is, and what it is compared with.
    fn own_place(&self, id: &ChatId) -> Result<Place, Error> {
        let chat = self.chats.get(id)?;
        let session = SessionId::from(id);
        let path = self.worktrees.path(&chat.repo, &session);
        let there = path.symlink_metadata().is_ok_and(|found| found.is_dir());
        match chat.state {
            ChatState::Ready if there => {}
            ChatState::Ready | ChatState::Failed => {
                return Err(Error::Missing(Missing::WorkingCopy(id.clone())));
            }
            _ => {
                let detail = "This chat has no working copy yet: it is still being created.";
                return Err(Error::Unreadable(detail.into()));
            }
        }
        let began_at = self.worktrees.began_at(&chat.repo, &session);
        Ok(Place { chat: chat.id, path, base: chat.base, began_at, own: Some(chat.branch) })
    }

    /// Reads what differs. What a clone without old files lacks for that, and the library does not fetch, is fetched, and
    /// then it is read again.
    async fn read_complete<T: Send + 'static>(
        &self,
        place: Place,
        against: Against,
        reading: impl FnOnce(&Place, &Desk, &Patience) -> Result<T, Failure> + Clone + Send + 'static,
    ) -> Result<T, Error> {
        let failure = match self.attempt(place.clone(), reading.clone()).await {
            Err(Failure::Git(error)) if error.code() == ErrorCode::NotFound => Failure::Git(error),
            Err(failure) => {
                let error = Error::from(failure);
                let mended = error.may_be_damage() && self.mend(&place).await;
                return if mended { self.read_once(place, reading).await } else { Err(error) };
            }
            Ok(read) => return Ok(read),
        };
        let Some(repository) = self.repository_of(&place) else { return Err(failure.into()) };
        let ends = self.attempt(place.clone(), move |place, _, _| comparison::ends(place, &against)).await;
        let Ok(Some((from, to))) = ends else { return Err(failure.into()) };
        let fetching = self.clones.complete_difference(&repository, &from, &to);
        let fetched = tokio::time::timeout(LIMIT, fetching).await.map_err(|_| Error::TookTooLong)??;
        if fetched { self.read(place, reading).await } else { Err(failure.into()) }
    }

    /// The repository that a working copy is of.
    fn repository_of(&self, place: &Place) -> Option<RepositoryName> {
        let worktree = self.worktrees.around(&place.path).map(|worktree| worktree.repo);
        worktree.or_else(|| self.clones.around(&place.path))
    }

    /// Reads, and once more where damage that could be repaired was in its way.
    async fn read<T: Send + 'static>(
        &self,
        place: Place,
        reading: impl FnOnce(&Place, &Desk, &Patience) -> Result<T, Failure> + Clone + Send + 'static,
    ) -> Result<T, Error> {
        match self.read_once(place.clone(), reading.clone()).await {
            Err(error) if error.may_be_damage() && self.mend(&place).await => {
                self.read_once(place, reading).await
            }
            read => read,
        }
    }

    /// Looks for damage behind a failure. True when some was repaired.
    async fn mend(&self, place: &Place) -> bool {
        match self.repository_of(place) {
            Some(name) => Box::pin(self.repairs.after_failure(&name)).await,
            None => false,
        }
    }

    async fn read_once<T: Send + 'static>(
        &self,
        place: Place,
        reading: impl FnOnce(&Place, &Desk, &Patience) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Error> {
        Ok(self.attempt(place, reading).await?)
    }

    /// Reads off the runtime. The reading is told when nobody waits for it any more.
    async fn attempt<T: Send + 'static>(
        &self,
        place: Place,
        reading: impl FnOnce(&Place, &Desk, &Patience) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let desk = self.desk(&place);
        let patience = CancellationToken::new();
        let _waiting = patience.clone().drop_guard();
        let waited_for = async {
            // The place at the desk is kept by the reading itself, which may hang on what the agent put in its way;
            // that among all readers by whoever waits, who gives up in the end.
            let own = Arc::clone(&desk.readers).acquire_owned().await;
            let _reader = self.readers.acquire().await;
            let done = tokio::task::spawn_blocking(move || {
                let _own = own;
                reading(&place, &desk, &Patience(patience))
            });
            done.await.map_err(|error| Failure::Other(Error::Internal(error.to_string())))?
        };
        tokio::time::timeout(LIMIT, waited_for).await.map_err(|_| Failure::Other(Error::TookTooLong))?
    }

    fn desk(&self, place: &Place) -> Arc<Desk> {
        let new = || {
            Arc::new(Desk { readers: Arc::new(Semaphore::new(READERS_OF_ONE)), measured: Mutex::default() })
        };
        Arc::clone(self.lock().entry(place.path.clone()).or_insert_with(new))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Arc<Desk>>> {
        lock(&self.desks)
    }
}

fn measure_and_keep(place: &Place, desk: &Desk, patience: &Patience) -> Result<Stat, Failure> {
    let measured = measure(place, patience)?;
    let stat = measured.stat.clone();
    *lock(&desk.measured) = Some(Arc::new(measured));
    Ok(stat)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is one statement, so a panic cannot leave a half.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
