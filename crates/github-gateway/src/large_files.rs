//! What git-lfs asks before it loads or stores large files: the list of them, which GitHub answers with an address for
//! each. The files themselves do not come through here.
//!
//! Format: git-lfs, "Batch API" and "Locking API".

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use ocweb_git_access::RepositoryName;
use serde_json::{Map, Value};

use crate::{door::Passage, refusal::Closed, upstream::Upstream};

/// The largest list; git-lfs asks for a hundred files at a time.
const LONGEST: usize = 1024 * 1024;

/// A list as it goes on: what was judged, and not what else it may be read as. Storing is a part of pushing.
pub(crate) async fn judge(
    body: Body,
    repository: &RepositoryName,
    passage: &Passage,
) -> Result<Bytes, Closed> {
    let body = to_bytes(body, LONGEST).await.map_err(|_| too_long())?;
    let nonsense =
        || Closed(StatusCode::UNPROCESSABLE_ENTITY, "ocweb: this is not what git-lfs asks.".into());
    let batch: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| nonsense())?;
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

/// The headers of such a question as it goes on: its answer is read here, so it is not to be compressed.
pub(crate) fn plain(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
        headers.remove(name);
    }
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}

/// An answer, unless it tells the token: some servers say again what they were shown.
pub(crate) async fn without_token(answer: Response, upstream: &Upstream) -> Result<Response, Closed> {
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, LONGEST).await.map_err(|_| too_long())?;
    // A text can be written in many ways within JSON.
    let read: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is_compressed = parts.headers.contains_key(header::CONTENT_ENCODING);
    if is_compressed || upstream.is_told_in(&body) || upstream.is_told_in(texts(&read).as_bytes()) {
        let sentence =
            "ocweb: GitHub's answer about large files holds the token or cannot be read, so it is kept back.";
        return Err(Closed(StatusCode::BAD_GATEWAY, sentence.into()));
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// All texts of a document, names included, a line each.
fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(values) => values.iter().map(texts).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| [name, "\n", &texts(value)].concat()).collect()
        }
        _ => String::new(),
    }
}

fn too_long() -> Closed {
    Closed(StatusCode::PAYLOAD_TOO_LARGE, "ocweb: too many large files at once.".into())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[tokio::test]
    async fn what_goes_on_is_what_was_judged() {
        let repository = "o/n".parse().unwrap();
        let ask = async |body: &'static str, passage| judge(body.into(), &repository, passage).await;
        let chat = &Passage::Chat { branch: "ocweb/x".parse().unwrap(), clone: PathBuf::new() };
        let upload = r#"{"operation":"upload","objects":[]}"#;
        assert!(ask(upload, chat).await.is_ok());
        assert!(ask(upload, &Passage::Reading).await.is_err());
        assert!(ask(r#"{"operation":"download"}"#, &Passage::Reading).await.is_ok());
        let twice = ask(r#"{"operation":"upload","operation":"download"}"#, &Passage::Reading).await.unwrap();
        assert_eq!(&twice[..], br#"{"operation":"download"}"#);
        for body in [r#"{"operation":"download","Operation":"upload"}"#, "{}", "[]", r#"{"operation":"x"}"#] {
            assert!(ask(body, chat).await.is_err(), "{body}");
        }
    }

    #[test]
    fn a_text_is_read_however_it_is_written() {
        let told: Value = serde_json::from_str(r#"{"objects":[{"t":"to\u006ben"}],"a\/b":1}"#).unwrap();
        let texts = texts(&told);
        assert!(texts.contains("token") && texts.contains("a/b"), "{texts}");
    }
}
