//! The tokens: in memory for every check, in a file for the next start.
//!
//! A token is looked for by its hash. Making and revoking write the file before they are answered; when one was last
//! used is written now and then.

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    list_file::ListFile,
    session::SessionId,
    token::{Token, TokenHash},
};

/// Most tokens at once.
pub(crate) const MOST_TOKENS: usize = 64;

/// How coarse "last used" is.
const LAST_USED_STEP: Duration = Duration::MINUTE;

/// What is kept of them.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    tokens: Vec<Token>,
}

/// There are as many tokens as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("There are {MOST_TOKENS} tokens already. Revoke one that is not used any more.")]
pub(crate) struct TooManyTokens;

/// All tokens of this installation.
pub(crate) struct TokenStore {
    file: Arc<ListFile>,
    tokens: Mutex<HashMap<TokenHash, Token>>,
}

impl TokenStore {
    /// Reads the tokens kept at `path` with hashes of the key named `key`.
    pub(crate) fn open(path: &Path, key: String) -> io::Result<Self> {
        let (file, kept) = ListFile::open::<Kept>(path, key, "tokens have to be made anew")?;
        let tokens = kept.tokens.into_iter().map(|token| (token.hash.clone(), token)).collect();
        Ok(Self { file, tokens: Mutex::new(tokens) })
    }

    /// The token of that hash, which is then used now.
    pub(crate) fn touch(&self, hash: &TokenHash, now: OffsetDateTime) -> Option<SessionId> {
        let mut tokens = self.tokens();
        let token = tokens.get_mut(hash)?;
        // Also when the clock went back, so that the time shown is one that was.
        if token.last_used_at.is_none_or(|last| (now - last).abs() >= LAST_USED_STEP) {
            token.last_used_at = Some(now.truncate_to_second());
            self.file.changed();
        }
        Some(token.id)
    }

    /// True while there is a token of that id.
    pub(crate) fn holds(&self, id: SessionId) -> bool {
        self.tokens().values().any(|token| token.id == id)
    }

    /// The tokens, the latest first.
    pub(crate) fn list(&self) -> Vec<Token> {
        let mut tokens: Vec<_> = self.tokens().values().cloned().collect();
        tokens.sort_by_key(|token| (std::cmp::Reverse(token.created_at), token.id.to_string()));
        tokens
    }

    /// Adds a token.
    pub(crate) fn add(&self, token: Token) -> Result<(), TooManyTokens> {
        let mut tokens = self.tokens();
        if tokens.len() >= MOST_TOKENS {
            return Err(TooManyTokens);
        }
        tokens.insert(token.hash.clone(), token);
        self.file.changed();
        Ok(())
    }

    /// Removes a token; false when there was none.
    pub(crate) fn remove(&self, id: SessionId) -> bool {
        let was_there = self.tokens().extract_if(|_, token| token.id == id).count() > 0;
        if was_there {
            self.file.changed();
        }
        was_there
    }

    /// Writes the file if it is due.
    pub(crate) async fn flush(self: &Arc<Self>) -> io::Result<()> {
        let store = Arc::clone(self);
        self.file.flush(move || Kept { tokens: store.list() }).await
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<TokenHash, Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{TokenHasher, TokenName, TokenText};

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::days(20_000));

    fn open(path: &Path) -> Arc<TokenStore> {
        Arc::new(TokenStore::open(path, "key".into()).unwrap())
    }

    fn token() -> Token {
        let hash = TokenHasher::new(&[7; 32]).hash(&TokenText::generate().unwrap());
        Token::begin(SessionId::generate().unwrap(), TokenName::parse("laptop").unwrap(), hash, NOW)
    }

    #[tokio::test]
    async fn tokens_survive_a_restart_and_revoked_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let store = open(&path);
        let (kept, revoked) = (token(), token());
        store.add(kept.clone()).unwrap();
        store.add(revoked.clone()).unwrap();
        assert!(store.remove(revoked.id));
        assert!(!store.remove(revoked.id));
        assert_eq!(store.touch(&kept.hash, NOW), Some(kept.id));
        store.flush().await.unwrap();

        let store = open(&path);
        assert_eq!(store.touch(&revoked.hash, NOW), None);
        assert!(store.holds(kept.id) && !store.holds(revoked.id));
        assert_eq!(store.list(), [Token { last_used_at: Some(NOW), ..kept }]);
    }

    #[tokio::test]
    async fn a_use_within_the_minute_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("tokens.json"));
        let token = token();
        store.add(token.clone()).unwrap();
        store.touch(&token.hash, NOW);
        store.flush().await.unwrap();
        store.touch(&token.hash, NOW + Duration::seconds(59));
        assert!(!store.file.is_due());
        store.touch(&token.hash, NOW + Duration::seconds(60));
        assert!(store.file.is_due());
    }

    #[test]
    fn the_number_of_tokens_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("tokens.json"));
        for _ in 0..MOST_TOKENS {
            store.add(token()).unwrap();
        }
        assert_eq!(store.add(token()), Err(TooManyTokens));
    }
}
