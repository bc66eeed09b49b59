//! Settings that have a form: addresses, topics and secrets.

use std::fmt;

use reqwest::Url;
use serde::{Deserialize, Serialize};

/// The longest address, in bytes.
const MOST_ADDRESS: usize = 2048;

/// An `http` or `https` address. Its text may be a secret, so it is not shown in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Address(Url);

impl Address {
    /// Where ntfy's own server is.
    #[expect(clippy::expect_used, reason = "a constant, and a test parses it")]
    pub(crate) fn public_ntfy() -> Self {
        Self(Url::parse("https://ntfy.sh/").expect("it is an address"))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > MOST_ADDRESS {
            return Err("it is longer than 2048 characters");
        }
        let url = Url::parse(text.trim()).map_err(|_| "it is not an address such as https://example.org")?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("it must begin with https:// or http://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it must not hold a user name or a password");
        }
        if url.fragment().is_some() {
            return Err("it must not hold a fragment (#)");
        }
        Ok(Self(url))
    }

    /// An address of a site as a whole: without path and query.
    pub(crate) fn parse_origin(text: &str) -> Result<Self, &'static str> {
        let address = Self::parse(text)?;
        if !address.is_origin() {
            return Err("it must end with the host or port: ocweb lives at the root of its address");
        }
        Ok(address)
    }

    /// Whether it is that of a site as a whole: without path and query.
    pub(crate) fn is_origin(&self) -> bool {
        self.0.path() == "/" && self.0.query().is_none()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Its text, without the slash that a bare host gets.
    pub(crate) fn text(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The address of a path of ocweb's, which begins with a slash.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.text())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Address({}://…)", self.0.scheme())
    }
}

impl TryFrom<String> for Address {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0.into()
    }
}

/// A topic's name, as ntfy allows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Topic(String);

impl Topic {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(is_allowed);
        if fits { Ok(Self(text.to_owned())) } else { Err("use 1 to 64 letters, digits, - and _") }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Topic {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        topic.0
    }
}

/// A token or key that a channel needs. Serialised only into the private file of the settings.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let fits = (1..=512).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err("use 1 to 512 visible ASCII characters, no spaces") }
    }

    /// The secret itself, for the one request that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl TryFrom<String> for Secret {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        secret.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_without_credentials() {
        assert_eq!(Address::public_ntfy().text(), "https://ntfy.sh");
        let address = Address::parse("http://127.0.0.1:8080/push?a=b").unwrap();
        assert_eq!(address.text(), "http://127.0.0.1:8080/push?a=b");
        assert_eq!(
            Address::parse_origin("https://a.example").unwrap().join("/chat/x"),
            "https://a.example/chat/x"
        );
        let long = format!("https://a.example/{}", "a".repeat(MOST_ADDRESS));
        for text in [
            "",
            "a.example",
            "ftp://a.example",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://",
            "https://u:p@a.example",
            "https://u@a.example",
            "https://a.example/#b",
            &long,
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
        for text in ["https://a.example/b", "https://a.example/?b"] {
            assert!(Address::parse_origin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn topics_are_ntfys() {
        assert!(Topic::parse("My-topic_1").is_ok());
        for text in ["", "a b", "a/b", "é", &"a".repeat(65)] {
            assert!(Topic::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::parse("tk_s3cret").unwrap();
        let address = Address::parse("https://discord.com/api/webhooks/1/s3cret").unwrap();
        assert!(!format!("{secret:?} {address:?}").contains("s3cret"));
        for text in ["", "a b", "a\n", "é", &"a".repeat(513)] {
            assert!(Secret::parse(text).is_err(), "{text:?}");
        }
    }
}
