//! A server of auth's shape: says which logins hold.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Path as PathParameter, State},
    http::StatusCode,
    routing::get,
};
use tokio::net::UnixListener;

/// Auth; it ends with the test's runtime.
#[derive(Default)]
pub struct Auth {
    shared: Arc<Mutex<Logins>>,
}

#[derive(Default)]
struct Logins {
    ended: BTreeSet<String>,
    eras: usize,
    is_broken: bool,
}

impl Auth {
    pub fn start(socket: &Path) -> Self {
        let auth = Self::default();
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        let router = Router::new()
            .route("/internal/sessions/{id}", get(session))
            .route("/internal/era", get(era))
            .with_state(Arc::clone(&auth.shared));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        auth
    }

    /// Ends a login.
    pub fn end(&self, login: &str) {
        self.shared.lock().unwrap().ended.insert(login.into());
    }

    /// Begins another era.
    pub fn begin_era(&self) {
        self.shared.lock().unwrap().eras += 1;
    }

    /// Answers nothing of use.
    pub fn fail(&self) {
        self.shared.lock().unwrap().is_broken = true;
    }

    pub fn recover(&self) {
        self.shared.lock().unwrap().is_broken = false;
    }
}

async fn era(State(logins): State<Arc<Mutex<Logins>>>) -> (StatusCode, String) {
    let logins = logins.lock().unwrap();
    let status = if logins.is_broken { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    (status, format!("era-{}", logins.eras))
}

async fn session(
    State(logins): State<Arc<Mutex<Logins>>>,
    PathParameter(id): PathParameter<String>,
) -> StatusCode {
    let logins = logins.lock().unwrap();
    if logins.is_broken {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    if logins.ended.contains(&id) { StatusCode::NOT_FOUND } else { StatusCode::NO_CONTENT }
}
