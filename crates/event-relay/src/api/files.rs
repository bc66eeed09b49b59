//! Files of conversations. What comes from an agent or a person is never shown as a page.

use std::fmt::Write;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use ocweb_service::{Problem, extract::Path};

use super::opencode_failed;
use crate::{
    Relay,
    files::{File, FileError, Place},
};

/// A piece of a body, in bytes.
const PIECE: usize = 64 << 10;

/// Reads a file of a conversation
///
/// A part of a message that is a file. Pictures are shown, everything else is offered for download.
#[utoipa::path(
    get,
    path = "/admin/transcripts/{session}/files/{message}/{part}",
    operation_id = "read_conversation_file",
    tag = "event-relay",
    params(("session" = String, Path), ("message" = String, Path), ("part" = String, Path)),
    responses(
        (status = 200, description = "Its bytes", content_type = "application/octet-stream"),
        (status = 404, description = "There is no such file", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "opencode's answer cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "opencode does not answer, or too much is being read", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read_file(
    State(relay): State<Relay>,
    Path((session, message, part)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    read(&relay, &session, &message, part, None).await
}

/// Reads a file that a tool attached
///
/// Such as a picture that the agent read. Its number counts from 0.
#[utoipa::path(
    get,
    path = "/admin/transcripts/{session}/files/{message}/{part}/{number}",
    operation_id = "read_conversation_attachment",
    tag = "event-relay",
    params(("session" = String, Path), ("message" = String, Path), ("part" = String, Path), ("number" = usize, Path)),
    responses(
        (status = 200, description = "Its bytes", content_type = "application/octet-stream"),
        (status = 400, description = "The number is none", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such file", body = Problem, content_type = "application/problem+json"),
        (status = 502, description = "opencode's answer cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "opencode does not answer, or too much is being read", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn read_attachment(
    State(relay): State<Relay>,
    Path((session, message, part, number)): Path<(String, String, String, usize)>,
) -> Result<Response, Problem> {
    read(&relay, &session, &message, part, Some(number)).await
}

async fn read(
    relay: &Relay,
    session: &str,
    message: &str,
    part: String,
    attachment: Option<usize>,
) -> Result<Response, Problem> {
    let (Ok(session), Ok(message)) = (session.parse(), message.parse()) else { return Err(missing()) };
    let place = Place { session, message, part, attachment };
    let file = relay.files.read(&place).await.map_err(|error| problem(&error))?;
    Ok(response(file))
}

fn response(File { shown_as, name, bytes, permit }: File) -> Response {
    let name = name.map(|name| format!("; filename*=UTF-8''{}", escaped(&name))).unwrap_or_default();
    let disposition = if shown_as.is_some() { "inline" } else { "attachment" };
    let headers = [
        (header::CONTENT_TYPE, shown_as.unwrap_or("application/octet-stream").to_owned()),
        (header::CONTENT_LENGTH, bytes.len().to_string()),
        (header::CONTENT_DISPOSITION, format!("{disposition}{name}")),
        // What is once in a message stays as it is.
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
    ];
    let rest = (Bytes::from(bytes), permit);
    let body = stream::unfold(rest, |(mut bytes, permit)| async move {
        let piece = bytes.split_to(bytes.len().min(PIECE));
        (!piece.is_empty()).then_some((Ok::<_, std::convert::Infallible>(piece), (bytes, permit)))
    });
    (headers, Body::from_stream(body)).into_response()
}

/// As the name of a file in a header (RFC 8187).
fn escaped(name: &str) -> String {
    name.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

fn missing() -> Problem {
    Problem::not_found("There is no such file in this conversation.")
}

fn problem(error: &FileError) -> Problem {
    match error {
        FileError::Missing => missing(),
        FileError::Opencode(error) => opencode_failed(error),
        FileError::Busy => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Many files are being read. Try again in a moment.")
                .retry_after(2)
        }
        FileError::TooLarge | FileError::Unreadable(_) => {
            tracing::error!(%error, "a file of a conversation cannot be given");
            Problem::new(StatusCode::BAD_GATEWAY, format!("This file cannot be shown: {error}."))
        }
    }
}
