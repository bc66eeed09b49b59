//! Where to go after the login: a path on this site, and never anywhere else.
//!
//! Browsers read `//evil`, `/\evil` and `/<tab>/evil` as other sites, and proxies between us and
//! them may decode what we took for a harmless path. So the rule is what a path may be, not what it
//! may not be, and it holds for the path as written and after every round of decoding.

use std::fmt::Write;

/// Longer targets than this many bytes are not worth coming back to.
const LONGEST: usize = 2048;

/// Rounds of percent-decoding that are looked through.
const ROUNDS: usize = 4;

/// A path with an optional query on this very site, safe to stand in a `Location` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReturnPath(String);

impl Default for ReturnPath {
    /// The front page.
    fn default() -> Self {
        Self("/".into())
    }
}

impl ReturnPath {
    /// Parses a target as it stands in a request line or in the form, or `None` if it could lead
    /// elsewhere, or back to the login itself.
    pub(crate) fn parse(target: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        if target.len() > LONGEST || !target.bytes().all(is_plain) {
            return None;
        }
        let path = target.split(['?', '#']).next()?;
        let mut written = path.as_bytes().to_vec();
        for _ in 0..ROUNDS {
            if !is_safe_path(&written) {
                return None;
            }
            let decoded = percent_decode(&written);
            if decoded == written {
                return Some(Self(target.to_owned()));
            }
            written = decoded;
        }
        None
    }

    /// The path and query.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The login page's address that leads back here.
    pub(crate) fn login_address(&self) -> String {
        let mut address = String::from("/auth/login");
        if *self != Self::default() {
            address.push_str("?next=");
            for byte in self.0.bytes() {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
                    address.push(char::from(byte));
                } else {
                    // Writing to a string cannot fail.
                    let _ = write!(address, "%{byte:02X}");
                }
            }
        }
        address
    }
}

/// True for an absolute path without empty or dot segments, backslashes or control characters that
/// is not one of the login's own.
fn is_safe_path(path: &[u8]) -> bool {
    if path.iter().any(|byte| byte.is_ascii_control() || *byte == b'\\') {
        return false;
    }
    let Some(rest) = path.strip_prefix(b"/") else { return false };
    let segments: Vec<&[u8]> = rest.split(|byte| *byte == b'/').collect();
    let inner_ones_are_filled = segments[..segments.len() - 1].iter().all(|segment| !segment.is_empty());
    inner_ones_are_filled
        && !segments.iter().any(|segment| *segment == b"." || *segment == b"..")
        && !segments[0].eq_ignore_ascii_case(b"auth")
}

/// Decodes each `%XX` once. What is no escape stays as it is.
fn percent_decode(text: &[u8]) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match after {
            [high, low, ..] if first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        decoded.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_ours_are_kept_as_they_are() {
        for path in [
            "/",
            "/chat/ses_1?tab=diff",
            "/chat/",
            "/L3ZvbC9wcm9q/session/ses_1#end",
            "/?next=https://elsewhere.test/",
            "/file/a%20b%2Fc",
            "/?text=two%0Alines",
            "/100%",
            "/authors",
            "/a/auth/login",
        ] {
            assert_eq!(ReturnPath::parse(path).map(|path| path.0).as_deref(), Some(path));
        }
    }

    #[test]
    fn whatever_could_lead_elsewhere_is_refused() {
        for path in [
            "",
            "evil",
            "//evil",
            "///evil",
            "/\\evil",
            "\\\\evil",
            "/\t/evil",
            "/%09/evil",
            "/%09//evil",
            "/%2f/evil",
            "/%2F%2fevil",
            "/%5cevil",
            "/%255cevil",
            "/%25252fevil",
            "/%2525252525255cevil",
            "/a/../../evil",
            "/..//evil",
            "/.//evil",
            "/%2e%2e//evil",
            "/a//evil",
            "https:evil",
            "https://evil",
            "javascript:alert(1)",
            "data:text/html,x",
            " /",
            "/ ",
            "/a b",
            "/\r\nSet-Cookie: a=b",
            "/%0d%0aSet-Cookie:%20a=b",
            "/?a\r\nb",
            "/a\0",
            "/%00",
            "/\u{7f}",
            "/ä",
            "/?q=\\",
            "/auth/login",
            "/auth/logout",
            "/AUTH/login?next=/",
            "/%61uth/logout",
            "/auth",
        ] {
            assert_eq!(ReturnPath::parse(path), None, "{path:?}");
        }
        assert_eq!(ReturnPath::parse(&format!("/{}", "a".repeat(LONGEST))), None);
    }

    #[test]
    fn the_login_address_leads_back() {
        let address = |path| ReturnPath::parse(path).unwrap().login_address();
        assert_eq!(address("/"), "/auth/login");
        assert_eq!(address("/chat/a?b=c&d=%20"), "/auth/login?next=/chat/a%3Fb%3Dc%26d%3D%2520");
    }

    proptest::proptest! {
        #[test]
        fn what_is_accepted_stays_on_this_site(text in "[/\\\\%0-9a-fA-F.:?#\t\r a]{0,24}") {
            if let Some(path) = ReturnPath::parse(&text) {
                let path = path.as_str();
                proptest::prop_assert!(path.starts_with('/') && !path.starts_with("//"));
                proptest::prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'));
            }
        }
    }
}
