//! Sessions: whose id, where they work, and what becomes of them.

use ocweb_opencode_client::{MessageId, ModelName, Prompt, SessionId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    finding::{Broken, ensure},
    stage::{Stage, nothing},
};

pub(super) async fn session_id(stage: &Stage) -> Result<(), Broken> {
    let session = SessionId::generate();
    stage.client.create_session(&session, &stage.copy).await?;
    stage.client.create_session(&session, &stage.copy).await?;
    let known = stage.json(stage.request(Method::GET, &format!("/session/{session}"), None)).await?;
    ensure(known["id"] == session.as_str(), "the session under our id", &known)?;
    ensure(known["directory"] == json!(stage.copy), "the directory that was asked for", &known)
}

pub(super) async fn session_directory(stage: &Stage) -> Result<(), Broken> {
    let project = stage.get("/project/current").await?;
    ensure(
        project["worktree"] == json!(stage.clone),
        "the clone to be the root of its worktree's project",
        &project,
    )?;
    let session = stage.session().await?;
    let body = json!({"parts": [{"type": "text", "text": "run: pwd"}]});
    let elsewhere =
        stage.request(Method::POST, &format!("/session/{session}/prompt_async"), Some(&stage.clone));
    let status = elsewhere.json(&body).send().await?.status().as_u16();
    ensure(status == 204, "204 for a prompt", &status.into())?;
    let path = format!("/session/{session}/message");
    let over = |messages: &Value| messages.to_string().contains("\"finish\":\"stop\"");
    let messages = stage.until(&path, over).await?;
    let worktree = format!("{}\\n", stage.copy.display());
    ensure(messages.to_string().contains(&worktree), "a command to run where the session was made", &messages)
}

pub(super) async fn strange_ids(stage: &Stage) -> Result<(), Broken> {
    let response =
        stage.request(Method::GET, &format!("/session/{}", SessionId::generate()), None).send().await?;
    let status = response.status().as_u16();
    ensure(status == 404, "404 for a session that is not there", &status.into())?;
    let body: Value = response.json().await.unwrap_or_default();
    ensure(body.is_object(), "that said in JSON", &body)
}

pub(super) async fn session_list(stage: &Stage) -> Result<(), Broken> {
    let elsewhere = stage.aside("listed").await?;
    let sessions = [stage.session().await?, stage.session_in(&elsewhere).await?];
    let listed: Vec<Value> = stage.client.latest_sessions(500).await?;
    for session in &sessions {
        let found = listed.iter().find(|known| known["id"] == session.as_str());
        let found = found.ok_or_else(|| Broken::new("sessions of every directory", json!(listed)))?;
        ensure(
            found["directory"].is_string() && found["time"]["updated"].is_number(),
            "its directory and times",
            found,
        )?;
    }
    Ok(())
}

pub(super) async fn last_used(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let thinker = ModelName { provider: "demo".into(), model: "thinker".into() };
    let message = MessageId::generate();
    let prompt =
        Prompt { model: Some(&thinker), agent: Some("plan"), ..Prompt::of_text(&message, "say: one") };
    stage.client.prompt_async(&session, &prompt).await?;
    stage.answered(&session, message.as_str()).await?;
    let used = stage.client.last_used(&session).await?;
    let as_asked = used.agent.as_deref() == Some("plan") && used.model.as_ref() == Some(&thinker);
    ensure(as_asked, "the session to tell its agent and model", &json!(format!("{used:?}")))?;
    stage.idle(&session).await?;
    let said = stage.ask(&session, "say: two").await?;
    let info = said.answers.first().map(|answer| answer["info"].clone()).unwrap_or_default();
    ensure(info["modelID"] == "thinker", "the model that was used last", &info)?;
    ensure(info["agent"] == "build" || info["mode"] == "build", "the default agent", &info)
}

pub(super) async fn revert(stage: &Stage) -> Result<(), Broken> {
    // In a repository of its own: files of the working copy are put back.
    let directory = stage.aside("reverted").await?;
    let session = stage.session_in(&directory).await?;
    let ask = async |text: &str| {
        let prompt = stage.say(&session, text).await?;
        stage.answered(&session, prompt.as_str()).await
    };
    ask("say: first").await?;
    let second = ask("write added.md: something\nsay: second").await?;
    ensure(directory.join("added.md").exists(), "the file that was written", &json!(second.tool()))?;
    loop {
        if stage.client.busy_sessions(&directory).await?.is_empty() {
            break;
        }
    }
    let call = |name: &str, body: Value| {
        let path = format!("/session/{session}/{name}");
        stage.json(stage.request(Method::POST, &path, Some(&directory)).json(&body))
    };
    let answer = second.answers.last().map(|answer| answer["info"]["id"].clone()).unwrap_or_default();
    let reverted = call("revert", json!({"messageID": answer})).await?;
    let is_at_prompt = reverted["revert"]["messageID"] == second.prompt.as_str();
    ensure(is_at_prompt, "to go back to the answer's prompt", &reverted)?;
    let reverted = call("revert", json!({"messageID": second.prompt})).await?;
    ensure(!directory.join("added.md").exists(), "the file to be gone", &reverted)?;
    let count = stage.messages(&session).await?.len();
    ensure(count == second.messages.len(), "the messages to stay for now", &count.into())?;
    let undone = call("unrevert", nothing()).await?;
    ensure(undone["revert"].is_null() && directory.join("added.md").exists(), "it to be undone", &undone)?;
    call("revert", json!({"messageID": second.prompt})).await?;
    let third = ask("say: third").await?;
    let is_gone = third.messages.iter().all(|message| message["info"]["id"] != second.prompt.as_str());
    ensure(is_gone, "the next prompt to remove what was taken back", &json!(third.messages.len()))
}

pub(super) async fn fork(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    stage.ask(&session, "say: first").await?;
    let second = stage.ask(&session, "say: second").await?;
    let fork = stage.post(&format!("/session/{session}/fork"), &json!({"messageID": second.prompt})).await?;
    let id: SessionId =
        fork["id"].as_str().unwrap_or_default().parse().map_err(|_| Broken::new("a session", &fork))?;
    ensure(fork["directory"] == json!(stage.copy), "a session in the same directory", &fork)?;
    let messages = stage.messages(&id).await?;
    let ids: Vec<_> = messages.iter().map(|message| &message["info"]["id"]).collect();
    ensure(messages.len() == 2, "the messages before the one that was named", &json!(ids))?;
    let is_new = |id: &&Value| second.messages.iter().all(|message| message["info"]["id"] != **id);
    ensure(ids.iter().all(is_new), "new ids", &json!(ids))?;
    let whole = stage.post(&format!("/session/{session}/fork"), &nothing()).await?;
    let id: SessionId =
        whole["id"].as_str().unwrap_or_default().parse().map_err(|_| Broken::new("a session", &whole))?;
    let count = stage.messages(&id).await?.len();
    ensure(count == 4, "all messages where none is named", &count.into())
}

pub(super) async fn cost(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    stage.ask(&session, "say: first").await?;
    let said = stage.ask(&session, "say: second").await?;
    let of_messages: f64 = said.messages.iter().filter_map(|message| message["info"]["cost"].as_f64()).sum();
    let info = stage
        .until(&format!("/session/{session}"), |info| info["cost"].as_f64() >= Some(of_messages))
        .await?;
    let cost = info["cost"].as_f64().unwrap_or_default();
    ensure(
        of_messages > 0.0 && (cost - of_messages).abs() < 1e-9,
        "the sum of the messages' cost",
        &json!([cost, of_messages]),
    )?;
    ensure(info["tokens"]["output"].as_u64() > Some(0), "the session's tokens", &info["tokens"])
}

pub(super) async fn share(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    stage.ask(&session, "say: for everybody").await?;
    let path = format!("/session/{session}/share");
    let shared = stage.post(&path, &nothing()).await?;
    let url = shared["share"]["url"].as_str().unwrap_or_default().to_owned();
    ensure(url.starts_with(&stage.world.url()), "an address at the share server of its settings", &shared)?;
    stage.json(stage.request(Method::DELETE, &path, Some(&stage.copy))).await?;
    let status = stage.elsewhere(&url).await?;
    ensure(status == 404, "an end of sharing at the share server", &status.into())
}
