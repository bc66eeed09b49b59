//! Chats that their person has put away. They keep everything; lists show them only when asked.

use ocweb_opencode_client::SessionId as ChatId;

use super::{Chats, ForeignSession};
use crate::error::Error;

impl Chats {
    /// Puts a chat away, or a session that was begun elsewhere, or takes it back.
    pub async fn archive(&self, id: &ChatId, archived: bool) -> Result<(), Error> {
        match self.get_undeleted(id) {
            Ok(chat) if !chat.state.is_final() => Err(Error::Conflict(
                "This chat is still being prepared. Archive it when that is done.".into(),
            )),
            Ok(_) => self.set_archived(id, archived),
            Err(Error::Missing(_)) => {
                let session = self.find_foreign(id).await?;
                self.foreign.put(ForeignSession { archived: Some(archived), ..session })?;
                self.changes.note(id);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Notes it in the chat's record, in which nothing else has changed: not even when it last did.
    pub(super) fn set_archived(&self, id: &ChatId, archived: bool) -> Result<(), Error> {
        match self.get(id)? {
            chat if chat.archived == archived => Ok(()),
            mut chat => {
                chat.archived = archived;
                self.save(&chat)
            }
        }
    }
}
