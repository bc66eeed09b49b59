//! The demo's model, used by the real opencode: each directive becomes what it says.

use std::{fs, path::PathBuf, time::Duration};

use crate::support::{TestWorld, git_ok, opencode::Opencode};
use ocweb_demo::model::{Completion, conversation::Wanted, directive::numbered_words};
use serde_json::{Value, json};

/// A world, a clone of its `demo/hello-web`, and an opencode that works in it.
struct Stage {
    test: TestWorld,
    opencode: Opencode,
    copy: PathBuf,
}

impl Stage {
    async fn set() -> Self {
        let test = TestWorld::start().await;
        let folder = test.folder.path();
        let address = test.repository_with_token("demo/hello-web");
        git_ok(folder, &["clone", "--quiet", &address, "copy"]).await;
        let copy = folder.join("copy");
        let opencode = Opencode::start(&test.world, &copy, &folder.join("state")).await;
        Self { test, opencode, copy }
    }

    fn completions(&self, session: &str, wanted: Wanted) -> Vec<Completion> {
        let mut completions = self.test.world.completions().list();
        completions.retain(|completion| completion.session == session && completion.wanted == wanted);
        completions
    }
}

fn texts(parts: &[Value], kind: &str) -> Vec<String> {
    let parts = parts.iter().filter(|part| part["type"] == kind);
    parts.map(|part| part["text"].as_str().unwrap().to_owned()).collect()
}

/// Name, status and output of each tool call.
fn tools(parts: &[Value]) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = parts.iter().filter(|part| part["type"] == "tool");
    parts
        .map(|part| {
            let state = &part["state"];
            let said = if state["error"].is_string() { &state["error"] } else { &state["output"] };
            (text(&part["tool"]), text(&state["status"]), text(said))
        })
        .collect()
}

#[tokio::test]
async fn words_and_tools_happen_in_the_order_of_the_prompt() {
    let stage = Stage::set().await;
    let session = stage.opencode.session().await;
    let prompt = "think 5 words\n\
        say 30 words at 300 per second\n\
        run: echo from-the-shell\n\
        write notes/new.txt: one\\ntwo\n\
        read notes/new.txt\n\
        edit index.html: Hello, world => Good day\n\
        todo: look; change\n\
        say: all **done**";
    let parts = stage.opencode.ask(&session, prompt).await;

    assert_eq!(texts(&parts, "reasoning"), [numbered_words(5)]);
    assert_eq!(texts(&parts, "text"), [numbered_words(30), "all **done**".into()]);
    let tools = tools(&parts);
    let called: Vec<_> = tools.iter().map(|(name, status, _)| (name.as_str(), status.as_str())).collect();
    let completed = ["bash", "write", "read", "edit", "todowrite"].map(|name| (name, "completed"));
    assert_eq!(called, completed, "{tools:#?}");
    assert!(tools[0].2.contains("from-the-shell"));
    assert!(tools[2].2.contains("two"));
    assert_eq!(fs::read_to_string(stage.copy.join("notes/new.txt")).unwrap(), "one\ntwo");
    assert!(fs::read_to_string(stage.copy.join("index.html")).unwrap().contains("Good day"));
    let todo = stage.opencode.get(&format!("/session/{session}/todo")).await;
    assert_eq!(todo[0]["content"], "look");
    assert_eq!(todo[0]["status"], "in_progress");

    let turns = stage.completions(&session, Wanted::Chat);
    assert_eq!(turns.iter().map(|turn| turn.turns_taken).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert!(turns.iter().all(|turn| turn.prompt == prompt));
    let title = stage
        .opencode
        .until(&format!("/session/{session}"), |session| {
            session["title"].as_str().filter(|title| !title.starts_with("New session")).map(str::to_owned)
        })
        .await;
    assert_eq!(title, "think 5 words");

    // A second prompt begins anew; one of plain words shows tools and a diff.
    let parts = stage.opencode.ask(&session, "please fix the readme").await;
    assert!(fs::read_to_string(stage.copy.join("NOTES.md")).unwrap().contains("please fix the readme"));
    assert!(texts(&parts, "text").last().unwrap().contains("say 200 words"));
    let info = stage.opencode.get(&format!("/session/{session}")).await;
    assert!(info["cost"].as_f64().unwrap() > 0.0, "{info}");
}

#[tokio::test]
async fn permissions_questions_and_subagents_wait_for_the_user() {
    let stage = Stage::set().await;
    let opencode = &stage.opencode;
    let session = opencode.session().await;

    opencode.prompt(&session, "demo", "run: rm style.css").await;
    let permission = opencode.until("/permission", |list| Some(list.get(0)?.clone())).await;
    assert_eq!(permission["permission"], "bash");
    assert_eq!(permission["sessionID"], session);
    assert!(stage.copy.join("style.css").exists());
    let id = permission["id"].as_str().unwrap();
    opencode.post(&format!("/permission/{id}/reply"), json!({"reply": "once"})).await;
    let parts = opencode.answer(&session).await;
    assert_eq!(tools(&parts)[0].1, "completed");
    assert!(!stage.copy.join("style.css").exists());

    opencode.prompt(&session, "demo", "ask: Which colour? | black | white\nsay: thank you").await;
    let question = opencode.until("/question", |list| Some(list.get(0)?.clone())).await;
    assert_eq!(question["questions"][0]["question"], "Which colour?");
    assert_eq!(question["questions"][0]["options"][1]["label"], "white");
    let id = question["id"].as_str().unwrap();
    opencode.post(&format!("/question/{id}/reply"), json!({"answers": [["white"]]})).await;
    let parts = opencode.answer(&session).await;
    assert!(tools(&parts)[0].2.contains("white"), "{parts:#?}");
    assert_eq!(texts(&parts, "text"), ["thank you"]);

    let parts = opencode.ask(&session, "subagent: run: echo deep ; say: it said deep\nsay: back").await;
    let task = &tools(&parts)[0];
    assert_eq!((task.0.as_str(), task.1.as_str()), ("task", "completed"));
    assert!(task.2.contains("it said deep"), "{task:?}");
    assert_eq!(texts(&parts, "text"), ["back"]);
    let children = opencode.get(&format!("/session/{session}/children")).await;
    let child = children[0]["id"].as_str().unwrap();
    assert_eq!(stage.completions(child, Wanted::Chat).len(), 2);
}

#[tokio::test]
async fn failing_waiting_and_stalling() {
    let stage = Stage::set().await;
    let opencode = &stage.opencode;
    let session = opencode.session().await;

    // Refused once, opencode tries again by itself.
    let parts = opencode.ask(&session, "fail 500 once\nwait 0.2 seconds\nsay: in the end").await;
    assert_eq!(texts(&parts, "text"), ["in the end"]);
    assert_eq!(stage.completions(&session, Wanted::Chat).len(), 2);

    // 400 is for good.
    let path = format!("/session/{session}/message");
    opencode.prompt(&session, "demo", "fail 400").await;
    let error = opencode
        .until(&path, |messages| {
            let error = &messages.as_array()?.last()?["info"]["error"];
            error.is_object().then(|| error.clone())
        })
        .await;
    assert_eq!(error["data"]["statusCode"], 400, "{error}");

    // The model that thinks does so unasked.
    let session = opencode.session().await;
    opencode.prompt(&session, "thinker", "say: a thought").await;
    let parts = opencode.answer(&session).await;
    assert_eq!(texts(&parts, "reasoning"), [numbered_words(24)]);

    // A stalled answer lasts until the user stops it.
    opencode.prompt(&session, "demo", "say: before\nstall").await;
    let streams = |messages: &Value| {
        let parts = messages.as_array()?.last()?["parts"].as_array()?.clone();
        parts.iter().any(|part| part["type"] == "text" && part["time"]["end"].is_null()).then_some(())
    };
    opencode.until(&format!("/session/{session}/message"), streams).await;
    let busy = opencode.get("/session/status").await;
    assert_eq!(busy[&session]["type"], "busy");
    opencode.post(&format!("/session/{session}/abort"), json!({})).await;
    opencode.until("/session/status", |status| status.get(&session).is_none().then_some(())).await;

    // A world stops although an answer stalls.
    opencode.prompt(&session, "demo", "stall").await;
    let completions = stage.test.world.completions().clone();
    while completions.list().last().is_none_or(|completion| completion.prompt != "stall") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::timeout(Duration::from_secs(20), stage.test.world.stop()).await.unwrap();
}

#[tokio::test]
async fn a_conversation_is_published_until_that_is_taken_back() {
    let stage = Stage::set().await;
    let opencode = &stage.opencode;
    let session = opencode.session().await;
    opencode.ask(&session, "say: for everybody").await;

    let shared = opencode.post(&format!("/session/{session}/share"), json!({})).await;
    let link = shared["share"]["url"].as_str().unwrap().to_owned();
    assert!(link.starts_with(&stage.test.world.url()), "{link}");
    // opencode hands the conversation over a moment later.
    let published = async {
        loop {
            let text = reqwest::get(&link).await.unwrap().text().await.unwrap();
            if text.contains("for everybody") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), published).await.unwrap();

    opencode.call(reqwest::Method::DELETE, &format!("/session/{session}/share"), None).await;
    assert_eq!(reqwest::get(&link).await.unwrap().status(), 404);
}
