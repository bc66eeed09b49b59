//! A token: what lets a program in that has no cookie, such as `opencode attach` on another computer.
//!
//! 256 random bits, shown once. What is kept is a hash under a key of this installation: whoever reads the file
//! cannot come in with it, and how long it takes to look a hash up tells nothing about tokens.

use axum::http::{HeaderMap, header};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use hmac::Mac;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    scope::Scope,
    secret::{KeyedHash, keyed_hash},
    session::SessionId,
};

/// What each token begins with, so that it is known for one where it should not be.
const PREFIX: &str = "ocweb_";
/// How many random bytes it has.
const BYTES: usize = 32;

/// Longest name, in characters.
const NAME_LENGTH: usize = 100;

/// What lasts longer might as well never end.
const LONGEST_DAYS: i64 = 3650;

/// A token's text. Never printed but once, to whoever made it.
pub(crate) struct TokenText(String);

impl TokenText {
    /// A new random one.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// What is presented as a token of ours in `Authorization`: after `Bearer`, or as the password of `Basic` with
    /// whatever user. `None` of anything that does not begin like one, and of more than one such header.
    pub(crate) fn find(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() {
            return None;
        }
        let (scheme, credentials) = value.split_once(' ')?;
        let text = if scheme.eq_ignore_ascii_case("bearer") {
            credentials.to_owned()
        } else if scheme.eq_ignore_ascii_case("basic") {
            let pair = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
            pair.split_once(':')?.1.to_owned()
        } else {
            return None;
        };
        text.trim().starts_with(PREFIX).then(|| Self(text.trim().to_owned()))
    }

    /// The text itself.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is kept of a token's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct TokenHash(String);

/// Makes hashes of tokens.
pub(crate) struct TokenHasher(KeyedHash);

impl TokenHasher {
    /// Hashes under `key`.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(keyed_hash(key))
    }

    /// The hash of a token.
    pub(crate) fn hash(&self, token: &TokenText) -> TokenHash {
        let mut hash = self.0.clone();
        hash.update(token.0.as_bytes());
        TokenHash(URL_SAFE_NO_PAD.encode(hash.finalize().into_bytes()))
    }
}

/// What a token is called by its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenName(String);

/// A text that is no name for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A token's name is one line of 1 to {NAME_LENGTH} characters: it tells you later what to revoke.")]
pub(crate) struct InvalidTokenName;

impl TokenName {
    /// Checks a name; spaces around it do not count.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidTokenName> {
        let text = text.trim();
        let fits = (1..=NAME_LENGTH).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.into())) } else { Err(InvalidTokenName) }
    }
}

/// How long a token lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// For so long after it was made.
    For(Duration),
    /// Until it is revoked.
    Unlimited,
}

/// What is no lifetime of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "A token lasts some days or hours, such as 90d or 12h, at most {LONGEST_DAYS}d; or never ends: “never”."
)]
pub(crate) struct InvalidLifetime;

impl Lifetime {
    /// What it is when nothing is said: a token that was forgotten ends by itself.
    pub(crate) const DEFAULT: Self = Self::For(Duration::days(90));

    /// Reads `90d`, `12h` or `never`.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidLifetime> {
        if text == "never" {
            return Ok(Self::Unlimited);
        }
        let unit = match text.bytes().last() {
            Some(b'd') => Duration::DAY,
            Some(b'h') => Duration::HOUR,
            _ => return Err(InvalidLifetime),
        };
        let count: u32 = text[..text.len() - 1].parse().map_err(|_| InvalidLifetime)?;
        let longest = Duration::days(LONGEST_DAYS);
        unit.checked_mul(i32::try_from(count).map_err(|_| InvalidLifetime)?)
            .filter(|duration| duration.is_positive() && *duration <= longest)
            .map(Self::For)
            .ok_or(InvalidLifetime)
    }

    fn end(self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        match self {
            Self::For(duration) => Some(now.saturating_add(duration)),
            Self::Unlimited => None,
        }
    }
}

/// What its owner decides about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenWish {
    /// What it is called.
    pub(crate) name: TokenName,
    /// What it is good for.
    pub(crate) scope: Scope,
    /// How long it lasts.
    pub(crate) lifetime: Lifetime,
}

/// What is known of a token, in memory and in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    /// Its name towards services and in the list; no secret.
    pub(crate) id: SessionId,
    /// What its owner calls it.
    pub(crate) name: String,
    /// What its text hashes to.
    pub(crate) hash: TokenHash,
    /// What it is good for. The first tokens had no scopes.
    #[serde(default = "full")]
    pub(crate) scope: Scope,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    /// When it was last used, give or take a minute.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) last_used_at: Option<OffsetDateTime>,
    /// When it ends by itself, if it does.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub(crate) expires_at: Option<OffsetDateTime>,
}

fn full() -> Scope {
    Scope::Full
}

impl Token {
    /// A new one that holds from now, in whole seconds.
    pub(crate) fn begin(id: SessionId, wish: TokenWish, hash: TokenHash, now: OffsetDateTime) -> Self {
        let created_at = now.truncate_to_second();
        Self {
            id,
            name: wish.name.0,
            hash,
            scope: wish.scope,
            created_at,
            last_used_at: None,
            expires_at: wish.lifetime.end(created_at),
        }
    }

    /// True when its time is over.
    pub(crate) fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn found(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::AUTHORIZATION, HeaderValue::from_str(line).unwrap());
        }
        TokenText::find(&headers).map(|token| token.0)
    }

    #[test]
    fn a_token_is_found_in_both_forms() {
        let token = TokenText::generate().unwrap().0;
        let basic = |pair: String| format!("Basic {}", STANDARD.encode(pair));
        for line in [
            format!("Bearer {token}"),
            format!("bearer  {token} "),
            basic(format!("opencode:{token}")),
            basic(format!(":{token}")),
        ] {
            assert_eq!(found(&[&line]).as_deref(), Some(token.as_str()), "{line}");
        }
    }

    #[test]
    fn a_damaged_token_is_presented_all_the_same() {
        let token = TokenText::generate().unwrap().0;
        for damaged in [format!("{token}A"), token[..20].to_owned(), PREFIX.to_owned()] {
            assert_eq!(found(&[&format!("Bearer {damaged}")]), Some(damaged));
        }
    }

    #[test]
    fn what_is_no_token() {
        let token = TokenText::generate().unwrap().0;
        for line in [
            String::new(),
            token.clone(),
            "Bearer".into(),
            "Bearer ".into(),
            format!("Digest {token}"),
            format!("Bearer {}", &token[1..]),
            format!("Basic {token}"),
            "Basic !!".into(),
            format!("Basic {}", STANDARD.encode(&token)),
            format!("Basic {}", STANDARD.encode(format!("{token}:"))),
        ] {
            assert_eq!(found(&[&line]), None, "{line}");
        }
        let line = format!("Bearer {token}");
        assert_eq!(found(&[&line, &line]), None, "said twice");
    }

    #[test]
    fn another_key_another_hash() {
        let token = TokenText::generate().unwrap();
        let hash = TokenHasher::new(&[1; 32]).hash(&token);
        assert_eq!(hash, TokenHasher::new(&[1; 32]).hash(&token));
        assert_ne!(hash, TokenHasher::new(&[2; 32]).hash(&token));
        assert!(!hash.0.contains(&token.0[PREFIX.len()..]));
    }

    #[test]
    fn a_lifetime_is_days_or_hours_or_never() {
        for (text, expected) in [
            ("90d", Lifetime::DEFAULT),
            ("1h", Lifetime::For(Duration::HOUR)),
            ("3650d", Lifetime::For(Duration::days(3650))),
            ("never", Lifetime::Unlimited),
        ] {
            assert_eq!(Lifetime::parse(text), Ok(expected), "{text}");
        }
        for bad in [
            "",
            "0d",
            "-1d",
            "3651d",
            "87601h",
            "4294967295d",
            "99999999999d",
            "90",
            "d",
            "1.5d",
            "1 d",
            "90D",
            "1ä",
            "Never",
        ] {
            assert_eq!(Lifetime::parse(bad), Err(InvalidLifetime), "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(TokenName::parse("  the laptop ").unwrap().0, "the laptop");
        for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert_eq!(TokenName::parse(bad), Err(InvalidTokenName), "{bad:?}");
        }
    }
}
