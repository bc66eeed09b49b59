//! `/admin/chats/{id}/prompts`: what is typed is kept here until opencode has it.

use axum::{
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use ocweb_opencode_client::MessageId;
use ocweb_service::{
    Problem,
    extract::{Json, Path},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{BODY_LIMIT, chats::chat_id, problem::problem};
use crate::{
    Manager,
    prompts::{Draft, File, FileName, InvalidPrompt, NewPrompt, Prompt, PromptKind, PromptState},
};

pub(super) fn router() -> OpenApiRouter<Manager> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(take_back))
        .routes(routes!(send))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

/// What opencode is to do with a prompt.
#[derive(Default, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Say it to the agent.
    #[default]
    Prompt,
    /// Run the command that `command` names, with the text as its arguments.
    Command,
    /// Run it in the shell.
    Shell,
}

/// A prompt to be sent.
#[derive(Deserialize, ToSchema)]
pub(super) struct PromptRequest {
    /// `msg_…`, made by whoever sends it: the same id again is the same prompt.
    id: String,
    #[serde(default)]
    #[schema(inline)]
    kind: Kind,
    /// The name of the command, without its slash.
    command: Option<String>,
    /// At most 1 MB; may be empty when there are files, and in a command.
    text: String,
    /// `provider/model`; that which the chat used last if absent, with its variant.
    model: Option<String>,
    /// The model's variant.
    variant: Option<String>,
    /// The agent (mode), such as `build` or `plan`; that which the chat used last if absent.
    agent: Option<String>,
    /// The subagents that the text mentions. opencode finds those of a command itself.
    #[serde(default)]
    agents: Vec<String>,
    /// The files of the working copy that the text mentions, relative to it. One that is not there is passed over;
    /// opencode finds those of a command itself.
    #[serde(default)]
    mentions: Vec<String>,
    /// At most 50, of 30 MB in all; none with a shell command.
    #[serde(default)]
    files: Vec<PromptFileRequest>,
}

/// A file that goes with a prompt.
#[derive(Deserialize, ToSchema)]
struct PromptFileRequest {
    /// Such as `image/png`.
    mime: String,
    filename: String,
    /// `data:image/png;base64,…`
    url: String,
}

impl TryFrom<PromptRequest> for NewPrompt {
    type Error = Problem;

    fn try_from(request: PromptRequest) -> Result<Self, Problem> {
        let PromptRequest { id, kind, command, text, model, variant, agent, agents, mentions, files } =
            request;
        let kind = match (kind, command) {
            (Kind::Prompt, _) => PromptKind::Prompt,
            (Kind::Command, Some(name)) => PromptKind::Command { name },
            (Kind::Command, None) => return Err(Problem::bad_request("Name the command.")),
            (Kind::Shell, _) => PromptKind::Shell,
        };
        let files = files.into_iter().map(|file| File::new(&file.mime, &file.filename, file.url));
        let files = files.collect::<Result<_, _>>()?;
        let id = prompt_id(&id)?;
        Ok(Self::new(Draft { id, kind, text, model, variant, agent, agents, mentions, files })?)
    }
}

impl From<InvalidPrompt> for Problem {
    fn from(error: InvalidPrompt) -> Self {
        match error {
            InvalidPrompt::Malformed(detail) => Self::bad_request(detail),
            InvalidPrompt::TooLarge(detail) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
                .kind("prompt-too-large", "The prompt is too large"),
        }
    }
}

/// A prompt and how far it is on its way to opencode.
#[derive(Serialize, ToSchema)]
#[schema(as = Prompt)]
pub(super) struct PromptDocument {
    /// The id that its message in opencode has.
    id: String,
    #[schema(inline)]
    kind: Kind,
    /// The command's name, where it is one.
    command: Option<String>,
    /// What was typed; of a command, its arguments.
    text: String,
    /// `provider/model`; that which the chat used last if `null`.
    model: Option<String>,
    variant: Option<String>,
    agent: Option<String>,
    /// The subagents that the text mentions.
    agents: Vec<String>,
    /// The files of the working copy that the text mentions.
    mentions: Vec<String>,
    files: Vec<PromptFileDocument>,
    #[schema(inline)]
    state: PromptState,
    /// Why it failed.
    error: Option<Problem>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PromptFile)]
struct PromptFileDocument {
    mime: String,
    filename: String,
    /// Its content as a `data:` URL: only where a prompt is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    url: Option<String>,
}

impl From<Prompt> for PromptDocument {
    fn from(prompt: Prompt) -> Self {
        let Prompt { id, kind, text, model, variant, agent, agents, mentions, files, .. } = prompt;
        let Prompt { state, error, created_at, .. } = prompt;
        let (kind, command) = match kind {
            PromptKind::Prompt => (Kind::Prompt, None),
            PromptKind::Command { name } => (Kind::Command, Some(name)),
            PromptKind::Shell => (Kind::Shell, None),
        };
        let file = |FileName { mime, filename }| PromptFileDocument { mime, filename, url: None };
        let files = files.into_iter().map(file).collect();
        let error = error.as_ref().map(problem);
        let id = id.into();
        Self {
            id,
            kind,
            command,
            text,
            model,
            variant,
            agent,
            agents,
            mentions,
            files,
            state,
            error,
            created_at,
        }
    }
}

/// Sends a prompt
///
/// It is on the disk when this answers, and is delivered to opencode exactly once, in the order in which the
/// prompts of a chat came, as soon as the chat is ready and idle. The same id again changes nothing. A session
/// that opencode knows takes prompts too, wherever it was begun.
#[utoipa::path(post, path = "/admin/chats/{id}/prompts", operation_id = "create_prompt", tag = "git-manager",
    params(("id" = String, Path)), request_body = PromptRequest,
    responses(
        (status = 202, body = PromptDocument),
        (status = 400, body = Problem, description = "Something in it cannot be used"),
        (status = 404, body = Problem, description = "Neither we nor opencode know the chat"),
        (status = 409, body = Problem, description = "`prompt-taken-back`, or too many are waiting"),
        (status = 410, body = Problem, description = "`chat-deleted`"),
        (status = 413, body = Problem, description = "`prompt-too-large`"),
        (status = 502, body = Problem, description = "`opencode-error`"),
        (status = 503, body = Problem, description = "`opencode-unavailable`: only it may know the chat"),
        (status = 507, body = Problem, description = "The disk is full"),
    ))]
async fn create(
    State(manager): State<Manager>,
    Path(id): Path<String>,
    Json(request): Json<PromptRequest>,
) -> Result<(StatusCode, Json<PromptDocument>), Problem> {
    let prompt = manager.chats.take_prompt(&chat_id(&id)?, request.try_into()?).await?;
    Ok((StatusCode::ACCEPTED, Json(prompt.into())))
}

/// Takes a prompt back
///
/// Possible until it goes to opencode, and after it failed. The answer holds its text and files. One that is not here,
/// be it that its chat is not either, is refused as `prompt-taken-back` when it comes later: a request that its sender
/// has given up may still arrive.
#[utoipa::path(delete, path = "/admin/chats/{id}/prompts/{prompt}", operation_id = "take_back_prompt", tag = "git-manager",
    params(("id" = String, Path), ("prompt" = String, Path)),
    responses(
        (status = 200, body = PromptDocument),
        (status = 400, body = Problem),
        (status = 404, body = Problem, description = "It is not here, and will not be"),
        (status = 409, body = Problem, description = "`prompt-delivered`"),
        (status = 507, body = Problem),
    ))]
async fn take_back(
    State(manager): State<Manager>,
    Path((id, prompt)): Path<(String, String)>,
) -> Result<Json<PromptDocument>, Problem> {
    let prompts = manager.chats.prompts();
    let (prompt, files) = prompts.take_back(&chat_id(&id)?, prompt_id(&prompt)?).await?;
    let mut document = PromptDocument::from(prompt);
    for (file, content) in document.files.iter_mut().zip(files) {
        file.url = Some(content.url().to_owned());
    }
    Ok(Json(document))
}

/// Delivers a prompt at once, or tries a failed one again
///
/// opencode takes a prompt in mid-run at its next step. Those that wait before this one go with it. A shell command
/// waits for the run's end all the same: opencode takes none before. One whose error is `may-have-run` runs then,
/// whether it had run or not.
#[utoipa::path(post, path = "/admin/chats/{id}/prompts/{prompt}/send", operation_id = "send_prompt", tag = "git-manager",
    params(("id" = String, Path), ("prompt" = String, Path)),
    responses(
        (status = 202, body = PromptDocument),
        (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`prompt-delivered`"),
        (status = 507, body = Problem),
    ))]
async fn send(
    State(manager): State<Manager>,
    Path((id, prompt)): Path<(String, String)>,
) -> Result<(StatusCode, Json<PromptDocument>), Problem> {
    let prompt = manager.chats.prompts().hurry(&chat_id(&id)?, prompt_id(&prompt)?).await?;
    Ok((StatusCode::ACCEPTED, Json(prompt.into())))
}

fn prompt_id(text: &str) -> Result<MessageId, Problem> {
    text.parse().map_err(|_| {
        Problem::bad_request("The id of a prompt begins with msg_, followed by letters and digits.")
            .kind("invalid-name", "This name cannot be used")
    })
}
