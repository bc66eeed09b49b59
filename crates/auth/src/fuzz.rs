//! Spoiled cookies, tokens, addresses and hosts: what we take means to a browser what it means to us.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use cookie::Cookie;
use ocweb_fuzz::{assert_is_a_sentence, assert_linear, cases, spoiled, spoiled_text};
use proptest::prelude::*;
use reqwest::Url;

use crate::{
    host::{Authority, Hosts, Scheme, is_own_origin},
    password::Password,
    request_facts::RequestFacts,
    return_path::ReturnPath,
    session::SessionId,
    session_cookie::{self, Claim, CookieSigner},
    token::{TokenName, TokenText},
};

const TARGETS: &[&str] = &[
    "/",
    "/chat/ses_1?tab=diff",
    "/L3ZvbC9wcm9q/session/ses_1#end",
    "/?next=https://elsewhere.test/",
    "/file/a%20b%2Fc",
    "//evil.test/x",
    "/%2e%2e//evil.test",
    "/\\evil.test",
    "https:evil.test",
    "javascript:alert(1)",
];
const COOKIES: &[&[u8]] = &[
    b"ocweb=AAAA; theme=dark",
    b"a=b; ocweb=x; __Host-ocweb=y; c=\"d; e\"",
    b"ocweb=x; ocweb=y",
    b"ocweb = x;ocweb=",
];
const HOSTS: &[&str] = &[
    "ocweb.example.org",
    "localhost:8080",
    "a.localhost",
    "127.0.0.1:1",
    "[::1]:8080",
    "[fe80::1]",
    "box",
    "127.1",
    "0x7f000001",
    "user@localhost",
];
const ORIGINS: &[&str] =
    &["http://localhost:8080", "https://ocweb.example.org", "https://[::1]", "null", "http://box:80"];
const AUTHORIZATIONS: &[&str] =
    &["Bearer ocweb_AAAA", "Basic b2Nld2ViOm9jd2ViX0FBQUE=", "basic  Og==", "Digest x"];
const PASSWORDS: &[&str] = &["caf\u{e9} \u{212b}", "0123-abcd", "p\u{a0}w", "e\u{301}"];
const HEADERS: [&str; 9] = [
    "x-forwarded-method",
    "x-forwarded-uri",
    "x-forwarded-host",
    "x-forwarded-proto",
    "origin",
    "sec-fetch-mode",
    "upgrade",
    "accept",
    "authorization",
];

fn signer() -> CookieSigner {
    CookieSigner::new(&[7; 32])
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn after_the_login_a_browser_stays_here(target in spoiled_text(TARGETS)) {
        let Some(path) = ReturnPath::parse(&target) else { return Ok(()) };
        prop_assert_eq!(path.as_str(), &target);
        prop_assert!(HeaderValue::from_str(path.as_str()).is_ok());
        for here in ["https://ours.example/auth/login?next=/", "http://localhost:8080/auth/login"] {
            let here = Url::parse(here).unwrap();
            let there = here.join(path.as_str()).unwrap();
            prop_assert_eq!(there.origin(), here.origin());
            prop_assert!(!there.path().starts_with("/auth/log"), "{}", there);
            // The login page leads there as well, by its own address.
            let login = here.join(&path.login_address()).unwrap();
            let next = login.query_pairs().find(|(name, _)| name == "next");
            prop_assert_eq!(next.map_or("/".into(), |(_, next)| next.into_owned()), path.as_str());
        }
    }

    #[test]
    fn a_cookie_is_found_where_others_find_it(line in spoiled(COOKIES)) {
        let Ok(value) = HeaderValue::from_bytes(&line) else { return Ok(()) };
        let headers = HeaderMap::from_iter([(header::COOKIE, value)]);
        for (scheme, name) in [(Scheme::Http, "ocweb"), (Scheme::Https, "__Host-ocweb")] {
            let Some(found) = session_cookie::find(&headers, scheme) else { continue };
            let Ok(text) = std::str::from_utf8(&line) else { continue };
            let theirs: Vec<_> = Cookie::split_parse(text).flatten().filter(|cookie| cookie.name() == name).collect();
            prop_assert!(theirs.iter().any(|cookie| cookie.value() == found.trim()), "{:?} in {:?}", found, text);
        }
    }

    #[test]
    fn only_signed_cookies_are_claims(id in any::<[u8; 16]>(), expires in any::<u64>(), damage in spoiled_text(&["A", "", "="]), at in any::<prop::sample::Index>()) {
        let claim = Claim { session: SessionId::from_bytes(id), expires };
        let text = signer().sign(claim);
        prop_assert_eq!(signer().verify(&text), Some(claim));
        let mut changed = text.clone();
        let at = at.index(text.len());
        changed.replace_range(at..text.len().min(at + damage.len()), &damage);
        prop_assert!(changed == text || signer().verify(&changed).is_none());
    }

    #[test]
    fn hosts_are_what_a_browser_takes_them_for(text in spoiled_text(HOSTS)) {
        let Some(host) = Authority::parse(&text) else { return Ok(()) };
        let ours = Hosts::parse("ocweb.example.org, box").unwrap();
        if !ours.answer_for(host) {
            return Ok(());
        }
        let url = Url::parse(&format!("http://{text}/"));
        let Ok(url) = url else { return Ok(()) };
        let is_known = match url.host_str().unwrap_or_default() {
            "ocweb.example.org" | "box" => true,
            name => name.trim_end_matches('.').rsplit('.').next() == Some("localhost") || url.domain().is_none(),
        };
        prop_assert!(is_known, "{} is {}", text, url);
    }

    #[test]
    fn an_origin_of_ours_is_one_to_a_browser(origin in spoiled_text(ORIGINS), host in spoiled_text(HOSTS), is_secure in any::<bool>()) {
        let (scheme, name) = if is_secure { (Scheme::Https, "https") } else { (Scheme::Http, "http") };
        let Some(authority) = Authority::parse(&host) else { return Ok(()) };
        if is_own_origin(&origin, scheme, authority) && let Ok(theirs) = Url::parse(&origin) {
            prop_assert_eq!(theirs.origin(), Url::parse(&format!("{name}://{host}")).unwrap().origin());
        }
    }

    #[test]
    fn whatever_a_request_says_of_itself(values in proptest::collection::vec(spoiled(&[b"websocket", b"GET", b"navigate", b"text/html", b"/admin/x", b"https", b"Bearer ocweb_x"]), HEADERS.len())) {
        let mut headers = HeaderMap::new();
        for (name, value) in HEADERS.iter().zip(&values) {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        let uri = Uri::from_static("/x");
        let facts = RequestFacts::forwarded(&Method::POST, &uri, &headers);
        prop_assert!(!facts.is_safe() || headers.get("x-forwarded-method").is_some_and(|method| method == "GET" || method == "HEAD"));
    }

    #[test]
    fn tokens(shown in spoiled_text(AUTHORIZATIONS), name in spoiled_text(&["laptop", "  CI  "])) {
        if let Ok(value) = HeaderValue::from_str(&shown) {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.clone())]);
            let found = TokenText::find(&headers);
            prop_assert!(found.is_none_or(|token| token.as_str().starts_with("ocweb_") && token.as_str().trim() == token.as_str()));
            let mut twice = headers;
            twice.append(header::AUTHORIZATION, value);
            prop_assert!(TokenText::find(&twice).is_none());
        }
        if let Err(error) = TokenName::parse(&name) {
            assert_is_a_sentence(&error.to_string());
        }
    }

    #[test]
    fn passwords(text in spoiled_text(PASSWORDS)) {
        let is_fit = !text.is_empty() && text.len() <= 1024 && !text.contains(char::is_control);
        prop_assert_eq!(Password::parse(&text).is_ok(), is_fit);
    }
}

#[test]
fn long_inputs_take_no_longer_than_they_are() {
    for piece in ["/", "/%2", "%25", "ocweb=x; ", ".", "a:", "[::"] {
        let long = |size: usize| piece.repeat(size / piece.len());
        assert_linear("a target", long, |text| ReturnPath::parse(text));
        assert_linear("a cookie", long, |text| signer().verify(text));
        assert_linear("a host", long, |text| Authority::parse(text).is_some());
        let header =
            |size| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&long(size)).unwrap())]);
        assert_linear("cookies", header, |headers| session_cookie::find(headers, Scheme::Http).is_some());
    }
}
