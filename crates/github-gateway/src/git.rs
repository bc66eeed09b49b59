//! git's door: every request is judged here and goes on through [`crate::upstream`], or is refused in git's own way.

use std::{path::PathBuf, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use ocweb_git_access::{BranchName, RepositoryName};
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::{
    Gateway,
    address::{self, Service},
    ancestry::is_ancestor,
    door::{self, Closed, Passage},
    push::{self, Commands},
};

/// The largest list of large files; git-lfs asks for a hundred at a time.
const LARGE_FILES: usize = 1024 * 1024;

/// For how long a git may say nothing in the middle of a push.
const QUIET: Duration = Duration::from_mins(2);
/// How long a history may take to be read.
const JUDGING: Duration = Duration::from_mins(1);

/// All of the gateway that the git on this machine can reach.
pub fn git_router(gateway: Gateway) -> Router {
    Router::new().fallback(serve).with_state(gateway)
}

impl IntoResponse for Closed {
    /// git shows a text, and no other kind of body.
    fn into_response(self) -> Response {
        let Self(status, sentence) = self;
        (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], sentence + "\n").into_response()
    }
}

async fn serve(State(gateway): State<Gateway>, request: Request) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answer = pass(&gateway, request).await;
    if let Err(Closed(status, sentence)) = &answer {
        tracing::info!(%method, path, %status, sentence, "git was refused");
    }
    answer.unwrap_or_else(IntoResponse::into_response)
}

async fn pass(gateway: &Gateway, request: Request) -> Result<Response, Closed> {
    let (parts, body) = request.into_parts();
    let capability = gateway.door.capability(&parts.headers)?;
    let (repository, service) = address::parse(&parts.method, &parts.uri)
        .ok_or_else(|| Closed(StatusCode::NOT_FOUND, "ocweb: git has no use for this address.".into()))?;
    let passage = door::passage(capability, &repository, service, &gateway.places)?;
    let with_token = passage != Passage::AsAnybody;
    let go_on = async |headers: &HeaderMap, body: Option<stream::BoxStream<'static, Piece>>| {
        gateway.upstream.pass(&repository, service, headers, body, with_token).await
    };
    match (service, passage) {
        (Service::Pushing, Passage::Chat { branch, clone }) => {
            let head = Head::read(&parts.headers, body).await?;
            match gateway.judge(&repository, &branch, clone, &head.commands).await {
                Ok(()) => go_on(&parts.headers, Some(head.whole())).await,
                Err(refused) => {
                    tracing::info!(%repository, %branch, sentence = refused.sentence, "a push was refused");
                    let answer = push::refuse(&head.commands, &refused);
                    // git listens once it has said all it has to say.
                    head.finish().await;
                    let kind = [(header::CONTENT_TYPE, "application/x-git-receive-pack-result")];
                    Ok((kind, answer).into_response())
                }
            }
        }
        (Service::Pushing, _) => Err(Closed(StatusCode::FORBIDDEN, "ocweb: only a chat can push.".into())),
        (Service::LargeFiles, passage) => {
            let body = axum::body::to_bytes(body, LARGE_FILES).await.map_err(|_| too_large())?;
            let body = large_files(&body, &repository, &passage)?;
            let mut headers = parts.headers;
            headers.remove(header::CONTENT_LENGTH);
            headers.remove(header::CONTENT_ENCODING);
            let answer = go_on(&headers, Some(stream::iter([Ok(body)]).boxed())).await?;
            gateway.without_token(answer).await
        }
        _ if parts.method == Method::GET => go_on(&without_body(parts.headers)?, None).await,
        _ => go_on(&parts.headers, Some(body.into_data_stream().boxed())).await,
    }
}

type Piece = Result<Bytes, axum::Error>;

/// A push whose list of references is there; the objects are still to come.
struct Head {
    commands: Commands,
    read: Bytes,
    rest: axum::body::BodyDataStream,
}

impl Head {
    async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Closed> {
        let bad = |sentence: String| Closed(StatusCode::BAD_REQUEST, format!("ocweb: {sentence}."));
        if headers.contains_key(header::CONTENT_ENCODING) {
            return Err(bad("a compressed push cannot be read".into()));
        }
        let (mut read, mut rest) = (Vec::new(), body.into_data_stream());
        loop {
            if let Some(commands) = push::read(&read).map_err(|error| bad(error.to_string()))? {
                // With such a question git finds out whether it may come in. No objects go with it.
                if commands.list.is_empty() && read != b"0000" {
                    return Err(bad("this is not what git sends when it pushes".into()));
                }
                return Ok(Self { commands, read: read.into(), rest });
            }
            match timeout(QUIET, rest.try_next()).await {
                Ok(Ok(Some(piece))) => read.extend_from_slice(&piece),
                _ => return Err(bad("the push was cut".into())),
            }
        }
    }

    /// All of the request's body, as it came.
    fn whole(self) -> stream::BoxStream<'static, Piece> {
        let read = stream::iter([Ok(self.read)]);
        if self.commands.list.is_empty() { read.boxed() } else { read.chain(self.rest).boxed() }
    }

    async fn finish(mut self) {
        while let Ok(Ok(Some(_))) = timeout(QUIET, self.rest.try_next()).await {}
    }
}

impl Gateway {
    async fn judge(
        &self,
        repository: &RepositoryName,
        own: &BranchName,
        clone: PathBuf,
        commands: &Commands,
    ) -> Result<(), push::Refused> {
        let (rules, own, pushed) = (self.rules.of(repository), own.clone(), commands.clone());
        // A long history is read from the disk, and what lies there is the agent's.
        let judging = tokio::task::spawn_blocking(move || {
            push::judge(&pushed, &own, &rules, |old, new| is_ancestor(&clone, old, new))
        });
        match timeout(JUDGING, judging).await {
            Ok(Ok(judged)) => judged,
            _ => Err(push::Refused::whole(commands, "it cannot be told what this push would change")),
        }
    }

    /// A list of large files goes on only when it does not tell the token: some servers say again what they were shown.
    async fn without_token(&self, answer: Response) -> Result<Response, Closed> {
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, LARGE_FILES).await.map_err(|_| too_large())?;
        if self.upstream.is_told_in(&body) {
            let sentence =
                "ocweb: GitHub's answer about large files holds the token, so it is kept back.".into();
            return Err(Closed(StatusCode::BAD_GATEWAY, sentence));
        }
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}

/// The headers of a request that has no body, and says so: with a length that is none, what follows on the connection
/// would be read as another request.
fn without_body(mut headers: HeaderMap) -> Result<HeaderMap, Closed> {
    let is_empty = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
    if !is_empty || headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Closed(StatusCode::BAD_REQUEST, "ocweb: git sends no body with this.".into()));
    }
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::CONTENT_TYPE] {
        headers.remove(name);
    }
    Ok(headers)
}

fn too_large() -> Closed {
    Closed(StatusCode::PAYLOAD_TOO_LARGE, "ocweb: too many large files at once.".into())
}

/// A question about large files as it goes on: what was judged, and not what else it may be read as. Storing them is a
/// part of pushing.
fn large_files(body: &[u8], repository: &RepositoryName, passage: &Passage) -> Result<Bytes, Closed> {
    let nonsense =
        || Closed(StatusCode::UNPROCESSABLE_ENTITY, "ocweb: this is not what git-lfs asks.".into());
    let batch: Map<String, Value> = serde_json::from_slice(body).map_err(|_| nonsense())?;
    // Servers differ in whether they tell capitals apart.
    if batch.keys().filter(|key| key.eq_ignore_ascii_case("operation")).count() != 1 {
        return Err(nonsense());
    }
    match (batch.get("operation").and_then(Value::as_str), passage) {
        (Some("download"), _) | (Some("upload"), Passage::Chat { .. }) => {
            Ok(Value::Object(batch).to_string().into())
        }
        (Some("upload"), _) => Err(Closed(
            StatusCode::FORBIDDEN,
            format!("ocweb: large files of {repository} can only be stored by a chat of it."),
        )),
        _ => Err(nonsense()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_about_large_files_is_what_was_judged() {
        let repository = "o/n".parse().unwrap();
        let ask = |body: &str, passage: &Passage| large_files(body.as_bytes(), &repository, passage);
        let chat = Passage::Chat { branch: "ocweb/x".parse().unwrap(), clone: PathBuf::new() };
        let upload = r#"{"operation":"upload","objects":[]}"#;
        assert!(ask(upload, &chat).is_ok());
        assert!(ask(upload, &Passage::Reading).is_err());
        assert!(ask(r#"{"operation":"download"}"#, &Passage::Reading).is_ok());
        let twice = ask(r#"{"operation":"upload","operation":"download"}"#, &Passage::Reading).unwrap();
        assert_eq!(&twice[..], br#"{"operation":"download"}"#);
        for body in [r#"{"operation":"download","Operation":"upload"}"#, "{}", "[]", r#"{"operation":"x"}"#] {
            assert!(ask(body, &chat).is_err(), "{body}");
        }
    }

    #[test]
    fn nothing_can_hide_behind_a_request_without_a_body() {
        let with = |name: header::HeaderName, value: &'static str| {
            without_body([(name, value.parse().unwrap())].into_iter().collect())
        };
        assert!(with(header::CONTENT_LENGTH, "5").is_err());
        assert!(with(header::TRANSFER_ENCODING, "chunked").is_err());
        assert_eq!(with(header::CONTENT_LENGTH, "0").unwrap().len(), 0);
        assert_eq!(with(header::ACCEPT, "x").unwrap().len(), 1);
    }
}
