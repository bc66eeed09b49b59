//! The local door: what the `ocweb` command does without a login, and that nothing else comes in there.

use crate::support::{self, PASSWORD, Service, assert_problem, cookie_of};
use reqwest::Method;
use serde_json::{Value, json};

/// A service whose password is kept on the volume.
async fn with_a_kept_password() -> Service {
    let mut service = Service::start().await;
    service.unset("AUTH_PASSWORD");
    service
        .restart(|folder| ocweb_auth::set_password(&Service::settings(folder, &[]), PASSWORD).unwrap())
        .await;
    service
}

async fn check(service: &Service, token: &str) -> u16 {
    let request = service.get("/auth/check").bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked_without_a_login() {
    let service = Service::start().await;
    let wanted = json!({"name": "ci", "scope": "full", "expires": "never"});
    let response = service.request(Method::POST, "/local/tokens").json(&wanted).send().await.unwrap();
    assert_eq!((response.status().as_u16(), support::header(&response, "cache-control")), (201, "no-store"));
    let made: Value = response.json().await.unwrap();
    let (id, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    assert_eq!(check(&service, token).await, 204);

    let list = service.get("/local/tokens").send().await.unwrap().text().await.unwrap();
    assert!(list.contains(id) && !list.contains(&token[6..]), "{list}");
    let revoke = || service.delete(&format!("/local/tokens/{id}")).send();
    assert_eq!(revoke().await.unwrap().status(), 204);
    assert_eq!(check(&service, token).await, 401);
    assert_problem(revoke().await.unwrap(), 404, "about:blank").await;
}

#[tokio::test]
async fn what_somebody_passed_on_does_not_come_in() {
    let service = with_a_kept_password().await;
    let cookie = service.cookie().await;
    for (method, path, body) in [
        (Method::GET, "/local/tokens", Value::Null),
        (Method::POST, "/local/tokens", json!({"name": "x"})),
        (Method::DELETE, "/local/tokens/x", Value::Null),
        (Method::GET, "/local/password", Value::Null),
        (Method::POST, "/local/password", json!({"password": "another"})),
    ] {
        for header in [
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
            "via",
            "forwarded",
            "x-ocweb-session",
        ] {
            let request = service.request(method.clone(), path).header("cookie", &cookie).header(header, "");
            assert_problem(request.json(&body).send().await.unwrap(), 404, "about:blank").await;
        }
    }
    assert_eq!(service.check(&cookie).await, 204, "and nothing was changed");
    assert_eq!(service.tokens(&cookie).await, [] as [Value; 0]);
}

#[tokio::test]
async fn another_password_holds_at_once_and_everybody_else_is_out() {
    let mut service = with_a_kept_password().await;
    let cookie = service.cookie().await;
    let made = service.make_token(&cookie, &json!({"name": "laptop", "scope": "full"})).await;
    let token = made["token"].as_str().unwrap();
    let id = service.sessions(&cookie).await[0]["id"].as_str().unwrap().to_owned();
    let era =
        async |service: &Service| service.get("/internal/era").send().await.unwrap().text().await.unwrap();
    let before = era(&service).await;

    let change = |password: &str| {
        service.request(Method::POST, "/local/password").json(&json!({ "password": password })).send()
    };
    for bad in ["", "a\nb"] {
        assert_problem(change(bad).await.unwrap(), 422, "about:blank").await;
    }
    assert_eq!(service.check(&cookie).await, 204, "nothing was changed yet");
    assert_eq!(change("correct donkey").await.unwrap().status(), 204);

    assert_eq!(service.check(&cookie).await, 401);
    assert_eq!(check(&service, token).await, 401);
    for id in [&id, made["id"].as_str().unwrap()] {
        let holds = service.get(&format!("/internal/sessions/{id}")).send().await.unwrap();
        assert_eq!(holds.status(), 404, "its streams are cut");
    }
    assert_ne!(era(&service).await, before);
    assert_eq!(service.login(PASSWORD).send().await.unwrap().status(), 401);
    let login = service.login("correct donkey").send().await.unwrap();
    assert_eq!(login.status(), 303);
    let cookie = cookie_of(&login);
    assert_eq!(service.sessions(&cookie).await.len(), 1);
    let made = service.make_token(&cookie, &json!({"name": "laptop", "scope": "full"})).await;

    service.restart(|_| {}).await;
    assert_eq!(service.check(&cookie).await, 204, "what came after is kept");
    assert_eq!(check(&service, made["token"].as_str().unwrap()).await, 204);
    assert_eq!(check(&service, token).await, 401);
}

#[tokio::test]
async fn a_password_that_is_set_elsewhere_is_changed_there() {
    let is_fixed = async |service: &Service| {
        let about = service.get("/local/password").send().await.unwrap();
        about.json::<Value>().await.unwrap()["is_fixed"].take()
    };
    assert_eq!(is_fixed(&with_a_kept_password().await).await, false);
    let service = Service::start().await;
    assert_eq!(is_fixed(&service).await, true);
    let cookie = service.cookie().await;
    let request = service.request(Method::POST, "/local/password").json(&json!({"password": "another"}));
    let problem = assert_problem(request.send().await.unwrap(), 409, "about:blank").await;
    assert!(problem["detail"].as_str().unwrap().contains("AUTH_PASSWORD"));
    assert_eq!(service.check(&cookie).await, 204);
    let settings = Service::settings(&service.own_folder(), &[("AUTH_PASSWORD", "x")]);
    assert!(
        ocweb_auth::set_password(&settings, "another").unwrap_err().to_string().contains("AUTH_PASSWORD")
    );
}

#[tokio::test]
async fn a_password_that_cannot_be_kept_changes_nothing() {
    let service = with_a_kept_password().await;
    let cookie = service.cookie().await;
    // A folder cannot be replaced by a file.
    let file = service.own_folder().join("password");
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let request = service.request(Method::POST, "/local/password").json(&json!({"password": "another"}));
    assert_problem(request.send().await.unwrap(), 507, "about:blank").await;
    assert_eq!(service.check(&cookie).await, 204);
    assert_eq!(service.login(PASSWORD).send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn where_the_agent_is_the_same_user_the_password_is_the_proof() {
    let mut service = with_a_kept_password().await;
    service.unset("OCWEB_AGENT_IS_APART");
    service.restart(|_| {}).await;
    let post = |path: &'static str, body: Value| service.request(Method::POST, path).json(&body).send();
    let token = |password: Value| {
        post("/local/tokens", json!({"name": "x", "scope": "full", "current_password": password}))
    };
    let another = |password: Value| {
        post("/local/password", json!({"password": "another", "current_password": password}))
    };
    assert_problem(post("/local/tokens", json!({"name": "x"})).await.unwrap(), 403, "password-needed").await;
    assert_problem(token(Value::Null).await.unwrap(), 403, "password-needed").await;
    assert_problem(another(Value::Null).await.unwrap(), 403, "password-needed").await;
    for wrong in ["", "wrong"] {
        assert_problem(token(wrong.into()).await.unwrap(), 401, "wrong-password").await;
        assert_problem(another(wrong.into()).await.unwrap(), 401, "wrong-password").await;
    }
    let list = service.get("/local/tokens").send().await.unwrap();
    assert_eq!(list.json::<Value>().await.unwrap()["tokens"], json!([]), "nothing was made");

    let made = token(PASSWORD.into()).await.unwrap();
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    assert_eq!(made["scope"], "full");
    let id = made["id"].as_str().unwrap();
    assert_eq!(service.delete(&format!("/local/tokens/{id}")).send().await.unwrap().status(), 204);
    assert_eq!(another(PASSWORD.into()).await.unwrap().status(), 204);
    assert_problem(another(PASSWORD.into()).await.unwrap(), 401, "wrong-password").await;

    // Nor is it found by trying.
    let mut status = 0;
    for _ in 0..8 {
        status = token("wrong".into()).await.unwrap().status().as_u16();
    }
    assert_eq!(status, 429);
}
