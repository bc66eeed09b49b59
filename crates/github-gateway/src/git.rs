//! git's door: every request is judged here and goes on through [`crate::upstream`], or is refused in git's own way.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use ocweb_git_access::{BranchName, RepositoryName};
use serde::Deserialize;

use crate::{
    Gateway,
    address::{self, Service},
    ancestry::is_ancestor,
    door::{self, Closed, Passage},
    push::{self, Commands},
};

/// The largest list of large files; git-lfs asks for a hundred at a time.
const LARGE_FILES: usize = 1024 * 1024;

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
        (Service::Pushing, Passage::Chat(branch)) => {
            let head = Head::read(&parts.headers, body).await?;
            match gateway.judge(&repository, &branch, &head.commands).await {
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
            may_store(&body, &repository, &passage)?;
            go_on(&parts.headers, Some(stream::iter([Ok(body)]).boxed())).await
        }
        _ if parts.method == Method::GET => go_on(&parts.headers, None).await,
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
                return Ok(Self { commands, read: read.into(), rest });
            }
            match rest.try_next().await {
                Ok(Some(piece)) => read.extend_from_slice(&piece),
                _ => return Err(bad("the push was cut".into())),
            }
        }
    }

    /// All of the request's body, as it came.
    fn whole(self) -> stream::BoxStream<'static, Piece> {
        stream::iter([Ok(self.read)]).chain(self.rest).boxed()
    }

    async fn finish(mut self) {
        while let Ok(Some(_)) = self.rest.try_next().await {}
    }
}

impl Gateway {
    async fn judge(
        &self,
        repository: &RepositoryName,
        own: &BranchName,
        commands: &Commands,
    ) -> Result<(), push::Refused> {
        let (rules, own) = (self.rules.of(repository), own.clone());
        let (clone, list) = (self.places.clones.join(repository.folder()), commands.list.clone());
        // A long history is read from the disk.
        let judged = tokio::task::spawn_blocking(move || {
            push::judge(&list, &own, &rules, |old, new| is_ancestor(&clone, old, new))
        });
        judged.await.unwrap_or_else(|_| {
            let reasons = vec!["the gateway failed".into(); commands.list.len()];
            Err(push::Refused { reasons, sentence: "ocweb: the gateway failed at judging this push.".into() })
        })
    }
}

fn too_large() -> Closed {
    Closed(StatusCode::PAYLOAD_TOO_LARGE, "ocweb: too many large files at once.".into())
}

/// Storing large files is a part of pushing.
fn may_store(body: &[u8], repository: &RepositoryName, passage: &Passage) -> Result<(), Closed> {
    #[derive(Deserialize)]
    struct Batch {
        operation: String,
    }
    let batch: Batch = serde_json::from_slice(body).map_err(|_| {
        Closed(StatusCode::UNPROCESSABLE_ENTITY, "ocweb: this is not what git-lfs asks.".into())
    })?;
    match (batch.operation.as_str(), passage) {
        ("download", _) | ("upload", Passage::Chat(_)) => Ok(()),
        _ => Err(Closed(
            StatusCode::FORBIDDEN,
            format!("ocweb: large files of {repository} can only be stored by a chat of it."),
        )),
    }
}
