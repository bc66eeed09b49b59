//! What can be told: five events, each occurrence under a key that is handled once.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::text::{clip_units, one_line};

/// A kind of thing that a person wants to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NotificationEvent)]
pub(crate) enum Event {
    /// The agent asks to be allowed something.
    Permission,
    /// The agent asks a question.
    Question,
    /// A run is done.
    Done,
    /// A run ended with an error, or the chat could not be made ready.
    Failed,
    /// A run was cut off.
    Interrupted,
}

impl Event {
    /// Its name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Permission => "permission",
            Self::Question => "question",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// What it says, in a few words.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Permission => "Asks for permission",
            Self::Question => "Asks a question",
            Self::Done => "Done",
            Self::Failed => "Failed",
            Self::Interrupted => "Interrupted",
        }
    }

    /// Whether the agent cannot go on without the person.
    pub(crate) fn waits_for_answer(self) -> bool {
        matches!(self, Self::Permission | Self::Question)
    }
}

/// Names one occurrence for good: what has its key on disk is never told again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(String);

impl Key {
    /// The key of a permission or question.
    pub(crate) fn of_request(event: Event, request: &str) -> Self {
        Self(format!("{}:{request}", event.name()))
    }

    /// The key of how a run ended.
    pub(crate) fn of_outcome(event: Event, chat: &str, run: &str) -> Self {
        Self(format!("{}:{chat}:{run}", event.name()))
    }

    /// Its text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// One occurrence, with all that a notification says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) key: Key,
    pub(crate) event: Event,
    pub(crate) chat_id: String,
    /// The chat's title, or the best there is in its place.
    pub(crate) title: String,
    /// `owner/name`, where it is known.
    pub(crate) repo: Option<String>,
    /// What happened, in a sentence.
    pub(crate) text: String,
    /// The request that waits for an answer; `None` for how a run ended.
    pub(crate) ask: Option<Ask>,
}

/// A request, with the answers that fit on a button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ask {
    /// The request's id.
    pub(crate) id: String,
    /// At most three; none when the answer needs the page.
    pub(crate) choices: Vec<Verdict>,
}

/// One answer to a request that a button can give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub(crate) enum Verdict {
    /// Allow it this time.
    Once,
    /// Do not allow it.
    Reject,
    /// Choose this option.
    Answer {
        /// The option's label, whole: it is what opencode is told.
        label: String,
    },
}

/// The most buttons that ntfy shows.
pub(crate) const MOST_CHOICES: usize = 3;

impl Verdict {
    /// The answers to a request that fit on buttons, from opencode's own object.
    pub(crate) fn choices(event: Event, details: &Value) -> Vec<Self> {
        match event {
            Event::Permission => vec![Self::Once, Self::Reject],
            Event::Question => options(details).unwrap_or_default(),
            Event::Done | Event::Failed | Event::Interrupted => Vec::new(),
        }
    }

    /// What the button says.
    pub(crate) fn button(&self) -> String {
        match self {
            Self::Once => "Allow once".into(),
            Self::Reject => "Reject".into(),
            Self::Answer { label } => clip_units(&one_line(label), 40),
        }
    }

    /// The body of the relay's `POST /admin/inbox/{id}/answer`.
    pub(crate) fn answer(&self) -> Value {
        match self {
            Self::Once => json!({ "reply": "once" }),
            Self::Reject => json!({ "reply": "reject" }),
            Self::Answer { label } => json!({ "answers": [[label]] }),
        }
    }
}

/// The options of one single-choice question, if that is what was asked and they are few enough.
fn options(details: &Value) -> Option<Vec<Verdict>> {
    let [question] = details.get("questions")?.as_array()?.as_slice() else { return None };
    if question.get("multiple").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let options = question.get("options")?.as_array()?;
    let labels = options.iter().map(|option| option.get("label")?.as_str().filter(|label| !label.is_empty()));
    let verdicts: Vec<_> =
        labels.map(|label| Some(Verdict::Answer { label: label?.to_owned() })).collect::<Option<_>>()?;
    (1..=MOST_CHOICES).contains(&verdicts.len()).then_some(verdicts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(details: &Value) -> Vec<String> {
        Verdict::choices(Event::Question, details).iter().map(Verdict::button).collect()
    }

    #[test]
    fn only_a_single_choice_of_at_most_three_fits_on_buttons() {
        let question = |count: usize| {
            let options: Vec<_> = (0..count).map(|n| json!({ "label": format!("Option {n}") })).collect();
            json!({ "question": "Which?", "options": options })
        };
        assert_eq!(labels(&json!({ "questions": [question(2)] })), ["Option 0", "Option 1"]);
        assert_eq!(labels(&json!({ "questions": [question(3)] })).len(), 3);
        for details in [
            json!({ "questions": [question(4)] }),
            json!({ "questions": [question(0)] }),
            json!({ "questions": [question(1), question(1)] }),
            json!({ "questions": [{ "multiple": true, "options": [{ "label": "a" }] }] }),
            json!({ "questions": [{ "options": [{ "label": 1 }] }] }),
            json!({ "questions": "?" }),
            json!({}),
        ] {
            assert_eq!(labels(&details), [""; 0], "{details}");
        }
    }

    #[test]
    fn each_verdict_is_what_the_relay_takes() {
        assert_eq!(Verdict::Once.answer(), json!({ "reply": "once" }));
        assert_eq!(Verdict::Reject.answer(), json!({ "reply": "reject" }));
        let long = "é".repeat(60);
        let verdict = Verdict::Answer { label: long.clone() };
        assert_eq!(verdict.answer(), json!({ "answers": [[long]] }), "the answer is whole");
        assert_eq!(verdict.button().chars().count(), 40, "its button is not");
    }
}
