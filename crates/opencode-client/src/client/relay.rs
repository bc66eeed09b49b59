//! What the event relay asks: the streams of events, conversations, and what waits for an answer.
//!
//! The shapes are the caller's: it says with its types what it needs of an answer.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{Method, RequestBuilder, Response, header::HeaderMap};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{Client, unexpected};
use crate::{ContentCutter, Error, Piece, SessionId, whole_characters};

/// A stream has no end of its own.
const STREAM: Duration = Duration::from_hours(24 * 365);
/// How long all of a conversation may take, with its images.
const ALL: Duration = Duration::from_mins(2);

/// So much of several messages is taken before fewer are asked for, in bytes: opencode holds all of it at once.
const MOST_AT_ONCE: usize = 48 << 20;

/// A page of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// `[{"info", "parts"}]`, the oldest first.
    pub json: Vec<u8>,
    /// Where the page before this one ends; `None` at the conversation's beginning.
    pub before: Option<String>,
}

impl Client {
    /// The stream of all events. The answer is the beginning of a body that does not end.
    pub async fn events(&self) -> Result<Response, Error> {
        let request = self.request(Method::GET, &["global", "event"]).timeout(STREAM);
        self.send("GET /global/event", request).await
    }

    /// Asks at a path for what stays open, a stream or a socket, and returns whatever is answered. Whoever wants a
    /// socket says so in the headers, and upgrades the answer.
    pub async fn open(&self, path: &str, query: Option<&str>, headers: HeaderMap) -> Result<Response, Error> {
        self.check_ready()?;
        let mut request = self.request(Method::GET, &[]).headers(headers).timeout(STREAM).build()?;
        request.url_mut().set_path(path);
        request.url_mut().set_query(query);
        Ok(self.http.execute(request).await?)
    }

    /// The latest messages of a session, or those before a cursor, with marks in place of the contents of files.
    /// `None` when there are more than `most` bytes of them, or so much in their files that opencode should not be
    /// asked for them at once.
    pub async fn messages(
        &self,
        session: &str,
        limit: usize,
        before: Option<&str>,
        most: usize,
    ) -> Result<Option<MessagePage>, Error> {
        let request = self.request(Method::GET, &["session", session, "message"]);
        let request = request.query(&[("limit", limit.to_string().as_str())]);
        let request = request.query(&before.map(|before| [("before", before)]));
        let call = "GET /session/…/message";
        let mut response = self.send(call, request).await?;
        let cursor = response.headers().get("x-next-cursor").and_then(|value| value.to_str().ok());
        let before = cursor.map(str::to_owned);
        let (mut json, mut cutter, mut received) = (Vec::new(), ContentCutter::default(), 0);
        while let Some(chunk) = response.chunk().await? {
            received += chunk.len();
            cutter.push(&chunk, |piece| {
                if let Piece::Json(bytes) = piece {
                    json.extend_from_slice(bytes);
                }
            });
            // A single message is as large as it is.
            if json.len() > most || limit > 1 && received > MOST_AT_ONCE {
                return Ok(None);
            }
        }
        // opencode's web page has no array in it.
        if json.trim_ascii_start().first() != Some(&b'[') {
            return Err(unexpected(call, response.status(), &String::from_utf8_lossy(&json)));
        }
        Ok(Some(MessagePage { json: whole_characters(&json).into_owned(), before }))
    }

    /// Every message of a session, with all that is in it.
    pub async fn all_messages<T: DeserializeOwned>(&self, session: &SessionId) -> Result<Vec<T>, Error> {
        let request = self.request(Method::GET, &["session", session.as_str(), "message"]);
        self.read("GET /session/…/message", request.timeout(ALL)).await
    }

    /// One message with the contents of its files taken out: `{"info", "parts"}`, and the contents by their numbers,
    /// each what followed `data:`. `None` when it is larger than `most` bytes.
    pub async fn message_and_contents(
        &self,
        session: &str,
        message: &str,
        most: usize,
    ) -> Result<Option<(Vec<u8>, Vec<Vec<u8>>)>, Error> {
        let call = "GET /session/…/message/…";
        let path = ["session", session, "message", message];
        let mut response = self.send(call, self.request(Method::GET, &path)).await?;
        let (mut json, mut contents) = (Vec::new(), Vec::<Vec<u8>>::new());
        let (mut cutter, mut received) = (ContentCutter::default(), 0);
        while let Some(chunk) = response.chunk().await? {
            received += chunk.len();
            if received > most {
                return Ok(None);
            }
            cutter.push(&chunk, |piece| match piece {
                Piece::Json(bytes) => json.extend_from_slice(bytes),
                Piece::Content(number, bytes) => {
                    if number == contents.len() {
                        contents.push(Vec::new());
                    }
                    contents[number].extend_from_slice(bytes);
                }
            });
        }
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(unexpected(call, response.status(), &String::from_utf8_lossy(&json)));
        }
        Ok(Some((whole_characters(&json).into_owned(), contents)))
    }

    /// The sessions of every directory that changed last, the latest first; those that were put away too.
    pub async fn latest_sessions<T: DeserializeOwned>(&self, limit: usize) -> Result<Vec<T>, Error> {
        let request = self.request(Method::GET, &["experimental", "session"]);
        self.read(
            "GET /experimental/session",
            request.query(&[("limit", limit)]).query(&[("archived", true)]),
        )
        .await
    }

    /// One session.
    pub async fn session<T: DeserializeOwned>(&self, session: &str) -> Result<T, Error> {
        self.read("GET /session/…", self.request(Method::GET, &["session", session])).await
    }

    /// What the sessions of a directory are doing; those that are idle are absent. opencode opens the directory.
    pub async fn statuses<T: DeserializeOwned>(&self, directory: &str) -> Result<BTreeMap<String, T>, Error> {
        let request = self.request(Method::GET, &["session", "status"]);
        self.read("GET /session/status", in_directory(request, directory)).await
    }

    /// The permissions of a directory that wait for an answer.
    pub async fn permissions<T: DeserializeOwned>(&self, directory: &str) -> Result<Vec<T>, Error> {
        let request = self.request(Method::GET, &["permission"]);
        self.read("GET /permission", in_directory(request, directory)).await
    }

    /// The questions of a directory that wait for an answer.
    pub async fn questions<T: DeserializeOwned>(&self, directory: &str) -> Result<Vec<T>, Error> {
        let request = self.request(Method::GET, &["question"]);
        self.read("GET /question", in_directory(request, directory)).await
    }

    /// Answers a permission: `once`, `always` or `reject`, and what to tell the agent.
    pub async fn reply_to_permission(
        &self,
        permission: &str,
        directory: &str,
        reply: &str,
        message: Option<&str>,
    ) -> Result<(), Error> {
        let mut body = json!({"reply": reply});
        if let Some(message) = message {
            body["message"] = json!(message);
        }
        self.answer(&["permission", permission, "reply"], directory, &body).await
    }

    /// Answers a question: the chosen labels for each of its parts.
    pub async fn reply_to_question(
        &self,
        question: &str,
        directory: &str,
        answers: &[Vec<String>],
    ) -> Result<(), Error> {
        self.answer(&["question", question, "reply"], directory, &json!({"answers": answers})).await
    }

    /// Refuses to answer a question.
    pub async fn reject_question(&self, question: &str, directory: &str) -> Result<(), Error> {
        self.answer(&["question", question, "reject"], directory, &json!({})).await
    }

    async fn answer(&self, path: &[&str], directory: &str, body: &impl Serialize) -> Result<(), Error> {
        let request = in_directory(self.request(Method::POST, path), directory).json(body);
        self.read::<bool>("POST of an answer", request).await.map(drop)
    }
}

fn in_directory(request: RequestBuilder, directory: &str) -> RequestBuilder {
    request.query(&[("directory", directory)])
}
