//! The one rule of who may come in, for every request there is: pages, API, event streams and
//! sockets, opencode's and ours.
//!
//! A login may do everything; a token what its [scope](crate::scope) is good for.
//!
//! A cookie says which browser it is, not which site in that browser wrote the request. So besides
//! the session, the rule asks where the request came from: another site may link here, and nothing
//! else. The same holds for a token, as a browser can be made to carry one that was typed into an address. Browsers say it in `Sec-Fetch-Site` (over TLS and on localhost) and `Origin`; a client that
//! says neither is no browser, and nobody can make it carry a cookie that it was not given.

use crate::{
    host::{Authority, Hosts, is_own_origin},
    identity::Identity,
    request_facts::RequestFacts,
    return_path::ReturnPath,
    scope::Scope,
    session::SessionId,
};

/// What becomes of a request: it goes on in the name of a session or token, or it does not.
pub(crate) type Decision = Result<SessionId, Denial>;

/// What happens to a request that may not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denial {
    /// A person is sent to the login page, and back here afterwards.
    LogIn(ReturnPath),
    /// It goes no further.
    Refuse(Refusal),
}

impl From<Refusal> for Denial {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

/// Why a request goes no further. Its text is for the person who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It asks for a host that is not ours.
    #[error("ocweb does not answer for this host name. Its owner can add it to OCWEB_HOSTS.")]
    UnknownHost,
    /// It has no valid session.
    #[error(
        "Log in first: there is no session, or it has ended. A program needs a token, which may have been revoked."
    )]
    LoginRequired,
    /// The time of its token is over.
    #[error(
        "This token has expired. Make another one: `ocweb token create`, or on the page Logins and tokens."
    )]
    TokenExpired,
    /// Its token is not for this.
    #[error("This token is of the scope “{}”, which does not reach this address. Make one of another scope.", .0.name())]
    OutOfScope(Scope),
    /// Another site made the browser send it.
    #[error("This request came from another site, and ocweb takes only links from there.")]
    CrossSite,
}

/// Decides about a request that needs somebody whom we know.
pub(crate) fn decide(facts: &RequestFacts<'_>, identity: Identity, hosts: &Hosts) -> Decision {
    let vetted = vet(facts, hosts);
    if vetted == Err(Refusal::UnknownHost) {
        return Err(Refusal::UnknownHost.into());
    }
    let (id, scope) = match identity {
        Identity::Login(session) => (session, Scope::Full),
        Identity::Program { token, scope } => (token, scope),
        Identity::Expired => return Err(Refusal::TokenExpired.into()),
        Identity::Stranger if facts.is_navigation() && !facts.presents_token => {
            return Err(Denial::LogIn(return_path(facts)));
        }
        Identity::Stranger => return Err(Refusal::LoginRequired.into()),
    };
    vetted?;
    if scope.permits(facts) { Ok(id) } else { Err(Refusal::OutOfScope(scope).into()) }
}

/// Where a person goes on after the login. What a form would have posted cannot be taken up again: only pages can.
fn return_path(facts: &RequestFacts<'_>) -> ReturnPath {
    let path = if facts.is_safe() { ReturnPath::parse(facts.target) } else { None };
    path.unwrap_or_default()
}

/// The part of the rule that also holds where no session is needed: the host is ours, and the
/// request is not another site's.
pub(crate) fn vet(facts: &RequestFacts<'_>, hosts: &Hosts) -> Result<(), Refusal> {
    let host = facts.host.and_then(Authority::parse).filter(|host| hosts.answer_for(*host));
    let host = host.ok_or(Refusal::UnknownHost)?;
    if is_from_elsewhere(facts, host) && !is_link(facts) {
        return Err(Refusal::CrossSite);
    }
    Ok(())
}

fn is_from_elsewhere(facts: &RequestFacts<'_>, host: Authority<'_>) -> bool {
    let site_is_ours = match facts.fetch_site {
        // `none`: typed, bookmarked, shared or opened from the home screen.
        Some("same-origin" | "none") => true,
        // Another port of localhost, or another subdomain, is `same-site`, and not us.
        Some(_) => return true,
        None => false,
    };
    match facts.origin {
        None => false,
        // Privacy settings can blank the origin of our own page; its site then still tells.
        Some("null") => !site_is_ours,
        Some(origin) => !is_own_origin(origin, facts.scheme, host),
    }
}

/// True for following a link: a whole page, in the tab itself and not in a frame.
fn is_link(facts: &RequestFacts<'_>) -> bool {
    facts.is_safe()
        && !facts.is_websocket
        && facts.fetch_mode == Some("navigate")
        && matches!(facts.fetch_destination, None | Some("document"))
}

#[cfg(test)]
pub(crate) mod tests {
    use Denial::{LogIn, Refuse};
    use Identity::{Expired, Login, Program, Stranger};
    use Refusal::{CrossSite, LoginRequired, OutOfScope, TokenExpired, UnknownHost};

    use super::*;
    use crate::host::Scheme;

    const OURS: &str = "https://box.example";
    const EVIL: &str = "https://evil.test";

    /// A request of a program, such as curl: it says nothing about itself.
    pub(crate) const PLAIN: RequestFacts<'static> = RequestFacts {
        method: "GET",
        target: "/session?limit=1",
        scheme: Scheme::Https,
        host: Some("box.example"),
        origin: None,
        fetch_site: None,
        fetch_mode: None,
        fetch_destination: None,
        accepts_html: false,
        is_websocket: false,
        presents_token: false,
    };

    /// The address bar, or a link of our own.
    const PAGE: RequestFacts<'static> = RequestFacts {
        fetch_site: Some("same-origin"),
        fetch_mode: Some("navigate"),
        fetch_destination: Some("document"),
        accepts_html: true,
        ..PLAIN
    };

    /// A `fetch` of our own page.
    const FETCH: RequestFacts<'static> = RequestFacts {
        fetch_site: Some("same-origin"),
        fetch_mode: Some("cors"),
        fetch_destination: Some("empty"),
        ..PLAIN
    };

    const POST: RequestFacts<'static> = RequestFacts { method: "POST", origin: Some(OURS), ..FETCH };

    const SOCKET: RequestFacts<'static> = RequestFacts {
        origin: Some(OURS),
        fetch_site: Some("same-origin"),
        fetch_mode: Some("websocket"),
        is_websocket: true,
        ..PLAIN
    };

    /// A browser over plain HTTP says `Origin` only, and not on navigations.
    const HOME: RequestFacts<'static> =
        RequestFacts { scheme: Scheme::Http, host: Some("192.168.1.20:8080"), accepts_html: true, ..PLAIN };

    fn session() -> SessionId {
        SessionId::from_bytes([1; 16])
    }

    /// Each case gets `without` when it has no session and `with` when it has one.
    fn assert_rule(without: &Decision, with: &Decision, cases: &[(&str, RequestFacts<'_>)]) {
        let hosts = Hosts::parse("box.example").unwrap();
        for (name, facts) in cases {
            assert_eq!(decide(facts, Stranger, &hosts), *without, "{name}, without a session");
            assert_eq!(decide(facts, Login(session()), &hosts), *with, "{name}, with a session");
            let program = Program { token: session(), scope: Scope::Full };
            assert_eq!(decide(facts, program, &hosts), *with, "{name}, with a token");
        }
    }

    fn log_in_and_return() -> Decision {
        Err(LogIn(ReturnPath::parse(PLAIN.target).unwrap()))
    }

    #[test]
    fn pages_of_ours() {
        assert_rule(
            &log_in_and_return(),
            &Ok(session()),
            &[
                ("a page", PAGE),
                ("from the home screen", RequestFacts { fetch_site: Some("none"), ..PAGE }),
                ("of a browser that does not say", HOME),
                ("HEAD of such a browser", RequestFacts { method: "HEAD", ..HOME }),
            ],
        );
    }

    #[test]
    fn forms_of_ours_are_not_taken_up_again() {
        let form = RequestFacts { method: "POST", origin: Some(OURS), ..PAGE };
        assert_rule(
            &Err(LogIn(ReturnPath::default())),
            &Ok(session()),
            &[
                ("a form", form),
                ("with a blanked origin", RequestFacts { origin: Some("null"), ..form }),
                ("a page whose address would lead elsewhere", RequestFacts { target: "//evil.test", ..PAGE }),
            ],
        );
    }

    #[test]
    fn programs_and_scripts_of_ours() {
        let home = RequestFacts { accepts_html: false, origin: Some("http://192.168.1.20:8080"), ..HOME };
        assert_rule(
            &Err(Refuse(LoginRequired)),
            &Ok(session()),
            &[
                ("curl", PLAIN),
                ("curl -X DELETE", RequestFacts { method: "DELETE", ..PLAIN }),
                ("fetch", FETCH),
                ("fetch that would take a page", RequestFacts { accepts_html: true, ..FETCH }),
                ("post", POST),
                ("post with the default port said", RequestFacts { host: Some("box.example:443"), ..POST }),
                ("post over plain HTTP", RequestFacts { method: "POST", ..home }),
                ("socket", SOCKET),
                ("socket over plain HTTP", RequestFacts { is_websocket: true, ..home }),
                ("socket of a program", RequestFacts { is_websocket: true, ..PLAIN }),
            ],
        );
    }

    #[test]
    fn links_from_elsewhere() {
        let link = RequestFacts { fetch_site: Some("cross-site"), ..PAGE };
        assert_rule(
            &log_in_and_return(),
            &Ok(session()),
            &[
                ("from another site", link),
                ("from another port or subdomain", RequestFacts { fetch_site: Some("same-site"), ..link }),
                ("with the destination unsaid", RequestFacts { fetch_destination: None, ..link }),
            ],
        );
    }

    #[test]
    fn scripts_from_elsewhere() {
        let evil = RequestFacts { fetch_site: Some("cross-site"), origin: Some(EVIL), ..FETCH };
        let post = RequestFacts { method: "POST", ..evil };
        let image = RequestFacts { fetch_mode: Some("no-cors"), origin: None, ..evil };
        assert_rule(
            &Err(Refuse(LoginRequired)),
            &Err(Refuse(CrossSite)),
            &[
                ("fetch", evil),
                ("image", image),
                (
                    "script for another port of this host",
                    RequestFacts { fetch_site: Some("same-site"), ..image },
                ),
                ("origin alone, get", RequestFacts { origin: Some(EVIL), ..PLAIN }),
                ("origin alone, post", RequestFacts { method: "POST", origin: Some(EVIL), ..PLAIN }),
                ("post", post),
                ("post of a sandboxed frame", RequestFacts { origin: Some("null"), ..post }),
                ("blanked origin alone", RequestFacts { method: "POST", origin: Some("null"), ..PLAIN }),
                ("our origin from elsewhere", RequestFacts { origin: Some(OURS), ..post }),
                ("other origin from here", RequestFacts { origin: Some(EVIL), ..POST }),
                ("other scheme", RequestFacts { origin: Some("http://box.example"), ..POST }),
                ("other port", RequestFacts { origin: Some("https://box.example:8443"), ..POST }),
                ("socket", RequestFacts { fetch_site: Some("cross-site"), origin: Some(EVIL), ..SOCKET }),
                ("socket, origin alone", RequestFacts { origin: Some(EVIL), is_websocket: true, ..PLAIN }),
                ("a site value of tomorrow", RequestFacts { fetch_site: Some("galaxy"), ..FETCH }),
                ("a site said twice", RequestFacts { fetch_site: Some(""), ..FETCH }),
                ("an origin said twice", RequestFacts { origin: Some(""), ..PLAIN }),
            ],
        );
    }

    #[test]
    fn pages_from_elsewhere_that_are_not_links() {
        let link = RequestFacts { fetch_site: Some("cross-site"), ..PAGE };
        assert_rule(
            &log_in_and_return(),
            &Err(Refuse(CrossSite)),
            &[
                ("a frame", RequestFacts { fetch_destination: Some("iframe"), ..link }),
                ("a socket that calls itself a link", RequestFacts { is_websocket: true, ..link }),
                ("another origin of an old browser", RequestFacts { origin: Some(EVIL), ..HOME }),
            ],
        );
        assert_rule(
            &Err(LogIn(ReturnPath::default())),
            &Err(Refuse(CrossSite)),
            &[
                ("a form", RequestFacts { method: "POST", origin: Some(EVIL), ..link }),
                ("a method that is none", RequestFacts { method: "get", ..link }),
            ],
        );
    }

    #[test]
    fn hosts_that_are_not_ours() {
        assert_rule(
            &Err(Refuse(UnknownHost)),
            &Err(Refuse(UnknownHost)),
            &[
                ("another host", RequestFacts { host: Some("evil.test"), ..PAGE }),
                ("its own origin", RequestFacts { host: Some("evil.test"), origin: Some(EVIL), ..POST }),
                ("no host", RequestFacts { host: None, ..PLAIN }),
                ("two hosts", RequestFacts { host: Some("box.example, evil.test"), ..PLAIN }),
            ],
        );
    }

    #[test]
    fn who_presents_a_token_is_not_sent_to_the_login() {
        let presented = |facts| RequestFacts { presents_token: true, ..facts };
        assert_rule(
            &Err(Refuse(LoginRequired)),
            &Ok(session()),
            &[("a page", presented(PAGE)), ("of a browser that does not say", presented(HOME))],
        );
    }

    #[test]
    fn nothing_gets_in_without_a_session() {
        let hosts = Hosts::parse("box.example").unwrap();
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", ""] {
            for template in [PLAIN, PAGE, FETCH, POST, SOCKET, HOME] {
                for nobody in [Stranger, Expired, Program { token: session(), scope: Scope::Unknown }] {
                    let decision = decide(&RequestFacts { method, ..template }, nobody, &hosts);
                    assert!(decision.is_err(), "{method} {template:?}");
                }
            }
        }
    }

    #[test]
    fn a_token_is_told_what_is_wrong_with_it_once_the_host_is_ours() {
        let hosts = Hosts::parse("box.example").unwrap();
        let attach = Program { token: session(), scope: Scope::Attach };
        let ours = RequestFacts { target: "/admin/disk", presents_token: true, ..PLAIN };
        let evil = RequestFacts { origin: Some(EVIL), ..ours };
        let elsewhere = RequestFacts { host: Some("evil.test"), ..ours };
        for (facts, identity, refusal) in [
            (ours, Expired, TokenExpired),
            (evil, Expired, TokenExpired),
            (elsewhere, Expired, UnknownHost),
            (ours, attach, OutOfScope(Scope::Attach)),
            (evil, attach, CrossSite),
            (elsewhere, attach, UnknownHost),
        ] {
            assert_eq!(decide(&facts, identity, &hosts), Err(Refuse(refusal)), "{identity:?} {facts:?}");
        }
        assert_eq!(decide(&PLAIN, attach, &hosts), Ok(session()));
    }
}
