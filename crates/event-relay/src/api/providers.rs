//! Providers, made slim, and taking up a change of them.

use axum::{extract::State, http::StatusCode};
use ocweb_service::{Problem, extract::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::opencode_failed;
use crate::{Relay, providers::CatalogueProvider};

/// The providers that opencode knows.
#[derive(Serialize, ToSchema)]
pub(super) struct ProviderList {
    /// Those that are connected first.
    providers: Vec<CatalogueProvider>,
}

/// How far a change was taken up.
#[derive(Serialize, ToSchema)]
pub(super) struct ProvidersRenewed {
    /// How many chats are at work, and know of it as soon as they rest.
    waiting: usize,
}

/// Lists the providers
///
/// Without their models, and at most half a minute old.
#[utoipa::path(get, path = "/admin/providers", operation_id = "list_providers", tag = "event-relay",
    responses(
        (status = 200, body = ProviderList),
        (status = 502, body = Problem, description = "opencode's answer cannot be used", content_type = "application/problem+json"),
        (status = 503, body = Problem, description = "opencode does not answer", content_type = "application/problem+json"),
    ))]
pub(super) async fn list_providers(State(relay): State<Relay>) -> Result<Json<ProviderList>, Problem> {
    let providers = relay.providers.list().await.map_err(|error| opencode_failed(&error))?;
    Ok(Json(ProviderList { providers: providers.to_vec() }))
}

/// Takes up that a provider was connected or disconnected
///
/// New chats know of it at once, and others too unless something is at work in them: nothing is interrupted.
#[utoipa::path(post, path = "/admin/providers", operation_id = "renew_providers", tag = "event-relay",
    responses(
        (status = 202, body = ProvidersRenewed),
        (status = 502, body = Problem, description = "opencode's answer cannot be used", content_type = "application/problem+json"),
        (status = 503, body = Problem, description = "opencode does not answer", content_type = "application/problem+json"),
    ))]
pub(super) async fn renew_providers(
    State(relay): State<Relay>,
) -> Result<(StatusCode, Json<ProvidersRenewed>), Problem> {
    let waiting = relay.providers.changed(&relay.hub).await.map_err(|error| opencode_failed(&error))?;
    Ok((StatusCode::ACCEPTED, Json(ProvidersRenewed { waiting })))
}
