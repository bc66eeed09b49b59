//! Asking a process whether it is ready.
//!
//! A port that accepts is not ready, and opencode answers unknown paths with 200 and a page of HTML; so
//! a probe looks for a field in a JSON document. Each probe has a connection of its own: the first one
//! that opencode accepts while it starts is never answered, and must not hold up the next.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use http_body_util::{BodyExt, Empty, Limited};
use hyper::{
    Request,
    body::Bytes,
    header::{AUTHORIZATION, HOST},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

/// Health documents are small; what is longer is something else.
const BODY_LIMIT: usize = 64 << 10;

/// Where and what to ask, and what to look for in the answer.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    /// Where the process listens.
    pub(crate) address: Address,
    /// Path of the request.
    pub(crate) path: &'static str,
    /// Value of the `Authorization` header, for a process that wants one.
    pub(crate) authorization: Option<String>,
    /// What makes an answer the right one.
    pub(crate) expect: Expect,
}

/// Where a process listens.
#[derive(Debug, Clone)]
pub(crate) enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// A TCP port.
    Tcp(SocketAddr),
}

/// What makes an answer the right one.
#[derive(Debug, Clone)]
pub(crate) enum Expect {
    /// 200 and `{"healthy":true}`.
    Healthy,
    /// 200 and `{"healthy":true,"service":<name>}`: one service's socket cannot pass for another's.
    Service(&'static str),
    /// A JSON object with this member, whatever its status. For Caddy, which passes on the health of
    /// the whole: that some other process is unwell says nothing against Caddy.
    Member(&'static str),
}

/// What a process that is ready said about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its version, if it told.
    pub(crate) version: Option<String>,
}

/// Why an answer was not the right one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Miss {
    /// There was none in time.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// Nobody listens, or the connection broke.
    #[error("no connection: {0}")]
    Connection(#[from] std::io::Error),
    /// What came was not HTTP, or broke off.
    #[error("no HTTP answer: {0}")]
    Http(#[from] hyper::Error),
    /// The request could not be built from the probe.
    #[error("the probe makes no request: {0}")]
    Request(#[from] hyper::http::Error),
    /// The answer was too long or broke off.
    #[error("the answer could not be read: {0}")]
    Body(#[from] Box<dyn std::error::Error + Send + Sync>),
    /// The answer had the wrong status.
    #[error("it answered with status {0}")]
    Status(u16),
    /// The answer was not JSON.
    #[error("the answer is not JSON")]
    NotJson,
    /// The answer was JSON that does not say what it should.
    #[error("the answer does not say that it is healthy")]
    Unhealthy,
}

impl Probe {
    /// Asks once, and waits for `patience` at most.
    pub(crate) async fn ask(&self, patience: Duration) -> Result<Answer, Miss> {
        timeout(patience, self.exchange()).await.map_err(|_| Miss::Timeout(patience))?
    }

    async fn exchange(&self) -> Result<Answer, Miss> {
        let (status, body) = get(&self.address, self.path, self.authorization.as_deref(), BODY_LIMIT).await?;
        self.expect.judge(status, &body)
    }
}

/// Asks a process once, over a connection of its own. Answers with the status and a body of at most `limit` bytes.
pub(crate) async fn get(
    address: &Address,
    path: &str,
    authorization: Option<&str>,
    limit: usize,
) -> Result<(u16, Bytes), Miss> {
    match address {
        Address::Unix(socket) => {
            get_over(UnixStream::connect(socket).await?, "localhost", path, authorization, limit).await
        }
        Address::Tcp(address) => {
            let host = address.to_string();
            get_over(TcpStream::connect(address).await?, &host, path, authorization, limit).await
        }
    }
}

async fn get_over<S>(
    stream: S,
    host: &str,
    path: &str,
    authorization: Option<&str>,
    limit: usize,
) -> Result<(u16, Bytes), Miss>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let mut request = Request::get(path).header(HOST, host);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    let status = response.status().as_u16();
    Ok((status, Limited::new(response.into_body(), limit).collect().await?.to_bytes()))
}

impl Expect {
    fn judge(&self, status: u16, body: &[u8]) -> Result<Answer, Miss> {
        let any_status = matches!(self, Self::Member(_));
        if status != 200 && !any_status {
            return Err(Miss::Status(status));
        }
        let document: Value = serde_json::from_slice(body).map_err(|_| Miss::NotJson)?;
        let healthy = document["healthy"] == true;
        let right = match self {
            Self::Healthy => healthy,
            Self::Service(name) => healthy && document["service"] == *name,
            Self::Member(name) => document.get(name).is_some(),
        };
        if !right {
            return Err(Miss::Unhealthy);
        }
        Ok(Answer { version: document["version"].as_str().map(as_version) })
    }
}

/// What of a text can be a version. Whoever took opencode's place could tell anything, which ends up in Prometheus.
fn as_version(text: &str) -> String {
    let is_of_one = |character: &char| character.is_ascii_alphanumeric() || ".-".contains(*character);
    text.chars().filter(is_of_one).take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_html_is_no_answer() {
        assert!(matches!(Expect::Healthy.judge(200, b"<!doctype html>"), Err(Miss::NotJson)));
    }

    #[test]
    fn opencode_answers_with_its_version() {
        let answer = Expect::Healthy.judge(200, br#"{"healthy":true,"version":"1.2.3"}"#).unwrap();
        assert_eq!(answer.version.as_deref(), Some("1.2.3"));
        let long = format!(r#"{{"healthy":true,"version":"1.2.3-\u00e9{{{}"}}"#, "x".repeat(50_000));
        let answer = Expect::Healthy.judge(200, long.as_bytes()).unwrap();
        assert_eq!(answer.version.unwrap(), format!("1.2.3-{}", "x".repeat(26)));
        assert!(matches!(Expect::Healthy.judge(200, br#"{"healthy":false}"#), Err(Miss::Unhealthy)));
        assert!(matches!(Expect::Healthy.judge(401, b""), Err(Miss::Status(401))));
    }

    #[test]
    fn a_service_must_be_the_one_asked_for() {
        let body = br#"{"healthy":true,"service":"auth","version":"0.1.0"}"#;
        assert!(Expect::Service("auth").judge(200, body).is_ok());
        assert!(matches!(Expect::Service("git-manager").judge(200, body), Err(Miss::Unhealthy)));
    }

    #[test]
    fn caddy_is_well_though_the_whole_is_not() {
        let body = br#"{"type":"starting","waiting_for":[{"name":"auth","state":"failed"}]}"#;
        assert!(Expect::Member("waiting_for").judge(503, body).is_ok());
        assert!(Expect::Member("waiting_for").judge(502, b"Bad gateway").is_err());
    }

    #[tokio::test]
    async fn a_connection_that_is_accepted_and_never_answered_ends_in_time() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::Tcp(listener.local_addr().unwrap());
        let probe = Probe { address, path: "/health", authorization: None, expect: Expect::Healthy };
        let miss = probe.ask(Duration::from_millis(50)).await.unwrap_err();
        assert!(matches!(miss, Miss::Timeout(_)), "{miss}");
    }
}
