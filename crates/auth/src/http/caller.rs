//! Who sends a request to one of our own routes, which Caddy passes on without asking first.
//!
//! [`Caller`] is for routes that need no session, [`Owner`] for those that do. Both apply the same
//! rule as `/auth/check`, before the handler runs.

use std::net::IpAddr;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use ocweb_service::Problem;

use super::{Shared, page};
use crate::{
    decision::{self, Denial, Refusal},
    host::Scheme,
    identity::Identity,
    request_facts::{self, RequestFacts},
    return_path::ReturnPath,
    session::SessionId,
    session_cookie,
};

/// Whoever sends the request, from a page of ours or by themselves.
pub(super) struct Caller {
    /// The session that the cookie proves, if any.
    pub(super) session: Option<SessionId>,
    /// With or without TLS.
    pub(super) scheme: Scheme,
    /// True for programs, which want problem documents and no pages.
    pub(super) wants_json: bool,
    /// The client's address.
    pub(super) address: Option<IpAddr>,
    /// What the client calls itself.
    pub(super) user_agent: String,
}

/// Somebody who has logged in.
pub(super) struct Owner {
    /// The session.
    pub(super) session: SessionId,
    /// With or without TLS.
    pub(super) scheme: Scheme,
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let facts = RequestFacts::direct(&parts.method, &parts.uri, &parts.headers);
        decision::vet(&facts, shared.hosts()).map_err(|refusal| refuse(refusal, &facts))?;
        let user_agent = parts.headers.get(header::USER_AGENT);
        Ok(Self {
            session: proven_session(&parts.headers, facts.scheme, shared),
            scheme: facts.scheme,
            wants_json: ["application/json", "application/problem+json"]
                .iter()
                .any(|media_type| request_facts::accepts(&parts.headers, media_type)),
            address: address(&parts.headers),
            user_agent: user_agent.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned(),
        })
    }
}

impl FromRequestParts<Shared> for Owner {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let facts = RequestFacts::direct(&parts.method, &parts.uri, &parts.headers);
        let identity = proven_login(&parts.headers, facts.scheme, shared);
        match decision::decide(&facts, identity, shared.hosts()) {
            Ok(session) => Ok(Self { session, scheme: facts.scheme }),
            Err(denial) => Err(deny(&denial, &facts)),
        }
    }
}

/// The session that the request's cookie proves.
fn proven_session(headers: &HeaderMap, scheme: Scheme, shared: &Shared) -> Option<SessionId> {
    shared.session_of(session_cookie::find(headers, scheme)?)
}

/// Who the request's cookie proves to have logged in.
pub(super) fn proven_login(headers: &HeaderMap, scheme: Scheme, shared: &Shared) -> Identity {
    proven_session(headers, scheme, shared).map_or(Identity::Stranger, Identity::Login)
}

/// The client's address, as Caddy tells it.
pub(super) fn address(headers: &HeaderMap) -> Option<IpAddr> {
    headers.get("x-real-ip")?.to_str().ok()?.parse().ok()
}

/// The answer to a request that may not go on.
pub(super) fn deny(denial: &Denial, facts: &RequestFacts<'_>) -> Response {
    match denial {
        Denial::LogIn(next) => see_other(&next.login_address()),
        Denial::Refuse(refusal) => refuse(*refusal, facts),
    }
}

/// A person who goes to a page reads the reason on a page, a program in a problem document.
fn refuse(refusal: Refusal, facts: &RequestFacts<'_>) -> Response {
    let (status, kind, title) = match refusal {
        Refusal::UnknownHost => (StatusCode::MISDIRECTED_REQUEST, "unknown-host", "Unknown host"),
        Refusal::LoginRequired => (StatusCode::UNAUTHORIZED, "login-required", "Login required"),
        Refusal::TokenExpired => (StatusCode::UNAUTHORIZED, "token-expired", "Token expired"),
        Refusal::OutOfScope(_) => (StatusCode::FORBIDDEN, "out-of-scope", "Not within the token's scope"),
        Refusal::CrossSite => (StatusCode::FORBIDDEN, "cross-site", "Request from another site"),
    };
    if facts.is_navigation() {
        page::message(status, title, &refusal.to_string())
    } else {
        Problem::new(status, refusal.to_string()).kind(kind, title).into_response()
    }
}

/// Sends a browser to a path of ours.
pub(super) fn see_other(path: &str) -> Response {
    // Paths are ASCII without control characters: see `ReturnPath`.
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// Sends a browser to where it wanted to go.
pub(super) fn return_to(next: &ReturnPath) -> Response {
    see_other(next.as_str())
}

/// Adds a `Set-Cookie` header.
pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    match HeaderValue::from_str(cookie) {
        Ok(cookie) => {
            response.headers_mut().append(header::SET_COOKIE, cookie);
            response
        }
        Err(error) => Problem::internal(error).into_response(),
    }
}
