//! The login page and its form, as browsers and programs use them.

use std::time::Duration;

use crate::support::{PASSWORD, Service, assert_problem, cookie_of, header};
use reqwest::StatusCode;

#[tokio::test]
async fn a_browser_logs_in_with_the_form_alone() {
    let service = Service::start().await;
    let response = service.login(PASSWORD).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&response, "location"), "/chat/ses_1");
    assert_eq!(header(&response, "cache-control"), "no-store");
    let cookie = header(&response, "set-cookie");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000"), "{cookie}");
    assert_eq!(service.check(&cookie_of(&response)).await, 204);

    let page = service.get("/auth/login?next=/chat/ses_2").header("cookie", cookie_of(&response));
    let response = page.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER, "who is in already goes on");
    assert_eq!(header(&response, "location"), "/chat/ses_2");
}

#[tokio::test]
async fn a_program_logs_in_without_pages() {
    let service = Service::start().await;
    let login = |password| service.login(password).header("accept", "application/json").send();
    let response = login(PASSWORD).await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(service.check(&cookie_of(&response)).await, 204);

    let response = login("wrong").await.unwrap();
    assert!(!response.headers().contains_key("set-cookie"));
    let problem = assert_problem(response, 401, "wrong-password").await;
    assert_eq!(problem["detail"], "That is not the password.");
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    let service = Service::start().await;
    let over_tls = |request: reqwest::RequestBuilder| {
        request.header("x-forwarded-proto", "https").header("x-forwarded-host", "box.example")
    };
    let response =
        over_tls(service.login(PASSWORD)).header("origin", "https://box.example").send().await.unwrap();
    let cookie = header(&response, "set-cookie");
    assert!(cookie.starts_with("__Host-ocweb="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592000"), "{cookie}");

    let cookie = cookie_of(&response);
    let bare = cookie.trim_start_matches("__Host-").to_owned();
    let check = |cookie: &str| over_tls(service.get("/auth/check").header("cookie", cookie)).send();
    assert_eq!(check(&cookie).await.unwrap().status(), 204);
    assert_eq!(check(&bare).await.unwrap().status(), 401, "the bare name counts for nothing over TLS");
    assert_eq!(service.check(&cookie).await, 401, "nor the other one without");
}

#[tokio::test]
async fn the_page_needs_no_script_and_suits_password_managers() {
    let service = Service::start().await;
    let response = service.get("/auth/login?next=/chat/ses_1%3Fa%3D%22%3E%3Cb").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(header(&response, "referrer-policy"), "same-origin");
    let policy = header(&response, "content-security-policy").to_owned();
    let page = response.text().await.unwrap();
    assert!(!page.contains("<script"));
    for part in [
        r#"<form method="post" action="/auth/login">"#,
        r#"name="next" value="/chat/ses_1?a=&quot;&gt;&lt;b""#,
        r#"autocomplete="username""#,
        r#"autocomplete="current-password""#,
        "autofocus",
        "width=device-width",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(!page.contains("role=\"alert\""));

    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(
        policy.contains(&format!("'sha256-{}'", sha256_base64(style))),
        "the policy allows this very style"
    );
    assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"));
}

fn sha256_base64(text: &str) -> String {
    use base64::Engine;
    use sha2::Digest;
    base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text))
}

#[tokio::test]
async fn a_wrong_password_is_said_on_the_page() {
    let service = Service::start().await;
    let too_long = "x".repeat(2000);
    for (password, sentence) in [
        ("wrong", "That is not the password."),
        ("Correct horse battery staple", "That is not the password."),
        ("", "That cannot be the password: the password is empty."),
        (
            "a\0b",
            "That cannot be the password: the password has a control character in it, such as a line break.",
        ),
        (&too_long, "That cannot be the password: the password is longer than 1024 bytes."),
    ] {
        let response = service.login(password).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{sentence}");
        assert!(!response.headers().contains_key("set-cookie"));
        let page = response.text().await.unwrap();
        assert!(page.contains(&format!(r#"role="alert">{sentence}</p>"#)), "{page}");
        assert!(page.contains(r#"name="next" value="/chat/ses_1""#), "where to go is kept");
    }
}

#[tokio::test]
async fn two_unicode_forms_of_a_password_are_one() {
    let mut service = Service::start().await;
    service.set("AUTH_PASSWORD", "cr\u{e8}me br\u{fb}l\u{e9}e");
    service.restart(|_| {}).await;
    let response = service.login("cre\u{300}me bru\u{302}le\u{301}e").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_no_login_form_is_refused_plainly() {
    let service = Service::start().await;
    let huge = service.login(&"x".repeat(1 << 20)).send().await.unwrap();
    assert_eq!(huge.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(huge.text().await.unwrap().contains("That is far too long to be the password."));
    let huge = service.login(&"x".repeat(1 << 20)).header("accept", "application/json").send().await.unwrap();
    assert_problem(huge, 413, "about:blank").await;

    let post = || service.request(reqwest::Method::POST, "/auth/login").header("accept", "application/json");
    let json = post().header("content-type", "application/json").body("{").send().await.unwrap();
    assert_problem(json, 415, "about:blank").await;
    assert_problem(post().send().await.unwrap(), 415, "about:blank").await;
    let accept = |fields: &[(&str, &str)]| service.form(fields).header("accept", "application/json").send();
    assert_problem(accept(&[("next", "/")]).await.unwrap(), 422, "about:blank").await;
    assert_problem(accept(&[("password", "a"), ("password", "b")]).await.unwrap(), 422, "about:blank").await;
}

#[tokio::test]
async fn the_login_leads_nowhere_else() {
    let service = Service::start().await;
    for (next, location) in [
        ("/chat/ses_1?tab=diff#end", "/chat/ses_1?tab=diff#end"),
        ("", "/"),
        ("//evil", "/"),
        ("/\\evil", "/"),
        ("/%09/evil", "/"),
        ("/\t/evil", "/"),
        ("/%2f%2fevil", "/"),
        ("/%5cevil", "/"),
        ("https:evil", "/"),
        ("https://evil", "/"),
        ("javascript:alert(1)", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("/%0d%0aSet-Cookie: a=b", "/"),
        ("/a\0b", "/"),
        ("/auth/login?next=/auth/login", "/"),
    ] {
        let response = service.form(&[("password", PASSWORD), ("next", next)]).send().await.unwrap();
        assert_eq!(
            (response.status(), header(&response, "location")),
            (StatusCode::SEE_OTHER, location),
            "{next:?}"
        );
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 1);
    }
    let cookie = service.cookie().await;
    for query in
        ["next=//evil", "next=/%5Cevil", "next=/%2509/evil", "next=%ff", "next", "next=/a&next=//evil"]
    {
        let response =
            service.get(&format!("/auth/login?{query}")).header("cookie", &cookie).send().await.unwrap();
        assert_eq!(
            (response.status(), header(&response, "location")),
            (StatusCode::SEE_OTHER, "/"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_the_owner_is_not_shut_out() {
    let service = Service::start().await;
    let login = |password: &str, address: &str| service.login(password).header("x-real-ip", address).send();
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(login("wrong", "203.0.113.7").await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);

    let response = login(PASSWORD, "203.0.113.7").await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS, "not even the right one");
    assert_eq!(header(&response, "retry-after"), "10");
    assert!(response.text().await.unwrap().contains("Too many attempts. Try again in 10 s."));
    let json = service.login("wrong").header("x-real-ip", "203.0.113.7").header("accept", "application/json");
    assert_problem(json.send().await.unwrap(), 429, "too-many-attempts").await;

    assert_eq!(login(PASSWORD, "192.0.2.1").await.unwrap().status(), 303, "another address is not affected");
    service.pass(Duration::from_secs(10));
    assert_eq!(login(PASSWORD, "203.0.113.7").await.unwrap().status(), 303);

    // From everywhere at once: the overall rate ends it, and home still gets in.
    let mut let_through = 0;
    for host in 0..100 {
        let response = login("wrong", &format!("2001:db8:0:{host}::1")).await.unwrap();
        let_through += u32::from(response.status() == StatusCode::UNAUTHORIZED);
    }
    assert!((15..=20).contains(&let_through), "{let_through}");
    assert_eq!(login(PASSWORD, "192.0.2.1").await.unwrap().status(), 303);
    assert_eq!(login(PASSWORD, "198.51.100.1").await.unwrap().status(), 429);
    service.pass(Duration::from_secs(2));
    assert_eq!(login(PASSWORD, "198.51.100.1").await.unwrap().status(), 303, "a stranger waits 2 s");
}

#[tokio::test]
async fn many_guesses_at_once_are_counted_one_by_one() {
    let service = Service::start().await;
    let attempts = (0..30).map(|_| service.login("wrong").header("x-real-ip", "203.0.113.7").send());
    let mut checked = 0;
    for response in futures_util::future::join_all(attempts).await {
        checked += u32::from(response.unwrap().status() == StatusCode::UNAUTHORIZED);
    }
    assert_eq!(checked, 5);
}

#[tokio::test]
async fn another_site_cannot_log_anybody_in_or_out() {
    let service = Service::start().await;
    let cookie = service.cookie().await;
    let login = service.login(PASSWORD).header("origin", "https://evil.test").send().await.unwrap();
    assert_problem(login, 403, "cross-site").await;
    let logout = service.request(reqwest::Method::POST, "/auth/logout").header("cookie", &cookie);
    let logout = logout.header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
    let response = logout.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(response.text().await.unwrap().contains("came from another site"), "a person reads a page");
    assert_eq!(service.check(&cookie).await, 204);
}
