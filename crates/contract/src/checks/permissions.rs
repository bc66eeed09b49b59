//! What the agent asks, and what an answer to that does.

use ocweb_opencode_client::{PermissionAction, PermissionRule};
use serde_json::{Value, json};

use crate::{
    finding::{Broken, ensure},
    stage::Stage,
};

/// The demo's settings have it ask before it removes.
const ASKS: &str = "run: rm -f nothing-there";

async fn allow(
    stage: &Stage,
    request: &Value,
    directory: &std::path::Path,
    reply: &str,
) -> Result<(), Broken> {
    let id = request["id"].as_str().unwrap_or_default();
    let directory = directory.display().to_string();
    Ok(stage.client.reply_to_permission(id, &directory, reply, None).await?)
}

pub(super) async fn rules(stage: &Stage) -> Result<(), Broken> {
    let rules = stage.client.agent_permissions(&stage.copy, None).await?.unwrap_or_default();
    let asks = rules.iter().any(|rule| rule.permission == "bash" && rule.action == PermissionAction::Ask);
    ensure(asks, "the rules of the configuration at the default agent's", &json!(rules))?;
    let agents = stage.client.default_agent(&stage.copy).await?;
    ensure(agents.as_deref() == Some("build"), "`build` to be the default agent", &json!(agents))?;
    let session = stage.session().await?;
    let prompt = stage.say(&session, ASKS).await?;
    let request = stage.asked("permission", &session).await?;
    let is_whole =
        request["permission"] == "bash" && request["patterns"].is_array() && request["always"].is_array();
    ensure(is_whole, "what is asked for: permission, patterns, always", &request)?;
    let told = stage.events.until(|event| {
        event["payload"]["type"] == "permission.asked"
            && event["payload"]["properties"]["id"] == request["id"]
    });
    told.await;
    allow(stage, &request, &stage.copy, "once").await?;
    let said = stage.answered(&session, prompt.as_str()).await?;
    ensure(said.tool()["status"] == "completed", "it to run once it is allowed", &said.tool())?;
    let answered = stage.events.all(|event| {
        event["payload"]["type"] == "permission.replied"
            && event["payload"]["properties"]["requestID"] == request["id"]
    });
    ensure(!answered.is_empty(), "an event `permission.replied`", &Value::Null)
}

pub(super) async fn always(stage: &Stage) -> Result<(), Broken> {
    let directory = stage.aside("allowed").await?;
    let wait_for = async |session: &ocweb_opencode_client::SessionId| loop {
        let asked: Vec<Value> = stage.client.permissions(&directory.display().to_string()).await?;
        if let Some(request) = asked.into_iter().find(|request| request["sessionID"] == session.as_str()) {
            return Ok::<_, Broken>(request);
        }
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    };
    let first = stage.session_in(&directory).await?;
    let prompt = stage.say(&first, ASKS).await?;
    let request = wait_for(&first).await?;
    allow(stage, &request, &directory, "always").await?;
    stage.answered(&first, prompt.as_str()).await?;
    // Another session of the directory is not asked again, and one elsewhere is.
    let second = stage.session_in(&directory).await?;
    let said = stage.ask(&second, ASKS).await?;
    ensure(said.tool()["status"] == "completed", "not to be asked again in the directory", &said.tool())?;
    let elsewhere = stage.session().await?;
    stage.say(&elsewhere, ASKS).await?;
    let request = stage.asked("permission", &elsewhere).await?;
    allow(stage, &request, &stage.copy, "reject").await
}

pub(super) async fn reject(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let prompt = stage.say(&session, &format!("{ASKS}\nsay: went on")).await?;
    let request = stage.asked("permission", &session).await?;
    allow(stage, &request, &stage.copy, "reject").await?;
    stage.idle(&session).await?;
    let messages = stage.messages(&session).await?;
    let went_on = json!(messages).to_string().contains("\"text\":\"went on\"");
    ensure(!went_on, "`reject` to end the run", &json!(messages.len()))?;
    drop(prompt);
    let prompt = stage.say(&session, &format!("{ASKS}\nsay: went on")).await?;
    let request = stage.asked("permission", &session).await?;
    let id = request["id"].as_str().unwrap_or_default();
    let directory = stage.copy.display().to_string();
    stage.client.reply_to_permission(id, &directory, "reject", Some("rather not")).await?;
    let said = stage.answered(&session, prompt.as_str()).await?;
    ensure(
        said.tool().to_string().contains("rather not"),
        "the tool to fail with those words",
        &said.tool(),
    )?;
    ensure(said.text() == "went on", "the agent to go on", &said.text().into())?;
    // Questions are asked and answered beside.
    let prompt = stage.say(&session, "ask: Which colour? | black | white\nsay: thank you").await?;
    let question = stage.asked("question", &session).await?;
    ensure(
        question["questions"][0]["options"][1]["label"] == "white",
        "a question with its options",
        &question,
    )?;
    let id = question["id"].as_str().unwrap_or_default();
    stage.client.reply_to_question(id, &directory, &[vec!["white".into()]]).await?;
    let said = stage.answered(&session, prompt.as_str()).await?;
    ensure(
        said.tool()["output"].to_string().contains("white"),
        "the answer to reach the agent",
        &said.tool(),
    )?;
    stage.idle(&session).await?;
    stage.say(&session, "ask: Which colour? | black | white").await?;
    let question = stage.asked("question", &session).await?;
    stage.client.reject_question(question["id"].as_str().unwrap_or_default(), &directory).await?;
    stage.idle(&session).await
}

pub(super) async fn session_rules(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let rule =
        PermissionRule { permission: "bash".into(), pattern: "*".into(), action: PermissionAction::Allow };
    stage.client.add_permission_rules(session.as_str(), std::slice::from_ref(&rule)).await?;
    let kept = stage.client.session_permissions(session.as_str()).await?;
    ensure(kept.contains(&rule), "the rule at the session's", &json!(kept))?;
    let said = stage.ask(&session, ASKS).await?;
    ensure(
        said.tool()["status"] == "completed",
        "not to be asked where the session's rules allow it",
        &said.tool(),
    )?;
    let other = PermissionRule { permission: "edit".into(), ..rule.clone() };
    stage.client.add_permission_rules(session.as_str(), std::slice::from_ref(&other)).await?;
    let kept = stage.client.session_permissions(session.as_str()).await?;
    ensure(
        kept.contains(&rule) && kept.contains(&other),
        "rules to be added to those that are there",
        &json!(kept),
    )
}
