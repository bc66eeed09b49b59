//! The event relay, over its unix socket: how every chat stands, and answers to requests.

mod frames;

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use futures_util::StreamExt;
use reqwest::{
    StatusCode,
    header::{ACCEPT, HeaderMap, HeaderName, HeaderValue},
};
use serde::Deserialize;

use crate::{
    chats::{ChatView, Chats},
    event::Verdict,
    outbound::chain,
};
use frames::{Frame, Frames};

/// How long the relay may take to connect or to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much later than it said the next frame may come: the machine may be busy.
const SLACK: Duration = Duration::from_secs(3);

/// News of the chats.
#[derive(Debug)]
pub(crate) enum Update {
    /// These are the chats, and what was known before is void.
    All(Chats),
    /// One chat changed.
    One(Box<ChatView>),
    /// One chat was deleted.
    Removed(String),
}

/// What became of an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    /// It was answered elsewhere, or went stale.
    #[error("the request is not asked any more")]
    Gone,
    /// The relay was not reached, or could not take it now: it was not given, and can be given again.
    #[error("the event relay was not reached: {0}")]
    NotNow(String),
    /// Whether the relay took it is unknown.
    #[error("the event relay did not say that it took the answer: {0}")]
    Unknown(String),
}

/// Why the stream ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("it answered {0}")]
    Refused(StatusCode),
    #[error("it was silent for longer than it said")]
    Silent,
    #[error("it ended the stream")]
    Ended,
    #[error("it sent what is no event: {0}")]
    Malformed(String),
}

/// The relay.
pub(crate) struct Relay {
    socket: PathBuf,
    client: OnceLock<reqwest::Client>,
}

impl Relay {
    pub(crate) fn at(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), client: OnceLock::new() }
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: &str, verdict: &Verdict) -> Result<(), AnswerError> {
        let failed = |error: reqwest::Error| {
            let outcome = if error.is_connect() { AnswerError::NotNow } else { AnswerError::Unknown };
            outcome(chain(error))
        };
        let mut url = url("/admin/inbox");
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend([request, "answer"]);
        }
        let client = self.client().map_err(|error| AnswerError::NotNow(chain(error)))?;
        let response =
            client.post(url).timeout(PATIENCE).json(&verdict.answer()).send().await.map_err(failed)?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND => Err(AnswerError::Gone),
            StatusCode::SERVICE_UNAVAILABLE => Err(AnswerError::NotNow("it answered 503".into())),
            status => Err(AnswerError::Unknown(format!("it answered {}", status.as_u16()))),
        }
    }

    /// Opens the stream. With the number of the last frame of an earlier one, what was missed follows.
    pub(crate) async fn open(&self, last: Option<&str>) -> Result<Stream, StreamError> {
        let unreachable = |error: reqwest::Error| StreamError::Unreachable(chain(error));
        let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("text/event-stream"))]);
        if let Some(last) = last.and_then(|last| HeaderValue::from_str(last).ok()) {
            headers.insert(HeaderName::from_static("last-event-id"), last);
        }
        let request = self.client().map_err(unreachable)?.get(url("/admin/events")).headers(headers).send();
        let response = tokio::time::timeout(PATIENCE, request).await.map_err(|_| StreamError::Silent)?;
        let response = response.map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(StreamError::Refused(response.status()));
        }
        let chunks = response.bytes_stream().map(|chunk| chunk.map(Vec::from).map_err(chain));
        Ok(Stream { chunks: Box::pin(chunks), frames: Frames::default(), within: PATIENCE, last: None })
    }

    fn client(&self) -> reqwest::Result<&reqwest::Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = ocweb_service::client_builder()
            .unix_socket(self.socket.clone())
            // Nothing on a unix socket is encrypted: the system's certificates need not be read for it.
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// The host is never looked up.
#[expect(clippy::expect_used, reason = "a constant with one of our own paths")]
fn url(path: &str) -> reqwest::Url {
    reqwest::Url::parse("http://event-relay").and_then(|root| root.join(path)).expect("it is an address")
}

/// An open stream of events.
pub(crate) struct Stream {
    chunks: futures_util::stream::BoxStream<'static, Result<Vec<u8>, String>>,
    frames: Frames,
    /// How soon the next frame comes, as the relay said.
    within: Duration,
    last: Option<String>,
}

impl Stream {
    /// The next news of the chats.
    pub(crate) async fn next(&mut self) -> Result<Update, StreamError> {
        loop {
            while let Some(frame) = self.frames.next() {
                if let Some(update) = self.take(frame)? {
                    return Ok(update);
                }
            }
            let chunk = tokio::time::timeout(self.within + SLACK, self.chunks.next()).await;
            match chunk.map_err(|_| StreamError::Silent)? {
                None => return Err(StreamError::Ended),
                Some(Err(error)) => return Err(StreamError::Unreachable(error)),
                Some(Ok(bytes)) => {
                    self.frames.push(&bytes).map_err(|error| StreamError::Malformed(error.into()))?;
                }
            }
        }
    }

    /// The number of the last frame that came whole.
    pub(crate) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    fn take(&mut self, frame: Frame) -> Result<Option<Update>, StreamError> {
        /// What says which of the shapes below a frame has. Most frames are none of them.
        #[derive(Deserialize)]
        struct Envelope {
            r#type: String,
        }
        #[derive(Deserialize)]
        struct All {
            chats: Vec<ChatView>,
            /// False while the relay has just started and not heard everything yet.
            #[serde(default = "complete")]
            complete: bool,
        }
        fn complete() -> bool {
            true
        }
        #[derive(Deserialize)]
        struct One {
            chat: Box<ChatView>,
        }
        #[derive(Deserialize)]
        struct Removed {
            id: String,
        }
        #[derive(Deserialize)]
        struct Heartbeat {
            within_ms: u64,
        }
        let malformed = |error: serde_json::Error| StreamError::Malformed(error.to_string());
        let Envelope { r#type } = serde_json::from_str(&frame.data).map_err(malformed)?;
        let update = match r#type.as_str() {
            "snapshot" => {
                let All { chats, complete } = serde_json::from_str(&frame.data).map_err(malformed)?;
                Some(Update::All(Chats::new(chats, complete)))
            }
            "chat" => {
                let One { chat } = serde_json::from_str(&frame.data).map_err(malformed)?;
                Some(Update::One(chat))
            }
            "chat_removed" => {
                let Removed { id } = serde_json::from_str(&frame.data).map_err(malformed)?;
                Some(Update::Removed(id))
            }
            "heartbeat" => {
                let Heartbeat { within_ms } = serde_json::from_str(&frame.data).map_err(malformed)?;
                self.within = Duration::from_millis(within_ms.clamp(100, 60_000));
                None
            }
            _ => None,
        };
        // Only now: a frame that could not be read must come again.
        if frame.id.is_some() {
            self.last = frame.id;
        }
        Ok(update)
    }
}
