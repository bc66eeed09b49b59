//! The share server, opencode's own at opncd.ai otherwise: conversations that were published, at a link that anybody
//! can open until they are taken back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    faults::{self, Faults, Part},
    secrets,
};

/// What `enterprise.url` of opencode's settings has to be, below the world's origin.
pub(crate) const BASE: &str = "/sharing";

#[derive(Clone)]
pub(crate) struct Sharing {
    /// The world's origin.
    url: String,
    shares: Arc<Mutex<HashMap<String, Share>>>,
}

/// A conversation that is published.
struct Share {
    secret: String,
    /// What opencode told of it, oldest first.
    told: Vec<Value>,
}

impl Sharing {
    pub(crate) fn new(url: String) -> Self {
        Self { url, shares: Arc::default() }
    }

    fn shares(&self) -> MutexGuard<'_, HashMap<String, Share>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `/sharing/api/share…`, as opencode asks it, and `/sharing/share/{id}`, the link.
pub(crate) fn router(sharing: Sharing, faults: &Faults) -> Router {
    let routes = Router::new()
        .route("/api/share", post(create))
        .route("/api/share/{id}", delete(remove))
        .route("/api/share/{id}/sync", post(sync))
        .route("/share/{id}", get(read))
        .layer(middleware::from_fn_with_state((faults.clone(), Part::Sharing), faults::play))
        // A long conversation with whole files in it.
        .layer(DefaultBodyLimit::max(64 << 20))
        .with_state(sharing);
    Router::new().nest(BASE, routes)
}

#[derive(Deserialize)]
struct Created {
    #[serde(rename = "sessionID")]
    session: String,
}

/// The link ends with the end of the session's id, as opencode's server does it.
async fn create(State(sharing): State<Sharing>, Json(Created { session }): Json<Created>) -> Response {
    let Ok(secret) = secrets::random("share_") else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let id: String = session.chars().skip(session.chars().count().saturating_sub(8)).collect();
    let url = format!("{}{BASE}/share/{id}", sharing.url);
    let share = Share { secret: secret.clone(), told: Vec::new() };
    sharing.shares().insert(id.clone(), share);
    Json(json!({"id": id, "url": url, "secret": secret})).into_response()
}

#[derive(Deserialize)]
struct Told {
    secret: String,
    #[serde(default)]
    data: Vec<Value>,
}

async fn sync(State(sharing): State<Sharing>, Path(id): Path<String>, Json(told): Json<Told>) -> StatusCode {
    match sharing.shares().get_mut(&id) {
        Some(share) if share.secret == told.secret => {
            share.told.extend(told.data);
            StatusCode::OK
        }
        Some(_) => StatusCode::FORBIDDEN,
        None => StatusCode::NOT_FOUND,
    }
}

async fn remove(
    State(sharing): State<Sharing>,
    Path(id): Path<String>,
    Json(told): Json<Told>,
) -> StatusCode {
    let mut shares = sharing.shares();
    match shares.get(&id).map(|share| share.secret == told.secret) {
        Some(true) => {
            shares.remove(&id);
            StatusCode::OK
        }
        Some(false) => StatusCode::FORBIDDEN,
        None => StatusCode::NOT_FOUND,
    }
}

/// What whoever has the link can read.
async fn read(State(sharing): State<Sharing>, Path(id): Path<String>) -> Response {
    match sharing.shares().get(&id) {
        Some(share) => Json(&share.told).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
