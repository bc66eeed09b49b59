//! `/admin/chats/{id}/proposals/{kind}`: what a model would write about a chat's changes.

use axum::extract::State;
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::chats::chat_id;
use crate::{
    Manager,
    proposals::{Proposal, ProposalKind},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new().routes(routes!(propose))
}

/// About what a proposal is to be made.
#[derive(Default, Deserialize, ToSchema)]
struct ProposalRequest {
    /// The paths of these files alone, as the diff tells them; all changes if absent.
    files: Option<Vec<String>>,
}

/// Has a model propose the message of a commit, or the title and text of a pull request
///
/// `commit`: about what is not committed; `pull_request`: about all that the chat did, with its commits. opencode's
/// small model is asked, or else the one that the chat used last, without tools, in a session that is deleted
/// afterwards. It takes some seconds, and gives up after 45.
#[utoipa::path(post, path = "/admin/chats/{id}/proposals/{kind}", operation_id = "propose_words", tag = "git-manager",
    params(("id" = String, Path), ("kind" = inline(ProposalKind), Path)), request_body = ProposalRequest,
    responses(
        (status = 200, body = Proposal),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`unreadable`"),
        (status = 422, body = Problem),
        (status = 502, body = Problem, description = "`no-proposal`: why, in one sentence"),
        (status = 504, body = Problem, description = "`took-too-long`"),
    ))]
async fn propose(
    State(manager): State<Manager>,
    Path((id, kind)): Path<(String, ProposalKind)>,
    Json(ProposalRequest { files }): Json<ProposalRequest>,
) -> Result<Json<Proposal>, Problem> {
    let (chat, proposals) = (chat_id(&id)?, manager.proposals.clone());
    let proposal = manager.to_its_end(async move { proposals.propose(&chat, kind, files.as_deref()).await });
    Ok(Json(proposal.await?))
}
