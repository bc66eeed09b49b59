//! The files of a conversation: photos of a prompt, pictures that a tool read.
//!
//! In opencode's messages they are `data:` URLs. Events and transcripts name an address in their place (`address`), and
//! whoever looks at one gets its bytes from opencode's message ([`Files`]).

use std::{borrow::Cow, sync::Arc, time::Duration};

use base64::Engine;
use ocweb_opencode_client::{
    Client, Error as CallError, MessageId, SessionId, content_number, has_content_mark,
};
use serde_json::{Value, json};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The largest message whose files are given, in bytes: somewhat more than the largest prompt.
const LARGEST: usize = 64 << 20;
/// How much may be on its way to those who asked, in bytes.
const HELD: usize = 64 << 20;
/// How long somebody waits while others read slowly.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a browser may show; whatever else could be a page with a script.
const SHOWN: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

/// Puts addresses into a part of a message whose contents were taken out.
pub(crate) fn address(part: &mut Value) {
    let text = |member: &str| part[member].as_str().unwrap_or_default().to_owned();
    let path = format!("/admin/transcripts/{}/files/{}/{}", text("sessionID"), text("messageID"), text("id"));
    put(part, &path);
    let attachments = part.pointer_mut("/state/attachments").and_then(Value::as_array_mut);
    for (index, attachment) in attachments.into_iter().flatten().enumerate() {
        put(attachment, &format!("{path}/{index}"));
    }
}

/// The same event with addresses in place of the contents that were taken out.
pub(crate) fn addressed(event: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !has_content_mark(&event) {
        return event;
    }
    let Ok(mut value) = serde_json::from_slice::<Value>(&event) else { return event };
    let Some(part) = value.pointer_mut("/payload/properties/part") else { return event };
    address(part);
    Cow::Owned(value.to_string().into_bytes())
}

fn put(file: &mut Value, path: &str) {
    if file["url"].as_str().and_then(content_number).is_some() {
        file["url"] = json!(path);
    }
}

/// Where a file is in a conversation.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) session: SessionId,
    pub(crate) message: MessageId,
    /// The id of the part.
    pub(crate) part: String,
    /// Which of the attachments of a tool's part.
    pub(crate) attachment: Option<usize>,
}

/// A file of a conversation.
pub(crate) struct File {
    /// Its media type, if a browser may show it.
    pub(crate) shown_as: Option<&'static str>,
    pub(crate) name: Option<String>,
    pub(crate) bytes: Vec<u8>,
    /// To be kept until the bytes are gone.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// opencode did not give the message.
    #[error(transparent)]
    Opencode(#[from] CallError),
    /// There is none at this place.
    #[error("there is no such file in this conversation")]
    Missing,
    /// The message is larger than what is taken.
    #[error("the message is larger than 64 MB")]
    TooLarge,
    /// Too much is on its way to others.
    #[error("too many files are being read")]
    Busy,
    /// What opencode gave is no message.
    #[error("opencode's message cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// Reads files, one at a time: a message is held whole while it is read.
pub(crate) struct Files {
    client: Client,
    reading: Semaphore,
    held: Arc<Semaphore>,
}

impl Files {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, reading: Semaphore::new(1), held: Arc::new(Semaphore::new(kilobytes(HELD) as usize)) }
    }

    pub(crate) async fn read(&self, place: &Place) -> Result<File, FileError> {
        let _reading = timeout(PATIENCE, self.reading.acquire()).await.map_err(|_| FileError::Busy)?;
        let (session, message) = (place.session.as_str(), place.message.as_str());
        let message = self.client.message_and_contents(session, message, LARGEST).await?;
        let (json, mut contents) = message.ok_or(FileError::TooLarge)?;
        let message: Value = serde_json::from_slice(&json)?;
        let file = find(&message, place).ok_or(FileError::Missing)?;
        let url = file["url"].as_str().ok_or(FileError::Missing)?;
        let content = match content_number(url) {
            Some(number) if number < contents.len() => contents.swap_remove(number),
            _ => url.strip_prefix("data:").ok_or(FileError::Missing)?.as_bytes().to_vec(),
        };
        drop(contents);
        // Its own size or more, before it is decoded.
        let wait = Arc::clone(&self.held).acquire_many_owned(kilobytes(content.len()));
        let permit = timeout(PATIENCE, wait).await.ok().and_then(Result::ok).ok_or(FileError::Busy)?;
        let (media_type, bytes) = decode(&content).ok_or(FileError::Missing)?;
        let shown_as = SHOWN.into_iter().find(|shown| media_type.eq_ignore_ascii_case(shown));
        Ok(File { shown_as, name: file["filename"].as_str().map(str::to_owned), bytes, permit })
    }
}

fn find<'a>(message: &'a Value, place: &Place) -> Option<&'a Value> {
    let part = message["parts"].as_array()?.iter().find(|part| part["id"] == place.part.as_str())?;
    match place.attachment {
        Some(index) => part.pointer("/state/attachments")?.get(index),
        None => Some(part),
    }
}

/// Takes `image/png;base64,AAAA` apart.
fn decode(content: &[u8]) -> Option<(&str, Vec<u8>)> {
    let comma = content.iter().position(|&byte| byte == b',')?;
    let head = std::str::from_utf8(&content[..comma]).ok()?.strip_suffix(";base64")?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(&content[comma + 1..]).ok()?;
    Some((head.split(';').next().unwrap_or_default().trim(), bytes))
}

fn kilobytes(bytes: usize) -> u32 {
    u32::try_from((bytes >> 10) + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_out_gets_an_address() {
        let mut part = json!({"id": "prt_1", "sessionID": "ses_1", "messageID": "msg_1", "url": "data:ocweb-content,4",
            "state": {"input": {"url": "https://example.org"}, "attachments": [
                {"url": "data:image/png;base64,AAAA"}, {"url": "data:ocweb-content,5"}]}});
        address(&mut part);
        assert_eq!(part["url"], "/admin/transcripts/ses_1/files/msg_1/prt_1");
        assert_eq!(part["state"]["input"]["url"], "https://example.org");
        assert_eq!(
            part["state"]["attachments"],
            json!([{"url": "data:image/png;base64,AAAA"}, {"url": "/admin/transcripts/ses_1/files/msg_1/prt_1/1"}])
        );
        let text = json!({"id": "prt_2", "type": "text", "text": "x"});
        let mut same = text.clone();
        address(&mut same);
        assert_eq!(same, text);
    }

    #[test]
    fn contents_are_decoded() {
        assert_eq!(decode(b"image/png;base64,AAEC"), Some(("image/png", vec![0, 1, 2])));
        assert_eq!(decode(b"text/plain;charset=utf-8;base64,YQ=="), Some(("text/plain", vec![b'a'])));
        for content in [&b"image/png,AAEC"[..], b"image/png;base64,A", b"", b"\xff;base64,AAEC"] {
            assert_eq!(decode(content), None);
        }
    }
}
