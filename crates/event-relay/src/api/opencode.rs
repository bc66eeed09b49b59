//! What stays open of opencode, its streams and the sockets of its terminals: passed through as they are, so that they
//! end with the login that opened them.

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::Response,
};
use futures_util::Stream;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use ocweb_service::Problem;
use tokio::io::copy_bidirectional;

use super::{events::not_held_back, login, opencode_failed};
use crate::{Relay, permit::Permit};

/// What concerns a single connection, ours or opencode's; a socket's two connections become one.
const OF_THE_CONNECTION: [HeaderName; 4] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::CONTENT_LENGTH,
    HeaderName::from_static("keep-alive"),
];

/// What makes a socket of a connection. More an answer that becomes one does not say to the browser: Caddy, which takes the
/// rest from every other answer, leaves these as they are.
const OF_A_SOCKET: [HeaderName; 5] = [
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_EXTENSIONS,
];

/// Passes a request through, and cuts what it opened when its login is revoked.
pub(super) async fn pass_through(
    State(relay): State<Relay>,
    mut request: Request,
) -> Result<Response, Problem> {
    let permit = login::permit(&relay, request.headers())?;
    let client = request.extensions_mut().remove::<OnUpgrade>();
    let mut headers = std::mem::take(request.headers_mut());
    headers.remove(login::HEADER);
    // Whoever compresses a stream holds it back.
    headers.remove(header::ACCEPT_ENCODING);
    if !headers.contains_key(header::UPGRADE) {
        remove_those_of_the_connection(&mut headers);
    }
    let answer = relay.opencode.open(request.uri().path(), request.uri().query(), headers).await;
    let mut answer = answer.map_err(|error| opencode_failed(&error))?;
    let status = answer.status();
    let mut headers = std::mem::take(answer.headers_mut());
    let body = if status == StatusCode::SWITCHING_PROTOCOLS {
        let client = client.ok_or_else(|| Problem::bad_request("This request cannot become a socket."))?;
        headers = only_those_of_a_socket(&headers);
        relay.tasks.spawn(join(client, answer, permit));
        Body::empty()
    } else {
        remove_those_of_the_connection(&mut headers);
        Body::from_stream(until_over(answer, permit))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    not_held_back(response.headers_mut());
    Ok(response)
}

fn remove_those_of_the_connection(headers: &mut HeaderMap) {
    for name in &OF_THE_CONNECTION {
        headers.remove(name);
    }
}

fn only_those_of_a_socket(headers: &HeaderMap) -> HeaderMap {
    let of = |name| headers.get(&name).map(|value| (name, value.clone()));
    OF_A_SOCKET.into_iter().filter_map(of).collect()
}

/// The bytes of an answer until it ends or is permitted no longer.
fn until_over(
    answer: reqwest::Response,
    permit: Permit,
) -> impl Stream<Item = Result<Bytes, reqwest::Error>> {
    futures_util::stream::unfold((answer, permit), |(mut answer, permit)| async {
        let chunk = tokio::select! {
            biased;
            () = permit.over() => None,
            chunk = answer.chunk() => chunk.transpose(),
        };
        chunk.map(|chunk| (chunk, (answer, permit)))
    })
}

/// Carries bytes both ways, unread and a few kilobytes at a time, until both sides have ended, one is lost, or it is
/// permitted no longer. What one side ends is ended for the other, which may still say what it has to say.
async fn join(client: OnUpgrade, opencode: reqwest::Response, permit: Permit) {
    let carry = async {
        let (Ok(client), Ok(mut opencode)) = tokio::join!(client, opencode.upgrade()) else { return };
        // A side that is lost is no news: phones come and go.
        let _ = copy_bidirectional(&mut TokioIo::new(client), &mut opencode).await;
    };
    tokio::select! {
        biased;
        () = permit.over() => {}
        () = carry => {}
    }
}
