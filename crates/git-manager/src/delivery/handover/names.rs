//! Whether opencode knows what a prompt names: what it does not know it refuses without a word that helps.

use std::path::Path;

use ocweb_opencode_client::Client;

use crate::{
    error::Error,
    prompts::{Prompt, PromptKind},
};

/// Refuses a prompt that names what opencode does not have. What cannot be asked now is not refused.
pub(super) async fn require(opencode: &Client, directory: &Path, prompt: &Prompt) -> Result<(), Error> {
    let Some(what) = unknown(opencode, directory, prompt).await else { return Ok(()) };
    Err(Error::Undeliverable(format!(
        "opencode has no {what}. Take the prompt back and choose another one, or set it up and send again."
    )))
}

async fn unknown(opencode: &Client, directory: &Path, prompt: &Prompt) -> Option<String> {
    if let PromptKind::Command { name } = &prompt.kind
        && matches!(opencode.command_info(directory, name).await, Ok(None))
    {
        return Some(format!("command \"/{name}\""));
    }
    for agent in prompt.agent.iter().chain(&prompt.agents) {
        if matches!(opencode.knows_agent(directory, agent).await, Ok(false)) {
            return Some(format!("agent \"{agent}\""));
        }
    }
    let model = prompt.model_name()?;
    let name = format!("model \"{}/{}\"", model.provider, model.model);
    match (opencode.variants(directory, &model).await, &prompt.variant) {
        (Ok(None), _) => Some(name),
        (Ok(Some(known)), Some(variant)) if !known.contains(variant) => {
            Some(format!("variant \"{variant}\" of the {name}"))
        }
        _ => None,
    }
}
