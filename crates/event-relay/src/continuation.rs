//! Continues runs that were cut off without being asked, where the settings say so.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ocweb_chat_state::Continuation;
use ocweb_opencode_client::MessageId;
use ocweb_service::private_file;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use utoipa::ToSchema;

use crate::{git_manager::GitManager, hub::Hub, instance::Opencode, memory::Memory};

/// So long it is waited for what else changes, and for git-manager to take what it was handed.
const PAUSE: Duration = Duration::from_secs(1);
/// The highest setting.
const MOST: u32 = 5;

/// What the relay does by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct RelaySettings {
    /// How often in a row a run that was cut off is continued without being asked, 0 to 5.
    #[schema(maximum = 5)]
    pub(crate) continue_by_itself: u32,
}

/// A setting that is out of its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("continue_by_itself is 0 to 5.")]
pub(crate) struct OutOfRange;

/// The settings, kept in a file.
pub(crate) struct SettingsFile {
    path: PathBuf,
    settings: Mutex<RelaySettings>,
}

impl SettingsFile {
    /// Reads the settings in a folder. Ones that cannot be read are those of the beginning.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("settings.json");
        let settings = match private_file::read(&path)? {
            None => RelaySettings::default(),
            Some(text) => serde_json::from_str(&text).unwrap_or_else(|error| {
                tracing::error!(%error, path = %path.display(), "the settings cannot be read");
                RelaySettings::default()
            }),
        };
        Ok(Self { path, settings: Mutex::new(settings) })
    }

    pub(crate) fn get(&self) -> RelaySettings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores settings, and holds to them from then on.
    pub(crate) fn set(&self, settings: RelaySettings) -> io::Result<()> {
        private_file::write(&self.path, &serde_json::to_vec(&settings)?)?;
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
        Ok(())
    }
}

impl RelaySettings {
    /// The settings, if they are in their range.
    pub(crate) fn checked(self) -> Result<Self, OutOfRange> {
        if self.continue_by_itself <= MOST { Ok(self) } else { Err(OutOfRange) }
    }
}

/// Continues what is to be continued, for ever. The decision is stored before it is acted on, so that a prompt has
/// the same id however often it is handed over.
pub(crate) async fn keep_continuing(hub: Arc<Hub>, memory: Arc<Memory>, git_manager: GitManager) {
    let mut changed = hub.subscribe();
    loop {
        changed.mark_unchanged();
        let planned = hub.change(|state, _| match state.instance.opencode {
            Opencode::Up => state.world.plan_continuations(|| MessageId::generate().to_string()),
            Opencode::Down => Vec::new(),
        });
        if !planned.is_empty()
            && let Err(error) = carry_out(&planned, &hub, &memory, &git_manager).await
        {
            tracing::error!(%error, "a continuation cannot be stored");
            hub.look().world.memory_was_not_stored();
        }
        sleep(PAUSE).await;
        if planned.is_empty() && changed.changed().await.is_err() {
            return;
        }
    }
}

/// Hands continuations over. What git-manager does not take now is planned again.
async fn carry_out(
    planned: &[Continuation],
    hub: &Hub,
    memory: &Memory,
    git_manager: &GitManager,
) -> io::Result<()> {
    memory.store(hub).await?;
    for continuation in planned {
        let chat = &continuation.chat;
        match git_manager.send(continuation).await {
            Ok(()) => tracing::info!(chat, "a run that was cut off goes on"),
            Err(error) => {
                tracing::warn!(chat, %error, "a run that was cut off cannot be continued");
                if error.is_final() {
                    hub.change(|state, _| state.world.give_up_continuation(chat));
                }
            }
        }
    }
    Ok(())
}
