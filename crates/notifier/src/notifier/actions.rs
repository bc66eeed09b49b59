//! A button was pressed somewhere, by somebody who need not be logged in.

use time::OffsetDateTime;

use super::Notifier;
use crate::{
    capability::{Bond, Capability, Grant},
    event::Verdict,
    login::Standing,
    relay::AnswerError,
};

/// Why a button did nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActError {
    /// Its capability is none that works, for whatever reason: who presents one is told no more than that.
    #[error("the capability is worth nothing")]
    Worthless,
    /// The answer was not given, and the capability still works.
    #[error("the answer cannot be given now")]
    NotNow,
    /// The answer may have been given, and the capability is spent.
    #[error("what became of the answer is unknown")]
    Unknown,
}

impl Notifier {
    /// Uses a capability and answers what it stood for.
    ///
    /// It is spent, and that is on the disk, before it is used: were it the other way round, a kill in
    /// between would leave one that works twice. It is given back when it was certainly not used.
    pub(crate) async fn act(&self, presented: &Capability) -> Result<Verdict, ActError> {
        let (hash, now) = (presented.hash(), OffsetDateTime::now_utc());
        let bond = self.ledger(|ledger| ledger.bond(&hash, now).cloned()).ok_or(ActError::Worthless)?;
        match self.standing(&bond).await {
            Standing::Holds => {}
            Standing::Unknown => return Err(ActError::NotNow),
            Standing::Ended => {
                tracing::info!(?bond, "a button was pressed that went with its login");
                self.release(&bond).await;
                return Err(ActError::Worthless);
            }
        }
        let grant = self.0.ledger.change(|ledger| ledger.spend(&hash, now)).ok_or(ActError::Worthless)?;
        let request = grant.request.as_str();
        if let Err(error) = self.0.ledger.flush().await {
            tracing::error!(request, %error, "a button does nothing, because its use cannot be written down");
            self.0.ledger.change(|ledger| ledger.give_back(grant));
            return Err(ActError::NotNow);
        }
        match self.0.relay.answer(request, &grant.verdict).await {
            Ok(()) => {
                tracing::info!(request, "answered by a button");
                self.revoke(request).await;
                Ok(grant.verdict)
            }
            Err(AnswerError::Gone) => {
                tracing::info!(request, "a button came too late");
                self.revoke(request).await;
                Err(ActError::Worthless)
            }
            Err(error @ AnswerError::NotNow(_)) => {
                tracing::warn!(request, %error, "a button could not answer");
                self.give_back(grant).await;
                Err(ActError::NotNow)
            }
            Err(error @ AnswerError::Unknown(_)) => {
                tracing::warn!(request, %error, "a button may not have answered");
                Err(ActError::Unknown)
            }
        }
    }

    /// Whether what a capability is bound to holds.
    async fn standing(&self, bond: &Bond) -> Standing {
        match bond {
            Bond::Era { era } => match self.0.logins.era().await {
                Some(now) if now == *era => Standing::Holds,
                Some(_) => Standing::Ended,
                None => Standing::Unknown,
            },
            Bond::Device { subscription } => {
                let device = self.ledger(|ledger| ledger.subscription(subscription).cloned());
                match device.map(|device| device.login) {
                    Some(Some(login)) => self.0.logins.standing(&login).await,
                    // Subscribed without Caddy.
                    Some(None) => Standing::Holds,
                    None => Standing::Ended,
                }
            }
        }
    }

    async fn release(&self, bond: &Bond) {
        self.0.ledger.change(|ledger| ledger.release(bond));
        // If this is lost, the others find the same as this one.
        if let Err(error) = self.0.ledger.flush().await {
            tracing::error!(%error, "buttons that went with their login could not be removed from the disk");
        }
    }

    async fn revoke(&self, request: &str) {
        self.0.ledger.change(|ledger| ledger.revoke(request));
        // If this is lost, the others still find the request gone.
        if let Err(error) = self.0.ledger.flush().await {
            tracing::error!(%error, "the other buttons of a request could not be revoked on disk");
        }
    }

    async fn give_back(&self, grant: Grant) {
        self.0.ledger.change(|ledger| ledger.give_back(grant));
        // If this is lost, a restart costs the button.
        if let Err(error) = self.0.ledger.flush().await {
            tracing::error!(%error, "a button that did nothing could not be given back on disk");
        }
    }
}
