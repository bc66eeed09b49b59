//! The behaviour that all services share, over a real socket.

#![allow(clippy::unwrap_used, reason = "this is test code; clippy only knows functions marked #[test]")]

use std::{path::PathBuf, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use ocweb_service::{Listener, ServeError, extract::Json, serve};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

struct Service {
    _folder: tempfile::TempDir,
    socket: PathBuf,
    client: reqwest::Client,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<Result<(), ServeError>>,
}

#[derive(serde::Deserialize)]
struct Named {
    name: String,
}

async fn start() -> Service {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("test.sock");
    let router = Router::new()
        .route("/greet", post(async |Json(named): Json<Named>| format!("hello {}", named.name)))
        .route(
            "/length",
            post(async |Json(named): Json<Named>| named.name.len().to_string())
                .layer(DefaultBodyLimit::max(3 << 20)),
        )
        .route("/panic", get(async || -> String { panic!("a secret detail") }))
        .route(
            "/endless",
            get(
                async || Body::from_stream(futures_util::stream::pending::<Result<String, std::io::Error>>()),
            ),
        );
    let listener = Listener::bind(&socket).await.unwrap().with_body_limit(3 << 20);
    let stop = CancellationToken::new();
    let running = tokio::spawn(serve("test", listener, router, stop.clone()));
    let client = ocweb_service::client_builder().unix_socket(socket.as_path()).build().unwrap();
    Service { _folder: folder, socket, client, stop, running }
}

impl Service {
    async fn problem(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].is_string() && problem["title"].is_string(), "{problem}");
        (status, problem)
    }
}

#[tokio::test]
async fn health_names_the_service() {
    let service = start().await;
    let health: Value = service.client.get("http://test/health").send().await.unwrap().json().await.unwrap();
    assert_eq!(health["healthy"], true);
    assert_eq!(health["service"], "test");
}

#[tokio::test]
async fn every_error_is_a_problem_document() {
    let service = start().await;
    let client = &service.client;
    let greet = || client.post("http://test/greet").header("content-type", "application/json");
    assert_eq!(service.problem(client.get("http://test/nothing")).await.0, 404);
    assert_eq!(service.problem(client.get("http://test/greet")).await.0, 405);
    assert_eq!(service.problem(client.post("http://test/greet").body("{}")).await.0, 415);
    assert_eq!(service.problem(greet().body("{")).await.0, 400);
    assert_eq!(service.problem(greet().body(r#"{"name":7}"#)).await.0, 422);
    assert_eq!(service.problem(greet().body(vec![b' '; 5 << 20])).await.0, 413);
    let (status, problem) = service.problem(client.get("http://test/panic")).await;
    assert_eq!(status, 500);
    assert!(!problem.to_string().contains("secret"), "{problem}");
    let hello = greet().body(r#"{"name":"you"}"#).send().await.unwrap().text().await.unwrap();
    assert_eq!(hello, "hello you");
}

#[tokio::test]
async fn a_route_may_take_larger_bodies_than_the_others() {
    let service = start().await;
    let named = |path: &str, length: usize| {
        let body = serde_json::json!({"name": "x".repeat(length - r#"{"name":""}"#.len())});
        service.client.post(format!("http://test{path}")).json(&body)
    };
    let length: usize =
        named("/length", 3 << 20).send().await.unwrap().text().await.unwrap().parse().unwrap();
    assert!(length > 3_000_000);
    assert_eq!(service.problem(named("/length", (3 << 20) + 1)).await.0, 413);
    assert_eq!(service.problem(named("/greet", (1 << 20) + 1)).await.0, 413);
}

/// What a proxy with a connection pool does: the answer must come although nobody read the body, and the
/// connection must be good for the next request.
#[tokio::test]
async fn a_body_that_nobody_reads_does_not_break_the_connection() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let service = start().await;
    let mut connection = tokio::net::UnixStream::connect(&service.socket).await.unwrap();
    for _ in 0..3 {
        for size in [2, 5 << 20] {
            let head = format!("POST /nothing HTTP/1.1\r\nhost: test\r\ncontent-length: {size}\r\n\r\n");
            connection.write_all(head.as_bytes()).await.unwrap();
            connection.write_all(&vec![b'x'; size]).await.unwrap();
            let mut answer = vec![0; 4096];
            let read = connection.read(&mut answer).await.unwrap();
            let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
            assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
            assert!(!answer.contains("connection: close"), "{answer}");
        }
    }
}

#[tokio::test]
async fn an_open_stream_does_not_hold_the_stop_back() {
    let service = start().await;
    let stream = service.client.get("http://test/endless").send().await.unwrap();
    assert_eq!(stream.status(), 200);
    service.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(20), service.running).await;
    ended.expect("the service stops although a stream is open").unwrap().unwrap();
    assert!(!service.socket.exists());
}

#[tokio::test]
async fn a_live_socket_is_refused_and_a_dead_one_replaced() {
    let service = start().await;
    assert!(matches!(Listener::bind(&service.socket).await, Err(ServeError::InUse { .. })));

    let dead = service.socket.with_file_name("dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    assert!(dead.exists());
    Listener::bind(&dead).await.unwrap();
}

#[tokio::test]
async fn a_stop_with_nothing_open_takes_the_socket_away() {
    // The server's own end and the stop come together then; whichever is seen first must not matter.
    for _ in 0..20 {
        let service = start().await;
        let health = service.client.get("http://test/health").send().await.unwrap();
        assert_eq!(health.status(), 200);
        drop(service.client);
        service.stop.cancel();
        service.running.await.unwrap().unwrap();
        assert!(!service.socket.exists());
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_path() {
    let service = start().await;
    let text = async || {
        let response = service.client.get("http://test/metrics").send().await.unwrap();
        assert_eq!(response.headers()["content-type"], ocweb_service::metrics::CONTENT_TYPE);
        response.text().await.unwrap()
    };
    for path in ["/secret-one", "/secret-two", "/health", "/greet", "/endless"] {
        service.client.get(format!("http://test{path}")).send().await.unwrap();
    }
    let greeting = service.client.post("http://test/greet").json(&serde_json::json!({"name": "Ada"}));
    greeting.send().await.unwrap();
    let counted = text().await;
    for line in [
        r#"ocweb_http_requests_total{method="GET",route="none",status="4xx"} 2"#,
        r#"ocweb_http_requests_total{method="GET",route="/greet",status="4xx"} 1"#,
        r#"ocweb_http_requests_total{method="POST",route="/greet",status="2xx"} 1"#,
        // A stream counts when it begins.
        r#"ocweb_http_requests_total{method="GET",route="/endless",status="2xx"} 1"#,
        r#"ocweb_http_request_duration_seconds_count{method="POST",route="/greet"} 1"#,
    ] {
        assert!(counted.contains(line), "{line} is not in\n{counted}");
    }
    for never in ["secret", "/health", "/metrics"] {
        assert!(!counted.contains(never), "{counted}");
    }
}

#[tokio::test]
async fn a_service_adds_what_it_knows_when_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("test.sock");
    let listener = Listener::bind(&socket)
        .await
        .unwrap()
        .with_metrics(|readings| readings.gauge("ocweb_answer", "The answer.", 42.0));
    let stop = CancellationToken::new();
    let running = tokio::spawn(serve("test", listener, Router::new(), stop.clone()));
    let client = ocweb_service::client_builder().unix_socket(socket.as_path()).build().unwrap();
    let text = client.get("http://test/metrics").send().await.unwrap().text().await.unwrap();
    assert_eq!(text, "# HELP ocweb_answer The answer.\n# TYPE ocweb_answer gauge\nocweb_answer 42\n");
    stop.cancel();
    running.await.unwrap().unwrap();
}
