//! How a chat's working copy was set up, and what is to be done for each new one of a repository.

use axum::{extract::State, http::StatusCode};
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{chats::chat_id, invalid};
use crate::{
    Manager,
    error::Error,
    names::RepositoryName,
    setup::{Command, Committed, InvalidSetup, Record, Settings, Step},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(skip)).routes(routes!(settings, change))
}

/// Whether a setup is over, and how it went.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SetupState {
    Running,
    Succeeded,
    Failed,
}

/// How setting up a chat's working copy went.
#[derive(Serialize, ToSchema)]
#[schema(as = Setup)]
struct SetupDocument {
    #[schema(inline)]
    state: SetupState,
    /// What was run, if anything.
    command: Option<Command>,
    /// What was done, in order.
    steps: Vec<Step>,
    /// What the command wrote: the end of it, as text that may hold a terminal's colours.
    output: String,
    /// Whether it wrote more before that.
    output_is_cut: bool,
    #[serde(with = "time::serde::rfc3339")]
    began_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
}

impl From<Record> for SetupDocument {
    fn from(record: Record) -> Self {
        let state = match record.ended_at {
            None => SetupState::Running,
            Some(_) if record.succeeded() => SetupState::Succeeded,
            Some(_) => SetupState::Failed,
        };
        let Record { command, steps, output, output_is_cut, began_at, ended_at, .. } = record;
        Self { state, command, steps, output, output_is_cut, began_at, ended_at }
    }
}

/// What is done to each new working copy of a repository, and who says so.
#[derive(Serialize, ToSchema)]
struct RepositorySetup {
    settings: Settings,
    /// What the repository says itself, on its default branch as last fetched.
    committed: Option<Committed>,
    /// Why that or the settings are not followed: a sentence.
    problem: Option<String>,
}

/// The setup of a chat's working copy.
#[derive(Serialize, ToSchema)]
struct ChatSetup {
    /// `null` where nothing was to be done.
    setup: Option<SetupDocument>,
}

/// How setting up a chat's working copy goes or went
#[utoipa::path(get, path = "/admin/chats/{id}/setup", operation_id = "show_chat_setup", tag = "git-manager",
    params(("id" = String, Path)),
    responses((status = 200, body = ChatSetup), (status = 400, body = Problem)))]
async fn show(State(manager): State<Manager>, Path(id): Path<String>) -> Result<Json<ChatSetup>, Problem> {
    let setup = manager.chats.setups().get(&chat_id(&id)?).map(SetupDocument::from);
    Ok(Json(ChatSetup { setup }))
}

/// Ends the setup command of a chat: the chat begins without it
#[utoipa::path(post, path = "/admin/chats/{id}/setup/skip", operation_id = "skip_chat_setup", tag = "git-manager",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is being ended"), (status = 400, body = Problem),
        (status = 409, body = Problem, description = "No setup command is running"),
    ))]
async fn skip(State(manager): State<Manager>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    if manager.chats.setups().skip(&chat_id(&id)?) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::Conflict("No setup command is running in this chat.".into()).into())
    }
}

/// What is done to each new working copy of a repository
#[utoipa::path(get, path = "/admin/repos/{owner}/{name}/setup", operation_id = "show_setup", tag = "git-manager",
    params(("owner" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = RepositorySetup), (status = 400, body = Problem)))]
async fn settings(
    State(manager): State<Manager>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<Json<RepositorySetup>, Problem> {
    let name = RepositoryName::from_parts(&owner, &name).map_err(invalid)?;
    let said = match manager.clones.find(&name) {
        Some(name) => manager.clones.committed_setup(&name).await,
        None => Ok(None),
    };
    let (committed, problem) = match said {
        Ok(committed) => (committed, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let (settings, unreadable) = match manager.chats.setups().settings(&name) {
        Ok(settings) => (settings, None),
        Err(error) => (Settings::nothing(), Some(error.to_string())),
    };
    Ok(Json(RepositorySetup { settings, committed, problem: unreadable.or(problem) }))
}

/// Changes what is done to each new working copy of a repository
///
/// Files are added to what the repository's `.ocweb/setup.json` says, and take the place of those to be copied; a command
/// takes the place of the repository's.
#[utoipa::path(put, path = "/admin/repos/{owner}/{name}/setup", operation_id = "change_setup", tag = "git-manager",
    params(("owner" = String, Path), ("name" = String, Path)), request_body = Settings,
    responses(
        (status = 204, description = "So it is"), (status = 400, body = Problem), (status = 422, body = Problem),
        (status = 507, body = Problem),
    ))]
async fn change(
    State(manager): State<Manager>,
    Path((owner, name)): Path<(String, String)>,
    Json(settings): Json<Settings>,
) -> Result<StatusCode, Problem> {
    let name = RepositoryName::from_parts(&owner, &name).map_err(invalid)?;
    let settings = settings.checked().map_err(|InvalidSetup(said)| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, said).kind("invalid-setup", "This cannot be done")
    })?;
    manager.chats.setups().set_settings(&name, &settings).map_err(Error::from)?;
    Ok(StatusCode::NO_CONTENT)
}
