//! Where it keeps things, and its database.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};

use crate::{
    finding::{Broken, ensure},
    program::Program,
    stage::Stage,
};

/// Starting it, beside others, on a slow machine.
const RUN: Duration = Duration::from_mins(4);
/// What `database.js` copies when it salvages, and what a backup holds.
const TABLES: [&str; 5] = ["session", "message", "part", "project", "migration"];
/// The rows of a table, by the `SQLite` that is in the program.
const COUNT: &str = "import { Database } from 'bun:sqlite';
const database = new Database(process.argv[1], { readonly: true });
const tables = database.query(\"select name from sqlite_master where type = 'table'\").all().map((row) => row.name);
console.log(JSON.stringify({ tables, mode: database.query('pragma journal_mode').get().journal_mode }));";

pub(super) async fn folders(stage: &Stage) -> Result<(), Broken> {
    let home = &stage.program.home;
    let made = ["data/opencode/opencode.db", "config/opencode", "state/opencode", "cache/opencode"];
    for name in made {
        let is_there = tokio::fs::try_exists(home.join(name)).await?;
        ensure(is_there, &format!("{name} where the XDG folders are said to be"), &is_there.into())?;
    }
    for name in [".local", ".config", ".cache"] {
        let is_there = tokio::fs::try_exists(home.join(name)).await?;
        ensure(!is_there, &format!("no {name} beside the XDG folders"), &is_there.into())?;
    }
    Ok(())
}

async fn run(program: &Program, arguments: &[&str], as_bun: bool) -> Result<std::process::Output, Broken> {
    let mut command = program.command(arguments);
    if as_bun {
        command.env("BUN_BE_BUN", "1");
    }
    let call = arguments.first().copied().unwrap_or_default();
    let output = tokio::time::timeout(RUN, command.output()).await;
    Ok(output.map_err(|_| Broken::new(format!("an end of `{call}`"), "none"))??)
}

pub(super) async fn bun(stage: &Stage) -> Result<(), Broken> {
    let database = stage.program.data().join("opencode.db");
    let output = run(&stage.program, &["-e", COUNT, &database.display().to_string()], true).await?;
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure(said["tables"].is_array(), "a Bun that opens the database", &json!([said, complaint]))?;
    let missing: Vec<_> = TABLES
        .iter()
        .filter(|name| said["tables"].as_array().is_none_or(|all| !all.contains(&json!(name))))
        .collect();
    ensure(missing.is_empty(), "its tables", &json!({"missing": missing, "there": said["tables"]}))?;
    let beside = ["-wal", "-shm"].map(|end| Path::new(&format!("{}{end}", database.display())).exists());
    ensure(
        said["mode"] == "wal" && beside == [true, true],
        "a database that is written ahead",
        &json!([said["mode"], beside]),
    )
}

pub(super) async fn import(stage: &Stage) -> Result<(), Broken> {
    let session = stage.session().await?;
    let said = stage.ask(&session, "run: echo exported\nsay: told").await?;
    let output = run(&stage.program, &["export", session.as_str()], false).await?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let exported: Value = serde_json::from_str(&text).unwrap_or_default();
    let count = exported["messages"].as_array().map_or(0, Vec::len);
    ensure(
        exported["info"]["id"] == session.as_str() && count == said.messages.len(),
        "the session with its messages",
        &text.into(),
    )?;
    stage.client.delete_session(session.as_str()).await?;
    let file = stage.program.home.join("state/exported.json");
    std::fs::write(&file, &output.stdout)?;
    // It belongs to the project of the folder in which that is said.
    let mut command = stage.program.command(&["import", &file.display().to_string()]);
    let output = tokio::time::timeout(RUN, command.current_dir(&stage.copy).output()).await;
    let output = output.map_err(|_| Broken::new("an end of `import`", "none"))??;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure(output.status.success(), "an import beside the running server", &complaint.into())?;
    let back = stage.messages(&session).await?;
    ensure(back.len() == said.messages.len(), "the messages to be back", &back.len().into())
}

pub(super) async fn broken_database(stage: &Stage) -> Result<(), Broken> {
    let home = stage.program.home.with_file_name("broken");
    let program = stage.program.elsewhere(&home)?;
    std::fs::create_dir_all(program.data())?;
    std::fs::write(
        program.data().join("opencode.db"),
        "this is no database, and longer than a head of one".repeat(40),
    )?;
    let mut child = program.serve()?;
    let status = tokio::time::timeout(RUN, child.wait()).await;
    let status =
        status.map_err(|_| Broken::new("it to end over a database that cannot be opened", "it runs"))??;
    ensure(status.code() == Some(1), "it to end with code 1", &json!(status.code()))?;
    let text = std::fs::read_to_string(home.join("log")).unwrap_or_default();
    ensure(
        text.contains("file is not a database"),
        "why, in words",
        &text.lines().next_back().unwrap_or_default().into(),
    )
}
