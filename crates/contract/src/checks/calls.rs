//! Commands, lines for the shell, and the shell itself.

use std::{path::PathBuf, time::Duration};

use ocweb_opencode_client::{Command, MessageId, ShellCommand};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    finding::{Broken, ensure},
    program::MARK,
    stage::Stage,
};

const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub(super) async fn environment(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let said = stage.ask(&session, &format!("run: echo is-${}", MARK.0)).await?;
    let tool = said.tool();
    ensure(
        tool["output"].to_string().contains(&format!("is-{}", MARK.1)),
        "its environment in the agent's shell",
        &tool,
    )
}

pub(super) async fn shell_program(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let said = stage.ask(&session, "run: echo shell-$CONTRACT_SHELL").await?;
    let tool = said.tool();
    ensure(tool["output"].to_string().contains("shell-named"), "the bash tool to run $SHELL", &tool)?;
    stage.idle(&session).await?;
    let line = run_shell(stage, &session, "echo line-$CONTRACT_SHELL").await?;
    ensure(line.to_string().contains("line-named"), "a line for the shell to run $SHELL", &line)
}

async fn run_shell(
    stage: &Stage,
    session: &ocweb_opencode_client::SessionId,
    line: &str,
) -> Result<Value, Broken> {
    let message = MessageId::generate();
    let command = ShellCommand { message: &message, command: line, agent: "build", model: None };
    stage.client.run_shell(session, &command).await?;
    Ok(json!(stage.messages(session).await?))
}

pub(super) async fn calls_last(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let shell = |line: &str| {
        let body = json!({"messageID": MessageId::generate(), "agent": "build", "command": line});
        stage.request(Method::POST, &format!("/session/{session}/shell"), Some(&stage.copy)).json(&body)
    };
    stage.json(shell("sleep 0.4; echo over > lasted")).await?;
    let has_ended = stage.copy.join("lasted").exists();
    ensure(has_ended, "an answer when the run is over", &"an answer before that".into())?;
    stage.idle(&session).await?;
    // Whoever asked goes away.
    tokio::select! {
        answer = shell("touch begun; sleep 1; touch went-on").send() => {
            return Err(Broken::new("no answer before the run is over", answer?.status()));
        }
        () = is_there(stage.copy.join("begun")) => {}
    }
    is_there(stage.copy.join("went-on")).await;
    Ok(())
}

async fn is_there(file: PathBuf) {
    while !file.exists() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

pub(super) async fn shell(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    stage.say(&session, "stall").await?;
    stage.until("/session/status", |statuses| statuses[session.as_str()]["type"] == "busy").await?;
    let path = format!("/session/{session}/shell");
    let message = MessageId::generate();
    let body = json!({"messageID": message, "agent": "build", "command": "echo x"});
    let status = stage.answer(&path, &body).await?.status();
    ensure(status == StatusCode::CONFLICT, "409 while the session is at work", &status.as_u16().into())?;
    let messages = stage.messages(&session).await?;
    let is_there = messages.iter().any(|known| known["info"]["id"] == message.as_str());
    ensure(!is_there, "nothing of what was refused", &json!(is_there))?;
    stage.client.abort(session.as_str(), &stage.copy).await?;
    stage.idle(&session).await?;
    let without = stage.answer(&path, &json!({"command": "echo x"})).await?.status();
    ensure(without == StatusCode::BAD_REQUEST, "400 without an agent", &without.as_u16().into())?;
    let command =
        ShellCommand { message: &message, command: "echo from-the-line", agent: "build", model: None };
    stage.client.run_shell(&session, &command).await?;
    let trace = stage.client.shell_trace(&session, &message).await?;
    let begun = trace == ocweb_opencode_client::CallTrace::Begun;
    ensure(begun, "the line's run in the transcript, under our id", &format!("{trace:?}").into())
}

pub(super) async fn command(stage: &Stage) -> Result<(), Broken> {
    let info = stage.client.command_info(&stage.copy, "greet").await?;
    let info = info.ok_or_else(|| Broken::new("a command of the configuration in /command", "none"))?;
    ensure(!info.acts_before_it_is_stored("x"), "its template", &Value::Null)?;
    let session = stage.session().await?;
    let message = MessageId::generate();
    let command = Command {
        message: &message,
        name: "greet",
        arguments: "you",
        files: &[],
        model: None,
        variant: None,
        agent: None,
    };
    stage.client.run_command(&session, &command).await?;
    let said = stage.answered(&session, message.as_str()).await?;
    let text = said.asked()["parts"][0]["text"].clone();
    ensure(
        text.as_str().is_some_and(|text| text.trim() == "say: hello you"),
        "its template with what was typed, under our id",
        &text,
    )?;
    ensure(said.text().trim() == "hello you", "an answer", &said.text().into())
}

pub(super) async fn said(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let messages = run_shell(stage, &session, "echo the-line").await?;
    let prompt = &messages[0]["parts"][0];
    let text = prompt["text"].as_str().unwrap_or_default();
    let is_said =
        prompt["synthetic"] == true && text.starts_with("The following tool was executed by the user");
    ensure(is_said, "one synthetic text that says so", prompt)?;
    let tool = &messages[1]["parts"];
    let tool = tool.as_array().and_then(|parts| parts.iter().find(|part| part["type"] == "tool"));
    let tool = tool.cloned().unwrap_or_default();
    ensure(tool["state"]["input"]["command"] == "echo the-line", "the line in its answer's tool", &tool)
}
