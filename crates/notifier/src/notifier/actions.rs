//! A button was pressed somewhere, by somebody who need not be logged in.

use time::OffsetDateTime;

use super::Notifier;
use crate::{capability::Capability, event::Verdict, relay::AnswerError};

impl Notifier {
    /// Uses a capability and answers what it stood for. `None` when it does nothing, for whatever reason: who presents one is told no
    /// more than that.
    ///
    /// It is spent, and that is on the disk, before it is used: were it the other way round, a kill in
    /// between would leave one that works twice.
    pub(crate) async fn act(&self, presented: &Capability) -> Option<Verdict> {
        let (hash, now) = (presented.hash(), OffsetDateTime::now_utc());
        if !self.ledger(|ledger| ledger.permits(&hash, now)) {
            return None;
        }
        let (request, verdict) = self.0.ledger.change(|ledger| ledger.spend(&hash, now))?;
        if let Err(error) = self.0.ledger.flush().await {
            tracing::error!(request, %error, "a button does nothing, because its use cannot be written down");
            return None;
        }
        match self.0.relay.answer(&request, &verdict).await {
            Ok(()) => {
                tracing::info!(request, "answered by a button");
                self.revoke(&request).await;
                Some(verdict)
            }
            Err(AnswerError::Gone) => {
                tracing::info!(request, "a button came too late");
                self.revoke(&request).await;
                None
            }
            Err(error @ AnswerError::Failed(_)) => {
                tracing::warn!(request, %error, "a button could not answer");
                None
            }
        }
    }

    async fn revoke(&self, request: &str) {
        self.0.ledger.change(|ledger| ledger.revoke(request));
        // If this is lost, the others still find the request gone.
        if let Err(error) = self.0.ledger.flush().await {
            tracing::error!(%error, "the other buttons of a request could not be revoked on disk");
        }
    }
}
