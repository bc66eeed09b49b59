//! Holding a token against GitHub.

use reqwest::StatusCode;

use super::{
    finding::Finding,
    web::{self, Answer},
};

/// Where a token is made, for the GitHub at `url`.
pub fn token_page(url: &str) -> String {
    format!("{}/settings/personal-access-tokens/new", url.trim_end_matches('/'))
}

/// Asks the API at `api` whose the token is.
pub fn check(api: &str, token: &str) -> Finding {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !token.bytes().all(is_token) {
        return Finding::Refused("That is no token: one has letters, digits and _ only.".into());
    }
    match web::get(
        &format!("{}/user", api.trim_end_matches('/')),
        "authorization",
        &format!("Bearer {token}"),
    ) {
        Ok(answer) => judged(&answer),
        Err(reason) => {
            Finding::Unknown(format!("GitHub cannot be reached now ({reason}), so the token is not checked."))
        }
    }
}

fn judged(answer: &Answer) -> Finding {
    let said = answer.body["message"].as_str().unwrap_or("no reason given");
    match answer.status {
        StatusCode::OK => Finding::Works(described(answer)),
        StatusCode::UNAUTHORIZED => Finding::Refused(
            "GitHub does not know this token: it has expired, was revoked, or was not copied as a whole."
                .into(),
        ),
        status
            if status == StatusCode::TOO_MANY_REQUESTS
                || answer.header("x-ratelimit-remaining") == Some("0") =>
        {
            Finding::Unknown(
                "GitHub was asked too much and does not answer now; the token is not checked.".into(),
            )
        }
        StatusCode::FORBIDDEN => Finding::Refused(format!("GitHub refuses this token: {said}")),
        status => {
            Finding::Unknown(format!("GitHub answered {status} ({said}), so the token is not checked."))
        }
    }
}

/// Whose it is, until when it lasts, and what it may not, as far as GitHub tells.
fn described(answer: &Answer) -> String {
    let login = answer.body["login"].as_str().unwrap_or("somebody");
    // "2026-12-31 10:00:00 UTC": the day is enough.
    let end = answer.header("github-authentication-token-expiration").and_then(|end| end.split(' ').next());
    let mut text = match end {
        Some(day) => format!("GitHub knows it: {login}, until {day}."),
        None => format!("GitHub knows it: {login}."),
    };
    // GitHub tells the scopes of classic tokens only.
    if let Some(scopes) = answer.header("x-oauth-scopes") {
        let has = |wanted: &str| scopes.split(',').any(|scope| scope.trim() == wanted);
        if has("public_repo") && !has("repo") {
            text.push_str(" It reaches public repositories only: the scope repo is missing.");
        } else if !has("repo") {
            text.push_str(" It may not push: the scope repo is missing.");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)]) -> Answer {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let body = json!({ "login": "ada", "message": "Resource protected by organization SAML" });
        Answer { status: StatusCode::from_u16(status).unwrap(), headers, body }
    }

    #[test]
    fn what_github_says_of_a_token_is_told_in_words() {
        let fine = answer(200, &[("github-authentication-token-expiration", "2027-01-02 10:00:00 UTC")]);
        assert_eq!(judged(&fine), Finding::Works("GitHub knows it: ada, until 2027-01-02.".into()));
        let text = |scopes| judged(&answer(200, &[("x-oauth-scopes", scopes)])).text().to_owned();
        assert_eq!(text("repo, workflow"), "GitHub knows it: ada.");
        assert!(text("gist, public_repo").ends_with("public repositories only: the scope repo is missing."));
        assert!(text("").ends_with("may not push: the scope repo is missing."));
        assert!(judged(&answer(401, &[])).is_refusal());
        assert!(judged(&answer(403, &[])).text().ends_with("SAML"));
        assert!(!judged(&answer(403, &[("x-ratelimit-remaining", "0")])).is_refusal());
        assert!(!judged(&answer(502, &[])).is_refusal());
    }

    #[test]
    fn what_is_no_token_is_not_sent_anywhere() {
        assert!(check("http://127.0.0.1:1", "ghp_ü").is_refusal());
        assert!(!check("http://127.0.0.1:1", "ghp_1").is_refusal(), "nobody is there: kept");
    }
}
