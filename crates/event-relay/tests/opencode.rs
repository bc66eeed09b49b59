//! The relay over the real opencode: the conversation that a page has is opencode's, whatever happens on the way.

use std::time::{Duration, Instant};

use crate::support::{
    self, PATIENCE,
    client::Client,
    page::Page,
    real::{Models, Stage},
};
use reqwest::Method;
use serde_json::{Value, json};

/// Numbers that differ from run to run; a failure names where they began.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = u64::from(time::OffsetDateTime::now_utc().nanosecond());
        println!("the chance of this run began at {seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A page that loses its connection again and again.
struct Traveller<'a> {
    session: &'a str,
    page: Page,
    last: Option<String>,
    cuts: usize,
    snapshots: usize,
}

impl<'a> Traveller<'a> {
    async fn begin(stage: &Stage, session: &'a str) -> Self {
        let page = load(stage, session).await;
        Self { session, page, last: None, cuts: 0, snapshots: 0 }
    }

    /// Reads along for a while, and loses the connection. False when the run is over.
    async fn read_for(&mut self, stage: &Stage, time: Duration) -> bool {
        let last = self.last.clone();
        let mut headers = vec![("Accept-Encoding", "gzip")];
        headers.extend(last.as_deref().map(|last| ("Last-Event-ID", last)));
        let mut client = Client::open(&stage.relay.socket, "", &headers).await;
        let until = Instant::now() + time;
        while let Ok(received) =
            tokio::time::timeout(until.saturating_duration_since(Instant::now()), client.next()).await
        {
            let received = received.expect("only we cut it");
            if let Some(id) = &received.id {
                self.last = Some(id.clone());
            }
            if !self.page.take(&received) {
                self.page = load(stage, self.session).await;
                self.snapshots += 1;
            }
            let properties = &received.event["properties"];
            let idle = received.event["type"] == "session.status" && properties["status"]["type"] == "idle";
            if idle && properties["sessionID"] == self.session {
                return false;
            }
        }
        self.cuts += 1;
        true
    }
}

async fn load(stage: &Stage, session: &str) -> Page {
    Page::new(session, &stage.relay.get(&format!("/admin/transcripts/{session}")).await)
}

const TASK: &str = "think 20 words\nsay 120 words at 60 per second\n\
    run: for i in $(seq 1 300); do echo \"line $i é😀 of a longer output than opencode keeps: 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\"; sleep 0.01; done\n\
    say 60 words at 60 per second\nrun: rm nothing.txt; echo removed\nsay: all *done* 😀";

#[tokio::test]
async fn fifty_cuts_in_an_answer_with_tools_lose_nothing() {
    let mut stage = Stage::set().await;
    let session = stage.session().await;
    let mut chance = Chance::new();
    let mut traveller = Traveller::begin(&stage, &session).await;
    stage.prompt(&session, TASK).await;
    let begun = Instant::now();
    while traveller.read_for(&stage, Duration::from_millis(chance.below(150))).await {
        assert!(begun.elapsed() < 2 * PATIENCE, "the run never ends");
        approve(&stage).await;
        if matches!(traveller.cuts, 15 | 30) {
            stage.restart_relay().await;
        }
    }
    assert!(traveller.cuts >= 50, "{} cuts", traveller.cuts);
    assert_eq!(traveller.snapshots, 3, "the first time, and when the relay was restarted");
    let expected = settled(&stage, &session).await;
    assert_same(&traveller.page.messages, &expected);
}

#[tokio::test]
async fn a_transcript_at_any_moment_is_a_beginning_from_which_a_page_arrives() {
    let stage = Stage::set().await;
    let session = stage.session().await;
    let mut chance = Chance::new();
    let mut client = Client::open(&stage.relay.socket, "", &[]).await;
    client.next().await.unwrap();
    stage.prompt(&session, TASK).await;
    let mut pages: Vec<Page> = Vec::new();
    let reading = async {
        loop {
            let received = client.next().await.unwrap();
            let properties = &received.event["properties"];
            if received.event["type"] == "message.updated" && chance.below(2) == 0
                || received.event["type"] == "message.part.delta" && chance.below(10) == 0
                || received.event["type"] == "message.part.output" && chance.below(5) == 0
            {
                pages.push(load(&stage, &session).await);
            }
            for page in &mut pages {
                assert!(page.take(&received));
            }
            if received.event["chat"]["state"] == "needs_you" {
                approve(&stage).await;
            }
            if properties["status"]["type"] == "idle" && properties["sessionID"] == session {
                break;
            }
        }
    };
    tokio::time::timeout(2 * PATIENCE, reading).await.expect("the run never ends");
    assert!(pages.len() > 5, "{}", pages.len());
    let expected = settled(&stage, &session).await;
    for page in pages {
        assert_same(&page.messages, &expected);
    }
}

/// Approves whatever is asked, through the inbox.
async fn approve(stage: &Stage) {
    let inbox = stage.relay.get("/admin/inbox").await;
    for request in inbox["requests"].as_array().unwrap() {
        let path = format!("/admin/inbox/{}/answer", request["id"].as_str().unwrap());
        assert_eq!(stage.relay.send("POST", &path, json!({"reply": "once"})).await.0, 204);
    }
}

/// opencode's messages after what it still writes when a run is over.
async fn settled(stage: &Stage, session: &str) -> Value {
    let mut last = stage.messages(session).await;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = stage.messages(session).await;
        if now == last {
            return now;
        }
        last = now;
    }
}

/// The same but for the summary of changes, which opencode writes when the run is over already.
fn assert_same(page: &[Value], expected: &Value) {
    let plain = |messages: &[Value]| -> Vec<Value> {
        let mut messages = messages.to_vec();
        for message in &mut messages {
            message["info"].as_object_mut().unwrap().remove("summary");
        }
        messages
    };
    assert_eq!(plain(page), plain(expected.as_array().unwrap()));
}

/// How many bytes a page receives for a prompt, and what it shows in the end.
async fn bytes_for(stage: &Stage, prompt: &str) -> (usize, Value) {
    let session = stage.session().await;
    stage.relay.until_chat(&session, |chat| !chat.is_null()).await;
    let query = format!("?client=page&viewing={session}");
    let mut client = Client::open(&stage.relay.socket, &query, &[("Accept-Encoding", "gzip")]).await;
    client.next().await.unwrap();
    let before = client.received;
    stage.prompt(&session, prompt).await;
    client
        .until(|received| {
            received.event["type"] == "chat" && received.event["chat"]["run"]["outcome"] == "completed"
        })
        .await;
    (client.received - before, stage.messages(&session).await)
}

#[tokio::test]
async fn what_a_page_receives_is_little_more_than_what_it_shows() {
    let stage = Stage::set().await;
    let (bytes, messages) = bytes_for(&stage, "say 400 words at 40 per second").await;
    let texts = messages[1]["parts"].as_array().unwrap().iter().filter_map(|part| part["text"].as_str());
    let text: String = texts.collect();
    println!("{bytes} bytes for {} bytes of text", text.len());
    assert!(bytes <= 3 * text.len(), "{bytes} bytes for {} bytes of text", text.len());

    // A megabyte of output that grows line by line.
    let prompt = "run: for i in $(seq 1 14000); do echo \"$i: compiling another of many modules, at $((i * 7919 % 10007)), which takes a while\"; \
        [ $((i % 100)) = 0 ] && sleep 0.05; done\nsay: done";
    let (bytes, messages) = bytes_for(&stage, prompt).await;
    println!("{bytes} bytes for a megabyte of output");
    assert!(messages.to_string().contains("14000: compiling"), "{messages:#}");
    assert!(bytes <= 60_000, "{bytes} bytes");
}

#[tokio::test]
async fn an_opencode_that_is_killed_in_mid_answer_leaves_no_lie() {
    let mut stage = Stage::set().await;
    let session = stage.session().await;
    let mut client = Client::open(&stage.relay.socket, "", &[]).await;
    stage.prompt(&session, "say 400 words at 40 per second").await;
    let mut words = 0;
    while words < 5 {
        let received = client.next().await.unwrap();
        words += usize::from(received.event["type"] == "message.part.delta");
    }
    let shown = load(&stage, &session).await.last_text().to_owned();
    stage.kill().await;
    client.until(|received| received.event["instance"]["opencode"] == "down").await;
    stage.start_again();
    let snapshot = client.until(|received| received.event["type"] == "snapshot").await.pop().unwrap();
    let chat = snapshot.event["chats"].as_array().unwrap().iter().find(|chat| chat["id"] == session).unwrap();
    assert_eq!(chat["state"], "interrupted", "said with the first word after its return");
    let transcript = stage.relay.get(&format!("/admin/transcripts/{session}")).await;
    assert_eq!(transcript["interrupted"].as_array().unwrap().len(), 1);
    assert_eq!(transcript["kept"].as_array().unwrap().len(), 1);
    let kept = Page::new(&session, &transcript).last_text().to_owned();
    assert!(kept.starts_with(&shown), "{kept:?} {shown:?}");

    stage.prompt(&session, "say: here again").await;
    stage.relay.until_chat(&session, |chat| chat["run"]["outcome"] == "completed").await;
    assert_eq!(load(&stage, &session).await.last_text(), "here again");
}

#[tokio::test]
async fn what_a_subagent_asks_waits_in_the_inbox_of_its_chat() {
    let stage = Stage::set().await;
    let session = stage.session().await;
    let mut client = Client::open(&stage.relay.socket, "", &[]).await;
    stage
        .prompt(&session, "subagent: run: rm nothing.txt ; say: done\nask: Which? | this | that\nsay: thanks")
        .await;
    let needs = |kind: &'static str| {
        move |received: &support::client::Received| received.event["chat"]["requests"][0]["kind"] == kind
    };
    let told = client.until(needs("permission")).await.pop().unwrap();
    let chat = &told.event["chat"];
    assert_eq!((&chat["id"], &chat["state"]), (&json!(session), &json!("needs_you")));
    let request = &chat["requests"][0];
    assert_ne!(request["session_id"], json!(session), "a subagent asks");
    let path = |request: &Value| format!("/admin/inbox/{}/answer", request["id"].as_str().unwrap());
    assert_eq!(stage.relay.send("POST", &path(request), json!({"reply": "once"})).await.0, 204);
    assert_eq!(stage.relay.send("POST", &path(request), json!({"reply": "once"})).await.0, 404);

    let told = client.until(needs("question")).await.pop().unwrap();
    let request = &told.event["chat"]["requests"][0];
    assert_eq!(stage.relay.send("POST", &path(request), json!({"answers": [["that"]]})).await.0, 204);
    stage.relay.until_chat(&session, |chat| chat["state"] == "unread").await;
    assert_eq!(load(&stage, &session).await.last_text(), "thanks");

    // Page by page, the conversation is the same.
    let mut pages = Vec::new();
    let mut query = "?limit=1".to_owned();
    loop {
        let transcript = stage.relay.get(&format!("/admin/transcripts/{session}{query}")).await;
        pages.splice(0..0, transcript["messages"].as_array().unwrap().clone());
        match transcript["before"].as_str() {
            Some(before) => query = format!("?limit=1&before={before}"),
            None => break,
        }
    }
    assert_same(&pages, &settled(&stage, &session).await);
    let wrong = format!("http://relay/admin/transcripts/{session}?before=none");
    assert_eq!(stage.relay.http().get(wrong).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn the_models_to_choose_from_come_without_keys_and_in_a_fraction_of_the_bytes() {
    let stage = Stage::knowing(Models::All).await;
    let enabled = json!({"enabled_providers": ["demo", "openrouter"]});
    std::fs::write(stage.directory.join("opencode.json"), enabled.to_string()).unwrap();
    let key = json!({"type": "api", "key": "sk-handed-to-opencode"});
    stage.call(Method::PUT, "/auth/openrouter", Some(key)).await;
    stage.call(Method::POST, "/instance/dispose", None).await;
    let raw = stage.call(Method::GET, "/config/providers", None).await.to_string();
    let models = stage.relay.get(&format!("/admin/models?directory={}", stage.directory.display())).await;
    let text = models.to_string();
    println!("{} bytes of {}", text.len(), raw.len());
    assert!(raw.contains("sk-handed-to-opencode") && raw.contains("apiKey"), "else this test says nothing");
    assert!(!text.contains("sk-handed-to-opencode") && !text.contains("apiKey"), "{text}");
    assert!(text.len() * 4 < raw.len(), "{} bytes of {}", text.len(), raw.len());
    let provider =
        |id| models["providers"].as_array().unwrap().iter().find(|known| known["id"] == id).unwrap();
    let demo = &provider("demo")["models"][0];
    assert!(demo["context"].is_u64() && demo["variants"].is_array(), "{demo}");
    assert!(provider("openrouter")["models"].as_array().unwrap().len() > 100);
    assert_eq!(
        stage.relay.get("/admin/models").await["providers"][0]["id"],
        "demo",
        "those that every chat has"
    );
}
