//! `/admin/chats`: a task typed now, done although the phone goes to sleep.

use std::path::PathBuf;

use axum::{
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use ocweb_opencode_client::SessionId as ChatId;
use ocweb_service::{
    Problem,
    extract::{Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Acceptance, BODY_LIMIT,
    first_prompt::FirstPrompt,
    parsed,
    problem::{DeletionRefused, problem},
    prompts::PromptDocument,
    saved::Deletion,
};
use crate::{
    Manager,
    chats::{Chat, InvalidChat, NewChat, Permissions, State as ChatState},
    clones::Extent,
    conversations::Conversation,
    git::Progress,
    names::{BranchName, RepositoryName, SessionId},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, delete))
        .routes(routes!(retry))
        .routes(routes!(cancel))
        .routes(routes!(archive))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// A chat and how far its creation is.
#[derive(Serialize, ToSchema)]
#[schema(as = Chat)]
pub(super) struct ChatDocument {
    /// The id of its opencode session.
    id: String,
    repo: RepositoryName,
    /// As given at its creation; opencode may have another by now.
    title: Option<String>,
    /// Its own branch.
    branch: BranchName,
    /// The remote's branch that it began at, or that its work belongs to since; `null` while not known, and in an empty repository.
    base: Option<BranchName>,
    /// Its worktree; `null` when that was deleted.
    #[schema(value_type = Option<String>)]
    directory: Option<PathBuf>,
    #[schema(inline)]
    state: ChatState,
    /// How far it is, in the states `cloning`, `fetching` and `adding_worktree`; `null` while there is nothing to tell.
    progress: Option<Progress>,
    /// Why it failed.
    error: Option<Problem>,
    /// The prompts that are not yet delivered, in order.
    prompts: Vec<PromptDocument>,
    /// Whether it was put away.
    archived: bool,
    /// What its agent may do without asking; `null` where opencode's own configuration says.
    permissions: Option<Permissions>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

impl ChatDocument {
    pub(super) fn new(manager: &Manager, chat: Chat) -> Self {
        let progress = manager.progress(&chat);
        let directory = manager.worktrees.path(&chat.repo, &SessionId::from(&chat.id));
        let directory = Some(directory).filter(|path| !chat.state.is_final() || path.is_dir());
        let prompts = manager.chats.prompts().list(&chat.id).into_iter().map(Into::into).collect();
        Self {
            id: chat.id.to_string(),
            repo: chat.repo,
            title: chat.title,
            branch: chat.branch,
            base: chat.base,
            directory,
            state: chat.state,
            progress,
            error: chat.error.as_ref().map(problem),
            prompts,
            archived: chat.archived,
            permissions: chat.permissions,
            created_at: chat.created_at,
            updated_at: chat.updated_at,
        }
    }
}

/// All chats, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct ChatList {
    chats: Vec<ChatDocument>,
}

impl ChatList {
    pub(super) fn new(manager: &Manager) -> Self {
        let chats = manager.chats.list().into_iter().map(|chat| ChatDocument::new(manager, chat));
        Self { chats: chats.collect() }
    }
}

/// A chat to be created.
#[derive(Deserialize, ToSchema)]
struct ChatRequest {
    /// `ses_…`, made by whoever asks: the same id again is the same chat. One is made if absent.
    id: Option<String>,
    /// `owner/name`; cloned if need be.
    repo: String,
    /// The task.
    prompt: Option<FirstPrompt>,
    /// The remote's branch to begin at, or `pull/12/head` for a pull request's commits; the default branch if absent.
    base: Option<String>,
    title: Option<String>,
    /// `provider/model` for prompts that name none; opencode's default if absent.
    model: Option<String>,
    /// The agent (mode) for prompts that name none, such as `build` or `plan`.
    agent: Option<String>,
    /// What its agent may do without asking; as the settings say if absent.
    permissions: Option<Permissions>,
    /// How much of the repository is cloned if it is not there: all of it if absent.
    #[serde(default)]
    #[schema(required = false)]
    extent: Extent,
    /// What it begins with: an exported conversation, as `GET /admin/chats/{id}/conversation` and `opencode export` write it.
    #[schema(value_type = Option<Object>)]
    conversation: Option<Value>,
}

/// All chats
#[utoipa::path(get, path = "/admin/chats", operation_id = "list_chats", tag = "git-manager",
    responses((status = 200, body = ChatList)))]
async fn list(State(manager): State<Manager>) -> Json<ChatList> {
    Json(ChatList::new(&manager))
}

/// Creates a chat
///
/// Answers at once; clone, fetch, worktree, session and prompt follow by themselves, also after a restart.
/// The same id again answers with the chat that is there. A prompt with an id that this chat does not know is
/// taken into it; apart from that nothing changes.
#[utoipa::path(post, path = "/admin/chats", operation_id = "create_chat", tag = "git-manager",
    request_body = ChatRequest,
    responses(
        (status = 202, body = ChatDocument),
        (status = 400, body = Problem, description = "Something in it cannot be used; `no-conversation`: what it is to begin with is none"),
        (status = 409, body = Problem, description = "`chat-exists`: in another repository; or as for a prompt"),
        (status = 410, body = Problem, description = "`chat-deleted`: there was one of this id"),
        (status = 413, body = Problem, description = "`prompt-too-large`"),
        (status = 507, body = Problem, description = "The disk is full"),
    ))]
async fn create(
    State(manager): State<Manager>,
    Json(request): Json<ChatRequest>,
) -> Result<(StatusCode, Json<ChatDocument>), Problem> {
    let ChatRequest { id, repo, prompt, base, title, model, agent, permissions, extent, conversation } =
        request;
    let id = id.as_deref().map(chat_id).transpose()?;
    let base = base.as_deref().map(parsed).transpose()?;
    let prompt = prompt.map_or(Ok(None), FirstPrompt::checked)?;
    let (title, model, agent) = (title.as_deref(), model.as_deref(), agent.as_deref());
    let new = NewChat::new(id, parsed(&repo)?, base, prompt, title, model, agent)?;
    let conversation = conversation.map(Conversation::read).transpose()?;
    let new = new.with_permissions(permissions).with_extent(extent).with_conversation(conversation);
    let chat = manager.chats.create(new).await?;
    Ok((StatusCode::ACCEPTED, Json(ChatDocument::new(&manager, chat))))
}

/// One chat
#[utoipa::path(get, path = "/admin/chats/{id}", operation_id = "get_chat", tag = "git-manager",
    params(("id" = String, Path)),
    responses((status = 200, body = ChatDocument), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn get(State(manager): State<Manager>, Path(id): Path<String>) -> Result<Json<ChatDocument>, Problem> {
    let chat = manager.chats.get(&chat_id(&id)?)?;
    Ok(Json(ChatDocument::new(&manager, chat)))
}

/// Begins the creation of a failed chat anew
#[utoipa::path(post, path = "/admin/chats/{id}/retry", operation_id = "retry_chat", tag = "git-manager",
    params(("id" = String, Path)),
    responses(
        (status = 202, body = ChatDocument),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It did not fail"),
        (status = 507, body = Problem),
    ))]
async fn retry(
    State(manager): State<Manager>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<ChatDocument>), Problem> {
    let chat = manager.chats.retry(&chat_id(&id)?)?;
    Ok((StatusCode::ACCEPTED, Json(ChatDocument::new(&manager, chat))))
}

/// Ends the creation of a chat
///
/// What was made for it is undone, the clone that only it waits for included. It is then as one that failed: its prompts
/// can be taken back, it can be tried again, and it can be deleted.
#[utoipa::path(post, path = "/admin/chats/{id}/cancel", operation_id = "cancel_chat", tag = "git-manager",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = ChatDocument),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is not being created any more"),
    ))]
async fn cancel(
    State(manager): State<Manager>,
    Path(id): Path<String>,
) -> Result<Json<ChatDocument>, Problem> {
    let id = chat_id(&id)?;
    let chat = manager.detached(async move |removal| removal.chats.cancel(&id).await).await?;
    Ok(Json(ChatDocument::new(&manager, chat)))
}

/// Whether a chat is put away.
#[derive(Deserialize, ToSchema)]
struct Archived {
    archived: bool,
}

/// Puts a chat away or takes it back
///
/// It keeps everything, and is hidden from lists until asked for. A prompt takes it back too. A session that was begun
/// elsewhere can be put away as well.
#[utoipa::path(put, path = "/admin/chats/{id}/archived", operation_id = "archive_chat", tag = "git-manager",
    params(("id" = String, Path)), request_body = Archived,
    responses(
        (status = 204, description = "So it is"),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is being prepared"),
        (status = 410, body = Problem, description = "`chat-deleted`"),
        (status = 503, body = Problem, description = "`opencode-unavailable`: it is not known whether there is such a session"),
        (status = 507, body = Problem),
    ))]
async fn archive(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Json(Archived { archived }): Json<Archived>,
) -> Result<StatusCode, Problem> {
    manager.chats.archive(&chat_id(&id)?, archived).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a chat with its worktree, branch and session
///
/// Ends its creation if that goes on. Refused while something speaks against it that was not accepted.
#[utoipa::path(delete, path = "/admin/chats/{id}", operation_id = "delete_chat", tag = "git-manager",
    params(("id" = String, Path), Acceptance),
    responses(
        (status = 200, body = Deletion, description = "Deleted; this was saved before"),
        (status = 204, description = "Deleted; there was nothing to save"),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = DeletionRefused, content_type = "application/problem+json", description = "`deletion-refused`, with every reason"),
        (status = 507, body = Problem, description = "`not-saved`: nothing was deleted, because it could not be saved first"),
        (status = 502, body = Problem), (status = 503, body = Problem, description = "`opencode-unavailable`"),
    ))]
async fn delete(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Query(acceptance): Query<Acceptance>,
) -> Result<Deletion, Problem> {
    let id = chat_id(&id)?;
    let terms = acceptance.checked()?;
    let saved = manager.detached(async move |removal| removal.chat(&id, &terms).await).await?;
    Ok(Deletion { saved })
}

impl From<InvalidChat> for Problem {
    fn from(error: InvalidChat) -> Self {
        match error {
            InvalidChat::Title => Self::bad_request(error.to_string()),
            InvalidChat::Prompt(error) => error.into(),
        }
    }
}

pub(super) fn chat_id(text: &str) -> Result<ChatId, Problem> {
    text.parse().map_err(|_| {
        Problem::bad_request("The id of a chat begins with ses_, followed by letters and digits.")
            .kind("invalid-name", "This name cannot be used")
    })
}
