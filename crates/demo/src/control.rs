//! `/control/…`: what a test that drives a world from outside its process uses.
//!
//! - `POST /control/faults` with a [`Fault`]; `DELETE /control/faults` forgets those still to come.
//! - `POST /control/rate {"repository":"demo/slow-assets","bytes_per_second":100000}`; `null` lifts it.
//! - `POST /control/github {"kind":"checks","repository","branch","checks":[{"name","conclusion","log",…}],"statuses":[…]}`, or of
//!   kind `review`, `fork`, `issue` or `moved`: what others do there. What the person does there (merge, close), a test does by GitHub's own API.
//! - `GET /control/completions`: every completion that was asked for, oldest first.

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    faults::{Fault, Faults},
    github::{GitHub, Happening, Rates},
    model::Completions,
};

/// The handles that the control routes turn.
#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) faults: Faults,
    pub(crate) rates: Rates,
    pub(crate) completions: Completions,
}

#[derive(Deserialize)]
struct Rate {
    repository: String,
    bytes_per_second: Option<u64>,
}

pub(crate) fn router(control: Control, github: GitHub) -> Router {
    let github = Router::new().route("/control/github", post(happen)).with_state(github);
    Router::new()
        .route("/control/faults", post(add_fault).delete(clear_faults))
        .route("/control/rate", post(set_rate))
        .route("/control/completions", get(completions))
        .with_state(control)
        .merge(github)
}

async fn happen(State(github): State<GitHub>, Json(happening): Json<Happening>) -> (StatusCode, Json<Value>) {
    match github.happen(happening).await {
        Ok(what) => (StatusCode::OK, Json(what)),
        Err(message) => (StatusCode::CONFLICT, Json(json!({"message": message}))),
    }
}

async fn add_fault(State(control): State<Control>, Json(fault): Json<Fault>) -> StatusCode {
    control.faults.add(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.faults.clear();
    StatusCode::NO_CONTENT
}

async fn set_rate(State(control): State<Control>, Json(rate): Json<Rate>) -> StatusCode {
    control.rates.set(&rate.repository, rate.bytes_per_second);
    StatusCode::NO_CONTENT
}

async fn completions(State(control): State<Control>) -> Json<Value> {
    Json(json!({"completions": control.completions.list()}))
}
