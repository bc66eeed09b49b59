//! The proxies that the person set, for what goes out into the world.

use reqwest::{NoProxy, Proxy};

use crate::{ConfigError, Environment, client_builder};

/// `HTTPS_PROXY` and the like. A client that is not made through these uses none.
#[derive(Clone, Default)]
pub struct Proxies(Vec<Proxy>);

impl Proxies {
    /// Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        type Parse = fn(&str) -> reqwest::Result<Proxy>;
        let get = |upper: &'static str, lower: &'static str| {
            environment.get(lower).or_else(|| environment.get(upper)).map(|text| (upper, text))
        };
        let except = get("NO_PROXY", "no_proxy").and_then(|(_, text)| NoProxy::from_string(text));
        // The first that fits is used.
        let kinds: [(_, Parse); 3] = [
            (get("HTTP_PROXY", "http_proxy"), |text| Proxy::http(text)),
            (get("HTTPS_PROXY", "https_proxy"), |text| Proxy::https(text)),
            (get("ALL_PROXY", "all_proxy"), |text| Proxy::all(text)),
        ];
        let mut proxies = Vec::new();
        for (setting, parse) in kinds {
            if let Some((name, text)) = setting {
                let proxy = parse(text).map_err(|_| ConfigError::Invalid {
                    name,
                    reason: "it is not an address such as http://proxy.example:3128".into(),
                })?;
                proxies.push(proxy.no_proxy(except.clone()));
            }
        }
        Ok(Self(proxies))
    }

    /// A builder of clients that go through them.
    pub fn client_builder(&self) -> reqwest::ClientBuilder {
        self.0.iter().cloned().fold(client_builder(), reqwest::ClientBuilder::proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_and_a_wrong_one_is_named() {
        let read = |pairs: &[(&str, &str)]| {
            Proxies::from_environment(&pairs.iter().map(|&(name, value)| (name, value)).collect())
        };
        assert!(read(&[]).unwrap().0.is_empty());
        let set =
            [("HTTPS_PROXY", "http://10.0.0.1:3128"), ("NO_PROXY", "localhost"), ("all_proxy", "http://p")];
        assert_eq!(read(&set).unwrap().0.len(), 2);
        let error = read(&[("HTTPS_PROXY", "http://:s3cret:")]).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("HTTPS_PROXY cannot be used") && !error.contains("s3cret"), "{error}");
    }
}
