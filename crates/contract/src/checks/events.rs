//! The one stream of events, and what is lost with it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    events::is_about,
    finding::{Broken, ensure},
    stage::Stage,
};

fn kind(event: &Value) -> &str {
    event["payload"]["type"].as_str().unwrap_or_default()
}

pub(super) async fn stream(stage: &Stage) -> Result<(), Broken> {
    let elsewhere = stage.aside("heard").await?;
    for directory in [&stage.copy, &elsewhere] {
        let session = stage.session_in(directory).await?;
        let prompt = stage.say(&session, "say: heard").await?;
        stage.answered(&session, prompt.as_str()).await?;
        for wanted in [
            "session.created",
            "session.updated",
            "session.status",
            "message.updated",
            "message.part.updated",
            "session.idle",
        ] {
            let event = stage.events.until(|event| is_about(event, wanted, session.as_str())).await;
            ensure(event["directory"] == json!(directory), &format!("the directory of `{wanted}`"), &event)?;
        }
        let message = stage.events.until(|event| is_about(event, "message.updated", session.as_str())).await;
        let info = &message["payload"]["properties"]["info"];
        let is_whole =
            info["id"].is_string() && info["role"].is_string() && info["time"]["created"].is_number();
        ensure(is_whole, "id, role and time of a message", info)?;
        let statuses = stage.events.all(|event| is_about(event, "session.status", session.as_str()));
        let kinds: Vec<_> =
            statuses.iter().map(|event| &event["payload"]["properties"]["status"]["type"]).collect();
        ensure(kinds.iter().any(|kind| **kind == "busy"), "the status `busy`", &json!(kinds))?;
        let twins =
            stage.events.all(|event| kind(event) == "sync" && event.to_string().contains(session.as_str()));
        ensure(!twins.is_empty(), "each durable event as `sync`, too", &Value::Null)?;
    }
    let beats = || stage.events.all(|event| kind(event) == "server.heartbeat").len();
    let before = beats();
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while beats() == before {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    waited.await.map_err(|_| Broken::new("a heartbeat every 10 s", "none in 30 s"))
}

pub(super) async fn deltas(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let said = stage.ask(&session, "say 30 words at 100 per second").await?;
    let part = said.parts("text").first().cloned().unwrap_or_default();
    let text = part["text"].as_str().unwrap_or_default();
    let of_part = |event: &Value| {
        let properties = &event["payload"]["properties"];
        kind(event) == "message.part.delta"
            && properties["partID"] == part["id"]
            && properties["field"] == "text"
    };
    let joined = || -> String {
        let deltas = stage.events.all(of_part);
        deltas.iter().filter_map(|event| event["payload"]["properties"]["delta"].as_str()).collect()
    };
    let whole = stage.events.until(|event| {
        kind(event) == "message.part.updated"
            && event["payload"]["properties"]["part"]["id"] == part["id"]
            && event["payload"]["properties"]["part"]["text"] == text
    });
    whole.await;
    ensure(
        joined() == text && !text.is_empty(),
        "the deltas of a text to be the text",
        &json!([joined(), text]),
    )
}

pub(super) async fn output(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let said = stage.ask(&session, "run: echo first; sleep 0.6; echo second").await?;
    let told = stage.events.all(|event| {
        let tool = &event["payload"]["properties"]["part"]["state"];
        is_about(event, "message.part.updated", session.as_str())
            && tool["status"] == "running"
            && tool["metadata"]["output"].as_str().is_some_and(|output| output.starts_with("first"))
    });
    ensure(!told.is_empty(), "a running command's output in `state.metadata.output`", &Value::Null)?;
    let tool = said.tool();
    let is_whole = tool["input"]["command"].is_string() && tool["output"].to_string().contains("second");
    ensure(is_whole && tool["time"]["end"].is_number(), "a command's input, output and time", &tool)
}

/// Last of all: it is killed.
pub(super) async fn streamed(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    stage.say(&session, "say: before\nstall").await?;
    let streams = |event: &Value| is_about(event, "message.part.delta", session.as_str());
    stage.events.until(streams).await;
    stage.kill().await?;
    let messages = stage.messages(&session).await?;
    let last = messages.last().cloned().unwrap_or_default();
    let info = &last["info"];
    let is_cut_off =
        info["role"] == "assistant" && info["time"]["completed"].is_null() && info["error"].is_null();
    ensure(is_cut_off, "an answer without end and error after it was killed", info)?;
    let statuses = stage.get("/session/status").await?;
    ensure(statuses[session.as_str()].is_null(), "nothing to go on by itself after that", &statuses)?;
    let said = stage.ask(&session, "say: and on").await?;
    ensure(said.text() == "and on", "the session to go on with the next prompt", &said.text().into())
}
