//! What is listed: models, providers, terminals, and what waits in a directory.

use ocweb_opencode_client::ModelName;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    finding::{Broken, ensure},
    stage::Stage,
};

pub(super) async fn per_directory(stage: &Stage) -> Result<(), Broken> {
    let elsewhere = stage.aside("quiet").await?;
    let session = stage.session().await?;
    stage.say(&session, "stall").await?;
    stage.until("/session/status", |statuses| statuses[session.as_str()]["type"] == "busy").await?;
    let there: std::collections::BTreeMap<String, Value> =
        stage.client.statuses(&elsewhere.display().to_string()).await?;
    ensure(there.is_empty(), "nothing of other directories in /session/status", &json!(there))?;
    stage.client.abort(session.as_str(), &stage.copy).await?;
    stage.idle(&session).await?;
    let messages = stage.messages(&session).await?;
    let error = messages.last().map(|last| last["info"]["error"].clone()).unwrap_or_default();
    ensure(error["name"] == "MessageAbortedError", "`MessageAbortedError` at what was stopped", &error)
}

pub(super) async fn dispose(stage: &Stage) -> Result<(), Broken> {
    let directory = stage.aside("let-go").await?;
    stage.client.open_directory(&directory).await?;
    stage.client.dispose(&directory).await?;
    let disposed = stage.events.until(|event| {
        event["payload"]["type"] == "server.instance.disposed" && event["directory"] == json!(directory)
    });
    disposed.await;
    Ok(())
}

pub(super) async fn models(stage: &Stage) -> Result<(), Broken> {
    let providers = stage.client.models(Some(&stage.copy)).await?;
    let model = providers.iter().find(|known| known.id == "demo").and_then(|demo| demo.models.get("demo"));
    let model = model.ok_or_else(|| Broken::new("the configured model", format!("{providers:?}")))?;
    let is_whole = model.name == "Demo" && model.context.is_some() && model.cost.is_some();
    ensure(is_whole, "name, context and cost of a model", &format!("{model:?}").into())?;
    let name = |model: &str| ModelName { provider: "demo".into(), model: model.into() };
    let known = stage.client.variants(&stage.copy, &name("demo")).await?;
    ensure(known.is_some(), "its variants", &Value::Null)?;
    let unknown = stage.client.variants(&stage.copy, &name("none")).await?;
    ensure(unknown.is_none(), "no model that was not configured", &json!(unknown))?;
    ensure(stage.client.knows_agent(&stage.copy, "plan").await?, "the agent `plan`", &Value::Null)
}

pub(super) async fn catalogue(stage: &Stage) -> Result<(), Broken> {
    let catalogue = stage.client.catalogue().await?;
    let demo = catalogue.all.iter().find(|entry| entry.id == "demo");
    let is_known = demo.is_some_and(|demo| demo.source == "config" && demo.model_count >= 2);
    ensure(is_known, "where a provider comes from, and its models", &format!("{demo:?}").into())?;
    ensure(catalogue.connected.contains("demo"), "which providers are connected", &json!(catalogue.connected))
}

pub(super) async fn logins(stage: &Stage) -> Result<(), Broken> {
    let logins = stage.json(stage.request(Method::GET, "/provider/auth", None)).await?;
    let openai = &logins["openai"];
    let is_told = openai
        .as_array()
        .is_some_and(|ways| ways.iter().all(|way| way["type"].is_string() && way["label"].is_string()));
    ensure(is_told, "the ways to log in to OpenAI", &logins)
}

pub(super) async fn page(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    stage.client.set_title(&session, "A title").await?;
    let info = stage.get(&format!("/session/{session}")).await?;
    ensure(info["title"] == "A title", "the title that was set", &info)?;
    stage.ask(&session, "todo: look; change").await?;
    let todo = stage.get(&format!("/session/{session}/todo")).await?;
    ensure(
        todo[0]["content"] == "look" && todo[0]["status"] == "in_progress",
        "the list of what is to be done",
        &todo,
    )?;
    stage.ask(&session, "subagent: say: deep\nsay: back").await?;
    let children = stage.get(&format!("/session/{session}/children")).await?;
    ensure(children[0]["parentID"] == session.as_str(), "a subagent's session with its parent", &children)?;
    let servers = stage.get("/mcp").await?;
    ensure(servers.is_object(), "the MCP servers", &servers)?;
    let deleted =
        stage.json(stage.request(Method::DELETE, &format!("/session/{session}"), Some(&stage.copy))).await?;
    ensure(deleted == true, "true for what was deleted", &deleted)?;
    ensure(!stage.client.session_exists(session.as_str()).await?, "the session to be gone", &Value::Null)
}

pub(super) async fn terminals(stage: &Stage) -> Result<(), Broken> {
    let made = stage.post("/pty", &json!({"cwd": stage.copy, "title": "contract"})).await?;
    let id = made["id"].as_str().unwrap_or_default().to_owned();
    ensure(!id.is_empty(), "a terminal with an id", &made)?;
    ensure(stage.client.has_terminals(&stage.copy).await?, "a terminal that is running", &made)?;
    stage.json(stage.request(Method::DELETE, &format!("/pty/{id}"), Some(&stage.copy))).await?;
    let gone =
        |list: &Value| list.as_array().is_some_and(|list| list.iter().all(|one| one["id"] != id.as_str()));
    stage.until("/pty", gone).await.map(drop)
}
