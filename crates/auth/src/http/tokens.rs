//! The list of tokens, making and revoking them. Only for who has logged in: a token makes no tokens.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{Shared, caller::Owner};
use crate::{
    authenticator::TokenError,
    token::{Token, TokenName},
};

/// What programs come in with.
#[derive(Serialize, ToSchema)]
pub(super) struct AccessTokenList {
    /// The latest first.
    tokens: Vec<AccessToken>,
}

/// A token, without its text.
#[derive(Serialize, ToSchema)]
struct AccessToken {
    /// Its id.
    id: String,
    /// What its owner calls it.
    name: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it was last used, give or take a minute; `null` when it never was.
    #[serde(with = "time::serde::rfc3339::option")]
    last_used_at: Option<OffsetDateTime>,
}

impl From<Token> for AccessToken {
    fn from(token: Token) -> Self {
        let Token { id, name, hash: _, created_at, last_used_at } = token;
        Self { id: id.to_string(), name, created_at, last_used_at }
    }
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewAccessToken {
    /// One line of 1 to 100 characters.
    name: String,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeAccessToken {
    /// Its id.
    id: String,
    /// What to send as `Authorization: Bearer …`, or as the password of HTTP Basic. Told only this once.
    #[schema(format = Password)]
    token: String,
}

/// Lists the tokens
#[utoipa::path(
    get,
    path = "/auth/tokens",
    operation_id = "list_tokens",
    tag = "auth",
    responses(
        (status = 200, description = "The tokens", body = AccessTokenList),
        (status = 401, description = "Not logged in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_tokens(State(shared): State<Shared>, _: Owner) -> Json<AccessTokenList> {
    Json(AccessTokenList { tokens: shared.tokens().into_iter().map(Into::into).collect() })
}

/// Makes a token
///
/// It lets a program in until it is revoked, or the password is changed.
#[utoipa::path(
    post,
    path = "/auth/tokens",
    operation_id = "make_token",
    tag = "auth",
    request_body = NewAccessToken,
    responses(
        (status = 201, description = "Made; its text is told only here", body = MadeAccessToken),
        (status = 401, description = "Not logged in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are too many", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The name cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "It could not be written down", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn make_token(
    State(shared): State<Shared>,
    _: Owner,
    Json(NewAccessToken { name }): Json<NewAccessToken>,
) -> Result<(StatusCode, Json<MadeAccessToken>), Problem> {
    let name = TokenName::parse(&name)
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    let (id, token) = shared.make_token(name).await?;
    let made = MadeAccessToken { id: id.to_string(), token: token.as_str().to_owned() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revokes a token
///
/// It lets nobody in any more, and the streams that were opened with it end within seconds.
#[utoipa::path(
    delete,
    path = "/auth/tokens/{id}",
    operation_id = "revoke_token",
    tag = "auth",
    params(("id" = String, Path, description = "The token's id")),
    responses(
        (status = 204, description = "It is revoked"),
        (status = 401, description = "Not logged in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another site made the browser send it", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
        (status = 421, description = "ocweb does not answer for this host", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "It is revoked, but that could not be written down", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke_token(
    State(shared): State<Shared>,
    _: Owner,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let no_such_token = || Problem::not_found("There is no token of this id.");
    let id = id.parse().map_err(|_| no_such_token())?;
    if shared.revoke_token(id).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(no_such_token())
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::TooMany(error) => Self::new(StatusCode::CONFLICT, error.to_string()),
            TokenError::Random(error) => Self::internal(error),
            TokenError::NotWritten(ref cause) => {
                tracing::error!(error = %cause, "cannot write the list of tokens");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string())
            }
        }
    }
}
