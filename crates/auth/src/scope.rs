//! What a token is good for.
//!
//! Whoever has logged in may do everything, and so may a token of the scope `full`, but see or change logins and tokens. The
//! others reach a part of ocweb only, which is told from the first word of the path. Caddy and opencode forgive much in a
//! path: letters of either case, slashes too many, characters in percent signs. So a path that could be read in two ways
//! leads a limited token nowhere, rather than to what we take it for.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::request_facts::RequestFacts;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TokenScope)]
pub(crate) enum Scope {
    /// Everything that a login is, but logins and tokens.
    Full,
    /// opencode and nothing of ocweb's own: what `opencode attach` and `opencode run --attach` need.
    Attach,
    /// Looking at what ocweb's own API tells, and changing nothing.
    Read,
    /// `GET /admin/metrics` alone.
    Metrics,
    /// Nothing: written by an ocweb that knows more scopes than this one.
    #[serde(other)]
    Unknown,
}

impl Scope {
    /// Its name, as it is typed and shown.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Attach => "attach",
            Self::Read => "read",
            Self::Metrics => "metrics",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a token of this scope may send such a request.
    pub(crate) fn permits(self, facts: &RequestFacts<'_>) -> bool {
        let looks = facts.is_safe() && !facts.is_websocket;
        match self {
            Self::Full => true,
            Self::Attach => Part::of(facts.target) == Some(Part::Opencode),
            Self::Read => looks && matches!(Part::of(facts.target), Some(Part::Ours | Part::Metrics)),
            Self::Metrics => looks && Part::of(facts.target) == Some(Part::Metrics),
            Self::Unknown => false,
        }
    }
}

/// Where a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// `/admin/metrics`.
    Metrics,
    /// Everything else under `/admin`.
    Ours,
    /// Everything else there is: opencode, and the files of the page, which hold nothing.
    Opencode,
}

impl Part {
    /// `None` where a path has more than one reading.
    fn of(target: &str) -> Option<Self> {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        let rest = path.strip_prefix('/')?;
        if !has_one_reading(rest) {
            return None;
        }
        let (first, _) = rest.split_once('/').unwrap_or((rest, ""));
        // Where nobody's eye is on it, a letter in percent signs is a letter.
        if first.contains('%') {
            return None;
        }
        Some(match path {
            "/admin/metrics" => Self::Metrics,
            _ if first.eq_ignore_ascii_case("admin") => Self::Ours,
            _ => Self::Opencode,
        })
    }
}

/// Whether a path, without its first slash, is the same for whoever decodes it and whoever does not, and has no parts that
/// are dropped on the way: empty ones, `.` and `..`.
fn has_one_reading(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#');
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        if matches!(part, "." | "..") || (part.is_empty() && !is_last) {
            return false;
        }
    }
    path.bytes().all(is_plain) && path.split('%').skip(1).all(is_harmless_escape)
}

/// What follows a percent sign: two digits of a character that means nothing in a path.
fn is_harmless_escape(text: &str) -> bool {
    let byte = text.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    byte.is_some_and(|byte| !byte.is_ascii_control() && !b"/\\.%;?#".contains(&byte))
}

#[cfg(test)]
mod tests {
    use ocweb_fuzz::{cases, spoiled_text};
    use proptest::prelude::*;

    use super::*;
    use crate::decision::tests::PLAIN;

    const SCOPES: [Scope; 5] = [Scope::Full, Scope::Attach, Scope::Read, Scope::Metrics, Scope::Unknown];

    fn facts<'a>(method: &'a str, target: &'a str, is_websocket: bool) -> RequestFacts<'a> {
        RequestFacts { method, target, is_websocket, presents_token: true, ..PLAIN }
    }

    fn permitted(method: &str, target: &str) -> Vec<&'static str> {
        let facts = facts(method, target, false);
        SCOPES.into_iter().filter(|scope| scope.permits(&facts)).map(Scope::name).collect()
    }

    #[test]
    fn each_scope_has_its_part() {
        for (method, target, expected) in [
            ("GET", "/session", &["full", "attach"][..]),
            ("POST", "/session/ses_1/message?directory=/a/../b", &["full", "attach"]),
            ("PUT", "/auth/openrouter", &["full", "attach"]),
            ("GET", "/global/event", &["full", "attach"]),
            ("GET", "/file/a%20b%C3%A4", &["full", "attach"]),
            ("GET", "/", &["full", "attach"]),
            ("GET", "/administrator", &["full", "attach"]),
            ("GET", "/admin/disk", &["full", "read"]),
            ("HEAD", "/admin/disk?x=//y", &["full", "read"]),
            ("GET", "/admin", &["full", "read"]),
            ("GET", "/Admin/disk", &["full", "read"]),
            ("GET", "/admin/metrics/", &["full", "read"]),
            ("GET", "/admin/Metrics", &["full", "read"]),
            ("POST", "/admin/gc", &["full"]),
            ("get", "/admin/disk", &["full"]),
            ("", "/admin/disk", &["full"]),
            ("GET", "/admin/metrics", &["full", "read", "metrics"]),
            ("HEAD", "/admin/metrics?x", &["full", "read", "metrics"]),
            ("POST", "/admin/metrics", &["full"]),
        ] {
            assert_eq!(permitted(method, target), expected, "{method} {target}");
        }
    }

    #[test]
    fn a_socket_is_for_who_may_type() {
        for (target, expected) in [("/pty/x/connect", &["full", "attach"][..]), ("/admin/metrics", &["full"])]
        {
            let facts = facts("GET", target, true);
            let permitted: Vec<_> =
                SCOPES.into_iter().filter(|scope| scope.permits(&facts)).map(Scope::name).collect();
            assert_eq!(permitted, expected, "{target}");
        }
    }

    #[test]
    fn what_has_two_readings_is_for_who_may_go_everywhere() {
        for target in [
            "",
            "admin/disk",
            "*",
            "http://box.example/admin/disk",
            "//admin/disk",
            "/x//admin",
            "/./admin/disk",
            "/x/../admin/disk",
            "/x/..",
            "/%61dmin/disk",
            "/%2561dmin",
            "/x/%2e%2E/admin/disk",
            "/x%2fadmin",
            "/x/a%5cb",
            "/x\\..\\admin",
            "/x/%00",
            "/x/%0a",
            "/x/%",
            "/x/%4",
            "/x/%zz",
            "/x/%+1",
            "/x y",
            "/ädmin",
            "/x#y",
            "/x/%2525",
        ] {
            assert_eq!(permitted("GET", target), ["full"], "{target:?}");
        }
    }

    #[test]
    fn a_scope_is_one_word_and_another_word_is_none() {
        for scope in SCOPES {
            let text = serde_json::to_string(&scope).unwrap();
            assert_eq!(text, format!("\"{}\"", scope.name()));
            assert_eq!(serde_json::from_str::<Scope>(&text).unwrap(), scope);
        }
        for word in ["", "FULL", "full ", "backup", "everything"] {
            assert_eq!(serde_json::from_value::<Scope>(word.into()).unwrap(), Scope::Unknown, "{word}");
        }
        for other in ["null", "1", "true", "[]", "{}", r#"["full"]"#] {
            assert!(serde_json::from_str::<Scope>(other).is_err(), "{other}");
        }
    }

    /// The parts of a path as the most forgiving of all readers takes them.
    fn forgiving(target: &str) -> Vec<String> {
        let mut text = target.split(['?', '#']).next().unwrap_or_default().to_owned();
        for _ in 0..8 {
            text = decoded(&text);
        }
        let mut parts: Vec<String> = Vec::new();
        for part in text.split(['/', '\\']) {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part.trim_matches(|c: char| c <= ' ').to_lowercase()),
            }
        }
        parts
    }

    fn decoded(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, tail @ ..] = rest {
            let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
            let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
            (bytes, rest) = match (first, byte) {
                (b'%', Some(byte)) => ([bytes, vec![byte]].concat(), &tail[2..]),
                _ => ([bytes, vec![*first]].concat(), tail),
            };
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    const TARGETS: &[&str] = &[
        "/admin/disk",
        "/admin/metrics",
        "/session/x",
        "/%61dmin/gc",
        "/x/../admin/gc",
        "//admin//metrics",
        "/ADMIN/x",
        "/x%2f..%2fadmin",
        "/pty/x/connect",
        "/auth/../admin/metrics/../gc",
        "/x/%252e%252e/admin",
    ];

    proptest! {
        #![proptest_config(cases(2000))]

        #[test]
        fn however_a_path_is_read_a_limited_token_stays_in_its_part(
            target in spoiled_text(TARGETS),
            method in prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get", ""]),
            is_websocket in any::<bool>(),
        ) {
            let facts = facts(method, &target, is_websocket);
            let parts = forgiving(&target);
            let is_ours = parts.first().is_some_and(|part| part == "admin");
            let changes = !matches!(method, "GET" | "HEAD") || is_websocket;
            prop_assert!(!Scope::Unknown.permits(&facts));
            prop_assert!(!(Scope::Attach.permits(&facts) && is_ours), "attach: {:?}", target);
            prop_assert!(!Scope::Read.permits(&facts) || (is_ours && !changes), "read: {} {:?}", method, target);
            prop_assert!(!Scope::Metrics.permits(&facts) || (parts == ["admin", "metrics"] && !changes), "metrics: {:?}", target);
        }
    }
}
