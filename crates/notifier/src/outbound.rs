//! Sends a request to a receiver, and says what its answer means.
//!
//! The client is made when there is somebody to send to: reading the system's certificates takes time that a
//! notification has not, and memory that an installation without channels need not spend. It follows no redirects, waits for nobody long, reads
//! little of an answer, and keeps no connections, so that a request never meets one that the receiver
//! has just closed.

use std::{sync::OnceLock, time::Duration};

use ocweb_service::Proxies;
use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::{
    channel::{Channel, Outgoing},
    delivery::Answer,
    text::{clip_bytes, one_line},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(20);

/// How much of an answer is read, in bytes.
const MOST_ANSWER: usize = 16 * 1024;

/// The way out.
pub(crate) struct Outbound {
    proxies: Proxies,
    client: OnceLock<reqwest::Client>,
}

impl Outbound {
    pub(crate) fn new(proxies: Proxies) -> Self {
        Self { proxies, client: OnceLock::new() }
    }

    /// Makes the client, if it is not made yet. Blocks while it reads the certificates.
    pub(crate) fn prepare(&self) -> Result<(), String> {
        self.client().map(|_| ()).map_err(chain)
    }

    /// Sends a request once.
    pub(crate) async fn send(&self, channel: Channel, outgoing: Outgoing) -> Answer {
        let client = match self.client() {
            Ok(client) => client,
            Err(error) => {
                return Answer::Refused {
                    detail: format!("No HTTP client could be made: {}.", chain(error)),
                };
            }
        };
        let request = client.post(outgoing.url).headers(outgoing.headers).body(outgoing.body);
        match request.send().await {
            Ok(mut response) => {
                let (status, headers) = (response.status(), response.headers().clone());
                let mut body = Vec::new();
                // What is left of it does not change what the status says.
                while let Ok(Some(chunk)) = response.chunk().await {
                    body.extend_from_slice(&chunk);
                    if body.len() > MOST_ANSWER {
                        break;
                    }
                }
                understand(channel, status, &headers, &body, OffsetDateTime::now_utc())
            }
            Err(error) if error.is_connect() || error.is_builder() => {
                let detail =
                    format!("{} could not be reached: {}.", capitalised(channel.label()), chain(error));
                Answer::NotNow { detail, retry_after: None }
            }
            Err(error) => {
                let detail = format!("{} did not answer: {}.", capitalised(channel.label()), chain(error));
                Answer::Silence { detail }
            }
        }
    }

    fn client(&self) -> reqwest::Result<&reqwest::Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let builder = self
            .proxies
            .client_builder()
            .user_agent(concat!("ocweb/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT);
        let client = builder.build()?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// What a receiver's answer means.
fn understand(
    channel: Channel,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: OffsetDateTime,
) -> Answer {
    if status.is_success() {
        return Answer::Taken;
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = match channel {
        Channel::Ntfy => body.get("error"),
        Channel::Discord => body.get("message"),
        // What these say may be anything, also what we sent.
        Channel::Webhook | Channel::WebPush => None,
    };
    let said = said.and_then(Value::as_str).map(|said| format!(" ({})", clip_bytes(&one_line(said), 200)));
    let detail =
        format!("{} answered {}{}.", capitalised(channel.label()), status.as_u16(), said.unwrap_or_default());
    let is_subscription = channel == Channel::WebPush;
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE if is_subscription => Answer::Gone {
            detail: format!("{detail} The device is not subscribed any more, and was removed."),
        },
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Answer::NotNow { detail, retry_after: retry_after(headers, &body, now) }
        }
        status if status.is_server_error() => {
            Answer::NotNow { detail, retry_after: retry_after(headers, &body, now) }
        }
        _ => Answer::Refused { detail },
    }
}

/// How long a receiver wants to be left alone: `Retry-After` in seconds or as a date, or what Discord says
/// more exactly in the body. The longer one, if there are two.
fn retry_after(headers: &HeaderMap, body: &Value, now: OffsetDateTime) -> Option<Duration> {
    let header = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| {
        if let Ok(seconds) = text.trim().parse::<f64>() {
            return Duration::try_from_secs_f64(seconds).ok();
        }
        // HTTP's dates end in GMT, which RFC 2822 knows as an obsolete zone.
        let at = OffsetDateTime::parse(text, &Rfc2822).ok()?;
        Some(Duration::try_from(at - now).unwrap_or_default())
    });
    let said = body.get("retry_after").and_then(Value::as_f64);
    let said = said.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    header.max(said)
}

/// An error with its causes, and without the address, which can be a secret.
pub(crate) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    // "ntfy" is written small, also at the beginning.
    match characters.next() {
        Some(first) if text != Channel::Ntfy.label() => first.to_uppercase().chain(characters).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serde_json::json;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn answer(channel: Channel, status: u16, header: Option<&str>, body: &Value) -> Answer {
        let value = header.map(|text| (RETRY_AFTER, HeaderValue::from_str(text).unwrap()));
        let headers = HeaderMap::from_iter(value);
        let status = StatusCode::from_u16(status).unwrap();
        understand(channel, status, &headers, body.to_string().as_bytes(), NOW)
    }

    fn wait(header: Option<&str>, body: &Value) -> Option<Duration> {
        match answer(Channel::Discord, 429, header, body) {
            Answer::NotNow { retry_after, .. } => retry_after,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_or_in_the_body() {
        let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
        assert_eq!(wait(Some("3"), &json!(null)), seconds(3.0));
        assert_eq!(wait(Some("1"), &json!({ "retry_after": 1.25 })), seconds(1.25));
        assert_eq!(wait(Some("Thu, 01 Jan 1970 00:01:30 GMT"), &json!(null)), seconds(90.0));
        assert_eq!(wait(Some("Wed, 31 Dec 1969 00:01:30 GMT"), &json!(null)), seconds(0.0));
        for nonsense in ["soon", "-1", "1e99", ""] {
            assert_eq!(wait(Some(nonsense), &json!({ "retry_after": "x" })), None, "{nonsense}");
        }
    }

    #[test]
    fn every_status_has_its_meaning() {
        let no = json!({ "error": "forbidden", "message": "Missing\nAccess" });
        assert_eq!(answer(Channel::Ntfy, 200, None, &no), Answer::Taken);
        assert_eq!(answer(Channel::Discord, 204, None, &no), Answer::Taken);
        assert_eq!(answer(Channel::WebPush, 201, None, &no), Answer::Taken);
        let refused = |detail: &str| Answer::Refused { detail: detail.into() };
        assert_eq!(answer(Channel::Ntfy, 403, None, &no), refused("ntfy answered 403 (forbidden)."));
        assert_eq!(
            answer(Channel::Discord, 401, None, &no),
            refused("Discord answered 401 (Missing Access).")
        );
        assert_eq!(answer(Channel::Webhook, 302, None, &no), refused("The webhook answered 302."));
        assert_eq!(answer(Channel::Webhook, 410, None, &no), refused("The webhook answered 410."));
        for status in [404, 410] {
            assert!(matches!(answer(Channel::WebPush, status, None, &no), Answer::Gone { .. }));
        }
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert!(matches!(answer(Channel::WebPush, status, None, &no), Answer::NotNow { .. }), "{status}");
        }
    }
}
