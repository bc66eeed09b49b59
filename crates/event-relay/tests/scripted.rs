//! The relay over an opencode, a git-manager and an auth that do what the test says.

use std::time::{Duration, Instant};

use crate::support::{
    self, House, Running,
    client::{Client, Received},
    eventually,
    page::Page,
    scripted::{self, GitManager, OnSocket, Opencode, answer, busy, chat_record, delta, idle, text},
};
use serde_json::{Value, json};
use tokio::sync::watch;

/// A relay that has taken in what opencode knows.
struct Stage {
    house: House,
    opencode: Opencode,
    relay: Running,
}

impl Stage {
    async fn set(sessions: &[(&str, Option<&str>)]) -> Self {
        let house = House::new();
        house.name_process(1);
        let opencode = Opencode::start().await;
        for (id, parent) in sessions {
            opencode.add_session(id, *parent);
        }
        let relay = Running::start(&house, &opencode.url()).await;
        let stage = Self { house, opencode, relay };
        stage.until_up().await;
        stage
    }

    async fn until_up(&self) {
        eventually(async || {
            (self.relay.get("/admin/status").await["instance"]["opencode"] == "up").then_some(())
        })
        .await
        .expect("opencode is never up");
    }

    async fn open(&self, query: &str, headers: &[(&str, &str)]) -> Client {
        Client::open(&self.relay.socket, query, headers).await
    }

    /// Waits until an event that only this sends has come through, so that all before it has.
    async fn settle(&self, client: &mut Client, session: &str) -> Vec<Received> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let mark = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.opencode.send("todo.updated", &json!({"sessionID": session, "todos": [mark]}));
        client.until(|received| received.event["properties"]["todos"][0] == mark).await
    }

    fn say(&self, session: &str, words: &[&str]) {
        self.opencode.send("session.status", &busy(session));
        self.opencode.send("message.updated", &answer(session, "msg_1"));
        self.opencode.send("message.part.updated", &text(session, "msg_1", "prt_1", "", None));
        for word in words {
            self.opencode.send("message.part.delta", &delta(session, "msg_1", "prt_1", word));
        }
    }
}

fn kinds(received: &[Received]) -> Vec<&str> {
    received.iter().map(Received::kind).filter(|kind| *kind != "heartbeat").collect()
}

#[tokio::test]
async fn a_stream_begins_with_a_snapshot_and_goes_on_with_what_happens() {
    let stage = Stage::set(&[("ses_1", None), ("ses_2", Some("ses_1"))]).await;
    let mut client = stage.open("", &[]).await;
    assert_eq!(client.header("content-type"), "text/event-stream");
    assert_eq!(client.header("cache-control"), "no-store");
    assert_eq!(client.header("x-accel-buffering"), "no");
    assert_eq!(client.header("vary"), "Accept-Encoding");
    assert_eq!(client.header("content-encoding"), "");
    let first = client.next().await.unwrap();
    assert_eq!((first.kind(), &first.event["reason"]), ("snapshot", &json!("first")));
    let chats = first.event["chats"].as_array().unwrap();
    assert_eq!(chats.len(), 1, "a subagent is no chat of its own");
    assert_eq!((&chats[0]["id"], &chats[0]["state"]), (&json!("ses_1"), &json!("done")));
    let heartbeat = client.next().await.unwrap();
    assert_eq!((heartbeat.id.as_ref(), &heartbeat.event["within_ms"]), (None, &json!(10_000)));

    stage.say("ses_1", &["one "]);
    let received = stage.settle(&mut client, "ses_1").await;
    let expected =
        ["session.status", "chat", "message.updated", "chat", "message.part.updated", "message.part.delta"];
    let mut kinds = kinds(&received);
    kinds.sort_unstable();
    let mut expected_kinds = [&expected[..], &["todo.updated"]].concat();
    expected_kinds.sort_unstable();
    assert_eq!(kinds, expected_kinds, "each once, without its twin");
    let view = received.iter().rfind(|received| received.kind() == "chat").unwrap();
    assert_eq!(view.event["chat"]["state"], "working");
    let heartbeat = client.until(|received| received.kind() == "heartbeat").await;
    assert_eq!(heartbeat.last().unwrap().event["within_ms"], 2000, "while something runs");
    stage.relay.stop().await;
    client.end().await;
}

#[tokio::test]
async fn whatever_number_a_client_has_it_arrives_at_the_same_end() {
    let stage = Stage::set(&[("ses_1", None)]).await;
    stage.opencode.script().messages.insert("ses_1".into(), json!([]));
    let mut client = stage.open("", &[]).await;
    client.next().await.unwrap();
    let transcript = stage.relay.get("/admin/transcripts/ses_1").await;
    let mut page = Page::new("ses_1", &transcript);
    let mut states = vec![(transcript["number"].as_str().unwrap().to_owned(), page.clone())];

    let words: Vec<String> = (0..60).map(|word| format!("wörd{word} 😀 ")).collect();
    stage.say("ses_1", &[]);
    for word in &words {
        stage.opencode.send("message.part.delta", &delta("ses_1", "msg_1", "prt_1", word));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let whole = words.concat();
    stage.opencode.send("message.part.updated", &text("ses_1", "msg_1", "prt_1", &whole, Some(2)));
    stage.opencode.send("session.status", &idle("ses_1"));
    for received in stage.settle(&mut client, "ses_1").await {
        assert!(page.take(&received));
        if let Some(id) = received.id {
            states.push((id, page.clone()));
        }
    }
    assert_eq!(page.last_text(), whole);
    let last = states.last().unwrap().0.clone();
    assert!(states.len() > 8, "{}", states.len());
    for (number, mut state) in states {
        let mut client = stage.open("", &[("Last-Event-ID", &number)]).await;
        let first = client.next().await.unwrap();
        assert_eq!((first.kind(), first.id.as_deref()), ("resumed", Some(&*number)));
        if number != last {
            for received in client.until(|received| received.id.as_deref() == Some(&last)).await {
                assert!(state.take(&received));
            }
        }
        assert_eq!(state.messages, page.messages, "from {number}");
    }
    for (number, reason) in
        [("ffffffff-1", "restarted"), ("nonsense", "first"), (&format!("{last}9"), "too_old")]
    {
        let first = stage.open("", &[("Last-Event-ID", number)]).await.next().await.unwrap();
        assert_eq!((first.kind(), &first.event["reason"]), ("snapshot", &json!(reason)), "{number}");
    }
}

#[tokio::test]
async fn a_client_reads_along_only_in_the_chat_that_it_shows() {
    let stage = Stage::set(&[("ses_1", None), ("ses_2", Some("ses_1")), ("ses_3", None)]).await;
    let mut page = stage.open("?client=page&viewing=ses_1", &[]).await;
    let mut one_chat = stage.open("?chat=ses_3", &[]).await;
    let told = |received: &[Received]| -> Vec<String> {
        let events = received.iter().filter(|received| received.kind().starts_with("message."));
        events
            .map(|received| received.event["properties"]["sessionID"].as_str().unwrap().to_owned())
            .collect()
    };
    for session in ["ses_1", "ses_2", "ses_3"] {
        stage.opencode.send("session.status", &busy(session));
        stage.opencode.send("message.updated", &answer(session, &format!("msg_{session}")));
    }
    let received = stage.settle(&mut page, "ses_1").await;
    assert_eq!(told(&received), ["ses_1", "ses_2"]);
    let chats = received.iter().filter(|received| received.kind() == "chat");
    assert!(chats.clone().any(|it| it.event["chat"]["id"] == "ses_3"), "how chats are is told of all");

    let (status, answered) =
        stage.relay.send("PUT", "/admin/events/viewing", json!({"client": "page", "chat": "ses_3"})).await;
    assert_eq!(status, 200);
    assert!(answered["number"].is_string());
    stage.opencode.send("message.updated", &answer("ses_1", "msg_late"));
    stage.opencode.send("message.updated", &answer("ses_3", "msg_late"));
    let received = stage.settle(&mut page, "ses_3").await;
    assert_eq!(told(&received), ["ses_3"]);
    let views: Vec<_> =
        received.iter().filter(|it| it.kind() == "chat").map(|it| &it.event["chat"]).collect();
    assert!(views.iter().any(|chat| chat["id"] == "ses_3" && chat["viewers"] == 1));

    let received = stage.settle(&mut one_chat, "ses_3").await;
    assert_eq!(told(&received), ["ses_3", "ses_3"]);
    assert!(received.iter().all(|it| it.kind() != "chat" || it.event["chat"]["id"] == "ses_3"));
    drop(page);
    stage.relay.until_chat("ses_3", |chat| chat["viewers"] == 0).await;
    assert_eq!(
        stage.relay.http().get("http://relay/admin/events?client=a%20b").send().await.unwrap().status(),
        400
    );
}

#[tokio::test]
async fn a_transcript_and_the_events_after_its_number_are_opencodes_own() {
    let stage = Stage::set(&[("ses_1", None)]).await;
    let mut client = stage.open("", &[]).await;
    stage.say("ses_1", &["one ", "two ", "three "]);
    // opencode stores a text when it begins and when it ends.
    let stored = |end: Option<u64>, said: &str| json!([{"info": answer("ses_1", "msg_1")["info"], "parts": [text("ses_1", "msg_1", "prt_1", said, end)["part"]]}]);
    stage.opencode.script().messages.insert("ses_1".into(), stored(None, ""));
    stage.settle(&mut client, "ses_1").await;
    let transcript = stage.relay.get("/admin/transcripts/ses_1").await;
    let mut page = Page::new("ses_1", &transcript);
    assert_eq!(page.last_text(), "one two three ", "what is streaming is there, to the last word");
    stage.opencode.send("message.part.delta", &delta("ses_1", "msg_1", "prt_1", "four "));
    for received in stage.settle(&mut client, "ses_1").await {
        page.take(&received);
    }
    for received in client.until(|received| received.kind() == "heartbeat").await {
        page.take(&received);
    }
    assert_eq!(page.last_text(), "one two three four ");

    // A transcript that is ahead of the stream.
    stage.opencode.script().messages.insert("ses_1".into(), stored(Some(2), "one two three four five"));
    let mut page = Page::new("ses_1", &stage.relay.get("/admin/transcripts/ses_1").await);
    stage.opencode.send("message.part.delta", &delta("ses_1", "msg_1", "prt_1", "five"));
    let end = text("ses_1", "msg_1", "prt_1", "one two three four five", Some(2));
    stage.opencode.send("message.part.updated", &end);
    for received in stage.settle(&mut client, "ses_1").await {
        page.take(&received);
    }
    assert_eq!(json!(page.messages), stored(Some(2), "one two three four five"));

    let unknown = stage.relay.http().get("http://relay/admin/transcripts/ses_9").send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    assert_eq!(unknown.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn compressed_events_arrive_as_they_happen() {
    let stage = Stage::set(&[("ses_1", None)]).await;
    let mut client = stage.open("", &[("Accept-Encoding", "gzip, deflate, br, zstd")]).await;
    assert_eq!(client.header("content-encoding"), "gzip");
    assert_eq!(client.next().await.unwrap().kind(), "snapshot");
    for word in ["one ", "two "] {
        stage.opencode.send("message.part.updated", &text("ses_1", "msg_1", word.trim(), word, None));
        let received = client.until(|received| received.kind() == "message.part.updated").await;
        assert_eq!(received.last().unwrap().event["properties"]["part"]["text"], word);
    }
    stage.relay.stop().await;
    client.end().await;
}

#[tokio::test]
async fn a_break_begins_a_new_epoch_with_what_opencode_says_now() {
    let stage = Stage::set(&[("ses_1", None)]).await;
    let mut client = stage.open("", &[]).await;
    stage.say("ses_1", &["one "]);
    let before = stage.settle(&mut client, "ses_1").await.last().unwrap().id.clone().unwrap();

    // The same opencode: what ran runs on, and its directory is asked.
    stage.opencode.script().statuses.insert("ses_1".into(), json!({"type": "busy"}));
    stage.opencode.cut();
    let received = client.until(|received| received.kind() == "snapshot").await;
    let snapshot = received.last().unwrap();
    assert_eq!(snapshot.event["reason"], "restarted");
    assert_eq!(snapshot.event["chats"][0]["state"], "working");
    assert_ne!(support::page::split(snapshot.id.as_ref().unwrap()).0, support::page::split(&before).0);
    assert!(stage.opencode.script().asked.iter().any(|query| query.contains("copy")));
    let again = stage.open("", &[("Last-Event-ID", &before)]).await.next().await.unwrap();
    assert_eq!((again.kind(), &again.event["reason"]), ("snapshot", &json!("restarted")));

    // Another opencode: nothing runs any more, no directory is opened, and what was streamed is kept.
    stage.opencode.die().await;
    client.until(|received| received.event["instance"]["opencode"] == "down").await;
    stage.house.name_process(2);
    let unfinished = json!([{"info": answer("ses_1", "msg_1")["info"], "parts": []}]);
    {
        let mut script = stage.opencode.script();
        script.asked.clear();
        script.statuses.clear();
        script.messages.insert("ses_1".into(), unfinished);
    }
    let begun = Instant::now();
    stage.opencode.come_back().await;
    let received = client.until(|received| received.kind() == "snapshot").await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let chat = &received.last().unwrap().event["chats"][0];
    assert_eq!((&chat["state"], &chat["run"]["outcome"]), (&json!("interrupted"), &json!("interrupted")));
    assert_eq!(stage.opencode.script().asked, [] as [&str; 0]);
    let transcript = stage.relay.get("/admin/transcripts/ses_1").await;
    assert_eq!(transcript["interrupted"], json!(["msg_1"]));
    assert_eq!(transcript["kept"], json!(["prt_1"]));
    assert!(transcript["messages"][0]["parts"][0]["text"].as_str().unwrap().starts_with("one "));
}

#[tokio::test]
async fn what_was_known_survives_a_restart_of_the_relay() {
    let Stage { house, opencode, relay } = Stage::set(&[("ses_1", None)]).await;
    let mut client = Client::open(&relay.socket, "", &[]).await;
    opencode.send("session.status", &busy("ses_1"));
    opencode.send("session.status", &idle("ses_1"));
    client.until(|received| received.event["chat"]["state"] == "unread").await;
    let (status, _) = relay.send("PUT", "/admin/events/read", json!({"chat": "ses_1", "read": true})).await;
    assert_eq!(status, 204);
    client.until(|received| received.event["chat"]["state"] == "done").await;
    relay.stop().await;
    let file = house.folders().own("event-relay").join("memory.json");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777,
        0o600
    );

    let relay = Running::start(&house, &opencode.url()).await;
    let chat = relay.until_chat("ses_1", |chat| !chat.is_null()).await;
    assert_eq!((&chat["state"], &chat["run"]["outcome"]), (&json!("done"), &json!("completed")));
    relay.stop().await;

    std::fs::write(&file, "{ damaged").unwrap();
    let relay = Running::start(&house, &opencode.url()).await;
    relay.until_chat("ses_1", |chat| !chat.is_null()).await;
    assert!(file.with_extension("damaged").exists(), "it is set aside, not lost");
    relay.stop().await;
}

#[tokio::test]
async fn what_happens_while_a_store_fails_is_stored_at_the_stop() {
    let Stage { house, opencode, relay } = Stage::set(&[("ses_1", None)]).await;
    relay.until_chat("ses_1", |chat| !chat.is_null()).await;
    // A pipe in place of the new file: its reader learns when a store begins, and it cannot be synced.
    let pipe = house.folders().own("event-relay").join("memory.new");
    let made = eventually(async || {
        let made = tokio::process::Command::new("mkfifo").arg(&pipe).status().await.unwrap();
        made.success().then_some(())
    });
    made.await.expect("an earlier store is always under way");
    let begun = tokio::task::spawn_blocking(move || std::fs::read(pipe));
    opencode.send("session.status", &busy("ses_1"));
    opencode.send("session.status", &idle("ses_1"));
    begun.await.unwrap().unwrap();
    relay.until_chat("ses_1", |chat| chat["state"] == "unread").await;
    let (status, _) = relay.send("PUT", "/admin/events/read", json!({"chat": "ses_1", "read": true})).await;
    assert_eq!(status, 204);
    relay.stop().await;

    let relay = Running::start(&house, &opencode.url()).await;
    let chat = relay.until_chat("ses_1", |chat| !chat.is_null()).await;
    assert_eq!((&chat["state"], &chat["run"]["outcome"]), (&json!("done"), &json!("completed")));
    relay.stop().await;
}

#[tokio::test]
async fn a_revoked_login_loses_its_streams_and_nobody_else_does() {
    let stage = Stage::set(&[("ses_1", None)]).await;
    let (holds, held) = watch::channel(true);
    let auth = OnSocket::start(&stage.house.socket("auth"), scripted::auth("login-1", held));
    let login = [("X-Ocweb-Session", "login-1")];
    let mut client = stage.open("", &login).await;
    let mut service = stage.open("", &[]).await;
    let passed = |path: &str| {
        let request = stage.relay.http().get(format!("http://relay{path}"));
        request.header("X-Ocweb-Session", "login-1").header("x-opencode-directory", "%2Fa").send()
    };
    let mut global = passed("/global/event").await.unwrap();
    let mut directory = passed("/event?directory=%2Fvol").await.unwrap();
    assert_eq!(global.headers()["content-type"], "text/event-stream");
    let opened = stage.opencode.script().opened.clone();
    assert_eq!(opened[1], ("/global/event".into(), String::new(), "%2Fa".into()));
    assert_eq!(opened[2], ("/event".into(), "directory=%2Fvol".into(), "%2Fa".into()));
    let bytes = global.chunk().await.unwrap().unwrap();
    assert!(bytes.starts_with(b"data: {\"payload\":{"), "passed through as it is: {bytes:?}");
    stage.settle(&mut client, "ses_1").await;
    assert_eq!(stage.opencode.streams(), 3);

    holds.send(false).unwrap();
    let begun = Instant::now();
    client.end().await;
    while global.chunk().await.unwrap().is_some() {}
    while directory.chunk().await.unwrap().is_some() {}
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    eventually(async || (stage.opencode.streams() == 1).then_some(()))
        .await
        .expect("opencode's streams stay open");

    // An auth that is away revokes nobody.
    drop(auth);
    let mut client = stage.open("", &login).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    stage.settle(&mut client, "ses_1").await;
    stage.settle(&mut service, "ses_1").await;
    let wrong = stage.relay.http().get("http://relay/admin/events").header("X-Ocweb-Session", "a/b");
    assert_eq!(wrong.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn requests_are_listed_and_answered_and_gone() {
    let stage = Stage::set(&[("ses_1", None), ("ses_2", Some("ses_1"))]).await;
    let mut client = stage.open("", &[]).await;
    stage.opencode.send("session.status", &busy("ses_2"));
    let permission = json!({"id": "per_1", "sessionID": "ses_2", "permission": "bash", "patterns": [], "metadata": {"command": "rm x"}, "always": []});
    let question =
        json!({"id": "que_1", "sessionID": "ses_1", "questions": [{"question": "Which?", "options": []}]});
    stage.opencode.send("permission.asked", &permission);
    stage.opencode.send("session.status", &busy("ses_1"));
    stage.opencode.send("question.asked", &question);
    stage.settle(&mut client, "ses_1").await;
    let inbox = stage.relay.get("/admin/inbox").await;
    let ids: Vec<_> = inbox["requests"].as_array().unwrap().iter().map(|request| &request["id"]).collect();
    assert_eq!(ids, ["per_1", "que_1"]);
    assert_eq!(inbox["requests"][0]["chat_id"], "ses_1");
    assert_eq!(stage.relay.chat("ses_1").await["state"], "needs_you");

    let answer = async |id: &str, body: Value| {
        let (status, problem) = stage.relay.send("POST", &format!("/admin/inbox/{id}/answer"), body).await;
        (status, problem["type"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(answer("que_1", json!({"reply": "once"})).await.0, 422);
    assert_eq!(answer("per_1", json!({"reply": "perhaps"})).await.0, 422);
    assert_eq!(answer("per_1", json!({"reply": "reject", "message": "not this"})).await.0, 204);
    assert_eq!(answer("per_1", json!({"reply": "once"})).await, (404, "request-gone".into()));
    assert_eq!(answer("que_1", json!({"answers": [["this"]]})).await.0, 204);
    assert_eq!(
        stage.opencode.script().answers,
        [
            ("/permission/per_1/reply".into(), json!({"reply": "reject", "message": "not this"})),
            ("/question/que_1/reply".into(), json!({"answers": [["this"]]})),
        ]
    );
    assert_eq!(stage.relay.get("/admin/inbox").await, json!({"requests": []}));
    stage.relay.until_chat("ses_1", |chat| chat["state"] == "working").await;
}

#[tokio::test]
async fn chats_of_git_manager_are_shown_and_a_run_that_was_cut_off_is_continued_once() {
    let house = House::new();
    house.name_process(1);
    let opencode = Opencode::start().await;
    opencode.add_session("ses_1", None);
    let manager = GitManager::new(&json!([chat_record("ses_1"), {"id": "ses_odd"}]));
    let _manager = OnSocket::start(&house.socket("git-manager"), manager.router());
    let relay = Running::start(&house, &opencode.url()).await;
    let chat = relay.until_chat("ses_1", |chat| chat["repo"] == "demo/hello-web").await;
    assert_eq!(chat["branch"], "ocweb/x");
    manager.say(&json!({"chat": chat_record("ses_2")}));
    relay.until_chat("ses_2", |chat| !chat.is_null()).await;
    manager.say(&json!({"removed": "ses_2"}));
    relay.until_chat("ses_2", Value::is_null).await;

    assert_eq!(relay.get("/admin/events/settings").await, json!({"continue_by_itself": 0}));
    let settings = "/admin/events/settings";
    assert_eq!(relay.send("PUT", settings, json!({"continue_by_itself": 6})).await.0, 422);
    assert_eq!(relay.send("PUT", settings, json!({"continue_by_itself": 1})).await.0, 200);
    opencode.send("session.status", &busy("ses_1"));
    relay.until_chat("ses_1", |chat| chat["state"] == "working").await;
    opencode.die().await;
    house.name_process(2);
    let unfinished = json!([{"info": answer("ses_1", "msg_1")["info"], "parts": []}]);
    opencode.script().messages.insert("ses_1".into(), unfinished);
    opencode.come_back().await;
    let prompts = || manager.prompts.lock().unwrap().clone();
    eventually(async || (prompts().len() >= 2).then_some(())).await.expect("it is not continued");
    let prompts = prompts();
    assert!(prompts.iter().all(|(chat, _)| chat == "ses_1"));
    assert!(prompts.iter().all(|(_, body)| body["id"] == prompts[0].1["id"]), "always the same prompt");
    let chat = relay.chat("ses_1").await;
    assert_eq!(chat["continued"], 1);
}

#[tokio::test]
async fn a_prompt_that_comes_while_a_provider_is_taken_up_is_not_cut_off() {
    let house = House::new();
    house.name_process(1);
    let opencode = Opencode::start().await;
    opencode.add_session("ses_1", None);
    let manager = GitManager::new(&json!([chat_record("ses_1")]));
    let _manager = OnSocket::start(&house.socket("git-manager"), manager.router());
    let relay = Running::start(&house, &opencode.url()).await;
    let rests = |chat: &Value| ["unread", "done"].contains(&chat["state"].as_str().unwrap_or_default());
    relay.until_chat("ses_1", |chat| chat["repo"] == "demo/hello-web" && rests(chat)).await;
    let of_copy = |query: &str| query.contains("copy");
    // It is gone about directory by directory; here, in the middle of the chat's.
    opencode.script().terminals_held = true;
    assert_eq!(relay.send("POST", "/admin/providers", Value::Null).await.1, json!({"waiting": 0}));
    eventually(async || {
        let asked = opencode.script().asked.clone();
        asked.iter().any(|asked| asked.starts_with("pty") && of_copy(asked)).then_some(())
    })
    .await
    .expect("it is not asked for terminals");
    let mut prompted = chat_record("ses_1");
    prompted["prompts"] = json!([{
        "id": "msg_1", "text": "x", "state": "sending", "created_at": "2026-11-21T00:00:00Z",
    }]);
    manager.say(&json!({"chat": prompted}));
    relay.until_chat("ses_1", |chat| !rests(chat)).await;
    opencode.script().prompted = true;
    opencode.script().terminals_held = false;
    // By the time that this is answered it would have been let go of.
    assert_eq!(relay.send("POST", "/admin/providers", Value::Null).await.1, json!({"waiting": 1}));
    opencode.script().prompted = false;
    manager.say(&json!({"chat": chat_record("ses_1")}));
    relay.until_chat("ses_1", rests).await;
    eventually(async || opencode.script().disposed.iter().any(|(query, _)| of_copy(query)).then_some(()))
        .await
        .expect("it is not taken up once the chat rests");
    let script = opencode.script();
    assert!(script.disposed.iter().all(|(query, prompted)| !(of_copy(query) && *prompted)));
}

#[tokio::test]
async fn a_session_that_nobody_spoke_of_is_asked_for() {
    let stage = Stage::set(&[("ses_1", None)]).await;
    stage.opencode.add_session("ses_old", Some("ses_1"));
    stage.opencode.send("session.status", &busy("ses_old"));
    stage.relay.until_chat("ses_1", |chat| chat["state"] == "working").await;
}

#[tokio::test]
async fn what_our_services_ask_aside_is_nobodys_chat() {
    let stage = Stage::set(&[("ses_1", None)]).await;
    stage.opencode.add_session("ses_aside", None);
    for (session, directory) in [("ses_aside", "/vol/opencode-state/ocweb-aside"), ("ses_1", "/vol/copy")] {
        stage.opencode.send_in(directory, "session.status", &busy(session));
    }
    stage.relay.until_chat("ses_1", |chat| chat["state"] == "working").await;
    let chats = stage.relay.get("/admin/status").await["chats"].clone();
    assert_eq!(chats.as_array().unwrap().len(), 1, "{chats}");
}

#[tokio::test]
async fn a_stream_that_falls_silent_or_is_never_answered_is_opened_anew() {
    let stage = Stage::set(&[("ses_1", None)]).await;
    let mut client = stage.open("", &[]).await;
    client.next().await.unwrap();
    {
        let mut script = stage.opencode.script();
        script.stalled = true;
        script.ignored = 1;
    }
    let snapshot = client.until(|received| received.kind() == "snapshot").await.pop().unwrap();
    assert_eq!(snapshot.event["reason"], "restarted");
    assert_eq!(stage.opencode.script().ignored, 0);
    stage.settle(&mut client, "ses_1").await;
}

#[tokio::test]
async fn half_characters_hide_nothing() {
    let stage = Stage::set(&[]).await;
    let mut client = stage.open("", &[]).await;
    client.next().await.unwrap();
    let cut = |properties: &Value| properties.to_string().replace("CUT", r"\ud83d");
    let session = json!({"sessionID": "ses_1", "info": scripted::session("ses_1", None)});
    let session = cut(&session).replace("Title of", r"\ud83d");
    for (kind, properties) in [
        ("session.created", session),
        ("message.part.updated", cut(&text("ses_1", "msg_1", "prt_1", "", None))),
        ("message.part.delta", cut(&delta("ses_1", "msg_1", "prt_1", "aCUT"))),
    ] {
        let event = format!(r#"data: {{"payload":{{"type":"{kind}","properties":{properties}}}}}"#);
        stage.opencode.send_bytes(format!("{event}\n\n"));
    }
    let received = stage.settle(&mut client, "ses_1").await;
    assert!(received.iter().any(|received| received.event["chat"]["title"] == "\u{fffd} ses_1"));
    assert!(received.iter().any(|received| received.event["properties"]["delta"] == "a\u{fffd}"));
}
