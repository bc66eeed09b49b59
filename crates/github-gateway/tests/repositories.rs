//! The list of repositories as GitHub's API gives it, or does not.

use std::time::{Duration, Instant};

use crate::support::Bench;
use ocweb_demo::faults::{Fault, Part};
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn ask(bench: &Bench, path: &str) -> reqwest::Response {
    let client = ocweb_service::local_client_builder().build().unwrap();
    client.get(format!("{}{path}", bench.api)).send().await.unwrap()
}

async fn send(bench: &Bench, path: &str) -> (StatusCode, Value) {
    let answer = ask(bench, path).await;
    (answer.status(), answer.json().await.unwrap())
}

async fn get(bench: &Bench, path: &str) -> Value {
    let (status, answer) = send(bench, path).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn githubs_list_has_all_pages_and_is_kept_for_a_while() {
    let bench = Bench::new().await;
    let listed = get(&bench, "/admin/repos/github").await;
    let repositories = listed["repos"].as_array().unwrap();
    assert_eq!(repositories.len(), ocweb_demo::github::repositories().len());
    assert!(repositories[0]["full_name"].is_string() && repositories[0]["default_branch"].is_string());
    // Nobody is asked again, unless that is wanted.
    bench.world.faults().add(Fault::status(Part::Api, 500));
    assert_eq!(get(&bench, "/admin/repos/github").await, listed);
    let (status, problem) = send(&bench, "/admin/repos/github?refresh=true").await;
    assert_eq!((status, &problem["type"]), (StatusCode::BAD_GATEWAY, &json!("github-error")));
    assert_eq!(get(&bench, "/admin/repos/github?refresh=true").await, listed);
}

/// Fault 16, for the API.
#[tokio::test(flavor = "multi_thread")]
async fn what_githubs_api_refuses_is_said_clearly() {
    let bench = Bench::new().await;
    let expected = [
        (401, 502, "github-unauthorized"),
        (403, 502, "github-forbidden"),
        (404, 502, "github-error"),
        (429, 429, "github-rate-limited"),
        (500, 502, "github-error"),
        (301, 502, "github-error"),
    ];
    for (from, to, kind) in expected {
        let retry_after = (from == 429).then_some(0);
        bench.world.faults().add(Fault { retry_after, ..Fault::status(Part::Api, from) });
        let (status, problem) = send(&bench, "/admin/repos/github").await;
        assert_eq!((status.as_u16(), &problem["type"]), (to, &json!(kind)), "{from}: {problem}");
    }
    bench.world.faults().add(Fault::cut(Part::Api, 10));
    let (status, _) = send(&bench, "/admin/repos/github").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_to_wait_does_not_ask_again_before() {
    let bench = Bench::new().await;
    let limit = |seconds| Fault { retry_after: Some(seconds), ..Fault::status(Part::Api, 429) };
    bench.world.faults().add(limit(1));
    assert_eq!(send(&bench, "/admin/repos/github").await.0, StatusCode::TOO_MANY_REQUESTS);
    let deadline = Instant::now() + Duration::from_secs(20);
    while send(&bench, "/admin/repos/github").await.0 != StatusCode::OK {
        assert!(Instant::now() < deadline, "the wait is over");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bench.world.faults().add(limit(600));
    let limited = ask(&bench, "/admin/repos/github?refresh=true").await;
    assert_eq!(limited.headers()["retry-after"], "600");
    // GitHub, which would answer now, is not asked, whatever it is about.
    for path in ["/admin/repos/github?refresh=true", "/admin/pull-requests/demo/hello-web/1"] {
        let limited = ask(&bench, path).await;
        assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
        let rest: u64 = limited.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((300..=600).contains(&rest), "{rest}");
    }
}

/// Fault 16: it takes the fifteen seconds that are waited for an answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_come_is_said_clearly() {
    let bench = Bench::new().await;
    bench.world.faults().add(Fault::delay(Part::Api, 600_000).times(100));
    let (status, problem) = send(&bench, "/admin/repos/github").await;
    assert_eq!((status, &problem["type"]), (StatusCode::GATEWAY_TIMEOUT, &json!("github-timeout")));
    bench.world.faults().clear();
    get(&bench, "/admin/repos/github").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_the_token_is_is_told_who_comes_in_and_asked_for_once() {
    let bench = Bench::new().await;
    let user = || bench.ask(reqwest::Method::GET, "user").send();
    bench.world.faults().add(Fault::status(Part::Api, 500));
    assert_eq!(user().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    let expected = json!({"name": "Demo", "email": "1+demo@users.noreply.127.0.0.1"});
    for _ in 0..2 {
        assert_eq!(user().await.unwrap().json::<Value>().await.unwrap(), expected);
        bench.world.faults().add(Fault::status(Part::Api, 500));
    }
    let stranger = ocweb_service::local_client_builder().build().unwrap();
    let stranger = stranger.get(format!("http://{}/user", bench.address)).send().await.unwrap();
    assert_eq!(stranger.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_it_is_said_what_to_set() {
    let bench = Bench::with_token("").await;
    let (status, problem) = send(&bench, "/admin/repos/github").await;
    assert_eq!((status, &problem["type"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("github-token-missing")));
}
