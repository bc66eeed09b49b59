//! `ocweb export` and `ocweb import`: one chat's conversation as a file.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{context::Context, failure::Failure};

const GIT_MANAGER: &str = "git-manager";
/// It opens the repository that a chat is begun in.
const GATEWAY: &str = "github-gateway";
/// How long a long conversation may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// How long a clone may take.
const PREPARED: Duration = Duration::from_hours(1);

/// Prints a chat's conversation.
pub fn export(chat: &str, context: &Context) -> Result<String, Failure> {
    let path = format!("/admin/chats/{chat}/conversation");
    let answer = context.instance()?.send_patiently(GIT_MANAGER, Method::GET, &path, None, PATIENCE)?;
    Ok(answer.expect_success()?.to_string())
}

/// Begins a chat in a repository with a conversation. Prints its id; the page shows it while it is prepared.
pub fn import(file: &Path, repo: &str, context: &Context) -> Result<String, Failure> {
    let chat = json!({ "repo": repo, "conversation": read(file)? });
    let instance = context.instance()?;
    let begun = instance.send_patiently(GATEWAY, Method::POST, "/admin/chats", Some(&chat), PATIENCE)?;
    let begun = begun.expect_success()?;
    let id = begun["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/admin/chats/{id}");
    context.say("Preparing the chat …");
    let since = Instant::now();
    while since.elapsed() < PREPARED {
        let chat = instance.get(GIT_MANAGER, &path)?.expect_success()?;
        match chat["state"].as_str() {
            Some("ready") => return Ok(if context.manner.json { chat.to_string() } else { id }),
            Some("failed") => {
                let why = chat["error"]["detail"].as_str().unwrap_or("The chat could not be prepared.");
                return Err(Failure::Other(why.into()));
            }
            _ => sleep(Duration::from_millis(300)),
        }
    }
    Err(Failure::Other("The chat was not ready within an hour. The page shows how far it is.".into()))
}

fn read(file: &Path) -> Result<Value, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|error| Failure::Usage(format!("{} cannot be read: {error}.", file.display())))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::Usage(format!("{} is no conversation that was exported: {error}.", file.display()))
    })
}
