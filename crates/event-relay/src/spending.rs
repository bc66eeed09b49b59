//! What models cost: summed up from what opencode tells of each answer that is complete.
//!
//! The sums are kept across restarts. Prometheus would forgive a sum that begins anew, but not see what the first answer
//! after that cost, nor what was spent before anybody asked.

use std::collections::VecDeque;

use ocweb_service::metrics::Readings;
use serde::{Deserialize, Serialize};

/// So many answers are remembered, each to be counted once however often it is told.
const MOST_COUNTED: usize = 256;
/// So many models have sums of their own. The names come from opencode's configuration, which may be written by an agent.
const MOST_MODELS: usize = 64;
/// What the others are called.
const OTHER: &str = "other";
/// No name of a model is longer.
const LONGEST_NAME: usize = 128;

/// What was spent on each model.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Spending {
    models: Vec<Sums>,
    /// The answers that were counted last.
    counted: VecDeque<String>,
}

/// One model's sums.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Sums {
    provider: String,
    model: String,
    complete: u64,
    failed: u64,
    cost: f64,
    tokens: Tokens,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
struct Tokens {
    input: f64,
    output: f64,
    reasoning: f64,
    cache: Cache,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cache {
    read: f64,
    write: f64,
}

impl Tokens {
    fn by_kind(&self) -> [(&'static str, f64); 5] {
        let Self { input, output, reasoning, cache } = *self;
        [
            ("input", input),
            ("output", output),
            ("reasoning", reasoning),
            ("cache_read", cache.read),
            ("cache_write", cache.write),
        ]
    }

    fn add(&mut self, more: &Self) {
        for (sum, (_, tokens)) in [
            &mut self.input,
            &mut self.output,
            &mut self.reasoning,
            &mut self.cache.read,
            &mut self.cache.write,
        ]
        .into_iter()
        .zip(more.by_kind())
        {
            *sum += growth(tokens);
        }
    }
}

/// A sum of Prometheus' never falls.
fn growth(amount: f64) -> f64 {
    if amount.is_finite() { amount.max(0.0) } else { 0.0 }
}

/// The properties of `message.updated`.
#[derive(Deserialize)]
struct Updated {
    info: Answer,
}

/// An answer of a model's; what a person says has no model of this form.
#[derive(Deserialize)]
struct Answer {
    id: String,
    #[serde(rename = "providerID")]
    provider: String,
    #[serde(rename = "modelID")]
    model: String,
    #[serde(default)]
    cost: f64,
    #[serde(default)]
    tokens: Tokens,
    time: Times,
    error: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Times {
    completed: Option<f64>,
}

impl Spending {
    /// Takes in the properties of a `message.updated`.
    pub(crate) fn note(&mut self, properties: &str) {
        let Ok(Updated { info }) = serde_json::from_str(properties) else { return };
        // Until then the sums still grow.
        if info.time.completed.is_none() || self.counted.contains(&info.id) {
            return;
        }
        let sums = self.sums_of(&info.provider, &info.model);
        match info.error {
            None => sums.complete += 1,
            Some(_) => sums.failed += 1,
        }
        sums.cost += growth(info.cost);
        sums.tokens.add(&info.tokens);
        self.counted.push_back(info.id);
        if self.counted.len() > MOST_COUNTED {
            self.counted.pop_front();
        }
    }

    fn sums_of(&mut self, provider: &str, model: &str) -> &mut Sums {
        let is_known = |sums: &Sums| sums.provider == provider && sums.model == model;
        let position = self.models.iter().position(is_known).unwrap_or_else(|| {
            let is_too_long = provider.len().max(model.len()) > LONGEST_NAME;
            if is_too_long || self.models.len() >= MOST_MODELS {
                self.position_of_other()
            } else {
                self.begin(provider, model)
            }
        });
        &mut self.models[position]
    }

    fn position_of_other(&mut self) -> usize {
        let other = self.models.iter().position(|sums| sums.provider == OTHER && sums.model == OTHER);
        other.unwrap_or_else(|| self.begin(OTHER, OTHER))
    }

    fn begin(&mut self, provider: &str, model: &str) -> usize {
        self.models.push(Sums { provider: provider.into(), model: model.into(), ..Sums::default() });
        self.models.len() - 1
    }

    /// Adds the sums.
    pub(crate) fn read_metrics(&self, readings: &mut Readings) {
        let of = |sums: &Sums| [("provider", sums.provider.clone()), ("model", sums.model.clone())];
        let with = |sums: &Sums, name, value: &str| {
            let [provider, model] = of(sums);
            [provider, model, (name, value.to_owned())]
        };
        readings.sums(
            "ocweb_model_answers_total",
            "Answers of models, and whether each was complete or failed; a run is several of them.",
            self.models.iter().flat_map(|sums| {
                [("complete", sums.complete), ("failed", sums.failed)].map(|(outcome, count)| {
                    (with(sums, "outcome", outcome), ocweb_service::metrics::number(count))
                })
            }),
        );
        readings.sums(
            "ocweb_model_cost_dollars_total",
            "What answers cost in US dollars, as opencode works it out from the provider's prices.",
            self.models.iter().map(|sums| (of(sums), sums.cost)),
        );
        readings.sums(
            "ocweb_model_tokens_total",
            "Tokens of answers, by what they were.",
            self.models.iter().flat_map(|sums| {
                sums.tokens.by_kind().map(|(kind, tokens)| (with(sums, "kind", kind), tokens))
            }),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id: &str, model: &str, rest: &str) -> String {
        format!(
            r#"{{"sessionID":"ses_1","info":{{"id":"{id}","role":"assistant","providerID":"p","modelID":"{model}",
            "cost":0.25,"tokens":{{"input":10,"output":5,"reasoning":0,"cache":{{"read":3,"write":1}}}},{rest}}}}}"#
        )
    }

    const DONE: &str = r#""time":{"created":1,"completed":2}"#;

    fn text(spending: &Spending) -> String {
        let mut readings = Readings::default();
        spending.read_metrics(&mut readings);
        readings.to_text().unwrap()
    }

    #[test]
    fn an_answer_counts_once_and_when_it_is_complete() {
        let mut spending = Spending::default();
        assert_eq!(text(&spending), "");
        spending.note(&answer("msg_1", "m", r#""time":{"created":1}"#));
        spending.note(r#"{"info":{"id":"msg_0","role":"user","time":{"created":1}}}"#);
        spending.note("nonsense");
        assert_eq!(text(&spending), "");
        spending.note(&answer("msg_1", "m", DONE));
        spending.note(&answer("msg_1", "m", DONE));
        // After a restart, too.
        let kept = serde_json::to_string(&spending).unwrap();
        let mut spending: Spending = serde_json::from_str(&kept).unwrap();
        spending.note(&answer("msg_1", "m", DONE));
        spending.note(&answer("msg_2", "m", &format!(r#"{DONE},"error":{{"name":"APIError","data":{{}}}}"#)));
        let told = text(&spending);
        for line in [
            r#"ocweb_model_answers_total{provider="p",model="m",outcome="complete"} 1"#,
            r#"ocweb_model_answers_total{provider="p",model="m",outcome="failed"} 1"#,
            r#"ocweb_model_cost_dollars_total{provider="p",model="m"} 0.5"#,
            r#"ocweb_model_tokens_total{provider="p",model="m",kind="input"} 20"#,
            r#"ocweb_model_tokens_total{provider="p",model="m",kind="cache_read"} 6"#,
        ] {
            assert!(told.contains(line), "{line} is not in\n{told}");
        }
    }

    #[test]
    fn neither_models_nor_answers_grow_without_end_and_no_sum_falls() {
        let mut spending = Spending::default();
        for number in 0..1000 {
            spending.note(&answer(&format!("msg_{number}"), &format!("m{number}"), DONE));
        }
        spending.note(&answer("msg_long", &"m".repeat(LONGEST_NAME + 1), DONE));
        assert_eq!((spending.models.len(), spending.counted.len()), (MOST_MODELS + 1, MOST_COUNTED));
        assert_eq!(spending.models.iter().map(|sums| sums.complete).sum::<u64>(), 1001);
        spending.note(&answer("msg_minus", "m0", DONE).replace("0.25", "-1").replace("10", "-10"));
        let (cost, input) = (spending.models[0].cost, spending.models[0].tokens.input);
        assert!((cost - 0.25).abs() < 1e-9 && (input - 10.0).abs() < 1e-9, "{cost} {input}");
    }
}
