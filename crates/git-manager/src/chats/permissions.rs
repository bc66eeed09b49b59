//! What an agent may do without asking: in one chat, and in new ones.
//!
//! opencode decides by rules, of which the last one that matches holds: the agent's, which come of its configuration,
//! and then the session's. So a chat's level becomes rules of its session. They depend on the agent that works next,
//! as what that one is denied stays denied; so they are made sure of before each prompt. They are only ever added to,
//! which is why there is no way back to what the configuration says. Subagents run in sessions of their own, which
//! take over nothing but refusals: so that nothing goes round a question, starting one is asked about too.

mod rules;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ocweb_opencode_client::{Error as ClientError, PermissionRule, SessionId as ChatId};
use ocweb_service::private_file;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Chats, ForeignSession};
use crate::{
    error::{Error, Missing},
    names::SessionId,
};

/// What an agent may do without asking. What opencode's configuration denies it, or its mode, stays denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permissions {
    /// It looks around; it asks before it edits, runs commands, reaches the web or uses anything else.
    Ask,
    /// It edits in its working copy too.
    Edits,
    /// Everything, with the rights of opencode on this machine.
    All,
}

/// What holds for new chats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PermissionSettings {
    /// `null`: as opencode is configured.
    pub default: Option<Permissions>,
}

/// The settings, kept in a file.
pub(super) struct PermissionDefault {
    path: PathBuf,
    settings: Mutex<PermissionSettings>,
}

impl PermissionDefault {
    /// Reads the file. When it cannot be read everything is asked about: nothing is allowed by accident.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let settings = match private_file::read(&path)? {
            None => PermissionSettings::default(),
            Some(text) => serde_json::from_str(&text).unwrap_or_else(|error| {
                tracing::error!(%error, path = %path.display(), "the default permissions cannot be read");
                PermissionSettings { default: Some(Permissions::Ask) }
            }),
        };
        Ok(Self { path, settings: Mutex::new(settings) })
    }

    pub(super) fn get(&self) -> PermissionSettings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, settings: PermissionSettings) -> io::Result<()> {
        // Held while it is written down: of two changes at once the same one is last in memory and on the disk.
        let mut current = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        private_file::write(&self.path, &serde_json::to_vec(&settings)?)?;
        *current = settings;
        Ok(())
    }
}

impl Chats {
    /// What holds for new chats.
    pub fn permission_settings(&self) -> PermissionSettings {
        self.permission_default.get()
    }

    /// Changes what holds for chats that are made from now on.
    pub fn set_permission_settings(&self, settings: PermissionSettings) -> Result<(), Error> {
        Ok(self.permission_default.set(settings)?)
    }

    /// Changes what the agent of a chat may do without asking, from its next prompt on. What waits for an answer
    /// goes on waiting. Of several changes at once the last one holds, whole.
    pub async fn set_permissions(&self, id: &ChatId, permissions: Permissions) -> Result<(), Error> {
        match self.get_undeleted(id) {
            Ok(chat) if !chat.state.is_final() => Err(Error::Conflict(
                "This chat is still being prepared. Change its permissions when that is done.".into(),
            )),
            Ok(chat) => {
                let directory = self.worktrees.path(&chat.repo, &SessionId::from(id));
                let agent = self.latest_agent(id, &directory).await?;
                let _changing = self.changing_permissions.lock().await;
                // opencode first: the record never says more than what holds.
                self.permit(id, permissions, &agent).await?;
                let mut chat = self.get(id)?;
                chat.permissions = Some(permissions);
                self.save(&chat)
            }
            Err(Error::Missing(_)) => {
                let session = self.find_foreign(id).await?;
                let permit = async {
                    let agent = self.latest_agent(id, &session.directory).await?;
                    let changing = self.changing_permissions.lock().await;
                    self.permit(id, permissions, &agent).await.map(|()| changing)
                };
                let _changing = match permit.await {
                    Err(ClientError::NotFound) => return Err(Error::Missing(Missing::Chat(id.to_string()))),
                    done => done?,
                };
                let archived = self.foreign(id).and_then(|known| known.archived);
                self.foreign.put(ForeignSession { archived, permissions: Some(permissions), ..session })?;
                self.changes.note(id);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Sees to it that what was chosen for a chat holds for the agent that is to work in it next: `None` is the one
    /// that opencode takes by itself.
    pub async fn ensure_permissions(
        &self,
        id: &ChatId,
        directory: &Path,
        agent: Option<&str>,
    ) -> Result<(), ClientError> {
        if self.permissions(id).is_none() {
            return Ok(());
        }
        let agent = self.opencode.agent_permissions(directory, agent).await?.unwrap_or_default();
        let _changing = self.changing_permissions.lock().await;
        // Asked only now: it may have been changed meanwhile.
        match self.permissions(id) {
            Some(permissions) => self.permit(id, permissions, &agent).await,
            None => Ok(()),
        }
    }

    /// What was chosen for a chat, or a session that was begun elsewhere.
    fn permissions(&self, id: &ChatId) -> Option<Permissions> {
        match self.get(id) {
            Ok(chat) => chat.permissions,
            Err(_) => self.foreign(id).and_then(|session| session.permissions),
        }
    }

    /// The rules of the agent that was at work in a session last.
    async fn latest_agent(&self, id: &ChatId, directory: &Path) -> Result<Vec<PermissionRule>, ClientError> {
        let agent = self.opencode.last_used(id).await?.agent;
        Ok(self.opencode.agent_permissions(directory, agent.as_deref()).await?.unwrap_or_default())
    }

    /// Adds rules to the session, unless they are its last ones already.
    async fn permit(
        &self,
        id: &ChatId,
        permissions: Permissions,
        agent: &[PermissionRule],
    ) -> Result<(), ClientError> {
        let rules = permissions.rules(agent);
        if self.opencode.session_permissions(id.as_str()).await?.ends_with(&rules) {
            return Ok(());
        }
        self.opencode.add_permission_rules(id.as_str(), &rules).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_kept_and_a_damaged_one_allows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("permissions.json");
        let open = || PermissionDefault::open(path.clone()).unwrap();
        assert_eq!(open().get().default, None);
        open().set(PermissionSettings { default: Some(Permissions::All) }).unwrap();
        assert_eq!(open().get().default, Some(Permissions::All));
        std::fs::write(&path, "{").unwrap();
        assert_eq!(open().get().default, Some(Permissions::Ask));
    }
}
