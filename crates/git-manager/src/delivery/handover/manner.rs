//! What a prompt leaves open: how its chat was spoken to last, which only opencode knows when several devices speak to it.

use ocweb_opencode_client::{Error as ClientError, LastUsed, SessionId as ChatId};

use super::Delivery;
use crate::{chats::Chat, prompts::Prompt};

/// The prompt with agent and model as the chat used them last, else as it was made with, where it names none itself.
pub(super) async fn complete(
    delivery: &Delivery,
    chat: &ChatId,
    prompt: &Prompt,
) -> Result<Prompt, ClientError> {
    let mut prompt = prompt.clone();
    if prompt.agent.is_some() && prompt.model.is_some() {
        return Ok(prompt);
    }
    let LastUsed { agent, model, variant } = delivery.opencode.last_used(chat).await?;
    let made = delivery.chats.get(chat).ok();
    let made_with = |field: fn(Chat) -> Option<String>| made.clone().and_then(field);
    if prompt.agent.is_none() {
        prompt.agent = agent.or_else(|| made_with(|chat| chat.agent));
    }
    if prompt.model.is_none() {
        // A variant means something for its own model only.
        prompt.variant = prompt.variant.or(variant);
        let used = model.map(|model| format!("{}/{}", model.provider, model.model));
        prompt.model = used.or_else(|| made_with(|chat| chat.model));
    }
    Ok(prompt)
}
