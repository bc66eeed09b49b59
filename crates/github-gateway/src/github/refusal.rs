//! Why GitHub's API refused, read from status, headers and body. Pure.

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, RETRY_AFTER},
};
use serde_json::Value;

use crate::failure::{Cause, Lacking};

const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const SCOPES: HeaderName = HeaderName::from_static("x-oauth-scopes");
const ACCEPTED_SCOPES: HeaderName = HeaderName::from_static("x-accepted-oauth-scopes");
const ACCEPTED_PERMISSIONS: HeaderName = HeaderName::from_static("x-accepted-github-permissions");
const SINGLE_SIGN_ON: HeaderName = HeaderName::from_static("x-github-sso");
/// How long GitHub asks to wait where it does not say for how long, in seconds.
const WAIT: u64 = 60;
/// The longest sentence of GitHub's that is passed on.
const LONGEST: usize = 300;

/// What a refusal means.
pub(crate) fn cause(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Cause {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = sentence(&body["message"]);
    match status {
        StatusCode::UNAUTHORIZED => Cause::Unauthorized,
        StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
            let says_limit = said.as_deref().is_some_and(|said| said.to_lowercase().contains("rate limit"));
            match retry_after(headers) {
                Some(seconds) => Cause::RateLimited { retry_after: seconds },
                None if says_limit || status == StatusCode::TOO_MANY_REQUESTS => {
                    Cause::RateLimited { retry_after: WAIT }
                }
                None => Cause::Forbidden { said, lacking: lacking(headers) },
            }
        }
        // The permissions that an address needs are named with every answer: here they need not be the reason.
        StatusCode::NOT_FOUND => Cause::NotFound {
            lacking: lacking(headers).filter(|lacking| !matches!(lacking, Lacking::Permissions(_))),
        },
        StatusCode::GONE => Cause::Gone { said },
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT | StatusCode::METHOD_NOT_ALLOWED => {
            let mut reasons: Vec<String> =
                body["errors"].as_array().into_iter().flatten().filter_map(reason).collect();
            if reasons.is_empty() {
                reasons.extend(said);
            }
            Cause::Invalid { reasons }
        }
        status if status.is_server_error() => Cause::ServerError,
        status => Cause::Other(status),
    }
}

/// What the errors mean that the GraphQL API puts into an answer with status 200.
pub(crate) fn cause_among_data(answer: &Value) -> Option<Cause> {
    let errors = answer["errors"].as_array().filter(|errors| !errors.is_empty())?;
    let is = |kind: &str| errors.iter().any(|error| error["type"] == kind);
    let reasons: Vec<String> = errors.iter().filter_map(|error| sentence(&error["message"])).collect();
    Some(if is("RATE_LIMITED") || is("RATE_LIMIT") {
        Cause::RateLimited { retry_after: WAIT }
    } else if is("FORBIDDEN") || is("INSUFFICIENT_SCOPES") {
        Cause::Forbidden { said: reasons.into_iter().next(), lacking: None }
    } else {
        Cause::Invalid { reasons }
    })
}

/// Seconds to wait: `Retry-After`, else until the rate limit is reset.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    number(&RETRY_AFTER).or_else(|| {
        let now = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).ok()?;
        (number(&REMAINING)? == 0).then(|| number(&RESET).map_or(WAIT, |at| at.saturating_sub(now)))
    })
}

/// What the token lacks, as far as GitHub names it.
fn lacking(headers: &HeaderMap) -> Option<Lacking> {
    let text = |name: &HeaderName| {
        let text = headers.get(name)?.to_str().ok()?.trim();
        Some(text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect::<String>())
    };
    if let Some(sign_on) = text(&SINGLE_SIGN_ON).filter(|text| text.starts_with("required")) {
        let address = sign_on.split_once("url=").map(|(_, url)| url.trim().to_owned());
        return Some(Lacking::SingleSignOn { address });
    }
    if let Some(permissions) = text(&ACCEPTED_PERMISSIONS).filter(|text| !text.is_empty()) {
        return Some(Lacking::Permissions(permissions));
    }
    let accepted = text(&ACCEPTED_SCOPES).filter(|text| !text.is_empty())?;
    let has = text(&SCOPES).unwrap_or_default();
    let list = |scopes: &str| scopes.split(',').map(|scope| scope.trim().to_owned()).collect::<Vec<_>>();
    let has_one = list(&accepted).iter().any(|scope| list(&has).contains(scope));
    (!has_one).then_some(Lacking::Scopes { has, accepted })
}

/// One entry of GitHub's list of errors, in its words where it has some.
fn reason(error: &Value) -> Option<String> {
    if let Some(said) = sentence(error).or_else(|| sentence(&error["message"])) {
        return Some(said);
    }
    let field = sentence(&error["field"])?;
    Some(match (field.as_str(), error["code"].as_str().unwrap_or_default()) {
        ("head", "invalid") => "the branch is not at GitHub: push it first".into(),
        ("base", "invalid") => "the branch to merge into is not at GitHub".into(),
        (_, "missing" | "missing_field") => format!("the {field} is missing"),
        (_, "already_exists") => format!("the {field} exists already"),
        _ => format!("the {field} is not valid"),
    })
}

/// A text of GitHub's on one line, without an end.
fn sentence(text: &Value) -> Option<String> {
    let text: String =
        text.as_str()?.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let text: String = text.trim().trim_end_matches('.').chars().take(LONGEST).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, headers: &[(&'static str, &str)], body: &Value) -> Cause {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        cause(StatusCode::from_u16(status).unwrap(), &headers, body.to_string().as_bytes())
    }

    #[test]
    fn how_long_to_wait_is_taken_from_either_header() {
        let limited = |seconds| Cause::RateLimited { retry_after: seconds };
        let nothing = json!({});
        assert_eq!(read(429, &[("retry-after", "7")], &nothing), limited(7));
        assert_eq!(read(403, &[("retry-after", "7")], &nothing), limited(7));
        assert_eq!(read(429, &[], &nothing), limited(60));
        let secondary = json!({"message": "You have exceeded a secondary rate limit. Please wait"});
        assert_eq!(read(403, &[], &secondary), limited(60));
        let soon = (time::OffsetDateTime::now_utc().unix_timestamp() + 100).to_string();
        let reset = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &soon)];
        let Cause::RateLimited { retry_after } = read(403, &reset, &nothing) else { panic!() };
        assert!((98..=100).contains(&retry_after));
        let enough = [("x-ratelimit-remaining", "17"), ("x-ratelimit-reset", &soon)];
        assert!(matches!(read(403, &enough, &nothing), Cause::Forbidden { .. }));
    }

    #[test]
    fn what_a_token_lacks_is_named() {
        let fine = [("x-accepted-github-permissions", "pull_requests=write")];
        let body = json!({"message": "Resource not accessible by personal access token"});
        let permissions = Some(Lacking::Permissions("pull_requests=write".into()));
        let said = Some("Resource not accessible by personal access token".into());
        assert_eq!(read(403, &fine, &body), Cause::Forbidden { said, lacking: permissions });

        let classic =
            [("x-oauth-scopes", "read:org, gist"), ("x-accepted-oauth-scopes", "repo, public_repo")];
        let scopes = Lacking::Scopes { has: "read:org, gist".into(), accepted: "repo, public_repo".into() };
        assert_eq!(read(404, &classic, &json!({})), Cause::NotFound { lacking: Some(scopes) });
        assert_eq!(
            read(404, &fine, &body),
            Cause::NotFound { lacking: None },
            "a mistyped number needs none"
        );
        let enough = [("x-oauth-scopes", "gist, repo"), ("x-accepted-oauth-scopes", "repo")];
        assert_eq!(read(404, &enough, &json!({})), Cause::NotFound { lacking: None });

        let sign_on =
            [("x-github-sso", "required; url=https://github.com/orgs/o/sso?authorization_request=A")];
        let Cause::Forbidden { lacking, .. } = read(403, &sign_on, &json!({})) else { panic!() };
        let address = Some("https://github.com/orgs/o/sso?authorization_request=A".into());
        assert_eq!(lacking, Some(Lacking::SingleSignOn { address }));
    }

    #[test]
    fn what_the_second_api_refuses_is_told_alike() {
        let errors = |kind: &str| json!({"data": {}, "errors": [{"type": kind, "message": "No. "}]});
        let read = |kind: &str| cause_among_data(&errors(kind)).unwrap();
        assert_eq!(read("FORBIDDEN"), Cause::Forbidden { said: Some("No".into()), lacking: None });
        assert_eq!(read("RATE_LIMITED"), Cause::RateLimited { retry_after: 60 });
        assert_eq!(read("UNPROCESSABLE"), Cause::Invalid { reasons: vec!["No".into()] });
        assert_eq!(cause_among_data(&json!({"data": {}, "errors": []})), None);
    }

    #[test]
    fn githubs_own_reasons_are_passed_on() {
        let body = json!({"message": "Validation Failed", "errors": [
            {"resource": "PullRequest", "code": "custom", "message": "No commits between main and x"},
            {"resource": "PullRequest", "field": "head", "code": "invalid"},
            "plain\ntext.",
        ]});
        let Cause::Invalid { reasons } = read(422, &[], &body) else { panic!() };
        let expected =
            ["No commits between main and x", "the branch is not at GitHub: push it first", "plain text"];
        assert_eq!(reasons, expected);
        let bare = json!({"message": "Reference does not exist"});
        assert_eq!(
            read(422, &[], &bare),
            Cause::Invalid { reasons: vec!["Reference does not exist".into()] }
        );
        assert_eq!(read(422, &[], &json!(["x"])), Cause::Invalid { reasons: vec![] });
    }
}
