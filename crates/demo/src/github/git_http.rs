//! Git over HTTP: the token is checked here, the rest is the real `git http-backend`, run as CGI.

use std::{io, process::Stdio, time::Duration};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{Path, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::{Stream, StreamExt, stream};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{GitHub, catalogue::OWNER, repositories};

/// The largest piece of an answer that is sent at once.
const CHUNK: usize = 64 * 1024;

/// Pieces per second of a slowed answer.
const SLOW_PIECES: u64 = 20;

/// `…/info/refs`, `…/git-upload-pack` and `…/git-receive-pack` of one repository.
pub(super) async fn serve(
    State(github): State<GitHub>,
    Path((owner, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if !holds_token(&parts, &github.token) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")];
        return (StatusCode::UNAUTHORIZED, challenge, "Authentication is needed.\n").into_response();
    }
    let name = name.strip_suffix(".git").unwrap_or(&name);
    let full_name = format!("{owner}/{name}");
    let folder = github.repositories.join(format!("{full_name}.git"));
    if !is_plain(&owner) || !is_plain(name) || !folder.is_dir() {
        return (StatusCode::NOT_FOUND, "Repository not found.\n").into_response();
    }
    if writes(&parts) && is_archived(&full_name) {
        return (StatusCode::FORBIDDEN, "This repository was archived so it is read-only.\n").into_response();
    }

    let service = parts.uri.path().splitn(4, '/').nth(3).unwrap_or_default().to_owned();
    match run(&github, &full_name, &service, &parts, body).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, repository = full_name, "git http-backend could not be run");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Any user name will do; the password has to be the token.
pub(super) fn holds_token(parts: &Parts, token: &str) -> bool {
    let password = || {
        let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let decoded = BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
        Some(String::from_utf8(decoded).ok()?.split_once(':')?.1.to_owned())
    };
    password().is_some_and(|password| password == token)
}

/// No path but one component: the address was decoded, so it may hold anything.
fn is_plain(component: &str) -> bool {
    !component.starts_with('.')
        && !component.is_empty()
        && component.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

fn writes(parts: &Parts) -> bool {
    parts.uri.path().ends_with("/git-receive-pack")
        || parts.uri.query().is_some_and(|query| query.contains("service=git-receive-pack"))
}

fn is_archived(full_name: &str) -> bool {
    repositories().iter().any(|repository| repository.full_name == full_name && repository.archived)
}

/// Runs the backend; its answer streams while the request's body still does.
async fn run(
    github: &GitHub,
    repository: &str,
    service: &str,
    parts: &Parts,
    body: Body,
) -> io::Result<Response> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut command = Command::new("git");
    command
        // As GitHub does: clones need not have everything, and may ask for the rest later.
        .args(["-c", "uploadpack.allowFilter=true", "-c", "uploadpack.allowAnySHA1InWant=true"])
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_PROJECT_ROOT", &github.repositories)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("PATH_INFO", format!("/{repository}.git/{service}"))
        .env("QUERY_STRING", parts.uri.query().unwrap_or(""))
        .env("CONTENT_TYPE", header("content-type"))
        .env("REMOTE_ADDR", "127.0.0.1")
        // A named user is what allows pushing.
        .env("REMOTE_USER", OWNER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    // Without a length, which a chunked body has not, the backend reads to the end.
    if parts.headers.contains_key(header::CONTENT_LENGTH) {
        command.env("CONTENT_LENGTH", header("content-length"));
    }
    let mut child = command.spawn()?;
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("git has no pipes"));
    };
    tokio::spawn(feed(body.into_data_stream(), stdin));

    let mut output = BufReader::new(stdout);
    let mut response = read_head(&mut output).await?;
    let (rates, repository) = (github.rates.clone(), repository.to_owned());
    let pieces = pieces(child, output, move || rates.get(&repository))
        .take_until(github.stop.clone().cancelled_owned());
    *response.body_mut() = Body::from_stream(pieces);
    Ok(response)
}

async fn feed(mut body: BodyDataStream, mut stdin: ChildStdin) {
    while let Some(Ok(piece)) = body.next().await {
        // The backend went away: its answer, or the lack of one, tells the client.
        if stdin.write_all(&piece).await.is_err() {
            return;
        }
    }
}

/// The CGI header: `Status:` and the answer's own headers, up to an empty line.
async fn read_head(output: &mut BufReader<ChildStdout>) -> io::Result<Response> {
    let mut response = Response::default();
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).await? == 0 {
            return Err(io::Error::other("git http-backend ended without an answer"));
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().and_then(|code| code.parse::<u16>().ok()).unwrap_or(500);
            *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        } else if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

/// The answer's body, at most `rate` bytes per second, asked anew for each piece. The child lives as long as the stream, so that
/// a client that goes away ends it.
fn pieces(
    child: Child,
    output: BufReader<ChildStdout>,
    rate: impl Fn() -> Option<u64>,
) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold((child, output, rate), async |(child, mut output, rate)| {
        let limit = rate();
        let size = limit
            .map_or(CHUNK, |rate| usize::try_from((rate / SLOW_PIECES).max(1)).unwrap_or(CHUNK).min(CHUNK));
        let mut piece = vec![0; size];
        match output.read(&mut piece).await {
            Ok(0) => None,
            Ok(count) => {
                if let Some(rate) = limit {
                    tokio::time::sleep(
                        Duration::from_secs(1) * u32::try_from(count).unwrap_or(0)
                            / u32::try_from(rate).unwrap_or(u32::MAX),
                    )
                    .await;
                }
                piece.truncate(count);
                Some((Ok(Bytes::from(piece)), (child, output, rate)))
            }
            Err(error) => Some((Err(error), (child, output, rate))),
        }
    })
}
