//! The models to choose from. opencode's own list has the providers' keys in it and is many times as large.

use std::path::PathBuf;

use axum::extract::State;
use ocweb_opencode_client::{Model, ModelCost, ModelProvider};
use ocweb_service::{
    Problem,
    extract::{Json, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::{IntoParams, ToSchema};

use super::opencode_failed;
use crate::Relay;

/// For whom the models are.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ModelsQuery {
    /// The directory of a chat, which may have a configuration of its own; without it, what every chat has.
    #[param(value_type = Option<String>)]
    directory: Option<PathBuf>,
}

/// The models to choose from.
#[derive(Serialize, ToSchema)]
pub(super) struct OfferedModelList {
    providers: Vec<OfferedProvider>,
}

/// A provider that is connected.
#[derive(Serialize, ToSchema)]
struct OfferedProvider {
    id: String,
    name: String,
    models: Vec<OfferedModel>,
}

/// What a person chooses a model by.
#[derive(Serialize, ToSchema)]
struct OfferedModel {
    /// Within its provider.
    id: String,
    name: String,
    /// How many tokens it takes in; `null` when that is not known.
    #[schema(value_type = Option<f64>)]
    context: Option<Number>,
    /// Dollars for a million tokens that it reads; `null` when that is not known.
    #[schema(value_type = Option<f64>)]
    input_price: Option<Number>,
    /// Dollars for a million tokens that it writes; `null` when that is not known.
    #[schema(value_type = Option<f64>)]
    output_price: Option<Number>,
    /// Whether it can be shown pictures.
    images: bool,
    /// Whether it can be shown PDFs.
    pdfs: bool,
    /// The names of its variants, in order.
    variants: Vec<String>,
}

/// Lists the models to choose from
#[utoipa::path(get, path = "/admin/models", operation_id = "list_models", tag = "event-relay", params(ModelsQuery),
    responses(
        (status = 200, body = OfferedModelList, description = "Those of the providers that are connected"),
        (status = 502, body = Problem, description = "opencode's answer cannot be used", content_type = "application/problem+json"),
        (status = 503, body = Problem, description = "opencode does not answer", content_type = "application/problem+json"),
    ))]
pub(super) async fn list_models(
    State(relay): State<Relay>,
    Query(query): Query<ModelsQuery>,
) -> Result<Json<OfferedModelList>, Problem> {
    let providers = relay.opencode.models(query.directory.as_deref()).await;
    let providers = providers.map_err(|error| opencode_failed(&error))?;
    Ok(Json(OfferedModelList { providers: providers.into_iter().map(Into::into).collect() }))
}

impl From<ModelProvider> for OfferedProvider {
    fn from(ModelProvider { id, name, models }: ModelProvider) -> Self {
        Self { id, name, models: models.into_iter().map(|(id, model)| OfferedModel::of(id, model)).collect() }
    }
}

impl OfferedModel {
    fn of(id: String, Model { name, context, cost, inputs, variants }: Model) -> Self {
        let (input_price, output_price) = match cost {
            Some(ModelCost { input, output }) => (Some(input), Some(output)),
            None => (None, None),
        };
        let (images, pdfs) = (inputs.contains("image"), inputs.contains("pdf"));
        Self { id, name, context, input_price, output_price, images, pdfs, variants }
    }
}
