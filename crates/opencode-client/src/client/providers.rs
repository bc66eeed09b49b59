//! opencode's providers and models, of which it tells much more than is needed, the keys included; and what takes up
//! changes of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use reqwest::{Method, RequestBuilder};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Number;

use super::{Client, in_directory, unexpected};
use crate::{Error, whole_characters};

/// The catalogue, which is the largest, is a fourth of this.
const LARGEST: usize = 32 << 20;

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

/// A provider that can be used, with its models.
#[derive(Debug, Deserialize)]
pub struct ModelProvider {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its models by their ids.
    pub models: BTreeMap<String, Model>,
}

/// What is needed of a model.
#[derive(Debug, Deserialize)]
pub struct Model {
    /// What it is called.
    pub name: String,
    /// How many tokens it takes in.
    #[serde(default, rename = "limit", deserialize_with = "context")]
    pub context: Option<Number>,
    /// What it costs.
    pub cost: Option<ModelCost>,
    /// What it can be given.
    #[serde(default, rename = "capabilities", deserialize_with = "inputs")]
    pub inputs: BTreeSet<String>,
    /// The names of its variants, as opencode orders them.
    #[serde(default, deserialize_with = "keys")]
    pub variants: Vec<String>,
}

/// Dollars for a million tokens.
#[derive(Debug, Deserialize)]
pub struct ModelCost {
    /// Those that it reads.
    pub input: Number,
    /// Those that it writes.
    pub output: Number,
}

#[derive(Deserialize)]
struct Offered {
    providers: Vec<ModelProvider>,
}

#[derive(Deserialize)]
struct Paths {
    directory: String,
}

impl Client {
    /// All providers. opencode's answer is in memory for as long as it takes to read it.
    pub async fn catalogue(&self) -> Result<Catalogue, Error> {
        self.read_with_keys("GET /provider", self.request(Method::GET, &["provider"])).await
    }

    /// The providers that can be used in a directory, or where none is named, with their models.
    pub async fn models(&self, directory: Option<&Path>) -> Result<Vec<ModelProvider>, Error> {
        let request = self.request(Method::GET, &["config", "providers"]);
        let request = match directory {
            Some(directory) => in_directory(request, directory),
            None => request,
        };
        Ok(self.read_with_keys::<Offered>("GET /config/providers", request).await?.providers)
    }

    /// Reads an answer that has keys in it, which belong into no log: nothing of it is in an error.
    async fn read_with_keys<T: DeserializeOwned>(
        &self,
        call: &'static str,
        request: RequestBuilder,
    ) -> Result<T, Error> {
        let mut response = self.send(call, request).await?;
        let mut json = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            json.extend_from_slice(&chunk);
            if json.len() > LARGEST {
                return Err(unexpected(call, response.status(), "more than 32 MB"));
            }
        }
        serde_json::from_slice(&whole_characters(&json)).map_err(|error| {
            let place = format!("is not understood at line {}, column {}", error.line(), error.column());
            unexpected(call, response.status(), &place)
        })
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

/// How many members an object has.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    keys(deserializer).map(|keys| keys.len())
}

/// The names of an object's members, in their order; what they hold is not kept.
fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Keys;
    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<String>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut keys = Vec::new();
            while let Some((key, IgnoredAny)) = map.next_entry()? {
                keys.push(key);
            }
            Ok(keys)
        }
    }
    deserializer.deserialize_map(Keys)
}

/// How much a model's `limit` lets in.
fn context<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Number>, D::Error> {
    #[derive(Deserialize)]
    struct Limit {
        context: Option<Number>,
    }
    Ok(Limit::deserialize(deserializer)?.context)
}

/// What of a model's `capabilities` is about what it can be given.
fn inputs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<String>, D::Error> {
    #[derive(Deserialize)]
    struct Capabilities {
        #[serde(default)]
        input: BTreeMap<String, bool>,
    }
    let input = Capabilities::deserialize(deserializer)?.input;
    Ok(input.into_iter().filter(|(_, is_taken)| *is_taken).map(|(kind, _)| kind).collect())
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

    #[test]
    fn a_model_has_what_a_person_chooses_it_by() {
        let json = r#"{"providers":[{"id":"a","name":"A","key":"secret","options":{"apiKey":"secret"},"models":{
            "x/y":{"id":"x/y","name":"X","limit":{"context":200000,"output":1},"cost":{"input":0.15,"output":3,"cache":{}},
                "capabilities":{"input":{"text":true,"image":true,"pdf":false}},"variants":{"low":{"a":1},"high":{}}},
            "z":{"name":"Z"}}}],"default":{"a":"z"}}"#;
        let Offered { providers } = serde_json::from_str(json).unwrap();
        assert!(!format!("{providers:?}").contains("secret"));
        let x = &providers[0].models["x/y"];
        assert_eq!((x.name.as_str(), x.context.as_ref().unwrap().to_string().as_str()), ("X", "200000"));
        assert_eq!(
            x.cost.as_ref().map(|cost| (cost.input.to_string(), cost.output.to_string())),
            Some(("0.15".into(), "3".into()))
        );
        assert_eq!((x.inputs.contains("image"), x.inputs.contains("pdf")), (true, false));
        assert_eq!(x.variants, ["low", "high"], "in opencode's order");
        let z = &providers[0].models["z"];
        assert!(z.context.is_none() && z.cost.is_none() && z.inputs.is_empty() && z.variants.is_empty());
    }
}
