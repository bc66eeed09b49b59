//! `/admin/chats/…/files`, `file`, `raw`, `search`: what lies in a chat's working copy.

use std::io::Read;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    chats::chat_id,
    reading::{Located, NotRead, PathQuery},
};
use crate::{
    Manager,
    view::{Listing, Matches, RawFile, TextFile},
};

/// How much of a file is sent at once, in bytes.
const PIECE: usize = 64 << 10;
/// The longest query, in characters.
const QUERY: usize = 500;
/// What a file of the agent's may do when a browser opens it by itself: nothing.
const ALONE: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new()
        .routes(routes!(files))
        .routes(routes!(file))
        .routes(routes!(raw))
        .routes(routes!(search))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// What to look for, at most 500 characters.
    #[serde(default)]
    query: String,
    /// Where to look.
    #[serde(default, rename = "in")]
    #[param(inline)]
    place: SearchPlace,
    /// How many matches; 1 to 500.
    #[serde(default = "fifty")]
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: usize,
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SearchPlace {
    /// In the paths: their letters in order, the best first; all of them, the last changed first, without a query.
    #[default]
    Names,
    /// In the lines of the files that are text.
    Text,
}

fn fifty() -> usize {
    50
}

/// What a folder of a chat's working copy holds
#[utoipa::path(get, path = "/admin/chats/{id}/files", operation_id = "list_chat_files", tag = "git-manager",
    params(("id" = String, Path), PathQuery),
    responses((status = 200, body = Listing), NotRead))]
async fn files(
    State(manager): State<Manager>,
    Located { chat, path }: Located,
) -> Result<Json<Listing>, Problem> {
    Ok(Json(manager.view.listing(&chat, path).await?))
}

/// A file of a chat's working copy as text
#[utoipa::path(get, path = "/admin/chats/{id}/file", operation_id = "get_chat_file", tag = "git-manager",
    params(("id" = String, Path), PathQuery),
    responses((status = 200, body = TextFile), NotRead))]
async fn file(
    State(manager): State<Manager>,
    Located { chat, path }: Located,
) -> Result<Json<TextFile>, Problem> {
    Ok(Json(manager.view.text_file(&chat, path).await?))
}

/// The bytes of a file of a chat's working copy
///
/// PNG, JPEG, GIF, WebP and AVIF images come as what they are, everything else as an attachment.
#[utoipa::path(get, path = "/admin/chats/{id}/raw", operation_id = "get_chat_raw_file", tag = "git-manager",
    params(("id" = String, Path), PathQuery),
    responses(
        (status = 200, body = [u8], content_type = "application/octet-stream"),
        NotRead,
    ))]
async fn raw(State(manager): State<Manager>, Located { chat, path }: Located) -> Result<Response, Problem> {
    let file = manager.view.raw_file(&chat, path).await?;
    let headers = raw_headers(&file);
    let pieces = futures_util::stream::try_unfold(file.content, async |mut content| {
        // A file that shrinks meanwhile ends the answer too early, which its length shows.
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::with_capacity(PIECE);
            content.by_ref().take(PIECE as u64).read_to_end(&mut piece).map(|_| (piece, content))
        });
        let (piece, content) = read.await.map_err(std::io::Error::other)??;
        Ok::<_, std::io::Error>((!piece.is_empty()).then(|| (Bytes::from(piece), content)))
    });
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn raw_headers(file: &RawFile) -> HeaderMap {
    let mime = file.image.map_or("application/octet-stream", |image| image.mime());
    let disposition = if file.image.is_some() { "inline" } else { "attachment" };
    let disposition = format!("{disposition}; filename*=UTF-8''{}", percent_encoded(&file.name));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size_bytes));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(ALONE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // Percent-encoded, it is plain ASCII.
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers
}

/// All but letters, digits, `.`, `_` and `-` as RFC 8187 has it.
fn percent_encoded(name: &str) -> String {
    use std::fmt::Write;
    name.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// Finds files by their names, or lines by their text
#[utoipa::path(get, path = "/admin/chats/{id}/search", operation_id = "search_chat_files", tag = "git-manager",
    params(("id" = String, Path), SearchQuery),
    responses((status = 200, body = Matches), NotRead))]
async fn search(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Query(SearchQuery { query, place, limit }): Query<SearchQuery>,
) -> Result<Json<Matches>, Problem> {
    let id = chat_id(&id)?;
    if query.chars().count() > QUERY || query.chars().any(char::is_control) {
        return Err(Problem::bad_request(format!(
            "A search is for one line of at most {QUERY} characters, without control characters."
        )));
    }
    let limit = limit.clamp(1, 500);
    Ok(Json(match place {
        SearchPlace::Names => manager.view.find_names(&id, query, limit).await?,
        SearchPlace::Text => manager.view.find_text(&id, &query, limit).await?,
    }))
}
