//! Prompts on their way to opencode, in an outbox for each chat.
//!
//! The phone hands a prompt over and forgets it. So it is on the disk before its request is answered, and
//! stays there until opencode has it; its id, made on the phone, makes every repetition harmless. What
//! takes prompts out again and delivers them is `delivery`.
//!
//! A chat's prompts are one small record, its ledger, rewritten at every step. The content of their files
//! is written once beside it, before the ledger names it, and removed after the ledger let go of it.

mod file;
mod kind;
mod ledger;
mod prompt;
mod withdrawn;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ocweb_opencode_client::{MessageId, SessionId as ChatId};
use time::OffsetDateTime;

pub use file::{File, FileName};
pub use kind::PromptKind;
pub use prompt::{Draft, InvalidPrompt, NewPrompt, Prompt, PromptState, agent_name, model_text};

use self::{ledger::Ledger, withdrawn::Withdrawn};
use crate::{changes::Changes, error::Error, records::Records};

/// The prompts of all chats. Cheap to clone.
#[derive(Clone)]
pub struct Prompts(Arc<Store>);

struct Store {
    ledgers: Records<Ledger>,
    files: Records<Vec<File>>,
    withdrawn: Withdrawn,
    known: Mutex<BTreeMap<ChatId, Ledger>>,
    /// Held while a ledger is changed and written, so that readers never wait for the disk.
    writing: Mutex<()>,
    changes: Arc<Changes>,
}

impl Prompts {
    /// The prompts whose records lie in `folder`. What belongs to no chat of `chats` is removed.
    pub fn open(
        folder: &Path,
        is_chat: impl Fn(&ChatId) -> bool,
        changes: Arc<Changes>,
    ) -> Result<Self, Error> {
        let ledgers = Records::<Ledger>::open(folder.join("ledgers"))?;
        let files = Records::<Vec<File>>::open(folder.join("files"))?;
        let mut known = BTreeMap::new();
        for (name, ledger) in ledgers.all()? {
            match name.parse::<ChatId>() {
                Ok(chat) if is_chat(&chat) => drop(known.insert(chat, ledger)),
                _ => ledgers.remove(&name)?,
            }
        }
        let needed = |name: &String| {
            known.iter().any(|(chat, ledger)| {
                ledger.prompts().iter().any(|prompt| files_of(chat, &prompt.id) == *name)
            })
        };
        for name in files.names()?.iter().filter(|name| !needed(name)) {
            files.remove(name)?;
        }
        let withdrawn = Withdrawn::open(folder.join("withdrawn"))?;
        let (known, writing) = (Mutex::new(known), Mutex::default());
        Ok(Self(Arc::new(Store { ledgers, files, withdrawn, known, writing, changes })))
    }

    /// Takes a prompt in. When this returns, it is on the disk. One that was taken in before stays as it is.
    pub async fn take(&self, chat: &ChatId, new: NewPrompt) -> Result<Prompt, Error> {
        let (prompt, files) = new.into_parts();
        self.write(chat, move |store, chat, ledger| {
            if let Some(known) = ledger.known(&prompt)? {
                return Ok(known);
            }
            if store.withdrawn.contains(chat, &prompt.id) {
                return Err(Error::PromptTakenBack(prompt.id));
            }
            if !files.is_empty() {
                store.files.put(&files_of(chat, &prompt.id), &files)?;
            }
            ledger.append(prompt.clone());
            Ok(prompt)
        })
        .await
    }

    /// Takes in the prompt of a chat that an earlier version wrote down, unless that was done already.
    pub(crate) fn adopt(&self, chat: &ChatId, prompt: Prompt) -> Result<(), Error> {
        if lock(&self.0.known).contains_key(chat) {
            return Ok(());
        }
        self.0.write(chat, |_, _, ledger| {
            ledger.append(prompt);
            Ok(())
        })
    }

    /// The prompts of a chat that are not yet delivered, in order.
    pub fn list(&self, chat: &ChatId) -> Vec<Prompt> {
        lock(&self.0.known).get(chat).map(|ledger| ledger.prompts().to_vec()).unwrap_or_default()
    }

    /// The chats that ever had a prompt.
    pub(crate) fn chats(&self) -> Vec<ChatId> {
        lock(&self.0.known).keys().cloned().collect()
    }

    /// Asks for a prompt to be delivered although the chat is busy, and those before it with it; or for
    /// one that failed to be tried again.
    pub async fn hurry(&self, chat: &ChatId, id: MessageId) -> Result<Prompt, Error> {
        self.write(chat, move |_, _, ledger| ledger.hurry(&id)).await
    }

    /// Keeps the prompts of a chat that wait where they are.
    pub async fn hold(&self, chat: &ChatId) -> Result<(), Error> {
        self.write(chat, |_, _, ledger| {
            ledger.hold();
            Ok(())
        })
        .await
    }

    /// Has the prompts of a chat that are held go on, in order.
    pub async fn release(&self, chat: &ChatId) -> Result<(), Error> {
        self.write(chat, |_, _, ledger| {
            ledger.release();
            Ok(())
        })
        .await
    }

    /// Takes a prompt back that opencode does not have, and gives it with its files. One that is not here may be on its
    /// way still, also the first of a chat that is: it will not be taken in.
    pub async fn take_back(&self, chat: &ChatId, id: MessageId) -> Result<(Prompt, Vec<File>), Error> {
        let files = self.files(chat, &id).await?;
        let removed = id.clone();
        let prompt = self.write(chat, move |store, chat, ledger| {
            let taken = ledger.take_back(&id);
            if let Err(Error::Missing(_)) = taken {
                store.withdrawn.add(chat, &id, OffsetDateTime::now_utc())?;
            }
            taken
        });
        let prompt = prompt.await?;
        self.remove_files(chat, removed).await;
        Ok((prompt, files))
    }

    /// Removes all prompts of a chat that is deleted.
    pub fn forget(&self, chat: &ChatId) -> Result<(), Error> {
        let _writing = lock(&self.0.writing);
        let ledger = lock(&self.0.known).remove(chat);
        self.0.ledgers.remove(chat.as_str())?;
        for prompt in ledger.iter().flat_map(Ledger::prompts) {
            self.0.files.remove(&files_of(chat, &prompt.id))?;
        }
        Ok(())
    }

    /// The prompt whose turn it is, unless it failed.
    pub(crate) fn next(&self, chat: &ChatId) -> Option<Prompt> {
        lock(&self.0.known).get(chat).and_then(Ledger::next).cloned()
    }

    /// Whether the next prompt is to be delivered although the chat is busy.
    pub(crate) fn is_urgent(&self, chat: &ChatId) -> bool {
        lock(&self.0.known).get(chat).is_some_and(Ledger::is_urgent)
    }

    /// Whether there is anything to deliver.
    pub(crate) fn has_next(&self, chat: &ChatId) -> bool {
        lock(&self.0.known).get(chat).is_some_and(|ledger| ledger.next().is_some())
    }

    /// The files of a prompt.
    pub(crate) async fn files(&self, chat: &ChatId, id: &MessageId) -> Result<Vec<File>, Error> {
        let name = files_of(chat, id);
        self.blocking(move |store| Ok(store.files.get(&name).unwrap_or_default())).await
    }

    /// Writes down that a prompt is about to be sent. False when it was taken back in the meantime.
    pub(crate) async fn begin(&self, chat: &ChatId, id: MessageId) -> Result<bool, Error> {
        self.write(chat, move |_, _, ledger| Ok(ledger.begin(&id))).await
    }

    /// Writes down that a prompt that was being sent did certainly not arrive.
    pub(crate) async fn wait_again(&self, chat: &ChatId, id: MessageId) -> Result<(), Error> {
        self.write(chat, move |_, _, ledger| {
            ledger.wait_again(&id);
            Ok(())
        })
        .await
    }

    /// Writes down that opencode does not take a prompt.
    pub(crate) async fn fail(&self, chat: &ChatId, id: MessageId, error: Error) -> Result<(), Error> {
        self.write(chat, move |_, _, ledger| {
            ledger.fail(&id, error);
            Ok(())
        })
        .await
    }

    /// Writes down that opencode has a prompt. From here on it needs no content.
    pub(crate) async fn delivered(&self, chat: &ChatId, id: MessageId) -> Result<(), Error> {
        let removed = id.clone();
        self.write(chat, move |_, _, ledger| {
            ledger.delivered(&id);
            Ok(())
        })
        .await?;
        self.remove_files(chat, removed).await;
        Ok(())
    }

    async fn remove_files(&self, chat: &ChatId, id: MessageId) {
        let name = files_of(chat, &id);
        if let Err(error) = self.blocking(move |store| Ok(store.files.remove(&name)?)).await {
            tracing::warn!(%chat, prompt = %id, %error, "the files of a prompt stay until the next start");
        }
    }

    /// Changes the ledger of a chat. Once begun it comes to its end, also when the caller goes away.
    async fn write<T: Send + 'static>(
        &self,
        chat: &ChatId,
        change: impl FnOnce(&Store, &ChatId, &mut Ledger) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let chat = chat.clone();
        self.blocking(move |store| store.write(&chat, change)).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.unwrap_or_else(|error| Err(Error::Internal(error.to_string())))
    }
}

impl Store {
    fn write<T>(
        &self,
        chat: &ChatId,
        change: impl FnOnce(&Self, &ChatId, &mut Ledger) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _writing = lock(&self.writing);
        let before = lock(&self.known).get(chat).cloned().unwrap_or_default();
        let mut ledger = before.clone();
        let answer = change(self, chat, &mut ledger)?;
        if ledger == before {
            return Ok(answer);
        }
        self.ledgers.put(chat.as_str(), &ledger)?;
        lock(&self.known).insert(chat.clone(), ledger);
        self.changes.note(chat);
        Ok(answer)
    }
}

/// The name of the record that holds a prompt's files.
fn files_of(chat: &ChatId, prompt: &MessageId) -> String {
    format!("{chat}.{prompt}")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is one statement, so a panic cannot leave a half.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(id: &MessageId) -> NewPrompt {
        let file = File::new("image/png", "a.png", "data:image/png;base64,AAAA".into()).unwrap();
        NewPrompt::new(Draft { files: vec![file], ..Draft::of_text(id.clone(), "look".into()) }).unwrap()
    }

    fn files_in(folder: &Path) -> usize {
        std::fs::read_dir(folder.join("files")).unwrap().count()
    }

    #[tokio::test]
    async fn prompts_survive_a_restart_and_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Prompts::open(folder.path(), |_| true, Arc::default()).unwrap();
        let chat = ChatId::generate();
        let ids = [(); 3].map(|()| MessageId::generate());
        let prompts = open();
        for id in &ids {
            assert_eq!(prompts.take(&chat, new(id)).await.unwrap().state, PromptState::Waiting);
            assert_eq!(prompts.take(&chat, new(id)).await.unwrap().id, *id);
        }
        let prompts = open();
        let listed: Vec<_> = prompts.list(&chat).into_iter().map(|prompt| prompt.id).collect();
        assert_eq!((listed.as_slice(), files_in(folder.path())), (ids.as_slice(), 3));

        prompts.begin(&chat, ids[0].clone()).await.unwrap();
        prompts.delivered(&chat, ids[0].clone()).await.unwrap();
        let (_, files) = prompts.take_back(&chat, ids[1].clone()).await.unwrap();
        assert_eq!(files[0].url(), "data:image/png;base64,AAAA");
        assert_eq!(files_in(folder.path()), 1);
        let prompts = open();
        assert_eq!(prompts.list(&chat).len(), 1);
        assert_eq!(prompts.take(&chat, new(&ids[0])).await.unwrap().state, PromptState::Delivered);
        assert_eq!((prompts.list(&chat).len(), files_in(folder.path())), (1, 1));

        prompts.forget(&chat).unwrap();
        assert_eq!((prompts.list(&chat), files_in(folder.path())), (vec![], 0));
    }

    #[tokio::test]
    async fn what_belongs_to_no_chat_goes_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let prompts = Prompts::open(folder.path(), |_| true, Arc::default()).unwrap();
        prompts.take(&ChatId::generate(), new(&MessageId::generate())).await.unwrap();
        // Killed between the files and the ledger.
        std::fs::write(folder.path().join("files/ses_1.msg_1.json"), "[]").unwrap();
        Prompts::open(folder.path(), |_| false, Arc::default()).unwrap();
        assert_eq!(files_in(folder.path()), 0);
        assert_eq!(std::fs::read_dir(folder.path().join("ledgers")).unwrap().count(), 0);
    }
}
