//! Prompts: that they are there once, whole, and with what goes with them.

use ocweb_opencode_client::{MessageId, ModelName, Prompt, PromptFile};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    finding::{Broken, ensure},
    stage::{Said, Stage},
};

/// A picture of one dot, which opencode can decode.
const DOT: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// The parts of the prompt that opencode did not add by itself.
fn own(said: &Said) -> Vec<Value> {
    let asked = said.asked();
    let parts = asked["parts"].as_array().cloned().unwrap_or_default();
    parts.into_iter().filter(|part| part["synthetic"] != true).collect()
}

pub(super) async fn prompt_again(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let message = MessageId::generate();
    let prompt = Prompt::of_text(&message, "say: once");
    stage.client.prompt_async(&session, &prompt).await?;
    stage.answered(&session, message.as_str()).await?;
    stage.idle(&session).await?;
    ensure(
        stage.client.prompt_is_stored(&session, &message, 1).await?,
        "the prompt to be there whole",
        &Value::Null,
    )?;
    stage.client.prompt_async(&session, &prompt).await?;
    // What comes next is in line behind it.
    let next = stage.ask(&session, "say: next").await?;
    let repeated = Said { prompt: message.to_string(), answers: Vec::new(), messages: next.messages.clone() };
    let texts: Vec<_> = own(&repeated).iter().map(|part| part["text"].clone()).collect();
    ensure(texts == ["say: once"], "the same prompt sent again to change nothing", &json!(texts))?;
    let answers = next.messages.iter().filter(|known| known["info"]["parentID"] == message.as_str()).count();
    ensure(answers == 1, "one answer to it", &answers.into())
}

pub(super) async fn resume(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let message = MessageId::generate();
    let body =
        json!({"messageID": message, "noReply": true, "parts": [{"type": "text", "text": "say: resumed"}]});
    let path = format!("/session/{session}");
    let status = stage.answer(&format!("{path}/prompt_async"), &body).await?.status();
    ensure(status == StatusCode::NO_CONTENT, "204 for a prompt", &status.as_u16().into())?;
    stage.until(&format!("{path}/message"), |list| list[0]["parts"][0].is_object()).await?;
    stage.client.prompt_async(&session, &Prompt::of_text(&message, "")).await?;
    let said = stage.answered(&session, message.as_str()).await?;
    ensure(said.text() == "resumed", "a run of what was stored", &said.text().into())
}

pub(super) async fn aside(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let message = MessageId::generate();
    let prompt =
        Prompt { aside: Some("say: of the aside"), ..Prompt::of_text(&message, "say: of the person") };
    stage.client.prompt_async(&session, &prompt).await?;
    let said = stage.answered(&session, message.as_str()).await?;
    ensure(said.text().contains("of the aside"), "the model to be told", &said.text().into())?;
    let asked = said.asked();
    let synthetic =
        asked["parts"].as_array().is_some_and(|parts| parts.iter().any(|part| part["synthetic"] == true));
    ensure(synthetic && own(&said).len() == 1, "one part of the person's, and a synthetic one", &asked)
}

pub(super) async fn mentions(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let message = MessageId::generate();
    let prompt = Prompt { agents: &["general".to_owned()], ..Prompt::of_text(&message, "say: see @general") };
    stage.client.prompt_async(&session, &prompt).await?;
    let said = stage.answered(&session, message.as_str()).await?;
    let parts = own(&said);
    let named = parts.iter().any(|part| part["type"] == "agent" && part["name"] == "general");
    ensure(named, "the mentioned agent as a part", &json!(parts))
}

pub(super) async fn mentioned_files(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let message = MessageId::generate();
    let url = format!("file://{}/notes.md", stage.copy.display());
    let file = PromptFile { mime: "text/plain", filename: "notes.md", url: &url };
    let prompt = Prompt { mentions: &[file], ..Prompt::of_text(&message, "say: see @notes.md") };
    stage.client.prompt_async(&session, &prompt).await?;
    let said = stage.answered(&session, message.as_str()).await?;
    let asked = said.asked();
    let parts = asked["parts"].as_array().cloned().unwrap_or_default();
    let text = |part: &Value| part["synthetic"] == true && part.to_string().contains("remember the milk");
    ensure(parts.iter().any(text), "what is in the file as a synthetic text", &asked)
}

pub(super) async fn data_urls(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let message = MessageId::generate();
    let file = PromptFile { mime: "image/png", filename: "dot.png", url: DOT };
    let model = ModelName { provider: "demo".into(), model: "demo".into() };
    let prompt = Prompt { files: &[file], model: Some(&model), ..Prompt::of_text(&message, "say: seen") };
    stage.client.prompt_async(&session, &prompt).await?;
    let said = stage.answered(&session, message.as_str()).await?;
    let parts = own(&said);
    let kept = parts.iter().find(|part| part["type"] == "file").cloned().unwrap_or_default();
    let url = kept["url"].as_str().unwrap_or_default();
    ensure(url.starts_with("data:") && kept["mime"] == "image/png", "the picture as a data: URL", &kept)
}

pub(super) async fn old_ids(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let old = MessageId::generate();
    let newer = stage.ask(&session, "say: newer").await?;
    stage.idle(&session).await?;
    stage.client.prompt_async(&session, &Prompt::of_text(&old, "say: of an old id")).await?;
    let said = stage.answered(&session, old.as_str()).await?;
    ensure(said.text() == "of an old id", "an answer to a prompt with an old id", &said.text().into())?;
    let place = |id: &str| said.messages.iter().position(|message| message["info"]["id"] == id);
    let ids: Vec<_> = said.messages.iter().map(|message| &message["info"]["id"]).collect();
    ensure(place(old.as_str()) > place(&newer.prompt), "messages by the time of their arrival", &json!(ids))
}
