//! Tokens: who has one, making and revoking them.

use std::{io, net::IpAddr, sync::PoisonError, time::Duration};

use super::Authenticator;
use crate::{
    identity::Identity,
    session::SessionId,
    throttle::Network,
    token::{Token, TokenText, TokenWish},
    token_store::TooManyTokens,
};

/// Why a token was not made or revoked. Its text is for the owner.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// As many as there may be.
    #[error(transparent)]
    TooMany(#[from] TooManyTokens),
    /// The system gave no random bytes.
    #[error("no token could be made: {0}")]
    Random(#[from] getrandom::Error),
    /// It was given up again.
    #[error("The token cannot be written down: the disk may be full. Free some space and try again.")]
    NotMade(#[source] io::Error),
    /// It is revoked in memory alone.
    #[error(
        "The token is revoked, but that cannot be written down: the disk may be full. Free some space soon; it is tried again every minute, and after a restart before that the token would hold again."
    )]
    NotKept(#[source] io::Error),
}

impl Authenticator {
    /// Who has a token: one HMAC and one look into memory.
    pub(crate) fn holder_of(&self, token: &TokenText) -> Identity {
        let hash = self.keys().hasher.hash(token);
        self.tokens.touch(&hash, self.clock.now().wall)
    }

    /// Counts a token that was wrong, or says how long its network has to wait. 256 random bits are not guessed;
    /// this keeps what tries all the same, or comes with a revoked one for ever, from costing much.
    pub(crate) fn count_wrong_token(&self, address: Option<IpAddr>) -> Result<(), Duration> {
        let admitted = {
            let mut throttle = self.token_throttle.lock().unwrap_or_else(PoisonError::into_inner);
            throttle.admit(Network::of(address), self.clock.now().monotonic).map(drop)
        };
        self.counts.note_wrong_token(&admitted);
        admitted?;
        tracing::warn!(address = address.map(tracing::field::display), "a token was wrong");
        Ok(())
    }

    /// The tokens, the latest first, and what time it is for them.
    pub(crate) fn tokens(&self) -> (Vec<Token>, time::OffsetDateTime) {
        (self.tokens.list(), self.clock.now().wall)
    }

    /// Makes a token. One that cannot be written down would be gone after a restart, so it is not made.
    pub(crate) async fn make_token(&self, wish: TokenWish) -> Result<(Token, TokenText), TokenError> {
        let (id, text) = (SessionId::generate()?, TokenText::generate()?);
        let token = {
            // With another password it would be of no use: that waits until it is added.
            let keys = self.keys();
            let token = Token::begin(id, wish, keys.hasher.hash(&text), self.clock.now().wall);
            self.tokens.add(token.clone())?;
            token
        };
        if let Err(error) = self.tokens.flush().await {
            self.tokens.remove(id);
            return Err(TokenError::NotMade(error));
        }
        tracing::info!(token = %id, scope = token.scope.name(), "a token was made");
        Ok((token, text))
    }

    /// Revokes a token, at once; false when there is none. An error means that it is revoked for now, but that it
    /// could not be written down.
    pub(crate) async fn revoke_token(&self, id: SessionId) -> Result<bool, TokenError> {
        let was_there = self.tokens.remove(id);
        if was_there {
            tracing::info!(token = %id, "a token was revoked");
        }
        self.tokens.flush().await.map_err(TokenError::NotKept)?;
        Ok(was_there)
    }
}
