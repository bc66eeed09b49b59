//! A conversation as a file: what `opencode export` writes and `opencode import` reads.
//!
//! A chat may begin with one. It is kept beside the chat's record until opencode has it, so that a creation that is broken off
//! goes on, and what came in a file names nothing here: see [`Conversation`].

mod conversation;

use std::{path::Path, path::PathBuf, process::Stdio, time::Duration};

use ocweb_opencode_client::{Client, SessionId as ChatId};
use tokio::{process::Command, time::timeout};

pub use conversation::{Conversation, NoConversation};

use crate::{config::Config, error::Error, records::Records};

/// How long opencode may take to read a file.
const PATIENCE: Duration = Duration::from_mins(3);

/// Takes conversations out of opencode, and brings them to it.
pub struct Conversations {
    /// Those that chats begin with, until opencode has them.
    kept: Records<Conversation>,
    opencode: Client,
    program: Option<PathBuf>,
    environment: Vec<(String, String)>,
}

impl Conversations {
    /// Those kept in `folder`, and opencode with what it is started with.
    pub fn open(folder: PathBuf, opencode: Client, config: &Config) -> Result<Self, Error> {
        Ok(Self {
            kept: Records::open(folder)?,
            opencode,
            program: config.opencode_program.clone(),
            environment: config.agent_environment.clone(),
        })
    }

    /// Forgets those of which there is no chat: a killed run may have kept one, and not yet the chat.
    pub(super) fn retain(&self, is_chat: impl Fn(&str) -> bool) -> Result<(), Error> {
        for name in self.kept.names()?.into_iter().filter(|name| !is_chat(name)) {
            self.kept.remove(&name)?;
        }
        Ok(())
    }

    /// Everything that opencode has stored of a session, whoever began it.
    pub async fn export(&self, id: &ChatId) -> Result<Conversation, Error> {
        let info = self.opencode.session(id.as_str()).await?;
        Ok(Conversation { info, messages: self.opencode.all_messages(id).await? })
    }

    /// Keeps what a chat begins with. When this returns, it is on the disk.
    pub(super) fn keep(&self, id: &ChatId, conversation: Conversation) -> Result<(), Error> {
        Ok(self.kept.put(id.as_str(), &conversation.belonging_to(id))?)
    }

    /// Forgets what a chat was to begin with, or began with.
    pub(super) fn forget(&self, id: &ChatId) -> Result<(), Error> {
        Ok(self.kept.remove(id.as_str())?)
    }

    /// Has opencode read what a chat begins with, if anything is kept. A second time changes nothing.
    pub(super) async fn bring(&self, id: &ChatId, directory: &Path) -> Result<(), Error> {
        let Some(file) = self.kept.file(id.as_str()) else { return Ok(()) };
        let program = self.program.as_ref();
        let program = program.ok_or_else(|| Error::Internal("opencode's program is not known".into()))?;
        let mut import = Command::new(program);
        // It takes project and directory from where it runs, and ids from the file. A repository's plugins have no part in it.
        import.args(["import", "--pure"]).arg(file).current_dir(directory).env_clear();
        import
            .envs(self.environment.iter().cloned())
            .env("OPENCODE_DISABLE_AUTOUPDATE", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let ended = timeout(PATIENCE, import.output()).await;
        let ended = ended
            .map_err(|_| Error::NotImported("opencode takes too long to read it. Try again.".into()))??;
        if ended.status.success() && String::from_utf8_lossy(&ended.stdout).contains("Imported session") {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        tracing::warn!(chat = %id, status = %ended.status, %said, "opencode does not import a conversation");
        let sentence = "opencode does not take this file: it was damaged, or exported by another version. Delete this chat.";
        Err(Error::NotImported(sentence.into()))
    }
}
