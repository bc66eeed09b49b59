//! The tokens: in memory for every check, in a file for the next start.
//!
//! A token is looked for by its hash. Making and revoking write the file before they are answered; when one was last
//! used is written now and then.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use ocweb_service::private_file;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    session::SessionId,
    token::{Token, TokenHash},
};

/// Most tokens at once.
pub(crate) const MOST_TOKENS: usize = 64;

/// How coarse "last used" is.
const LAST_USED_STEP: Duration = Duration::MINUTE;

const VERSION: u8 = 1;

/// The file's content.
#[derive(Serialize, Deserialize)]
struct TokenFile {
    version: u8,
    /// Tells under which key the hashes were made. Tokens of another key are of no use to anybody.
    key: String,
    tokens: Vec<Token>,
}

/// There are as many tokens as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("There are {MOST_TOKENS} tokens already. Revoke one that is not used any more.")]
pub(crate) struct TooManyTokens;

/// All tokens of this installation.
pub(crate) struct TokenStore {
    path: PathBuf,
    key: String,
    tokens: Mutex<HashMap<TokenHash, Token>>,
    /// True when memory knows what the file does not.
    is_due: AtomicBool,
    /// Held while writing: whoever writes last writes the latest.
    writing: Mutex<()>,
}

impl TokenStore {
    /// Reads the tokens kept at `path` with hashes of the key named `key`. A file that cannot be read is set aside.
    pub(crate) fn open(path: &Path, key: String) -> io::Result<Self> {
        let tokens = match read(path) {
            Ok(Some(file)) if file.key == key => file.tokens,
            Ok(Some(_)) => {
                tracing::info!("the password or AUTH_SECRET was changed: tokens have to be made anew");
                Vec::new()
            }
            Ok(None) => Vec::new(),
            Err(error) => {
                let aside = path.with_extension("json.damaged");
                fs::rename(path, &aside)?;
                tracing::warn!(%error, kept_as = %aside.display(), "the list of tokens was damaged: they have to be made anew");
                Vec::new()
            }
        };
        Ok(Self {
            path: path.to_owned(),
            key,
            tokens: Mutex::new(tokens.into_iter().map(|token| (token.hash.clone(), token)).collect()),
            is_due: AtomicBool::new(false),
            writing: Mutex::new(()),
        })
    }

    /// The token of that hash, which is then used now.
    pub(crate) fn touch(&self, hash: &TokenHash, now: OffsetDateTime) -> Option<SessionId> {
        let mut tokens = self.tokens();
        let token = tokens.get_mut(hash)?;
        // Also when the clock went back, so that the time shown is one that was.
        if token.last_used_at.is_none_or(|last| (now - last).abs() >= LAST_USED_STEP) {
            token.last_used_at = Some(now.truncate_to_second());
            self.is_due.store(true, Ordering::Release);
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
        self.is_due.store(true, Ordering::Release);
        Ok(())
    }

    /// Removes a token; false when there was none.
    pub(crate) fn remove(&self, id: SessionId) -> bool {
        let was_there = self.tokens().extract_if(|_, token| token.id == id).count() > 0;
        if was_there {
            self.is_due.store(true, Ordering::Release);
        }
        was_there
    }

    /// Writes the file if it is due. Goes on to its end even when nobody waits for it any more.
    pub(crate) async fn flush(self: &Arc<Self>) -> io::Result<()> {
        if !self.is_due.load(Ordering::Acquire) {
            return Ok(());
        }
        let store = Arc::clone(self);
        tokio::task::spawn_blocking(move || store.write()).await.map_err(io::Error::other)?
    }

    fn write(&self) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // Cleared before memory is read: what changes meanwhile is due again.
        if !self.is_due.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let file = TokenFile { version: VERSION, key: self.key.clone(), tokens: self.list() };
        let written = serde_json::to_vec(&file)
            .map_err(io::Error::other)
            .and_then(|content| private_file::write(&self.path, &content));
        if written.is_err() {
            self.is_due.store(true, Ordering::Release);
        }
        written
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<TokenHash, Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(path: &Path) -> io::Result<Option<TokenFile>> {
    let Some(text) = private_file::read(path)? else { return Ok(None) };
    let file: TokenFile = serde_json::from_str(&text)?;
    if file.version != VERSION {
        return Err(io::Error::other(format!("version {} is not known here", file.version)));
    }
    Ok(Some(file))
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
        assert!(TokenStore::open(&path, "other".into()).unwrap().list().is_empty(), "another key");
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
        assert!(!store.is_due.load(Ordering::Relaxed));
        store.touch(&token.hash, NOW + Duration::seconds(60));
        assert!(store.is_due.load(Ordering::Relaxed));
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_the_number_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        fs::write(&path, "{").unwrap();
        let store = open(&path);
        assert!(path.with_extension("json.damaged").exists());
        for _ in 0..MOST_TOKENS {
            store.add(token()).unwrap();
        }
        assert_eq!(store.add(token()), Err(TooManyTokens));
    }
}
