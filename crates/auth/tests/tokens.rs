//! Tokens: every route against every form of one, and what becomes of them.

use std::time::Duration;

use crate::support::{self, Service, assert_problem, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Makes a token that is good for everything; its id and its text.
async fn make(service: &Service, cookie: &str) -> (String, String) {
    let wanted = json!({"name": "the laptop", "scope": "full"});
    let made = service.make_token(cookie, &wanted).await;
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn basic(user: &str, token: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{token}")))
}

/// The status of a check with this `Authorization`, from an address of its own.
async fn check(service: &Service, authorization: &str) -> u16 {
    let request = service.get("/auth/check").header("authorization", authorization);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_token_lets_in_as_bearer_and_as_basic_until_it_is_revoked() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let (id, token) = make(&service, &cookie).await;
    for authorization in [bearer(&token), basic("opencode", &token), basic("", &token)] {
        assert_eq!(check(&service, &authorization).await, 204, "{authorization}");
    }
    let response = service.get("/auth/check").header("authorization", bearer(&token)).send().await.unwrap();
    assert_eq!(header(&response, "x-ocweb-session"), id, "what it is watched by");
    let holds = async || service.get(&format!("/internal/sessions/{id}")).send().await.unwrap().status();
    assert_eq!(holds().await, 204);

    let list = service.get("/auth/tokens").header("cookie", &cookie).send().await.unwrap();
    let text = list.text().await.unwrap();
    assert!(!text.contains(&token[6..]), "its text is told once");
    let listed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&listed["tokens"][0]["id"], &listed["tokens"][0]["name"]),
        (&json!(id), &json!("the laptop"))
    );
    assert!(listed["tokens"][0]["last_used_at"].is_string());
    assert_eq!(listed["tokens"][0]["scope"], "full");

    let revoke = || service.delete(&format!("/auth/tokens/{id}")).header("cookie", &cookie).send();
    assert_eq!(revoke().await.unwrap().status(), 204);
    assert_eq!(check(&service, &bearer(&token)).await, 401);
    assert_eq!(holds().await, 404, "its streams are cut");
    assert_problem(revoke().await.unwrap(), 404, "about:blank").await;
}

#[tokio::test]
async fn no_route_of_logins_and_tokens_takes_a_token() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let (id, token) = make(&service, &cookie).await;
    let session = service.sessions(&cookie).await[0]["id"].as_str().unwrap().to_owned();
    for authorization in [bearer(&token), basic("opencode", &token)] {
        for (method, path) in [
            (Method::GET, "/auth/sessions".to_owned()),
            (Method::DELETE, "/auth/sessions".to_owned()),
            (Method::DELETE, format!("/auth/sessions/{session}")),
            (Method::GET, "/auth/tokens".to_owned()),
            (Method::POST, "/auth/tokens".to_owned()),
            (Method::DELETE, format!("/auth/tokens/{id}")),
        ] {
            let request = service.request(method, &path).header("authorization", &authorization);
            let response = request.json(&json!({"name": "another"})).send().await.unwrap();
            assert_problem(response, 401, "login-required").await;
        }
    }
    assert_eq!(service.check(&cookie).await, 204, "and nothing was changed");
}

#[tokio::test]
async fn what_is_no_valid_token_gets_in_nowhere() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let (id, token) = make(&service, &cookie).await;
    let stranger = format!("ocweb_{}", "A".repeat(43));
    for (attempt, authorization) in [
        bearer(&stranger),
        basic("opencode", &stranger),
        bearer(&id),
        bearer(&token[..token.len() - 1]),
        bearer(&format!("{token}A")),
        bearer(&token.to_lowercase()),
        bearer(support::PASSWORD),
        basic("opencode", support::PASSWORD),
        basic(&token, ""),
        bearer(cookie.strip_prefix("ocweb=").unwrap()),
        token.clone(),
        "Basic".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let ask = |path: &str| {
            let request = service.get(path).header("authorization", &authorization);
            request.header("x-real-ip", format!("203.0.113.{attempt}")).send()
        };
        for path in ["/auth/check", "/auth/sessions", "/auth/tokens"] {
            assert_problem(ask(path).await.unwrap(), 401, "login-required").await;
        }
    }
    let response = service.get("/auth/check").header("authorization", bearer(&stranger));
    let response = response.header("accept", "text/html").send().await.unwrap();
    assert_eq!(response.status(), 401, "a program is not sent to the login page");
    assert!(!response.headers().contains_key("www-authenticate"), "and no browser asks for a password");
    for cookie in ["", "ocweb=bad"] {
        let list = service.get("/auth/tokens").header("cookie", cookie).send().await.unwrap();
        assert_problem(list, 401, "login-required").await;
    }
}

#[tokio::test]
async fn credentials_that_are_not_ours_count_as_none() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    for foreign in [
        basic("somebody", "of another part of the site"),
        basic("opencode", support::PASSWORD),
        bearer("eyJhbGciOiJIUzI1NiJ9.e30.x"),
        "Negotiate YII=".to_owned(),
        "Basic".to_owned(),
    ] {
        let ask = |path: &str| service.get(path).header("authorization", &foreign);
        let page = ask("/auth/check").header("x-forwarded-uri", "/chat/ses_1").header("accept", "text/html");
        let page = page.send().await.unwrap();
        assert_eq!(
            (page.status().as_u16(), header(&page, "location")),
            (303, "/auth/login?next=/chat/ses_1")
        );
        assert_eq!(ask("/auth/login").send().await.unwrap().status(), 200);
        // However often: nothing is being guessed.
        for _ in 0..8 {
            assert_problem(ask("/auth/check").send().await.unwrap(), 401, "login-required").await;
        }
        let owner = ask("/auth/check").header("cookie", &cookie).send().await.unwrap();
        assert_eq!(owner.status(), 204, "{foreign}");
        let list = ask("/auth/sessions").header("cookie", &cookie).send().await.unwrap();
        assert_eq!(list.status(), 200);
    }
}

#[tokio::test]
async fn another_site_gains_nothing_from_a_token_in_the_browser() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let (_, token) = make(&service, &cookie).await;
    for (name, value) in [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")] {
        let request = service.get("/auth/check").header("authorization", basic("", &token));
        let response = request.header("x-forwarded-method", "POST").header(name, value).send().await.unwrap();
        assert_problem(response, 403, "cross-site").await;
    }
    let request = service.request(Method::POST, "/auth/tokens").header("cookie", &cookie);
    let request = request.header("origin", "https://evil.test").json(&json!({"name": "x"}));
    assert_problem(request.send().await.unwrap(), 403, "cross-site").await;
    let request = service.get("/auth/check").header("authorization", bearer(&token));
    let response = request.header("x-forwarded-host", "evil.test").send().await.unwrap();
    assert_problem(response, 421, "unknown-host").await;
}

#[tokio::test]
async fn wrong_tokens_are_slowed_down_and_right_ones_and_the_login_are_not() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let (_, token) = make(&service, &cookie).await;
    let wrong = bearer(&format!("ocweb_{}", "A".repeat(43)));
    for _ in 0..5 {
        assert_eq!(check(&service, &wrong).await, 401);
    }
    let response = service.get("/auth/check").header("authorization", &wrong).send().await.unwrap();
    assert_eq!(header(&response, "retry-after"), "10");
    assert_problem(response, 429, "too-many-attempts").await;
    assert_eq!(check(&service, &bearer(&token)).await, 204);
    assert_eq!(service.login(support::PASSWORD).send().await.unwrap().status(), 303);
    service.pass(Duration::from_secs(10));
    assert_eq!(check(&service, &wrong).await, 401);
}

#[tokio::test]
async fn tokens_outlive_a_restart_and_no_change_of_the_password() {
    let mut service = Service::start().await;
    let cookie = service.cookie().await;
    let (_, token) = make(&service, &cookie).await;
    let file = service.own_folder().join("tokens.json");
    assert!(!std::fs::read_to_string(&file).unwrap().contains(&token[6..]), "only a hash is kept");
    service.restart(|_| {}).await;
    assert_eq!(check(&service, &bearer(&token)).await, 204);
    service.set("AUTH_PASSWORD", "another password of this test");
    service.restart(|_| {}).await;
    assert_eq!(check(&service, &bearer(&token)).await, 401);
    service.set("AUTH_PASSWORD", support::PASSWORD);
    service.restart(|_| {}).await;
    assert_eq!(check(&service, &bearer(&token)).await, 401, "nor one back to the former");
}

#[tokio::test]
async fn a_token_needs_a_name_and_a_scope_and_an_end_that_can_be() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    for wanted in [
        json!({"name": ""}),
        json!({"name": " "}),
        json!({"name": "a\nb"}),
        json!({"name": "a", "scope": "unknown"}),
        json!({"name": "a", "scope": "everything"}),
        json!({"name": "a", "expires": "soon"}),
        json!({"name": "a", "expires": "0d"}),
        json!({"name": "a", "expires": 90}),
    ] {
        let request = service.request(Method::POST, "/auth/tokens").header("cookie", &cookie);
        let response = request.json(&wanted).send().await.unwrap();
        assert_problem(response, 422, "about:blank").await;
    }
    assert_eq!(service.tokens(&cookie).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_token_ends_by_itself_is_shown_for_a_while_and_forgotten() {
    let mut service = Service::start().await;
    let cookie = service.cookie().await;
    let made = service.make_token(&cookie, &json!({"name": "a day", "expires": "24h"})).await;
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let session = async || check(&service, &bearer(token)).await;
    service.pass(Duration::from_hours(24) - Duration::from_secs(2));
    assert_eq!(session().await, 204);
    service.pass(Duration::from_secs(2));
    // However often: it is known, so nothing is being guessed.
    for authorization in [bearer(token), basic("opencode", token)].iter().cycle().take(8) {
        let response =
            service.get("/auth/check").header("authorization", authorization).send().await.unwrap();
        assert_problem(response, 401, "token-expired").await;
    }
    let holds = service.get(&format!("/internal/sessions/{id}")).send().await.unwrap();
    assert_eq!(holds.status(), 404, "its streams are cut");
    let listed = service.tokens(&cookie).await;
    assert_eq!((&listed[0]["expired"], &listed[0]["expires_at"]), (&json!(true), &made["expires_at"]));

    service.pass(Duration::from_hours(30 * 24));
    service.restart(|_| {}).await;
    let cookie = service.cookie().await;
    assert_eq!(service.tokens(&cookie).await, [] as [Value; 0]);
    assert_eq!(check(&service, &bearer(made["token"].as_str().unwrap())).await, 401);
}

#[tokio::test]
async fn what_is_not_said_of_a_token_is_what_is_safe() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let made = service.make_token(&cookie, &json!({"name": "laptop"})).await;
    let [token] = service.tokens(&cookie).await.try_into().unwrap();
    assert_eq!((&made["scope"], &token["scope"]), (&json!("attach"), &json!("attach")));
    let time = |name: &str| OffsetDateTime::parse(token[name].as_str().unwrap(), &Rfc3339).unwrap();
    assert_eq!(time("expires_at") - time("created_at"), Duration::from_hours(90 * 24));
    let never =
        service.make_token(&cookie, &json!({"name": "ci", "scope": "full", "expires": "never"})).await;
    assert_eq!(never["expires_at"], Value::Null);
}

/// Our routes as the API's document has them, with their parameters filled in, and some of opencode's.
fn routes() -> Vec<(String, String)> {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(document).unwrap()).unwrap();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.replace(['{', '}'], "");
        routes.extend(
            operations.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())),
        );
    }
    assert!(routes.len() > 80, "{}", routes.len());
    let others = [
        "/",
        "/session",
        "/session/ses_1/message",
        "/global/event",
        "/pty",
        "/auth/openrouter",
        "/admin/metrics",
    ];
    for (path, method) in
        others.iter().flat_map(|path| ["GET", "POST", "PUT", "DELETE"].map(|method| (path, method)))
    {
        routes.push((method.into(), (*path).into()));
    }
    routes
}

#[tokio::test]
async fn every_scope_on_every_route() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    for scope in ["full", "attach", "read", "metrics"] {
        let made = service.make_token(&cookie, &json!({"name": scope, "scope": scope})).await;
        let token = made["token"].as_str().unwrap().to_owned();
        for (method, path) in routes() {
            // These are for who has logged in, whatever the token; Caddy asks nobody about them.
            if path.starts_with("/auth/") && path != "/auth/openrouter" {
                continue;
            }
            let (is_admin, looks) = (path.starts_with("/admin/"), method == "GET" || method == "HEAD");
            let expected = match scope {
                "full" => true,
                "attach" => !is_admin,
                "read" => is_admin && looks,
                _ => path == "/admin/metrics" && looks,
            };
            let ask = |path: &str, more: &[(&str, &str)]| {
                let request = service.get("/auth/check").header("authorization", bearer(&token));
                let request = request.header("x-forwarded-method", &method).header("x-forwarded-uri", path);
                more.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send()
            };
            let answer = ask(&path, &[]).await.unwrap();
            if expected {
                assert_eq!(answer.status(), 204, "{scope}: {method} {path}");
            } else {
                assert_problem(answer, 403, "out-of-scope").await;
            }
            // A socket is typed into, and other spellings of a path are for who may go everywhere.
            let socket = ask(&path, &[("upgrade", "websocket")]).await.unwrap().status();
            assert_eq!(socket == 204, scope == "full" || (scope == "attach" && !is_admin), "{scope}: {path}");
            for spelled in [format!("/{path}"), format!("/x/..{path}"), path.replacen("/a", "/%61", 1)] {
                let is_same = spelled == path;
                let answer = ask(&spelled, &[]).await.unwrap().status();
                assert_eq!(answer == 204, scope == "full" || (is_same && expected), "{scope}: {spelled}");
            }
        }
    }
}
