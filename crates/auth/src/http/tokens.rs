//! The list of tokens, making and revoking them: for who has logged in, as a token makes no tokens, and through the
//! [local door](super::local).

use axum::{extract::State, http::StatusCode};
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
    scope::Scope,
    token::{Lifetime, Token, TokenName, TokenWish},
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
    /// What it is good for.
    scope: Scope,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it was last used, give or take a minute; `null` when it never was.
    #[serde(with = "time::serde::rfc3339::option")]
    last_used_at: Option<OffsetDateTime>,
    /// When it ends by itself; `null` when it does not.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    /// True when that is over. It lets nobody in, and is forgotten after 30 days.
    expired: bool,
}

impl AccessToken {
    fn of(token: Token, now: OffsetDateTime) -> Self {
        Self {
            id: token.id.to_string(),
            expired: token.is_expired(now),
            name: token.name,
            scope: token.scope,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            expires_at: token.expires_at,
        }
    }
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewAccessToken {
    /// One line of 1 to 100 characters.
    name: String,
    /// What it is to be good for: `attach` when nothing is said.
    scope: Option<Scope>,
    /// How long it lasts: days such as `90d`, hours such as `12h`, or `never` for until it is revoked. `90d` when nothing is
    /// said.
    #[schema(pattern = "^([0-9]+[dh]|never)$")]
    expires: Option<String>,
}

impl NewAccessToken {
    fn wish(self) -> Result<TokenWish, Problem> {
        let unfit = |reason: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason);
        let scope = self.scope.unwrap_or(Scope::Attach);
        if scope == Scope::Unknown {
            return Err(unfit("A token's scope is full, attach, read or metrics.".into()));
        }
        Ok(TokenWish {
            name: TokenName::parse(&self.name).map_err(|error| unfit(error.to_string()))?,
            scope,
            lifetime: match self.expires {
                Some(text) => Lifetime::parse(&text).map_err(|error| unfit(error.to_string()))?,
                None => Lifetime::DEFAULT,
            },
        })
    }
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeAccessToken {
    /// Its id.
    id: String,
    /// What to send as `Authorization: Bearer …`, or as the password of HTTP Basic. Told only this once.
    #[schema(format = Password)]
    token: String,
    /// What it is good for.
    scope: Scope,
    /// When it ends by itself; `null` when it does not.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

/// The tokens there are.
pub(super) fn list(shared: &Shared) -> Json<AccessTokenList> {
    let (tokens, now) = shared.tokens();
    Json(AccessTokenList { tokens: tokens.into_iter().map(|token| AccessToken::of(token, now)).collect() })
}

/// Makes one.
pub(super) async fn make(
    shared: &Shared,
    wanted: NewAccessToken,
) -> Result<(StatusCode, Json<MadeAccessToken>), Problem> {
    let (token, text) = shared.make_token(wanted.wish()?).await?;
    let made = MadeAccessToken {
        id: token.id.to_string(),
        token: text.as_str().to_owned(),
        scope: token.scope,
        expires_at: token.expires_at,
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revokes the one of that id.
pub(super) async fn revoke(shared: &Shared, id: &str) -> Result<StatusCode, Problem> {
    let no_such_token = || Problem::not_found("There is no token of this id.");
    let id = id.parse().map_err(|_| no_such_token())?;
    if shared.revoke_token(id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(no_such_token()) }
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
    list(&shared)
}

/// Makes a token
///
/// It lets a program in, as far as its scope goes, until it expires, is revoked, or the password is changed.
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
        (status = 422, description = "The name, scope or time cannot be used", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "It could not be written down", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn make_token(
    State(shared): State<Shared>,
    _: Owner,
    Json(wanted): Json<NewAccessToken>,
) -> Result<(StatusCode, Json<MadeAccessToken>), Problem> {
    make(&shared, wanted).await
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
) -> Result<StatusCode, Problem> {
    revoke(&shared, &id).await
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::TooMany(error) => Self::new(StatusCode::CONFLICT, error.to_string()),
            TokenError::Random(error) => Self::internal(error),
            TokenError::NotMade(ref cause) | TokenError::NotKept(ref cause) => {
                tracing::error!(error = %cause, "cannot write the list of tokens");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, error.to_string())
            }
        }
    }
}
