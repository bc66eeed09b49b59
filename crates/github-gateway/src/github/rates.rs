//! How many requests GitHub still takes, as it says with each answer.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use ocweb_service::metrics::{Readings, number};
use reqwest::header::HeaderMap;

/// GitHub has a dozen resources with limits of their own; more than so many are not kept.
const MOST: usize = 16;

/// What GitHub said last, by resource.
#[derive(Default)]
pub(super) struct Rates(Mutex<BTreeMap<String, Rate>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rate {
    limit: u64,
    remaining: u64,
    reset: u64,
}

impl Rate {
    fn read(headers: &HeaderMap) -> Option<(String, Self)> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let whole = |name| text(name)?.parse().ok();
        let rate = Self {
            limit: whole("x-ratelimit-limit")?,
            remaining: whole("x-ratelimit-remaining")?,
            reset: whole("x-ratelimit-reset")?,
        };
        Some((text("x-ratelimit-resource").unwrap_or("core").to_owned(), rate))
    }
}

impl Rates {
    /// Takes in the head of an answer.
    pub(super) fn note(&self, headers: &HeaderMap) {
        let Some((resource, rate)) = Rate::read(headers) else { return };
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rates.contains_key(&resource) || rates.len() < MOST {
            rates.insert(resource, rate);
        }
    }

    pub(super) fn read_metrics(&self, readings: &mut Readings) {
        let rates = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut add = |name, help, value: fn(&Rate) -> u64| {
            let values =
                rates.iter().map(|(resource, rate)| ([("resource", resource.as_str())], number(value(rate))));
            readings.gauges(name, help, values);
        };
        add("ocweb_github_rate_limit", "Requests that GitHub takes in an hour.", |rate| rate.limit);
        add(
            "ocweb_github_rate_limit_remaining",
            "Requests that GitHub still took when it was last asked.",
            |rate| rate.remaining,
        );
        add(
            "ocweb_github_rate_limit_reset_timestamp_seconds",
            "When GitHub begins to count anew, in seconds since 1970.",
            |rate| rate.reset,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(resource: &str, remaining: &str) -> HeaderMap {
        [
            ("x-ratelimit-limit", "5000"),
            ("x-ratelimit-remaining", remaining),
            ("x-ratelimit-reset", "1795235465"),
            ("x-ratelimit-resource", resource),
        ]
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect::<HeaderMap>()
    }

    #[test]
    fn the_last_word_counts_and_nonsense_does_not() {
        let rates = Rates::default();
        rates.note(&HeaderMap::new());
        rates.note(&head("core", "4999"));
        rates.note(&head("core", "4998"));
        rates.note(&head("core", "many"));
        for number in 0..100 {
            rates.note(&head(&format!("resource-{number}"), "1"));
        }
        assert_eq!(rates.0.lock().unwrap().len(), MOST);
        let mut readings = Readings::default();
        rates.read_metrics(&mut readings);
        let told = readings.to_text().unwrap();
        assert!(told.contains(r#"ocweb_github_rate_limit_remaining{resource="core"} 4998"#), "{told}");
        assert!(
            told.contains(r#"ocweb_github_rate_limit_reset_timestamp_seconds{resource="core"} 1795235465"#),
            "{told}"
        );
    }
}
