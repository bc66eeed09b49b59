//! The tokens: in memory for every check, in a file for the next start.
//!
//! A token is looked for by its hash. Making and revoking write the file before they are answered; when one was last
//! used is written now and then. One that has expired lets nobody in from then on, is shown for what it is for a while, and
//! is then forgotten.

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    identity::Identity,
    list_file::ListFile,
    scope::Scope,
    session::SessionId,
    token::{Token, TokenHash},
};

/// Most tokens at once.
pub(crate) const MOST_TOKENS: usize = 64;

/// How coarse "last used" is.
const LAST_USED_STEP: Duration = Duration::MINUTE;

/// For how long an expired one is still shown.
const SHOWN_EXPIRED: Duration = Duration::days(30);

/// What is kept of them.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// Those that may do everything for ever, as all could before there were others.
    tokens: Vec<Token>,
    /// Those that are limited. An ocweb of that time, to which somebody went back, must not take them for the others.
    #[serde(default)]
    limited: Vec<Token>,
}

impl Kept {
    fn of(tokens: Vec<Token>) -> Self {
        let is_limited = |token: &Token| token.scope != Scope::Full || token.expires_at.is_some();
        let (limited, tokens) = tokens.into_iter().partition(is_limited);
        Self { tokens, limited }
    }
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
        let tokens = kept.tokens.into_iter().chain(kept.limited);
        let tokens = tokens.map(|token| (token.hash.clone(), token)).collect();
        Ok(Self { file, tokens: Mutex::new(tokens) })
    }

    /// Who has the token of that hash, which is then used now.
    pub(crate) fn touch(&self, hash: &TokenHash, now: OffsetDateTime) -> Identity {
        let mut tokens = self.tokens();
        let Some(token) = tokens.get_mut(hash) else { return Identity::Stranger };
        if token.is_expired(now) {
            return Identity::Expired;
        }
        self.note_use(token, now);
        Identity::Program { token: token.id, scope: token.scope }
    }

    /// True while there is a token of that id, and its time is not over. Who asks holds a stream open for it, so it is used.
    pub(crate) fn holds(&self, id: SessionId, now: OffsetDateTime) -> bool {
        let mut tokens = self.tokens();
        let Some(token) = tokens.values_mut().find(|token| token.id == id && !token.is_expired(now)) else {
            return false;
        };
        self.note_use(token, now);
        true
    }

    fn note_use(&self, token: &mut Token, now: OffsetDateTime) {
        // Also when the clock went back, so that the time shown is one that was.
        if token.last_used_at.is_none_or(|last| (now - last).abs() >= LAST_USED_STEP) {
            token.last_used_at = Some(now.truncate_to_second());
            self.file.changed();
        }
    }

    /// The tokens, the latest first.
    pub(crate) fn list(&self) -> Vec<Token> {
        let mut tokens: Vec<_> = self.tokens().values().cloned().collect();
        tokens.sort_by_key(|token| (std::cmp::Reverse(token.created_at), token.id.to_string()));
        tokens
    }

    /// Adds a token. Expired ones are in nobody's way.
    pub(crate) fn add(&self, token: Token) -> Result<(), TooManyTokens> {
        let mut tokens = self.tokens();
        if tokens.len() >= MOST_TOKENS {
            tokens.retain(|_, kept| !kept.is_expired(token.created_at));
        }
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

    /// Removes those that expired long ago.
    pub(crate) fn sweep(&self, now: OffsetDateTime) {
        let is_past = |token: &Token| token.is_expired(now.saturating_sub(SHOWN_EXPIRED));
        if self.tokens().extract_if(|_, token| is_past(token)).count() > 0 {
            self.file.changed();
        }
    }

    /// Removes all; those to come have hashes of the key named `key`.
    pub(crate) fn begin_anew(&self, key: String) {
        self.tokens().clear();
        self.file.change_key(key);
    }

    /// Writes the file if it is due.
    pub(crate) async fn flush(self: &Arc<Self>) -> io::Result<()> {
        let store = Arc::clone(self);
        self.file.flush(move || Kept::of(store.list())).await
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<TokenHash, Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Lifetime, TokenHasher, TokenName, TokenText, TokenWish};

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::days(20_000));

    fn open(path: &Path) -> Arc<TokenStore> {
        Arc::new(TokenStore::open(path, "key".into()).unwrap())
    }

    fn token_of(scope: Scope, lifetime: Lifetime) -> Token {
        let hash = TokenHasher::new(&[7; 32]).hash(&TokenText::generate().unwrap());
        let wish = TokenWish { name: TokenName::parse("laptop").unwrap(), scope, lifetime };
        Token::begin(SessionId::generate().unwrap(), wish, hash, NOW)
    }

    fn token() -> Token {
        token_of(Scope::Full, Lifetime::Unlimited)
    }

    fn program(token: &Token) -> Identity {
        Identity::Program { token: token.id, scope: token.scope }
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
        assert_eq!(store.touch(&kept.hash, NOW), program(&kept));
        store.flush().await.unwrap();

        let store = open(&path);
        assert_eq!(store.touch(&revoked.hash, NOW), Identity::Stranger);
        assert!(store.holds(kept.id, NOW) && !store.holds(revoked.id, NOW));
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
    fn a_stream_that_stays_open_is_a_use() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("tokens.json"));
        let token = token();
        store.add(token.clone()).unwrap();
        store.touch(&token.hash, NOW);
        let later = NOW + Duration::HOUR;
        assert!(store.holds(token.id, later));
        assert_eq!(store.list()[0].last_used_at, Some(later));
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

    #[tokio::test]
    async fn an_expired_token_lets_nobody_in_is_shown_for_a_while_and_makes_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let store = open(&path);
        let token = token_of(Scope::Read, Lifetime::For(Duration::HOUR));
        let end = NOW + Duration::HOUR;
        store.add(token.clone()).unwrap();
        assert_eq!(store.touch(&token.hash, end - Duration::SECOND), program(&token));
        store.flush().await.unwrap();
        let store = open(&path);
        assert_eq!(store.touch(&token.hash, end), Identity::Expired);
        assert!(store.holds(token.id, NOW) && !store.holds(token.id, end));
        store.sweep(end + SHOWN_EXPIRED - Duration::SECOND);
        assert_eq!(store.list().len(), 1, "it is still shown");
        store.sweep(end + SHOWN_EXPIRED);
        assert_eq!(store.list(), [], "and then forgotten");
        store.flush().await.unwrap();
        assert_eq!(open(&path).list(), []);

        for _ in 0..MOST_TOKENS {
            store.add(token_of(Scope::Read, Lifetime::For(Duration::HOUR))).unwrap();
        }
        let mut later = self::token();
        assert_eq!(store.add(later.clone()), Err(TooManyTokens));
        later.created_at = end;
        store.add(later).unwrap();
        assert_eq!(store.list().len(), 1);
    }

    #[tokio::test]
    async fn a_file_of_another_version_gives_nobody_more_than_they_had() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let (old, limited) = (token(), token_of(Scope::Attach, Lifetime::DEFAULT));
        let store = open(&path);
        store.add(old.clone()).unwrap();
        store.add(limited.clone()).unwrap();
        store.flush().await.unwrap();

        // An older ocweb reads what is in `tokens`, and knows neither scopes nor ends.
        let text = std::fs::read_to_string(&path).unwrap();
        let mut content: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(content["tokens"].as_array().unwrap().len(), 1);
        assert_eq!(content["tokens"][0]["id"], old.id.to_string());
        let first = content["tokens"][0].as_object_mut().unwrap();
        assert!(first.remove("scope").is_some() && first.remove("expires_at").is_some());
        // A newer one has scopes that are not known here.
        content["limited"][0]["scope"] = "deploy".into();
        std::fs::write(&path, content.to_string()).unwrap();
        let store = open(&path);
        assert_eq!(store.touch(&old.hash, NOW), program(&old), "it is good for everything, for ever");
        let unknown = Identity::Program { token: limited.id, scope: Scope::Unknown };
        assert_eq!(store.touch(&limited.hash, NOW), unknown);
        assert!(store.remove(limited.id), "it can be revoked");

        content["limited"][0]["scope"] = 7.into();
        std::fs::write(&path, content.to_string()).unwrap();
        assert_eq!(open(&path).list(), [], "what makes no sense lets nobody in");
    }
}
