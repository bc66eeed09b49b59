//! Delivering the prompt exactly once.
//!
//! opencode answers a prompt before it has stored it, and a prompt sent twice under one message id is
//! appended to itself. So the id and the time of sending are recorded first, and a prompt is sent again
//! only when its message has not appeared for so long that the first one cannot be on its way any more.

use std::time::Duration;

use ocweb_opencode_client::{Error as ClientError, MessageId, Prompt};
use time::OffsetDateTime;

use super::{Chat, Chats};
use crate::{error::Error, names::SessionId};

const PAUSE: Duration = Duration::from_millis(100);
const ATTEMPTS: usize = 2;

impl Chats {
    pub(super) async fn deliver(&self, chat: &mut Chat) -> Result<(), Error> {
        let Some(text) = chat.prompt.clone() else { return Ok(()) };
        let message = chat.message.get_or_insert_with(MessageId::generate).clone();
        let model = chat.model_name();
        // Sent by a run that was killed since: it may still be on its way.
        if chat.sent_at.is_some() && self.arrives(chat, &message).await? {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            chat.sent_at = Some(OffsetDateTime::now_utc());
            self.save(chat)?;
            let (agent, model) = (chat.agent.as_deref(), model.as_ref());
            let prompt = Prompt { message: &message, text: &text, files: &[], model, agent };
            let id = &chat.id;
            let sent = || async {
                match self.opencode.prompt_async(id, &prompt).await {
                    // Whether it was taken is not known: find out instead of sending it again.
                    Err(ClientError::TimedOut(_)) => Ok(()),
                    answer => answer,
                }
            };
            self.patiently(sent).await?;
            if self.arrives(chat, &message).await? {
                return Ok(());
            }
        }
        Err(Error::Opencode(
            "opencode took the prompt and did not begin with it; are the agent and the model right?".into(),
        ))
    }

    /// Waits until the prompt's message is stored; false when that can no longer be expected.
    async fn arrives(&self, chat: &Chat, message: &MessageId) -> Result<bool, Error> {
        let directory = self.worktrees.path(&chat.repo, &SessionId::from(&chat.id));
        let mut waited = Duration::ZERO;
        loop {
            if self.patiently(|| self.opencode.prompt_is_stored(&chat.id, message, chat.prompt.as_deref().unwrap_or_default(), 0)).await? {
                return Ok(true);
            }
            // A session at work is at work on this prompt, the only one it can have from us.
            let busy = self.patiently(|| self.opencode.busy_sessions(&directory)).await?;
            if busy.is_empty() && waited > self.settle {
                return Ok(false);
            }
            tokio::time::sleep(PAUSE).await;
            waited += PAUSE;
        }
    }
}
