//! Who gets in: every route against every kind of cookie, and every header against the rule.

use std::time::Duration;

use crate::support::{Service, assert_problem, header};
use reqwest::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

#[tokio::test]
async fn no_route_lets_anybody_in_without_a_valid_cookie() {
    let service = Service::start().await;
    let expired = service.cookie().await;
    service.pass(Duration::from_hours(30 * 24));
    let revoked = service.cookie().await;
    service.request(Method::POST, "/auth/logout").header("cookie", &revoked).send().await.unwrap();
    let valid = service.cookie().await;
    let id = service.sessions(&valid).await[0]["id"].as_str().unwrap().to_owned();
    let signed = valid.strip_prefix("ocweb=").unwrap();

    let no_entry = [
        String::new(),
        "ocweb=".into(),
        "ocweb=bad".into(),
        expired,
        revoked,
        format!("ocweb={}", &signed[..signed.len() - 1]),
        format!("ocweb={}", &signed[..40]),
        format!("ocweb={signed}A"),
        format!("ocweb={}", signed.to_lowercase()),
        format!("ocweb=\"{signed}\""),
        format!("ocweb={signed}; ocweb={signed}"),
        format!("__Host-ocweb={signed}"),
        format!("OCWEB={signed}"),
        format!("ocweb={id}"),
        format!("ocweb={}", "A".repeat(76)),
        format!("ocweb={}", "A".repeat(8192)),
        "ocweb=zz-not-hex-zz.9223372036854775808.zz".into(),
    ];
    let routes = [
        (Method::GET, "/auth/check".to_owned()),
        (Method::GET, "/auth/sessions".to_owned()),
        (Method::DELETE, "/auth/sessions".to_owned()),
        (Method::DELETE, "/auth/sessions?keep_current=true".to_owned()),
        (Method::DELETE, format!("/auth/sessions/{id}")),
    ];
    for cookie in &no_entry {
        for (method, path) in &routes {
            let response =
                service.request(method.clone(), path).header("cookie", cookie).send().await.unwrap();
            assert_problem(response, 401, "login-required").await;
        }
        let page = service.get("/auth/login").header("cookie", cookie).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "the login page takes it for a stranger's");
    }
    assert_eq!(service.check(&valid).await, 204, "and nothing was changed");
}

/// Sends bytes that no HTTP library would, and returns the first line of the answer.
async fn raw(service: &Service, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(service.socket()).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(20), reading).await.expect("an answer").unwrap();
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn bytes_that_no_browser_sends_are_refused() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let request = |extra: &str| {
        format!("GET /auth/check HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{extra}\r\n")
    };
    let answer = async |extra: String| raw(&service, request(&extra).as_bytes()).await;
    assert_eq!(answer(format!("Cookie: {cookie}\r\n")).await, "HTTP/1.1 204 No Content");
    assert_eq!(answer(format!("Cookie: {cookie}\0\r\n")).await, "HTTP/1.1 400 Bad Request");
    assert_eq!(answer(format!("Cookie: {cookie}\u{1}\r\n")).await, "HTTP/1.1 400 Bad Request");
    assert_eq!(
        answer(format!("Cookie: {cookie}\r\nCookie: {cookie}\r\n")).await,
        "HTTP/1.1 401 Unauthorized"
    );
    assert_eq!(answer(format!("Cookie: {cookie}ü\r\n")).await, "HTTP/1.1 401 Unauthorized");
    assert_eq!(answer(format!("Cookie: a=ü; {cookie}\r\n")).await, "HTTP/1.1 204 No Content");
    let twice = format!("Cookie: {cookie}\r\nX-Forwarded-Host: localhost\r\nX-Forwarded-Host: localhost\r\n");
    assert_eq!(answer(twice).await, "HTTP/1.1 421 Misdirected Request");
    assert_eq!(service.check(&cookie).await, 204);
}

#[tokio::test]
async fn caddys_question_is_answered_by_the_forwarded_request() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let ask = |headers: &[(&str, &str)]| {
        let request =
            service.get("/auth/check").header("x-forwarded-host", "box.example").header("cookie", &cookie);
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send()
    };

    let response = ask(&[("x-forwarded-method", "POST"), ("x-forwarded-uri", "/session")]).await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    let [session] = service.sessions(&cookie).await.try_into().unwrap();
    assert_eq!(header(&response, "x-ocweb-session"), session["id"].as_str().unwrap());
    assert_eq!(header(&response, "cache-control"), "no-store");

    let evil = ("origin", "https://evil.test");
    let refused = [
        &[("x-forwarded-method", "POST"), evil][..],
        &[("x-forwarded-method", "DELETE"), ("sec-fetch-site", "cross-site")],
        &[("x-forwarded-method", "POST"), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
        &[("upgrade", "websocket"), ("connection", "upgrade"), evil],
        &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), evil],
        &[("origin", "https://box.example")], // plain HTTP was used, so that is another origin
    ];
    for headers in refused {
        assert_problem(ask(headers).await.unwrap(), 403, "cross-site").await;
    }
    let allowed = [
        &[("x-forwarded-method", "POST"), ("origin", "http://box.example")][..],
        &[("upgrade", "websocket"), ("origin", "http://box.example")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
    ];
    for headers in allowed {
        assert_eq!(ask(headers).await.unwrap().status(), 204, "{headers:?}");
    }
}

#[tokio::test]
async fn a_person_is_sent_to_the_login_and_a_program_is_told() {
    let service = Service::start().await;
    let ask = |uri: &str, accept: &str| {
        service.get("/auth/check").header("x-forwarded-uri", uri).header("accept", accept).send()
    };
    for (uri, location) in [
        ("/", "/auth/login"),
        ("/chat/ses_1?tab=diff&x=1", "/auth/login?next=/chat/ses_1%3Ftab%3Ddiff%26x%3D1"),
        ("//evil.test/", "/auth/login"),
        ("/%09/evil.test", "/auth/login"),
    ] {
        let response = ask(uri, "text/html,application/xhtml+xml").await.unwrap();
        assert_eq!((response.status(), header(&response, "location")), (StatusCode::SEE_OTHER, location));
    }
    for accept in ["application/json", "text/event-stream", "*/*"] {
        assert_problem(ask("/global/event", accept).await.unwrap(), 401, "login-required").await;
    }
}

#[tokio::test]
async fn other_hosts_are_not_ours_with_whatever_cookie() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    for (method, path) in [
        (Method::GET, "/auth/check"),
        (Method::GET, "/auth/login"),
        (Method::POST, "/auth/login"),
        (Method::POST, "/auth/logout"),
        (Method::GET, "/auth/sessions"),
        (Method::DELETE, "/auth/sessions"),
    ] {
        let ask = |host: &str| {
            let request = service.request(method.clone(), path).header("cookie", &cookie);
            request.header("x-forwarded-host", host)
        };
        for host in
            ["evil.test", "localhost.evil.test", "box.example.evil.test", "box.example, evil.test", ""]
        {
            assert_problem(ask(host).send().await.unwrap(), 421, "unknown-host").await;
        }
        let page = ask("evil.test").header("sec-fetch-mode", "navigate").send().await.unwrap();
        assert_eq!(page.status(), 421);
        assert!(page.text().await.unwrap().contains("OCWEB_HOSTS"), "a person learns what to do");
    }
    for host in
        ["box.example", "BOX.example:8443", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "a.localhost"]
    {
        let check = service.get("/auth/check").header("cookie", &cookie).header("x-forwarded-host", host);
        assert_eq!(check.send().await.unwrap().status(), 204, "{host}");
    }
}

#[tokio::test]
async fn what_there_is_not_is_said() {
    let service = Service::start().await;
    assert_problem(service.get("/auth/nothing").send().await.unwrap(), 404, "about:blank").await;
    assert_problem(service.get("/AUTH/check").send().await.unwrap(), 404, "about:blank").await;
    let post = service.request(Method::POST, "/auth/check").send().await.unwrap();
    assert_problem(post, 405, "about:blank").await;
}
