//! Stopping what a chat does: for its person it has stopped only if what waits does not begin in its place.

use ocweb_opencode_client::SessionId as ChatId;

use super::Chats;
use crate::{
    agent,
    error::{Error, Missing},
};

impl Chats {
    /// Holds the prompts of a chat, or of a session that was begun elsewhere, and then ends what it does. A prompt
    /// that is being handed over may still begin afterwards.
    pub async fn halt(&self, id: &ChatId) -> Result<(), Error> {
        self.prompts.hold(id).await?;
        let directory = match (self.ready_directory(id), self.get_undeleted(id)) {
            (Some(directory), _) => directory,
            // It has no session yet.
            (None, Ok(_)) => return Ok(()),
            (None, Err(Error::Missing(Missing::Chat(_)))) => self.foreign_directory(id).await?,
            (None, Err(error)) => return Err(error),
        };
        agent::abort_chat(&self.opencode, id, &directory).await
    }
}
