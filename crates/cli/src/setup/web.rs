//! One question to a server on the internet, answered or not.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderValue},
};
use serde_json::Value;

/// A person waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// JSON, or `null` where it was none.
    pub(super) body: Value,
}

impl Answer {
    /// A header, if it is there and plain.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Asks `address`, with a secret in `header`. The error says why there was no answer, and not the secret.
pub(super) fn get(address: &str, header: &'static str, secret: &str) -> Result<Answer, String> {
    let mut secret = HeaderValue::from_str(secret).map_err(|_| "it cannot be sent".to_owned())?;
    secret.set_sensitive(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        // As the services do: a proxy of the environment is none of ours.
        let client = ocweb_service::client_builder()
            .timeout(PATIENCE)
            .user_agent(concat!("ocweb/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| cause(&error))?;
        let request = client.get(address).header(header, secret).header("accept", "application/json");
        // Asked for by Anthropic, ignored by the others.
        let request = request.header("anthropic-version", "2023-06-01");
        let response = request.send().await.map_err(|error| cause(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(|error| cause(&error))?;
        Ok(Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or_default() })
    })
}

/// The innermost reason, which is the one that a person can do something about.
fn cause(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.last().map_or_else(String::new, ToString::to_string)
}
