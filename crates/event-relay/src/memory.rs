//! What survives a restart of the relay: which runs were open, what was read, what was streamed.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ocweb_chat_state::{Memory as Remembered, World};
use ocweb_service::private_file;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::{hub::Hub, spending::Spending, upstream::Process};

/// So long changes are collected before they are stored.
const COLLECTED: Duration = Duration::from_millis(500);
/// After a failure: the disk is probably full.
const RETRIED: Duration = Duration::from_secs(5);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stored {
    world: Remembered,
    process: Option<Process>,
    spending: Spending,
}

#[derive(Serialize)]
struct ToStore<'a> {
    world: &'a Remembered,
    process: Option<Process>,
    /// Stored with the rest: an answer that is complete changes what is known of its chat, too.
    spending: &'a Spending,
}

/// The file, and what else is in it.
pub(crate) struct Memory {
    path: PathBuf,
    /// The opencode that the world is about.
    process: Mutex<Option<Process>>,
    /// One writer at a time.
    writing: Arc<tokio::sync::Mutex<()>>,
}

impl Memory {
    /// Reads what an earlier run left in a folder. A file that cannot be understood is set aside: it is better to know
    /// nothing than not to start.
    pub(crate) fn open(folder: &Path) -> io::Result<(Self, World, Spending)> {
        let path = folder.join("memory.json");
        let stored = match private_file::read(&path)?.map(|text| serde_json::from_str::<Stored>(&text)) {
            None => Stored::default(),
            Some(Ok(stored)) => stored,
            Some(Err(error)) => {
                tracing::error!(%error, path = %path.display(), "what was remembered cannot be read and is set aside");
                std::fs::rename(&path, path.with_extension("damaged"))?;
                Stored::default()
            }
        };
        let memory = Self { path, process: Mutex::new(stored.process), writing: Arc::default() };
        Ok((memory, World::new(stored.world), stored.spending))
    }

    /// The opencode that was last followed.
    pub(crate) fn process(&self) -> Option<Process> {
        *self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_process(&self, process: Option<Process>) {
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = process;
    }

    /// Stores what has changed, again and again. What changes at the very end is [`Self::store`]d by who ends it.
    pub(crate) async fn keep(self: Arc<Self>, hub: Arc<Hub>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            stop.run_until_cancelled(hub.memory_changed.notified()).await;
            stop.run_until_cancelled(tokio::time::sleep(COLLECTED)).await;
            if let Err(error) = self.store(&hub).await {
                tracing::error!(%error, "what happened cannot be stored");
                hub.look().world.memory_was_not_stored();
                stop.run_until_cancelled(tokio::time::sleep(RETRIED)).await;
                hub.memory_changed.notify_one();
            }
        }
    }

    /// Stores what has changed now.
    pub(crate) async fn store(&self, hub: &Hub) -> io::Result<()> {
        let writing = Arc::clone(&self.writing).lock_owned().await;
        let content = {
            let process = self.process();
            let state = &mut *hub.look();
            let Some(world) = state.world.take_memory(OffsetDateTime::now_utc()) else { return Ok(()) };
            serde_json::to_vec(&ToStore { world, process, spending: &state.spending })?
        };
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || {
            let _writing = writing;
            private_file::write(&path, &content)
        });
        written.await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}
