//! Answers: when they come, and what is in them.

use std::time::{Duration, Instant};

use ocweb_demo::model::conversation::Wanted;
use ocweb_opencode_client::{Question, Reply};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    finding::{Broken, ensure},
    stage::Stage,
};

pub(super) async fn part_times(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let said = stage.ask(&session, "think 3 words\nsay: timed").await?;
    let asked = said.asked();
    ensure(asked["parts"][0]["time"].is_null(), "no time in a prompt's text", &asked)?;
    for kind in ["text", "reasoning"] {
        let part = said.parts(kind).first().cloned().unwrap_or_default();
        let is_timed = part["time"]["start"].is_number() && part["time"]["end"].is_number();
        ensure(is_timed, &format!("when the {kind} began and ended"), &part)?;
    }
    let info = said.answers.first().map(|answer| answer["info"].clone()).unwrap_or_default();
    let is_whole =
        info["role"] == "assistant" && info["time"]["created"].is_number() && info["finish"] == "stop";
    ensure(is_whole, "role, time and finish of an answer", &info)
}

pub(super) async fn summary(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    stage.ask(&session, "say: much").await?;
    stage.idle(&session).await?;
    let body = json!({"providerID": "demo", "modelID": "demo"});
    stage.post(&format!("/session/{session}/summarize"), &body).await?;
    let has_summary = |list: &Value| {
        list.as_array().is_some_and(|list| list.iter().any(|message| message["info"]["summary"] == true))
    };
    let messages = stage.until(&format!("/session/{session}/message"), has_summary).await?;
    let messages = messages.as_array().cloned().unwrap_or_default();
    let summary =
        messages.iter().find(|message| message["info"]["summary"] == true).cloned().unwrap_or_default();
    let prompt = messages.iter().find(|message| message["info"]["id"] == summary["info"]["parentID"]);
    let prompt = prompt.cloned().unwrap_or_default();
    ensure(prompt["parts"][0]["type"] == "compaction", "its prompt to be one part `compaction`", &prompt)
}

pub(super) async fn message_call(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let body = json!({"parts": [{"type": "text", "text": "wait 0.6 seconds\nsay: in one"}]});
    let begin = Instant::now();
    let response = stage.answer(&format!("/session/{session}/message"), &body).await?;
    let waited = begin.elapsed();
    let came = format!("a head after {} ms", waited.as_millis()).into();
    ensure(waited >= Duration::from_millis(500), "nothing before the run is over", &came)?;
    let answer: Value = response.json().await?;
    let text = answer["parts"].as_array().and_then(|parts| parts.iter().find(|part| part["type"] == "text"));
    ensure(text.is_some_and(|text| text["text"] == "in one"), "the answer in one document", &answer)
}

pub(super) async fn questions(stage: &Stage) -> Result<(), Broken> {
    let model = stage.client.small_model(&stage.copy).await?;
    ensure(model.is_some(), "`small_model` in /config", &Value::Null)?;
    let question = Question {
        instructions: "You write the message of a git commit",
        text: "run: touch asked\n\nChanged files:\nnew notes.md (+1 -0)\n",
        model: model.as_ref(),
        patience: Duration::from_secs(30),
    };
    let reply = stage.client.ask(&stage.copy, &question).await?;
    let is_said = matches!(&reply, Reply::Said(text) if text.starts_with("Change notes.md"));
    ensure(is_said, "the model's words in one document", &format!("{reply:?}").into())?;
    let completions = stage.world.completions().list();
    let asked = completions.iter().filter(|completion| completion.prompt.contains("touch asked"));
    let wanted: Vec<_> = asked.map(|completion| completion.wanted).collect();
    // With a tool to call it would be a chat.
    ensure(
        wanted == [Wanted::Words],
        "one question to the model, without tools and without a title",
        &json!(wanted),
    )?;
    let left = stage.json(stage.request(Method::GET, "/session", Some(&stage.copy))).await?;
    ensure(!left.to_string().contains("A question of ocweb"), "its session to be deleted", &left)
}
