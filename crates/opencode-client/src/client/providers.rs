//! opencode's catalogue of providers: 6.4 MB, of which little is needed, and what takes up changes of them.

use std::{collections::BTreeSet, fmt, path::Path};

use reqwest::Method;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{Client, in_directory, unexpected};
use crate::Error;

/// The catalogue is a fourth of this.
const LARGEST_CATALOGUE: usize = 32 << 20;

/// The providers that opencode knows.
#[derive(Debug, Deserialize)]
pub struct Catalogue {
    /// All of them.
    pub all: Vec<CatalogueEntry>,
    /// The ids of those that can be used.
    pub connected: BTreeSet<String>,
}

/// What is needed of a provider.
#[derive(Debug, Deserialize)]
pub struct CatalogueEntry {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where its connection comes from: `env`, `api`, `config` or `custom`.
    pub source: String,
    /// The variables that would connect it.
    #[serde(default)]
    pub env: Vec<String>,
    /// How many models it has.
    #[serde(rename = "models", deserialize_with = "count")]
    pub model_count: usize,
}

#[derive(Deserialize)]
struct Paths {
    directory: String,
}

impl Client {
    /// All providers. opencode's answer is in memory for as long as it takes to read it.
    pub async fn catalogue(&self) -> Result<Catalogue, Error> {
        let call = "GET /provider";
        let mut response = self.send(call, self.request(Method::GET, &["provider"])).await?;
        let mut json = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            json.extend_from_slice(&chunk);
            if json.len() > LARGEST_CATALOGUE {
                return Err(unexpected(call, response.status(), "more than 32 MB"));
            }
        }
        // What opencode answered has keys in it, which belong into no log.
        serde_json::from_slice(&json).map_err(|error| unexpected(call, response.status(), &error.to_string()))
    }

    /// The directory that opencode was started in, which holds where a request names none.
    pub async fn own_directory(&self) -> Result<String, Error> {
        Ok(self.read::<Paths>("GET /path", self.request(Method::GET, &["path"])).await?.directory)
    }

    /// Whether a terminal is open in a directory.
    pub async fn has_terminals(&self, directory: &Path) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Terminal {
            status: String,
        }
        let request = in_directory(self.request(Method::GET, &["pty"]), directory);
        let terminals: Vec<Terminal> = self.read("GET /pty", request).await?;
        Ok(terminals.iter().any(|terminal| terminal.status == "running"))
    }
}

/// How many members an object has, none of which is kept.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    struct Counter;
    impl<'de> Visitor<'de> for Counter {
        type Value = usize;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
            let mut count = 0;
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                count += 1;
            }
            Ok(count)
        }
    }
    deserializer.deserialize_map(Counter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_needed_is_kept() {
        let json = r#"{"all":[{"id":"a","name":"A","source":"env","env":["A_KEY"],"key":"secret","options":{},
            "models":{"x":{"id":"x","cost":{"input":1}},"y":{}}}],"connected":["a"],"default":{"a":"x"}}"#;
        let catalogue: Catalogue = serde_json::from_str(json).unwrap();
        assert_eq!((catalogue.all[0].model_count, catalogue.connected.contains("a")), (2, true));
        assert!(!format!("{catalogue:?}").contains("secret"));
    }
}
