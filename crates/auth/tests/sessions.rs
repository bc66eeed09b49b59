//! Sessions: listed, ended, and kept over restarts.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use crate::support::{PASSWORD, Service, assert_problem, cookie_of, header};
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn sessions_are_listed() {
    let service = Service::start().await;
    let login = service.login(PASSWORD).header("user-agent", "Phone/1.0").header("x-real-ip", "203.0.113.7");
    let phone = cookie_of(&login.send().await.unwrap());
    service.pass(Duration::from_mins(2));
    let laptop = service.cookie().await;
    assert_eq!(service.check(&phone).await, 204);

    let sessions = service.sessions(&laptop).await;
    assert_eq!(sessions.len(), 2);
    assert_eq!((&sessions[0]["current"], &sessions[0]["address"]), (&true.into(), &serde_json::Value::Null));
    let other = &sessions[1];
    assert_eq!(other["current"], false);
    assert_eq!((&other["user_agent"], &other["address"]), (&"Phone/1.0".into(), &"203.0.113.7".into()));
    assert_eq!(other["last_seen_at"], sessions[0]["created_at"], "the phone was seen two minutes later");
    assert_ne!(other["last_seen_at"], other["created_at"]);
    assert!(!phone.contains(other["id"].as_str().unwrap()), "the id is not the cookie");
}

#[tokio::test]
async fn who_holds_a_stream_is_told_when_its_session_ended() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let response = service.get("/auth/check").header("cookie", &cookie).send().await.unwrap();
    let id = header(&response, "x-ocweb-session").to_owned();
    let holds = async |id: &str| {
        service.get(&format!("/internal/sessions/{id}")).send().await.unwrap().status().as_u16()
    };
    assert_eq!(holds(&id).await, 204);
    for nonsense in ["x", "..%2f..", "%00", &"A".repeat(22)] {
        assert_eq!(holds(nonsense).await, 404, "{nonsense}");
    }
    service.request(Method::POST, "/auth/logout").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(holds(&id).await, 404);
}

#[tokio::test]
async fn one_session_is_ended() {
    let service = Service::start().await;
    let (phone, laptop) = (service.cookie().await, service.cookie().await);
    let sessions = service.sessions(&laptop).await;
    let id = |current: bool| {
        let session = sessions.iter().find(|session| session["current"] == current).unwrap();
        session["id"].as_str().unwrap().to_owned()
    };
    let end = |id: String, cookie: &str| {
        service.delete(&format!("/auth/sessions/{id}")).header("cookie", cookie).send()
    };

    let response = end(id(false), &laptop).await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(!response.headers().contains_key("set-cookie"));
    assert_eq!((service.check(&phone).await, service.check(&laptop).await), (401, 204));
    assert_problem(end(id(false), &laptop).await.unwrap(), 404, "about:blank").await;
    for nonsense in ["x", "..%2f..", "%00", "a__b", "%ff"] {
        let status = end(nonsense.into(), &laptop).await.unwrap().status().as_u16();
        assert!(matches!(status, 400 | 404), "{nonsense}: {status}");
    }

    let response = end(id(true), &laptop).await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert!(header(&response, "set-cookie").contains("Max-Age=0"), "the own cookie goes too");
    assert_eq!(service.check(&laptop).await, 401);
}

#[tokio::test]
async fn all_other_sessions_or_all_are_ended() {
    let service = Service::start().await;
    let (phone, laptop, desk) = (service.cookie().await, service.cookie().await, service.cookie().await);
    let end = |path: &str| service.delete(path).header("cookie", &desk).send();

    assert_problem(end("/auth/sessions?keep_current=perhaps").await.unwrap(), 400, "about:blank").await;
    assert_eq!(service.sessions(&desk).await.len(), 3);
    assert_eq!(end("/auth/sessions?keep_current=true").await.unwrap().status(), StatusCode::NO_CONTENT);
    let checks = [service.check(&phone).await, service.check(&laptop).await, service.check(&desk).await];
    assert_eq!(checks, [401, 401, 204]);
    assert_eq!(end("/auth/sessions").await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(service.check(&desk).await, 401);
}

#[tokio::test]
async fn an_era_ends_when_all_others_are_logged_out_and_with_the_password() {
    let mut service = Service::start().await;
    let era = async |service: &Service| {
        let answer = service.get("/internal/era").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    };
    let first = era(&service).await;
    assert_eq!(first.len(), 22);
    let (one, two) = (service.cookie().await, service.cookie().await);
    service.request(Method::POST, "/auth/logout").header("cookie", &two).send().await.unwrap();
    service.restart(|_| {}).await;
    assert_eq!(era(&service).await, first, "one login is not all");
    service.delete("/auth/sessions?keep_current=true").header("cookie", &one).send().await.unwrap();
    let second = era(&service).await;
    assert_ne!(second, first);
    service.restart(|_| {}).await;
    assert_eq!(era(&service).await, second);
    service.delete("/auth/sessions").header("cookie", &one).send().await.unwrap();
    let third = era(&service).await;
    assert!(third != second && third != first);
    service.set("AUTH_PASSWORD", "another password");
    service.restart(|_| {}).await;
    assert_ne!(era(&service).await, third);
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let service = Service::start().await;
    let (browser, program) = (service.cookie().await, service.cookie().await);
    let log_out = |cookie: &str| service.request(Method::POST, "/auth/logout").header("cookie", cookie);

    let response = log_out(&browser).send().await.unwrap();
    assert_eq!((response.status(), header(&response, "location")), (StatusCode::SEE_OTHER, "/auth/login"));
    assert!(header(&response, "set-cookie").starts_with("ocweb=; "), "the cookie is taken away");
    assert_eq!((service.check(&browser).await, service.check(&program).await), (401, 204));
    assert_eq!(log_out(&browser).send().await.unwrap().status(), StatusCode::SEE_OTHER, "again is no error");

    let response = log_out(&program).header("accept", "application/json").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(service.check(&program).await, 401);
}

#[tokio::test]
async fn logging_in_again_replaces_the_session() {
    let service = Service::start().await;
    let first = service.cookie().await;
    let response = service.login(PASSWORD).header("cookie", &first).send().await.unwrap();
    let second = cookie_of(&response);
    assert_eq!((service.check(&first).await, service.check(&second).await), (401, 204));
    assert_eq!(service.sessions(&second).await.len(), 1);
}

#[tokio::test]
async fn sessions_and_revocations_survive_a_restart() {
    let mut service = Service::start().await;
    let (kept, revoked) = (service.cookie().await, service.cookie().await);
    service.request(Method::POST, "/auth/logout").header("cookie", &revoked).send().await.unwrap();
    let file = service.own_folder().join("sessions.json");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let value = kept.split('=').nth(1).unwrap();
    assert!(!std::fs::read_to_string(&file).unwrap().contains(value), "the file lets nobody in");

    service.pass(Duration::from_hours(1));
    assert_eq!(service.check(&kept).await, 204);
    service.restart(|_| {}).await;
    assert_eq!((service.check(&kept).await, service.check(&revoked).await), (204, 401));
    let [session] = service.sessions(&kept).await.try_into().unwrap();
    assert_ne!(session["last_seen_at"], session["created_at"], "when it was last seen was kept as well");
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_and_a_day_back_is_no_trouble() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    service.set_back(Duration::from_hours(24));
    assert_eq!(service.check(&cookie).await, 204);
    service.pass(Duration::from_hours(31 * 24) - Duration::from_secs(2));
    assert_eq!(service.check(&cookie).await, 204);
    service.pass(Duration::from_secs(2));
    assert_eq!(service.check(&cookie).await, 401);
}

#[tokio::test]
async fn another_secret_or_password_puts_old_cookies_out() {
    for (name, value, password) in [
        ("AUTH_SECRET", "another secret, also long enough to be one", PASSWORD),
        ("AUTH_PASSWORD", "another password", "another password"),
    ] {
        let mut service = Service::start().await;
        let old = service.cookie().await;
        service.restart(|_| {}).await;
        assert_eq!(service.check(&old).await, 204, "a restart alone changes nothing");
        service.set(name, value);
        service.restart(|_| {}).await;
        assert_eq!(service.check(&old).await, 401, "{name}");
        let new = cookie_of(&service.login(password).send().await.unwrap());
        assert_eq!(service.sessions(&new).await.len(), 1, "what nobody can use is not listed");
    }
}

#[tokio::test]
async fn a_damaged_list_means_logging_in_again() {
    let mut service = Service::start().await;
    for damage in ["", "{\"version\":1,", "\0\0\0\0"] {
        let old = service.cookie().await;
        service.restart(|folder| std::fs::write(folder.join("sessions.json"), damage).unwrap()).await;
        assert_eq!(service.check(&old).await, 401);
        let aside = service.own_folder().join("sessions.json.damaged");
        assert_eq!(std::fs::read_to_string(aside).unwrap(), damage);
        let new = service.cookie().await;
        assert_eq!(service.check(&new).await, 204);
    }
}

#[tokio::test]
async fn a_disk_that_takes_nothing_keeps_nobody_out() {
    let mut service = Service::start().await;
    // A folder where the new file would be written fails for every user, root too.
    let obstacle = service.own_folder().join("sessions.new");
    std::fs::create_dir(&obstacle).unwrap();
    let (cookie, other) = (service.cookie().await, service.cookie().await);
    assert_eq!(service.check(&cookie).await, 204);

    let response =
        service.request(Method::POST, "/auth/logout").header("cookie", &other).send().await.unwrap();
    assert!(header(&response, "set-cookie").contains("Max-Age=0"));
    assert_problem(response, 507, "not-written").await;
    assert_eq!(service.check(&other).await, 401, "ended all the same");

    service.restart(|_| std::fs::remove_dir(&obstacle).unwrap()).await;
    assert_eq!(service.check(&cookie).await, 401, "what could not be written is gone after a restart");
    let cookie = service.cookie().await;
    service.restart(|_| {}).await;
    assert_eq!(service.check(&cookie).await, 204);
}
