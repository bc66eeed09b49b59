//! Model providers: whose a key is, by its form, and asking them whether they know it. Each question costs nothing.

use reqwest::StatusCode;

use super::{
    finding::Finding,
    web::{self, Answer},
};

/// A provider whose keys can be checked.
#[derive(Debug)]
pub struct Provider {
    /// Its name.
    pub name: &'static str,
    /// The variable that opencode knows its key by.
    pub variable: &'static str,
    /// What its keys begin with. Empty: like those of others.
    prefix: &'static str,
    /// The variable that names another address than `base`, as the providers' own tools know it.
    base_variable: &'static str,
    base: &'static str,
    path: &'static str,
    key: KeyHeader,
}

/// How a provider is told a key.
#[derive(Debug, Clone, Copy)]
enum KeyHeader {
    Bearer,
    Own(&'static str),
}

/// In an order in which the first fitting prefix is the right one.
pub const PROVIDERS: [Provider; 8] = [
    Provider {
        name: "OpenRouter",
        variable: "OPENROUTER_API_KEY",
        prefix: "sk-or-",
        base_variable: "OPENROUTER_BASE_URL",
        base: "https://openrouter.ai/api/v1",
        path: "/key",
        key: KeyHeader::Bearer,
    },
    Provider {
        name: "Anthropic",
        variable: "ANTHROPIC_API_KEY",
        prefix: "sk-ant-",
        base_variable: "ANTHROPIC_BASE_URL",
        base: "https://api.anthropic.com",
        path: "/v1/models?limit=1",
        key: KeyHeader::Own("x-api-key"),
    },
    Provider {
        name: "OpenAI",
        variable: "OPENAI_API_KEY",
        prefix: "sk-",
        base_variable: "OPENAI_BASE_URL",
        base: "https://api.openai.com/v1",
        path: "/models",
        key: KeyHeader::Bearer,
    },
    Provider {
        name: "Google",
        variable: "GOOGLE_GENERATIVE_AI_API_KEY",
        prefix: "AIza",
        base_variable: "GOOGLE_GEMINI_BASE_URL",
        base: "https://generativelanguage.googleapis.com",
        path: "/v1beta/models?pageSize=1",
        key: KeyHeader::Own("x-goog-api-key"),
    },
    Provider {
        name: "Groq",
        variable: "GROQ_API_KEY",
        prefix: "gsk_",
        base_variable: "GROQ_BASE_URL",
        base: "https://api.groq.com",
        path: "/openai/v1/models",
        key: KeyHeader::Bearer,
    },
    Provider {
        name: "xAI",
        variable: "XAI_API_KEY",
        prefix: "xai-",
        base_variable: "XAI_BASE_URL",
        base: "https://api.x.ai/v1",
        path: "/models",
        key: KeyHeader::Bearer,
    },
    Provider {
        name: "Mistral",
        variable: "MISTRAL_API_KEY",
        prefix: "",
        base_variable: "MISTRAL_BASE_URL",
        base: "https://api.mistral.ai/v1",
        path: "/models",
        key: KeyHeader::Bearer,
    },
    Provider {
        name: "DeepSeek",
        variable: "DEEPSEEK_API_KEY",
        prefix: "",
        base_variable: "DEEPSEEK_BASE_URL",
        base: "https://api.deepseek.com",
        path: "/models",
        key: KeyHeader::Bearer,
    },
];

/// Whose a key seems to be.
pub fn guess(key: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| !provider.prefix.is_empty() && key.starts_with(provider.prefix))
}

/// The provider whose key is in this variable.
pub fn by_variable(variable: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.variable == variable)
}

/// The variable that is meant: by its name, or by the name of a provider.
pub fn variable_meant(text: &str) -> Option<String> {
    if let Some(provider) = PROVIDERS.iter().find(|provider| provider.name.eq_ignore_ascii_case(text)) {
        return Some(provider.variable.into());
    }
    let name = text.to_ascii_uppercase();
    let is_name = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    (is_name && name.ends_with("_API_KEY")).then_some(name)
}

/// Asks the provider of `variable` whether it knows the key. `other_base` is what the variable of that name says.
pub fn check<'a>(variable: &str, key: &str, other_base: impl Fn(&str) -> Option<&'a str>) -> Finding {
    let Some(provider) = by_variable(variable) else {
        return Finding::Unknown(format!(
            "The key of {variable} is kept; whether it works shows with the first task."
        ));
    };
    let name = provider.name;
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Finding::Refused(format!(
            "That is no key of {name}: it has a space or a foreign letter in it."
        ));
    }
    let base = other_base(provider.base_variable).unwrap_or(provider.base).trim_end_matches('/');
    let address = format!("{base}{}", provider.path);
    let asked = match provider.key {
        KeyHeader::Bearer => web::get(&address, "authorization", &format!("Bearer {key}")),
        KeyHeader::Own(header) => web::get(&address, header, key),
    };
    match asked {
        Ok(answer) => judged(name, &answer),
        Err(reason) => {
            Finding::Unknown(format!("{name} cannot be reached now ({reason}), so the key is not checked."))
        }
    }
}

fn judged(name: &str, answer: &Answer) -> Finding {
    match answer.status {
        StatusCode::OK => Finding::Works(format!("{name} knows it.{}", credit(answer))),
        status if status == StatusCode::UNAUTHORIZED || is_unknown_to_google(answer) => Finding::Refused(
            format!("{name} does not take this key: it was revoked, or was not copied as a whole."),
        ),
        // One that may do its work, and not ask this question, is answered 403.
        status => Finding::Unknown(format!("{name} answered {status}, so the key is not checked.")),
    }
}

/// Google says 400 to a key that it does not know, and the reason in the body.
fn is_unknown_to_google(answer: &Answer) -> bool {
    answer.status == StatusCode::BAD_REQUEST
        && answer.body["error"]["details"]
            .as_array()
            .is_some_and(|details| details.iter().any(|detail| detail["reason"] == "API_KEY_INVALID"))
}

/// What is left to be spent, where the provider tells.
fn credit(answer: &Answer) -> String {
    match answer.body["data"]["limit_remaining"].as_f64() {
        Some(left) if left <= 0.0 => " But its limit is used up.".into(),
        Some(left) => format!(" ${left:.2} are left of its limit."),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_tells_whose_it_is_by_its_form() {
        let guessed = |key| guess(key).map(|provider| provider.variable);
        assert_eq!(guessed("sk-or-v1-1"), Some("OPENROUTER_API_KEY"));
        assert_eq!(guessed("sk-ant-api03-1"), Some("ANTHROPIC_API_KEY"));
        assert_eq!(guessed("sk-proj-1"), Some("OPENAI_API_KEY"));
        assert_eq!(guessed("AIzaSy"), Some("GOOGLE_GENERATIVE_AI_API_KEY"));
        assert_eq!(guessed("0123456789"), None);
        assert_eq!(variable_meant("deepseek").as_deref(), Some("DEEPSEEK_API_KEY"));
        assert_eq!(variable_meant("cerebras_api_key").as_deref(), Some("CEREBRAS_API_KEY"));
        assert_eq!((variable_meant("yes"), variable_meant("A B_API_KEY")), (None, None));
    }

    #[test]
    fn what_a_provider_says_is_told_in_words() {
        let answer = |status, body| Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: reqwest::header::HeaderMap::new(),
            body,
        };
        let text = |left| {
            judged("X", &answer(200, json!({ "data": { "limit_remaining": left } }))).text().to_owned()
        };
        assert_eq!(text(json!(4.5)), "X knows it. $4.50 are left of its limit.");
        assert_eq!(text(json!(0)), "X knows it. But its limit is used up.");
        assert_eq!(text(json!(null)), "X knows it.");
        assert!(judged("X", &answer(401, json!(null))).is_refusal());
        let unknown = json!({ "error": { "details": [{ "reason": "API_KEY_INVALID" }] } });
        assert!(judged("X", &answer(400, unknown)).is_refusal());
        for status in [400, 403, 500] {
            assert!(!judged("X", &answer(status, json!(null))).is_refusal(), "{status}");
        }
    }
}
