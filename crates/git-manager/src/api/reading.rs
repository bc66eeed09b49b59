//! What every route that reads a working copy is asked for and answers alike.

use axum::{extract::FromRequestParts, http::request::Parts};
use ocweb_opencode_client::SessionId as ChatId;
use ocweb_service::{
    Problem,
    extract::{Path, Query},
};
use serde::Deserialize;
use utoipa::{IntoParams, IntoResponses};

use super::{chats::chat_id, parsed};
use crate::{Manager, names::InnerPath};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PathQuery {
    /// Below the working copy, without `..`; nothing in `.git`, and no link is followed.
    #[serde(default)]
    path: String,
}

/// The chat, and the path below its working copy, that a request is about.
pub(super) struct Located {
    pub(super) chat: ChatId,
    pub(super) path: InnerPath,
}

impl FromRequestParts<Manager> for Located {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, manager: &Manager) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, manager).await?;
        let Query(PathQuery { path }) = Query::from_request_parts(parts, manager).await?;
        Ok(Self { chat: chat_id(&id)?, path: parsed(&path)? })
    }
}

/// Why a working copy is not read.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described")]
pub(super) enum NotRead {
    /// Something in the request cannot be used
    #[response(status = 400)]
    BadRequest(Problem),
    /// No such chat or session, it has no working copy of ours (any more), or what is asked for is not in it
    #[response(status = 404)]
    Missing(Problem),
    /// `unreadable`: not there yet, or it cannot be read
    #[response(status = 409)]
    Unreadable(Problem),
    /// `opencode-unavailable`: only it may know the session
    #[response(status = 503)]
    OpencodeUnavailable(Problem),
    /// `took-too-long`
    #[response(status = 504)]
    TookTooLong(Problem),
}
