//! The cookie that lets a browser in.
//!
//! Its value is the base64url of 57 bytes, always 76 characters:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 16 | session id |
//! | 8 | expiry, seconds since 1970, unsigned, big-endian |
//! | 32 | HMAC-SHA-256 of all the bytes before, under a key that serves nothing else |
//!
//! One length, one alphabet and no padding: a session has exactly one text, and parsing is a length,
//! a decoding and a comparison in constant time.
//!
//! Over TLS the name has the `__Host-` prefix, which no other host and no plain connection can set;
//! plain HTTP cannot set it either, so there the name is bare. Only the name of the scheme counts.
//! A request with two cookies of that name is treated as one without: a browser sends two only when
//! somebody else planted one, and there is no telling which.

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite};
use hmac::Mac;
use time::OffsetDateTime;

use crate::{
    host::Scheme,
    secret::{KeyedHash, keyed_hash},
    session::{LIFETIME, SessionId},
};

const VERSION: u8 = 1;
const SIGNED: usize = 1 + 16 + 8;
const LENGTH: usize = SIGNED + 32;
const TEXT_LENGTH: usize = LENGTH / 3 * 4;

/// What a valid cookie says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The session.
    pub(crate) session: SessionId,
    /// When it ends, in seconds since 1970.
    pub(crate) expires: u64,
}

impl Claim {
    /// True when the session's time is over.
    pub(crate) fn is_expired(&self, now: OffsetDateTime) -> bool {
        u64::try_from(now.unix_timestamp()).is_ok_and(|now| now >= self.expires)
    }
}

/// Signs and checks cookie values.
pub(crate) struct CookieSigner(KeyedHash);

impl CookieSigner {
    /// Signs with `key`.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(keyed_hash(key))
    }

    /// The value that states `claim`.
    pub(crate) fn sign(&self, claim: Claim) -> String {
        let mut bytes = [0; LENGTH];
        bytes[0] = VERSION;
        bytes[1..17].copy_from_slice(claim.session.as_bytes());
        bytes[17..SIGNED].copy_from_slice(&claim.expires.to_be_bytes());
        let mut hash = self.0.clone();
        hash.update(&bytes[..SIGNED]);
        bytes[SIGNED..].copy_from_slice(&hash.finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What `value` states, if we signed it. Whether it has expired is another question.
    pub(crate) fn verify(&self, value: &str) -> Option<Claim> {
        if value.len() != TEXT_LENGTH {
            return None;
        }
        let mut bytes = [0; LENGTH];
        if URL_SAFE_NO_PAD.decode_slice(value, &mut bytes) != Ok(LENGTH) || bytes[0] != VERSION {
            return None;
        }
        let mut hash = self.0.clone();
        hash.update(&bytes[..SIGNED]);
        hash.verify_slice(&bytes[SIGNED..]).ok()?;
        Some(Claim {
            session: SessionId::from_bytes(bytes[1..17].try_into().ok()?),
            expires: u64::from_be_bytes(bytes[17..SIGNED].try_into().ok()?),
        })
    }
}

fn name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Http => "ocweb",
        Scheme::Https => "__Host-ocweb",
    }
}

/// The value of our cookie among those of a request, if there is exactly one.
pub(crate) fn find(headers: &HeaderMap, scheme: Scheme) -> Option<&str> {
    let name = name(scheme).as_bytes();
    let mut values = headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| pair.trim_ascii_start().strip_prefix(name)?.strip_prefix(b"="));
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    // Other cookies may hold any bytes; ours is ASCII.
    str::from_utf8(value.trim_ascii_end()).ok()
}

/// The `Set-Cookie` header that hands a value to the browser.
pub(crate) fn set(value: String, scheme: Scheme) -> String {
    Cookie::build((name(scheme), value))
        .path("/")
        .http_only(true)
        .secure(scheme == Scheme::Https)
        .same_site(SameSite::Lax)
        .max_age(LIFETIME)
        .to_string()
}

/// The `Set-Cookie` header that takes it away again.
pub(crate) fn clear(scheme: Scheme) -> String {
    Cookie::build((name(scheme), ""))
        .path("/")
        .http_only(true)
        .secure(scheme == Scheme::Https)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::ZERO)
        .to_string()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn signer() -> CookieSigner {
        CookieSigner::new(&[7; 32])
    }

    fn claim(expires: u64) -> Claim {
        Claim { session: SessionId::from_bytes([9; 16]), expires }
    }

    fn cookies(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn what_was_signed_is_read_back() {
        for expires in [0, 1, 1_900_000_000, 1 << 63, u64::MAX] {
            let value = signer().sign(claim(expires));
            assert_eq!(value.len(), 76);
            assert_eq!(signer().verify(&value), Some(claim(expires)));
        }
    }

    #[test]
    fn an_expiry_beyond_all_calendars_is_no_trouble() {
        let now = OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
        assert!(!claim(1 << 63).is_expired(now));
        assert!(!claim(u64::MAX).is_expired(now));
        assert!(claim(0).is_expired(now));
        assert!(claim(20_000 * 86_400).is_expired(now), "the last second is not included");
        assert!(!claim(20_000 * 86_400 + 1).is_expired(now));
        assert!(!claim(1).is_expired(OffsetDateTime::UNIX_EPOCH - time::Duration::days(1)));
    }

    #[test]
    fn another_key_another_value() {
        let value = CookieSigner::new(&[8; 32]).sign(claim(1));
        assert_eq!(signer().verify(&value), None);
    }

    #[test]
    fn every_single_changed_character_is_noticed() {
        let value = signer().sign(claim(1_900_000_000));
        for index in 0..value.len() {
            let mut changed = value.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            assert_eq!(signer().verify(str::from_utf8(&changed).unwrap()), None, "character {index}");
        }
    }

    #[test]
    fn what_is_not_a_cookie_of_ours() {
        let value = signer().sign(claim(1_900_000_000));
        for bad in [
            String::new(),
            value[..75].to_owned(),
            value[..36].to_owned(),
            format!("{value}A"),
            format!("{value}="),
            format!("\"{value}\""),
            value.replace(&value[40..44], "!!!!"),
            "not hex, nor base64".into(),
            "A".repeat(76),
            "\0".repeat(76),
            "ä".repeat(38),
            "A".repeat(8192),
        ] {
            assert_eq!(signer().verify(&bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_one_cookie_is_found_among_others() {
        let found = |lines: &[&[u8]], scheme| find(&cookies(lines), scheme).map(str::to_owned);
        assert_eq!(found(&[b"a=b; ocweb=x; c=d"], Scheme::Http).as_deref(), Some("x"));
        assert_eq!(found(&[b"a=\xff\xfe", b"ocweb=x"], Scheme::Http).as_deref(), Some("x"));
        assert_eq!(found(&[b"__Host-ocweb=y; ocweb=x"], Scheme::Https).as_deref(), Some("y"));
        assert_eq!(found(&[b"__Host-ocweb=y; ocweb=x"], Scheme::Http).as_deref(), Some("x"));
        assert_eq!(found(&[b"ocweb=x"], Scheme::Https), None, "the bare name counts for nothing over TLS");
        assert_eq!(found(&[b"__Host-ocweb=y"], Scheme::Http), None);
        assert_eq!(found(&[b"ocweb=x; ocweb=x"], Scheme::Http), None, "two of the name");
        assert_eq!(found(&[b"ocweb=x", b"ocweb=y"], Scheme::Http), None, "two of the name in two lines");
        assert_eq!(found(&[b"xocweb=x; ocwebx=y; OCWEB=z; ocweb"], Scheme::Http), None);
        assert_eq!(found(&[b"ocweb=\xff"], Scheme::Http), None);
    }

    #[test]
    fn the_cookie_is_as_narrow_as_the_scheme_allows() {
        assert_eq!(
            set("v".into(), Scheme::Https),
            "__Host-ocweb=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592000"
        );
        assert_eq!(set("v".into(), Scheme::Http), "ocweb=v; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000");
        assert_eq!(clear(Scheme::Https), "__Host-ocweb=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_only_what_was_signed_is_read(text in "\\PC{0,100}|[A-Za-z0-9_-]{76}") {
            if let Some(claim) = signer().verify(&text) {
                prop_assert_eq!(signer().sign(claim), text);
            }
        }

        #[test]
        fn any_cookie_header_can_be_searched(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(line) = HeaderValue::from_bytes(&line) {
                find(&HeaderMap::from_iter([(header::COOKIE, line)]), Scheme::Http);
            }
        }

        #[test]
        fn every_claim_has_one_text(id in any::<[u8; 16]>(), expires in any::<u64>()) {
            let claim = Claim { session: SessionId::from_bytes(id), expires };
            prop_assert_eq!(signer().verify(&signer().sign(claim)), Some(claim));
        }
    }
}
