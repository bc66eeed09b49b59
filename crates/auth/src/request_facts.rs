//! What a request says about itself that matters for letting it in.
//!
//! Caddy asks about a request in `X-Forwarded-*` headers, and our own routes are reached directly;
//! both become the same facts, so that one rule decides.

use axum::http::{HeaderMap, Method, Uri, header};

use crate::{host::Scheme, token::TokenText};

/// The facts, borrowed from the request. A header that is there twice, or is not text, reads as
/// empty, which no rule takes for anything good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestFacts<'a> {
    /// The method, in capitals as it came.
    pub(crate) method: &'a str,
    /// Path and query as they came.
    pub(crate) target: &'a str,
    /// With or without TLS.
    pub(crate) scheme: Scheme,
    /// The host and port that the client asked for.
    pub(crate) host: Option<&'a str>,
    /// `Origin`.
    pub(crate) origin: Option<&'a str>,
    /// `Sec-Fetch-Site`: where the request came from, by the browser's word.
    pub(crate) fetch_site: Option<&'a str>,
    /// `Sec-Fetch-Mode`: what kind of request it is.
    pub(crate) fetch_mode: Option<&'a str>,
    /// `Sec-Fetch-Dest`: what the answer is for.
    pub(crate) fetch_destination: Option<&'a str>,
    /// True when the client would take a page.
    pub(crate) accepts_html: bool,
    /// True when it asks for a WebSocket.
    pub(crate) is_websocket: bool,
    /// True when it comes with a token, as programs do: no login page helps them. Other credentials are not for us: a
    /// browser may have them from another site, and a proxy on the way may add them.
    pub(crate) presents_token: bool,
}

impl<'a> RequestFacts<'a> {
    /// The facts of the request that Caddy asks about.
    pub(crate) fn forwarded(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self {
            method: only(headers, "x-forwarded-method").unwrap_or(method.as_str()),
            target: only(headers, "x-forwarded-uri").unwrap_or(target(uri)),
            ..Self::direct(method, uri, headers)
        }
    }

    /// The facts of a request for a route of ours, which came through Caddy too.
    pub(crate) fn direct(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        let fetch_mode = only(headers, "sec-fetch-mode");
        let upgrades = only(headers, "upgrade").is_some_and(|value| contains(value, "websocket"));
        Self {
            method: method.as_str(),
            target: target(uri),
            scheme: scheme(headers),
            host: only(headers, "x-forwarded-host").or_else(|| only(headers, "host")),
            origin: only(headers, "origin"),
            fetch_site: only(headers, "sec-fetch-site"),
            fetch_mode,
            fetch_destination: only(headers, "sec-fetch-dest"),
            accepts_html: accepts(headers, "text/html"),
            is_websocket: upgrades
                || headers.contains_key("sec-websocket-key")
                || fetch_mode == Some("websocket"),
            presents_token: TokenText::find(headers).is_some(),
        }
    }

    /// True for methods that change nothing.
    pub(crate) fn is_safe(&self) -> bool {
        matches!(self.method, "GET" | "HEAD")
    }

    /// True when a person's browser goes to a page. Browsers that do not say so, and those that
    /// came over plain HTTP, where none says so, are known by what they accept.
    pub(crate) fn is_navigation(&self) -> bool {
        match self.fetch_mode {
            Some(mode) => mode == "navigate",
            None => self.is_safe() && self.accepts_html && !self.is_websocket && self.fetch_site.is_none(),
        }
    }
}

/// The scheme by which the browser came. Without a word from Caddy it is plain HTTP.
pub(crate) fn scheme(headers: &HeaderMap) -> Scheme {
    only(headers, "x-forwarded-proto").and_then(Scheme::parse).unwrap_or(Scheme::Http)
}

/// True when `Accept` names a media type.
pub(crate) fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| contains(value, media_type)))
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return Some("");
    }
    Some(value.to_str().unwrap_or(""))
}

fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |target| target.as_str())
}

/// `needle` is lower-case ASCII.
fn contains(text: &str, needle: &str) -> bool {
    text.as_bytes().windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_forwarded_request_is_the_one_that_counts() {
        let uri = Uri::from_static("/auth/check");
        let headers = headers(&[
            ("host", "unix"),
            ("x-forwarded-host", "box:8080"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-method", "DELETE"),
            ("x-forwarded-uri", "/session/a?b=c"),
        ]);
        let facts = RequestFacts::forwarded(&Method::GET, &uri, &headers);
        assert_eq!((facts.method, facts.target), ("DELETE", "/session/a?b=c"));
        assert_eq!((facts.scheme, facts.host), (Scheme::Https, Some("box:8080")));
        let direct = RequestFacts::direct(&Method::GET, &uri, &headers);
        assert_eq!((direct.method, direct.target), ("GET", "/auth/check"));
    }

    #[test]
    fn a_header_given_twice_reads_as_empty() {
        let headers = headers(&[
            ("x-forwarded-host", "localhost"),
            ("x-forwarded-host", "evil.test"),
            ("x-forwarded-method", "GET"),
            ("x-forwarded-method", "GET"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-proto", "https"),
        ]);
        let uri = Uri::from_static("/");
        let facts = RequestFacts::forwarded(&Method::GET, &uri, &headers);
        assert_eq!((facts.host, facts.method, facts.scheme), (Some(""), "", Scheme::Http));
        assert!(!facts.is_safe());
    }

    #[test]
    fn websockets_are_known_by_any_of_their_marks() {
        let uri = Uri::from_static("/pty");
        for mark in
            [("upgrade", "h2c, WebSocket"), ("sec-websocket-key", "x"), ("sec-fetch-mode", "websocket")]
        {
            assert!(RequestFacts::direct(&Method::GET, &uri, &headers(&[mark])).is_websocket, "{mark:?}");
        }
        assert!(!RequestFacts::direct(&Method::GET, &uri, &headers(&[("upgrade", "h2c")])).is_websocket);
    }

    #[test]
    fn navigations_are_known_by_mode_or_else_by_accept() {
        let uri = Uri::from_static("/");
        for (pairs, expected) in [
            (&[("sec-fetch-mode", "navigate")][..], true),
            (&[("accept", "text/html,*/*;q=0.8")], true),
            (&[("accept", "Text/HTML")], true),
            (&[("accept", "text/html"), ("sec-fetch-mode", "cors")], false),
            (&[("accept", "text/html"), ("sec-fetch-site", "cross-site")], false),
            (&[("accept", "text/html"), ("upgrade", "websocket")], false),
            (&[("accept", "*/*")], false),
            (&[("accept", "text/event-stream")], false),
            (&[], false),
        ] {
            assert_eq!(
                RequestFacts::direct(&Method::GET, &uri, &headers(pairs)).is_navigation(),
                expected,
                "{pairs:?}"
            );
        }
        let html = headers(&[("accept", "text/html")]);
        assert!(!RequestFacts::direct(&Method::POST, &uri, &html).is_navigation());
    }
}
