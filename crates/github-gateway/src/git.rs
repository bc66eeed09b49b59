//! git's door: every request is judged here and goes on through [`crate::upstream`], or is refused in git's own way.

use std::{
    cell::Cell,
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::StreamExt;
use ocweb_git_access::{BranchName, Capability, Grant, RepositoryName};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    Gateway,
    address::{self, Asked, Service},
    ancestry,
    body::{QUIET, Rest},
    door::{self, Passage},
    failure::Failure,
    large_files,
    push::{self, Change, Commands, Refused, Rules},
    refusal::Closed,
};

/// How long a push may wait and its history be read: less than until git gives up.
const JUDGING: Duration = Duration::from_secs(45);
/// How many pushes to one repository may be judged by what lies in its clone at a time.
const JUDGED_AT_ONCE: usize = 4;

/// Who reads clones. An agent writes there and may leave something that a reader never comes back from, which must not hold up
/// the other repositories.
#[derive(Default)]
pub(crate) struct Readers(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Readers {
    fn of(&self, repository: &RepositoryName) -> Arc<Semaphore> {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        readers.entry(repository.key()).or_insert_with(|| Arc::new(Semaphore::new(JUDGED_AT_ONCE))).clone()
    }
}

/// All of the gateway that the git on this machine can reach.
pub fn git_router(gateway: Gateway) -> Router {
    Router::new().route("/user", get(owner)).fallback(serve).with_state(gateway)
}

/// Whose the token is: the one thing that is no git's. git-manager, which makes commits for a person, reaches no other door.
async fn owner(State(gateway): State<Gateway>, headers: HeaderMap) -> Response {
    if let Err(closed) = gateway.door.capability(&headers) {
        return closed.tell(None);
    }
    match gateway.owner.account().await {
        Ok(account) => Json(account).into_response(),
        Err(failure) => Closed(StatusCode::SERVICE_UNAVAILABLE, failure.sentence()).tell(None),
    }
}

async fn serve(State(gateway): State<Gateway>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    if parts.headers.contains_key(header::TRANSFER_ENCODING) {
        // Who sends both means one of them for somebody else.
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    let asked = address::parse(&parts.method, &parts.uri);
    let service = asked.as_ref().map(|asked| asked.service);
    let admitted = gateway.admit(&parts.headers, asked).await;
    if service == Some(Service::Pushing) {
        return gateway.push(admitted, &parts.headers, body).await;
    }
    let counts = gateway.counts.clone();
    let rest = Rest::new(body);
    let answer = match admitted {
        Ok(admitted) => gateway.pass(&admitted, parts.headers, &rest).await,
        Err(closed) => Err(closed),
    };
    match answer {
        Ok(answer) => {
            counts.note(service, true);
            answer
        }
        Err(closed) => {
            counts.note(service, false);
            let Closed(status, sentence) = &closed;
            tracing::info!(method = %parts.method, path = parts.uri.path(), %status, sentence, "git was refused");
            // git listens once it has said all it has to say.
            rest.drain().await;
            closed.tell(service)
        }
    }
}

/// A request that is let in.
struct Admitted {
    asked: Asked,
    passage: Passage,
    /// Why GitHub does not say whether it is of a submodule: then it goes on as anybody's.
    untold: Option<Failure>,
}

impl Gateway {
    /// Whose request it is, and how it may go on.
    async fn admit(&self, headers: &HeaderMap, asked: Option<Asked>) -> Result<Admitted, Closed> {
        let capability = self.door.capability(headers)?;
        let asked = asked
            .ok_or_else(|| Closed(StatusCode::NOT_FOUND, "ocweb: git has no use for this address.".into()))?;
        let (is_submodule, untold) = match self.is_submodule(&capability, &asked).await {
            Ok(is_submodule) => (is_submodule, None),
            Err(failure) => (false, Some(failure)),
        };
        let passage = door::passage(capability, &asked, is_submodule, &self.opened, &self.places)?;
        Ok(Admitted { asked, passage, untold })
    }

    /// Whether a chat asks to read a submodule of its repository.
    async fn is_submodule(&self, capability: &Capability, asked: &Asked) -> Result<bool, Failure> {
        let Capability { repository, grant: Grant::Chat { base, .. } } = capability else { return Ok(false) };
        if repository.key() == asked.repository.key() || asked.service.needs_push() {
            return Ok(false);
        }
        // What chats may write says nothing about what they may read.
        let rules = self.rules.of(repository);
        let base = base.clone().filter(|base| !base.is_ours() && !rules.branches.contains(base));
        self.submodules.have(repository, base, &asked.repository).await
    }

    /// All but pushes.
    async fn pass(
        &self,
        Admitted { asked, passage, untold }: &Admitted,
        headers: HeaderMap,
        rest: &Rest,
    ) -> Result<Response, Closed> {
        let with_token = *passage != Passage::AsAnybody;
        let pass = async |headers: &HeaderMap, body| {
            let answer = self.upstream.pass(asked, headers, body, with_token).await;
            answer.map_err(|closed| match untold {
                Some(failure) if closed.0 == StatusCode::FORBIDDEN => doubtful(asked, failure),
                _ => closed,
            })
        };
        match asked.service {
            Service::LargeFiles => {
                let list = large_files::judge(rest.whole(), &asked.repository, passage).await?;
                let answer = pass(&large_files::plain(headers), Some(list.into())).await?;
                large_files::without_token(answer, &self.upstream).await
            }
            Service::LocksOfPush => {
                let body = reqwest::Body::wrap_stream(rest.pieces());
                let answer = pass(&large_files::plain(headers), Some(body)).await?;
                large_files::without_token(answer, &self.upstream).await
            }
            Service::Locks => {
                let answer = pass(&large_files::plain(without_body(headers)?), None).await?;
                large_files::without_token(answer, &self.upstream).await
            }
            Service::ReadingRefs | Service::PushingRefs => pass(&without_body(headers)?, None).await,
            _ => pass(&headers, Some(reqwest::Body::wrap_stream(rest.pieces()))).await,
        }
    }

    /// A push: its list of references is read and judged before the first object goes on. What is wrong is told in the
    /// protocol of pushes, whatever it is: a status would reach nobody.
    async fn push(&self, admitted: Result<Admitted, Closed>, headers: &HeaderMap, body: Body) -> Response {
        let (head, trouble) = Head::read(headers, body).await;
        let closed = match (admitted, trouble) {
            (Err(Closed(_, sentence)), _) => Refused::said(&head.commands, sentence),
            (Ok(_), Some(trouble)) => Refused::whole(&head.commands, &trouble),
            (Ok(Admitted { asked, passage: Passage::Chat { branch, clone }, .. }), None) => {
                match self.judge(&asked.repository, &branch, &clone, &head.commands).await {
                    Err(refused) => {
                        tracing::info!(repository = %asked.repository, %branch, sentence = refused.sentence, "a push was refused");
                        refused
                    }
                    Ok(()) => match self.upstream.pass(&asked, headers, Some(head.whole()), true).await {
                        Ok(answer) => {
                            self.counts.note(Some(Service::Pushing), true);
                            return answer;
                        }
                        Err(Closed(_, sentence)) => Refused::said(&head.commands, sentence),
                    },
                }
            }
            (Ok(_), None) => Refused::whole(&head.commands, "only a chat can push"),
        };
        self.counts.note(Some(Service::Pushing), false);
        head.rest.drain().await;
        let kind = [(header::CONTENT_TYPE, "application/x-git-receive-pack-result")];
        (kind, push::refuse(&head.commands, &closed)).into_response()
    }

    async fn judge(
        &self,
        repository: &RepositoryName,
        own: &BranchName,
        clone: &Path,
        commands: &Commands,
    ) -> Result<(), Refused> {
        let rules = self.rules.of(repository);
        if !is_read_for(commands, own, &rules)? {
            return Ok(());
        }
        let deadline = Instant::now() + JUDGING;
        let Ok(Ok(permit)) = timeout_at(deadline, self.readers.of(repository).acquire_owned()).await else {
            return Err(Refused::whole(
                commands,
                &format!("{repository} is busy with other pushes; try it again"),
            ));
        };
        let (own, pushed, clone) = (own.clone(), commands.clone(), clone.to_owned());
        // A long history is read from the disk, and what lies there is the agent's.
        let judging = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            push::judge(&pushed, &own, &rules, |old, new| ancestry::change(&clone, old, new))
        });
        match timeout_at(deadline, judging).await {
            Ok(Ok(judged)) => judged,
            _ => Err(Refused::whole(commands, "it cannot be told what this push would change")),
        }
    }
}

/// What could be a submodule, and is refused to anybody: with the true cause, since nothing is wrong with the repository.
fn doubtful(Asked { repository, .. }: &Asked, failure: &Failure) -> Closed {
    let sentence = format!(
        "ocweb: GitHub does not say now which submodules this chat may read, and {repository} is not public. {}",
        failure.sentence()
    );
    Closed(StatusCode::FORBIDDEN, sentence)
}

/// Judges a push by the names in it. Where these allow it: whether the clone has a say besides.
fn is_read_for(commands: &Commands, own: &BranchName, rules: &Rules) -> Result<bool, Refused> {
    let is_asked = Cell::new(false);
    push::judge(commands, own, rules, |_, _| {
        is_asked.set(true);
        Change::Addition
    })?;
    Ok(is_asked.get())
}

/// A push whose list of references is there; the objects are still to come.
struct Head {
    commands: Commands,
    read: Bytes,
    rest: Rest,
}

impl Head {
    /// Reads the list. Where that cannot be done: with the reason.
    async fn read(headers: &HeaderMap, body: Body) -> (Self, Option<String>) {
        let rest = Rest::new(body);
        let mut read = Vec::new();
        let commands = Self::list(headers, &rest, &mut read).await;
        let (commands, trouble) = match commands {
            Ok(commands) => (commands, None),
            Err(trouble) => (Commands::unread(), Some(trouble)),
        };
        (Self { commands, read: read.into(), rest }, trouble)
    }

    async fn list(headers: &HeaderMap, rest: &Rest, read: &mut Vec<u8>) -> Result<Commands, String> {
        if headers.contains_key(header::CONTENT_ENCODING) {
            return Err("a compressed push cannot be read".into());
        }
        loop {
            if let Some(commands) = push::read(read).map_err(|error| error.to_string())? {
                // With such a question git finds out whether it may come in. No objects go with it.
                if commands.list.is_empty() && read != b"0000" {
                    return Err("this is not what git sends when it pushes".into());
                }
                return Ok(commands);
            }
            match timeout(QUIET, rest.next()).await {
                Ok(Some(Ok(piece))) => read.extend_from_slice(&piece),
                _ => return Err("the push was cut".into()),
            }
        }
    }

    /// All of the request's body, as it came.
    fn whole(&self) -> reqwest::Body {
        if self.commands.list.is_empty() {
            return self.read.clone().into();
        }
        let read = futures_util::stream::iter([Ok(self.read.clone())]);
        reqwest::Body::wrap_stream(read.chain(self.rest.pieces()))
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

#[cfg(test)]
mod tests {
    use super::*;

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
