//! The prompt that a new chat comes with: whole as any other, or a mere text.
//!
//! Read and described by hand: serde's `untagged` would keep a copy of what may be 40 MB and could not say
//! what is wrong with it, and without it the description cannot be derived.

use std::{borrow::Cow, fmt};

use ocweb_service::Problem;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, Type},
};

use super::prompts::PromptRequest;
use crate::prompts::NewPrompt;

/// The first prompt of a chat: with an id and files, or its text alone.
pub(super) enum FirstPrompt {
    Full(Box<PromptRequest>),
    Text(String),
}

impl FirstPrompt {
    /// A blank text counts as none.
    pub(super) fn checked(self) -> Result<Option<NewPrompt>, Problem> {
        match self {
            Self::Full(request) => NewPrompt::try_from(*request).map(Some),
            Self::Text(text) if text.trim().is_empty() => Ok(None),
            Self::Text(text) => Ok(Some(NewPrompt::of_text(text)?)),
        }
    }
}

impl<'de> Deserialize<'de> for FirstPrompt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = FirstPrompt;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text or a prompt with id and text")
            }

            fn visit_str<E>(self, text: &str) -> Result<FirstPrompt, E> {
                Ok(FirstPrompt::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FirstPrompt, A::Error> {
                let request = PromptRequest::deserialize(MapAccessDeserializer::new(map))?;
                Ok(FirstPrompt::Full(Box::new(request)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl PartialSchema for FirstPrompt {
    fn schema() -> RefOr<Schema> {
        let whole = Ref::from_schema_name(PromptRequest::name());
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some("Its text alone."));
        OneOfBuilder::new().item(whole).item(text).into()
    }
}

impl ToSchema for FirstPrompt {
    fn name() -> Cow<'static, str> {
        "FirstPrompt".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((PromptRequest::name().into(), PromptRequest::schema()));
        PromptRequest::schemas(schemas);
    }
}
