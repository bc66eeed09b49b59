//! The real router on a real unix socket, with a clock that the test moves.

#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ocweb_auth::{Authenticator, Clock, Moment, SERVICE, Settings, router};
use ocweb_service::{Listener, serve_until};
use reqwest::{Method, RequestBuilder, Response, redirect::Policy};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const SECRET: &str = "a secret of this test, long enough to be one";

/// A volume, and the service on it, which can be stopped and started again.
pub(crate) struct Service {
    folder: TempDir,
    moment: Arc<Mutex<Moment>>,
    environment: Vec<(&'static str, String)>,
    running: Option<(CancellationToken, tokio::task::JoinHandle<()>, tokio::task::JoinHandle<()>)>,
    client: reqwest::Client,
}

impl Service {
    /// Starts on a fresh volume.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let moment = Moment { wall: OffsetDateTime::now_utc(), monotonic: Instant::now() };
        let client = ocweb_service::client_builder()
            .unix_socket(folder.path().join("auth.sock"))
            .redirect(Policy::none())
            .timeout(Duration::from_mins(3))
            .build()
            .unwrap();
        let mut service = Self {
            folder,
            moment: Arc::new(Mutex::new(moment)),
            environment: vec![
                ("AUTH_PASSWORD", PASSWORD.to_owned()),
                ("AUTH_SECRET", SECRET.to_owned()),
                ("OCWEB_HOSTS", "box.example".to_owned()),
                ("OCWEB_AGENT_IS_APART", "1".to_owned()),
            ],
            running: None,
            client,
        };
        service.run().await;
        service
    }

    async fn run(&mut self) {
        let data = self.folder.path().to_str().unwrap().to_owned();
        let environment =
            self.environment.iter().map(|(name, value)| (*name, value.clone())).chain([("OCWEB_DATA", data)]);
        let settings = Settings::from_environment(&environment.collect()).unwrap();
        let moment = Arc::clone(&self.moment);
        let clock = Clock::from_fn(move || *moment.lock().unwrap());
        let authenticator = Arc::new(Authenticator::open(settings, clock).unwrap());
        let listener = Listener::bind(&self.folder.path().join("auth.sock")).await.unwrap();
        let stop = CancellationToken::new();
        let keeper = tokio::spawn(Arc::clone(&authenticator).keep_lists(stop.clone()));
        let serving = serve_until(SERVICE, listener, router(authenticator), stop.clone());
        let server = tokio::spawn(async { serving.await.unwrap() });
        self.running = Some((stop, server, keeper));
    }

    /// Stops, lets `change` happen to the volume, and starts again.
    pub(crate) async fn restart(&mut self, change: impl FnOnce(&PathBuf)) {
        let (stop, server, keeper) = self.running.take().unwrap();
        stop.cancel();
        server.await.unwrap();
        keeper.await.unwrap();
        change(&self.own_folder());
        self.run().await;
    }

    /// Sets a variable for the next start.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
    }

    /// Takes a variable away for the next start.
    pub(crate) fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| *known != name);
    }

    /// The settings of a service whose own folder that is.
    pub(crate) fn settings(own: &Path, environment: &[(&str, &str)]) -> Settings {
        let data = own.ancestors().nth(2).unwrap().to_str().unwrap();
        let environment = environment.iter().copied().chain([("OCWEB_DATA", data)]);
        Settings::from_environment(&environment.collect()).unwrap()
    }

    /// `ocweb/auth` on the volume.
    pub(crate) fn own_folder(&self) -> PathBuf {
        self.folder.path().join("ocweb/auth")
    }

    /// The socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("auth.sock")
    }

    /// Lets time pass, on both clocks.
    pub(crate) fn pass(&self, duration: Duration) {
        let mut moment = self.moment.lock().unwrap();
        moment.wall += duration;
        moment.monotonic += duration;
    }

    /// Sets the wall clock back.
    pub(crate) fn set_back(&self, duration: Duration) {
        self.moment.lock().unwrap().wall -= duration;
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://localhost{path}"))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.request(Method::DELETE, path)
    }

    /// The login form as a browser posts it.
    pub(crate) fn login(&self, password: &str) -> RequestBuilder {
        self.form(&[("username", "ocweb"), ("password", password), ("next", "/chat/ses_1")])
    }

    /// Any form posted to the login.
    pub(crate) fn form(&self, fields: &[(&str, &str)]) -> RequestBuilder {
        let body =
            fields.iter().map(|(name, value)| format!("{name}={}", form_encode(value))).collect::<Vec<_>>();
        self.request(Method::POST, "/auth/login")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"))
    }

    /// Logs in and returns the cookie as a browser sends it.
    pub(crate) async fn cookie(&self) -> String {
        let response = self.login(PASSWORD).send().await.unwrap();
        assert_eq!(response.status(), 303);
        cookie_of(&response)
    }

    /// The status of a check with this `Cookie` header.
    pub(crate) async fn check(&self, cookie: &str) -> u16 {
        self.get("/auth/check").header("cookie", cookie).send().await.unwrap().status().as_u16()
    }

    /// The sessions as the API lists them.
    pub(crate) async fn sessions(&self, cookie: &str) -> Vec<serde_json::Value> {
        let response = self.get("/auth/sessions").header("cookie", cookie).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut body: serde_json::Value = response.json().await.unwrap();
        serde_json::from_value(body["sessions"].take()).unwrap()
    }
}

impl Service {
    /// Makes a token; what is told of it.
    pub(crate) async fn make_token(&self, cookie: &str, wanted: &serde_json::Value) -> serde_json::Value {
        let request = self.request(Method::POST, "/auth/tokens").header("cookie", cookie);
        let response = request.json(wanted).send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json().await.unwrap()
    }

    /// The tokens as the API lists them.
    pub(crate) async fn tokens(&self, cookie: &str) -> Vec<serde_json::Value> {
        let response = self.get("/auth/tokens").header("cookie", cookie).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let mut body: serde_json::Value = response.json().await.unwrap();
        serde_json::from_value(body["tokens"].take()).unwrap()
    }
}

/// `name=value` of the cookie that a response sets.
pub(crate) fn cookie_of(response: &Response) -> String {
    header(response, "set-cookie").split(';').next().unwrap().to_owned()
}

/// A header of a response, or nothing.
pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The problem document of a response, with its status and kind checked.
pub(crate) async fn assert_problem(response: Response, status: u16, kind: &str) -> serde_json::Value {
    assert_eq!(response.status(), status);
    assert_eq!(header(&response, "content-type"), "application/problem+json");
    assert_eq!(header(&response, "cache-control"), "no-store");
    let problem: serde_json::Value = response.json().await.unwrap();
    assert_eq!((&problem["status"], &problem["type"]), (&status.into(), &kind.into()));
    problem
}

fn form_encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}
