//! Request bodies are read whole before a handler sees them.
//!
//! A handler may answer without reading its body (an error, a body that is too large). The server then
//! closes the connection, and the proxy in front, which is still sending or has already put the
//! connection back into its pool, sees a broken upstream instead of our answer. Our bodies are small,
//! so reading them first costs nothing and keeps every connection in step.

use axum::{
    body::Body,
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;

use crate::Problem;

/// The largest body of our own routes, in bytes: ten times the longest prompt seen.
pub(crate) const LIMIT: usize = 1 << 20;

/// How much of a body that is too large is thrown away before giving up on the connection, in bytes.
/// Caddy passes on no more than this.
const DISCARDED: usize = 64 << 20;

/// Reads the request's body, then lets the handler run; 413 when it is larger than [`LIMIT`].
pub(crate) async fn read_whole(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            return Problem::bad_request("The request ended before its body was complete.").into_response();
        };
        length += chunk.len();
        if length <= LIMIT {
            whole.extend_from_slice(&chunk);
        } else if length > DISCARDED {
            break;
        }
    }
    if length > LIMIT {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is larger than 1 MB.")
            .into_response();
    }
    next.run(Request::from_parts(parts, Body::from(whole))).await
}
