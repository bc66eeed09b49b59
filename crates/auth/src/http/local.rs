//! The local door: tokens and the password for the `ocweb` command, without a login.
//!
//! Whoever can open our socket comes in here: who runs ocweb, and root. Where everything is one user the agent can too, so
//! what would give it more than it has, a token or another password, takes the password as well. Caddy passes nothing under `/local` on to us, and
//! what came through it all the same would carry the headers that it puts on everything, and is refused.

use axum::{
    Router,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    routing::{delete, get},
};
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    tokens::{self, AccessTokenList, MadeAccessToken, NewAccessToken},
};
use crate::authenticator::{NewPasswordError, Unproven};

/// The routes of the door.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/local/tokens", get(list_tokens).post(make_token))
        .route("/local/tokens/{id}", delete(revoke_token))
        .route("/local/password", get(about_password).post(change_password))
}

/// Somebody on this machine who may open our socket.
struct Local;

impl<S: Sync> FromRequestParts<S> for Local {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let is_passed_on = |name: &str| {
            let said = |prefix| name.starts_with(prefix);
            said("x-forwarded") || said("x-real-") || said("x-ocweb-") || name == "forwarded" || name == "via"
        };
        if parts.headers.keys().any(|name| is_passed_on(name.as_str())) {
            return Err(Problem::not_found("There is nothing at this address."));
        }
        Ok(Self)
    }
}

async fn list_tokens(State(shared): State<Shared>, _: Local) -> Json<AccessTokenList> {
    tokens::list(&shared)
}

/// What is asked for, with the proof that the owner asks.
#[derive(Deserialize)]
struct Proven<T> {
    #[serde(flatten)]
    wanted: T,
    /// Needed where the agent is the same user.
    current_password: Option<String>,
}

async fn make_token(
    State(shared): State<Shared>,
    _: Local,
    Json(Proven { wanted, current_password }): Json<Proven<NewAccessToken>>,
) -> Result<(StatusCode, Json<MadeAccessToken>), Problem> {
    shared.prove_owner(current_password.as_deref()).await?;
    tokens::make(&shared, wanted).await
}

async fn revoke_token(
    State(shared): State<Shared>,
    _: Local,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    tokens::revoke(&shared, &id).await
}

/// What there is to know before another password is asked for.
#[derive(Serialize)]
struct AboutPassword {
    /// Whether it was set where ocweb was started, and can be changed there alone.
    is_fixed: bool,
}

async fn about_password(State(shared): State<Shared>, _: Local) -> Json<AboutPassword> {
    Json(AboutPassword { is_fixed: shared.password_is_fixed() })
}

/// Another password.
#[derive(Deserialize)]
struct NewPassword {
    password: String,
}

async fn change_password(
    State(shared): State<Shared>,
    _: Local,
    Json(Proven { wanted: NewPassword { password }, current_password }): Json<Proven<NewPassword>>,
) -> Result<StatusCode, Problem> {
    shared.prove_owner(current_password.as_deref()).await?;
    shared.change_password(&password).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Unproven> for Problem {
    fn from(error: Unproven) -> Self {
        match error {
            Unproven::PasswordNeeded => Self::new(StatusCode::FORBIDDEN, error.to_string())
                .kind("password-needed", "The password is needed"),
            Unproven::Refused(error) => error.into(),
        }
    }
}

impl From<NewPasswordError> for Problem {
    fn from(error: NewPasswordError) -> Self {
        let status = match error {
            NewPasswordError::Fixed => StatusCode::CONFLICT,
            NewPasswordError::Unusable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            NewPasswordError::Hash(error) => return Self::internal(error),
            NewPasswordError::NotWritten(ref cause) => {
                tracing::error!(error = %cause, "cannot keep the new password");
                StatusCode::INSUFFICIENT_STORAGE
            }
        };
        Self::new(status, format!("{error}."))
    }
}
