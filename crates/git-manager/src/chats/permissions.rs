//! What an agent may do without asking: in one chat, and in new ones.
//!
//! opencode decides by rules, of which the last one that matches holds: its own, its configuration's, the agent's, and
//! then the session's. So a chat's word becomes rules of its session. They are only ever added to, which is why there
//! is no way back to what the configuration says. Subagents run in sessions of their own, which take over nothing but
//! refusals: so that nothing goes round a question, starting one is asked about too.

use std::{
    io,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use ocweb_opencode_client::{PermissionRule, SessionId as ChatId};
use ocweb_service::private_file;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Chats, ForeignSession};
use crate::error::{Error, Missing};

/// What is decided on: everything with which an agent changes something, or reaches out.
const DECIDED: [&str; 7] =
    ["edit", "bash", "webfetch", "websearch", "task", "external_directory", "doom_loop"];

/// What an agent may do without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permissions {
    /// It reads; it asks before it edits, runs commands, reaches the web or starts subagents.
    Ask,
    /// It edits in its working copy too.
    Edits,
    /// Everything, with the rights of opencode on this machine.
    All,
}

impl Permissions {
    /// The rules that say so, whatever others were there before.
    pub(super) fn rules(self) -> Vec<PermissionRule> {
        let rule = |permission, action| PermissionRule { permission, pattern: "*", action };
        let action = |permission| match (self, permission) {
            (Self::All, _) | (Self::Edits, "edit") => "allow",
            _ => "ask",
        };
        DECIDED.map(|permission| rule(permission, action(permission))).into()
    }
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
        private_file::write(&self.path, &serde_json::to_vec(&settings)?)?;
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
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
    /// goes on waiting.
    pub async fn set_permissions(&self, id: &ChatId, permissions: Permissions) -> Result<(), Error> {
        match self.get_undeleted(id) {
            Ok(chat) if !chat.state.is_final() => Err(Error::Conflict(
                "This chat is still being prepared. Change its permissions when that is done.".into(),
            )),
            Ok(_) => {
                // opencode first: the record never says more than what holds.
                self.opencode.add_permission_rules(id.as_str(), &permissions.rules()).await?;
                let mut chat = self.get(id)?;
                chat.permissions = Some(permissions);
                self.save(&chat)
            }
            Err(Error::Missing(_)) => {
                let session = self.find_foreign(id).await?;
                match self.opencode.add_permission_rules(id.as_str(), &permissions.rules()).await {
                    Err(ocweb_opencode_client::Error::NotFound) => {
                        return Err(Error::Missing(Missing::Chat(id.to_string())));
                    }
                    done => done?,
                }
                let archived = self.foreign(id).and_then(|known| known.archived);
                self.foreign.put(ForeignSession { archived, permissions: Some(permissions), ..session })?;
                self.changes.note(id);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(permissions: Permissions, permission: &str) -> &'static str {
        permissions.rules().iter().find(|rule| rule.permission == permission).unwrap().action
    }

    #[test]
    fn each_word_decides_on_everything() {
        for permission in DECIDED {
            assert_eq!(action(Permissions::Ask, permission), "ask");
            assert_eq!(action(Permissions::All, permission), "allow");
            let edits = if permission == "edit" { "allow" } else { "ask" };
            assert_eq!(action(Permissions::Edits, permission), edits, "{permission}");
        }
    }

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
