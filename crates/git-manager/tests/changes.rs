//! The feed of the chats' changes: whole at first, then each change, and no burden when nobody reads it.

use std::time::{Duration, Instant};

use crate::support::{Bench, DEADLINE, Service};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A reader of the feed.
struct Reader {
    response: reqwest::Response,
    buffer: Vec<u8>,
}

impl Reader {
    async fn start(service: &Service) -> Self {
        let response = service.client.get("http://service/chats/changes").send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/x-ndjson");
        Self { response, buffer: Vec::new() }
    }

    /// The next line; nothing when the feed ended.
    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.drain(..=end).collect::<Vec<_>>();
                return Some(String::from_utf8(line[..end].to_vec()).unwrap());
            }
            let chunk = tokio::time::timeout(DEADLINE, self.response.chunk()).await.expect("a line in time");
            self.buffer.extend_from_slice(&chunk.unwrap()?);
        }
    }

    /// The next line that says something.
    async fn next(&mut self) -> Value {
        loop {
            let line = self.line().await.unwrap();
            if !line.is_empty() {
                return serde_json::from_str(&line).unwrap();
            }
        }
    }

    /// Reads on until a line fits, and gives it.
    async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let line = self.next().await;
            if fits(&line) {
                return line;
            }
            assert!(begun.elapsed() < DEADLINE, "not in time; at last {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_told_with_the_chat_as_it_is() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let old = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let chat = service.settled(&old).await;
    let mut reader = Reader::start(&service).await;
    assert_eq!(reader.next().await, json!({"chats": [chat]}));

    let new =
        service.create_chat(json!({"repo": "demo/hello-web", "prompt": {"id": "msg_1", "text": "go"}})).await;
    let done = |line: &Value| line["chat"]["state"] == "ready" && line["chat"]["prompts"] == json!([]);
    let line = reader.until(done).await;
    assert_eq!(line, json!({"chat": service.get(&format!("/admin/chats/{new}")).await}));

    bench.opencode.memory().busy.insert(old.clone(), chat["directory"].as_str().unwrap().into());
    service.prompt(&old, "msg_1", "go").await;
    let line = reader.until(|line| line["chat"]["prompts"] != json!([])).await;
    assert_eq!((&line["chat"]["id"], &line["chat"]["prompts"][0]["text"]), (&json!(old), &json!("go")));
    assert_eq!(service.delete(&format!("/admin/chats/{old}/prompts/msg_1")).await.0, StatusCode::OK);
    let line = reader.next().await;
    assert_eq!((&line["chat"]["id"], &line["chat"]["prompts"]), (&json!(old), &json!([])));
    bench.opencode.memory().busy.clear();

    let worktree = format!("/admin/worktrees/demo/hello-web/{old}");
    assert_eq!(service.delete(&worktree).await.0, StatusCode::NO_CONTENT);
    let line = reader.next().await;
    assert_eq!((&line["chat"]["id"], &line["chat"]["directory"]), (&json!(old), &json!(null)));
    assert_eq!(service.delete(&format!("/admin/chats/{old}")).await.0, StatusCode::NO_CONTENT);
    let line = reader.until(|line| line["chat"].is_null()).await;
    assert_eq!(line, json!({"removed": old}));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_progress_of_a_clone_is_told_twice_a_second_at_most() {
    let bench = Bench::new().await;
    bench.world.rates().set("demo/slow-assets", Some(200_000));
    let service = bench.service().await;
    let mut reader = Reader::start(&service).await;
    service.create_chat(json!({"repo": "demo/slow-assets"})).await;
    let has_bytes = |line: &Value| line["chat"]["progress"]["bytes"].as_u64().is_some_and(|bytes| bytes > 0);
    reader.until(has_bytes).await;
    let mut last = Instant::now();
    for _ in 0..4 {
        let line = reader.next().await;
        assert!(has_bytes(&line), "{line}");
        // A tick may be late, and the one after it seem early.
        assert!(last.elapsed() > Duration::from_millis(250), "{:?}", last.elapsed());
        last = Instant::now();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_broken_and_a_stop_ends_it() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let mut reader = Reader::start(&service).await;
    assert_eq!(reader.next().await, json!({"chats": []}));
    let begun = Instant::now();
    assert_eq!(reader.line().await.as_deref(), Some(""));
    assert!((4..20).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    let pid = nix::unistd::Pid::from_raw(i32::try_from(service.pid()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let begun = Instant::now();
    while reader.line().await.is_some() {}
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(service.wait().success(), "it ends well: {}", service.log());
    assert!(!service.log().contains("were cut"), "{}", service.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_costs_nothing_and_misses_nothing_that_lasts() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let chat = service.settled(&id).await;
    bench.opencode.memory().busy.insert(id.clone(), chat["directory"].as_str().unwrap().into());
    let mut reader = Reader::start(&service).await;
    reader.next().await;
    let memory = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let change = async |number: usize, text: &str| {
        let prompt = format!("msg_{number}");
        service.prompt(&id, &prompt, text).await;
        let (status, _) =
            service.send(Method::DELETE, &format!("/admin/chats/{id}/prompts/{prompt}"), None).await;
        assert_eq!(status, StatusCode::OK);
    };
    for number in 0..10 {
        change(number, "small").await;
    }
    service.prompt(&id, "msg_last", "the last").await;
    reader.until(|line| line["chat"]["prompts"][0]["text"] == "the last").await;
    // From here on nobody reads. Each change makes a line of a megabyte; all of them would be 60 MB.
    let text = "x".repeat(1 << 20);
    for number in 10..30 {
        change(number, &text).await;
    }
    let before = memory();
    for number in 30..90 {
        change(number, &text).await;
    }
    assert!(memory() < before + 20_000, "{before} kB became {} kB", memory());
}
