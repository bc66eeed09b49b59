//! Request bodies are read whole before a handler sees them.
//!
//! A handler may answer without reading its body (an error, a body that is too large). The server then
//! closes the connection, and the proxy in front, which is still sending or has already put the
//! connection back into its pool, sees a broken upstream instead of our answer. Our bodies are small,
//! so reading them first costs nothing and keeps every connection in step.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;

use crate::Problem;

/// The largest body of our own routes, in bytes, unless a service takes larger ones.
pub(crate) const LIMIT: usize = 1 << 20;

/// How much of a body that is too large is thrown away before giving up on the connection, in bytes.
/// Caddy passes on no more than this.
const DISCARDED: usize = 64 << 20;

/// Reads the request's body, then lets the handler run. Of a body that is larger than `limit` the handler
/// gets one byte more than the limit and then an error, so that it refuses it in its own words.
pub(crate) async fn read_whole(State(limit): State<usize>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            return Problem::bad_request("The request ended before its body was complete.").into_response();
        };
        length += chunk.len();
        let wanted = (limit + 1).saturating_sub(whole.len()).min(chunk.len());
        whole.extend_from_slice(&chunk[..wanted]);
        if length > DISCARDED {
            break;
        }
    }
    let body = if length > limit { too_large(whole) } else { Body::from(whole) };
    next.run(Request::from_parts(parts, body)).await
}

fn too_large(beginning: Vec<u8>) -> Body {
    let error = std::io::Error::other("the body is too large");
    Body::from_stream(futures_util::stream::iter([Ok(beginning), Err(error)]))
}
