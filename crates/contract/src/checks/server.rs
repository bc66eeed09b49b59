//! The server itself: who may ask it, and what lies where.

use std::time::Duration;

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::{
    finding::{Broken, ensure},
    stage::Stage,
};

/// Every stream of events that Caddy and event-relay know. One that they do not know would pass by the check of logins.
const STREAMS: [&str; 4] = ["/event", "/global/event", "/api/event", "/api/session/{sessionID}/event"];
const RUN: Duration = Duration::from_mins(4);

pub(super) async fn health(stage: &Stage) -> Result<(), Broken> {
    let health = stage.json(stage.request(Method::GET, "/global/health", None)).await?;
    ensure(
        health["healthy"] == true && health["version"].is_string(),
        "{\"healthy\":true,\"version\":…}",
        &health,
    )
}

pub(super) async fn password(stage: &Stage) -> Result<(), Broken> {
    for path in ["/", "/session", "/global/event", "/global/health", "/config", "/doc"] {
        let status = stage.stranger(path).send().await?.status().as_u16();
        ensure(status == 401, &format!("401 for {path} without the password"), &status.into())?;
        let wrong =
            stage.stranger(path).basic_auth("opencode", Some("wrong")).send().await?.status().as_u16();
        ensure(wrong == 401, &format!("401 for {path} with a wrong password"), &wrong.into())?;
    }
    Ok(())
}

pub(super) async fn streams(stage: &Stage) -> Result<(), Broken> {
    for path in ["/event", "/global/event", "/api/event", "//EVENT/"] {
        let response = stage.request(Method::GET, path, Some(&stage.copy)).send().await?;
        let kind =
            response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        ensure(kind.starts_with("text/event-stream"), &format!("events at {path}"), &kind.into())?;
    }
    let document = stage.json(stage.request(Method::GET, "/doc", None)).await?;
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    ensure(paths.len() > 50, "its own list of paths at /doc", &paths.len().into())?;
    let streams = paths.iter().filter(|(_, path)| path.to_string().contains("text/event-stream"));
    let unknown: Vec<_> =
        streams.map(|(name, _)| name.as_str()).filter(|name| !STREAMS.contains(name)).collect();
    ensure(unknown.is_empty(), "no streams of events but those that we know", &json!(unknown))?;
    let terminals = paths.keys().filter(|name| name.ends_with("/connect") && name.contains("pty"));
    let terminals: Vec<_> = terminals.collect();
    ensure(terminals.len() == 2, "terminals at /pty and /api/pty", &json!(terminals))
}

pub(super) async fn web_ui(stage: &Stage) -> Result<(), Broken> {
    for path in ["/", "/L3RtcA/session/ses_1"] {
        let response = stage.request(Method::GET, path, None).header("accept", "text/html").send().await?;
        let has_policy = response.headers().contains_key("content-security-policy");
        let status = response.status().as_u16();
        let text = response.text().await?;
        let is_page = status == 200 && text.trim_start().to_lowercase().starts_with("<!doctype html");
        let beginning: String = text.chars().take(80).collect();
        ensure(is_page, &format!("a page at {path}"), &json!([status, beginning]))?;
        ensure(has_policy, &format!("a Content-Security-Policy at {path}"), &has_policy.into())?;
    }
    Ok(())
}

pub(super) async fn keys(stage: &Stage) -> Result<(), Broken> {
    let body = json!({"type": "api", "key": "contract"});
    let put = stage.json(stage.request(Method::PUT, "/auth/contract", None).json(&body)).await?;
    ensure(put == true, "true for PUT /auth/{provider}", &put)?;
    let kept = std::fs::read_to_string(stage.program.data().join("auth.json"))?;
    let kept: Value = serde_json::from_str(&kept).unwrap_or_default();
    ensure(kept["contract"]["key"] == "contract", "the key in opencode/auth.json", &kept)?;
    let deleted = stage.json(stage.request(Method::DELETE, "/auth/contract", None)).await?;
    ensure(deleted == true, "true for DELETE /auth/{provider}", &deleted)
}

/// `attach` itself wants a terminal; `run --attach` makes the same calls with the same options.
pub(super) async fn attach(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let url = stage.program.url();
    let directory = stage.copy.display().to_string();
    let arguments = [
        "run",
        "--attach",
        &url,
        "--password",
        stage.program.password(),
        "--session",
        session.as_str(),
        "--dir",
        &directory,
        "say:",
        "attached",
    ];
    let output = stage.program.command(&arguments).env_remove("OPENCODE_SERVER_PASSWORD").output();
    let output = tokio::time::timeout(RUN, output)
        .await
        .map_err(|_| Broken::new("an end of opencode run", "none"))??;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint: String = String::from_utf8_lossy(&output.stderr).chars().take(200).collect();
    ensure(
        output.status.success() && said.contains("attached"),
        "the answer on standard output",
        &json!([said, complaint]),
    )?;
    let messages = stage.messages(&session).await?;
    ensure(
        messages.len() == 2,
        "a prompt and an answer in the session that was named",
        &messages.len().into(),
    )
}
