//! The relay's own process: what it holds, whatever its clients do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::json;
use support::{
    House, PATIENCE,
    client::Client,
    eventually, http,
    scripted::{Opencode, busy, text},
};
use tokio::process::{Child, Command};

const MEGABYTE: u64 = 1 << 20;

fn start(house: &House, opencode: &Opencode) -> Child {
    let folders = house.folders();
    Command::new(env!("CARGO_BIN_EXE_ocweb-event-relay"))
        .env_clear()
        .env("OCWEB_DATA", folders.data)
        .env("OCWEB_RUN_DIR", folders.run)
        .env("OCWEB_OPENCODE_URL", opencode.url())
        // As the supervisor sets them.
        .env("MALLOC_ARENA_MAX", "2")
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// What a process holds in memory of its own, in bytes.
fn held(process: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id().unwrap())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
}

/// Waits until the relay follows opencode.
async fn until_up(socket: &Path) {
    eventually(async || {
        let status = http(socket).get("http://relay/admin/status").send().await.ok()?;
        let status: serde_json::Value = status.json().await.ok()?;
        (status["instance"]["opencode"] == "up").then_some(())
    })
    .await
    .expect("it never starts");
}

#[tokio::test]
async fn a_reader_that_stops_reading_costs_nothing_and_can_come_back() {
    let house = House::new();
    let opencode = Opencode::start().await;
    opencode.add_session("ses_1", None);
    let mut process = start(&house, &opencode);
    let socket = house.socket("event-relay");
    until_up(&socket).await;
    let mut reader = Client::open(&socket, "", &[("Accept-Encoding", "gzip")]).await;
    let mut sleeper = Client::open(&socket, "", &[]).await;
    sleeper.next().await.unwrap();
    let last = reader.next().await.unwrap().id.unwrap();
    let before = held(&process);

    // Six seconds of 10 MB each, in events that differ.
    let mut most = before;
    opencode.send("session.status", &busy("ses_1"));
    for second in 0..6 {
        for count in 0..200 {
            let noise = format!("{second}-{count} ").repeat(4000);
            let part = format!("prt_{second}_{count}");
            opencode.send("message.part.updated", &text("ses_1", "msg_1", &part, &noise, Some(2)));
        }
        let mark = json!({"sessionID": "ses_1", "todos": [second]});
        opencode.send("todo.updated", &mark);
        let seen = reader.until(|it| it.event["properties"] == mark || it.event["type"] == "snapshot");
        tokio::time::timeout(PATIENCE, seen).await.unwrap();
        most = most.max(held(&process));
    }
    println!("{} KB before, {} KB at most", before >> 10, most >> 10);
    assert!(most - before <= 20 * MEGABYTE, "{} KB before, {} KB at most", before >> 10, most >> 10);

    // Who slept is told to begin anew in its own stream, or was cut if this took long; and in a new one.
    while let Some(received) = sleeper.next().await {
        if received.event["type"] == "snapshot" {
            assert_eq!(received.event["reason"], "too_old");
            break;
        }
    }
    let again = Client::open(&socket, "", &[("Last-Event-ID", &last)]).await.next().await.unwrap();
    assert_eq!(again.event["reason"], "too_old");

    let stopped = std::time::Instant::now();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(process.id().unwrap().try_into().unwrap()),
        nix::sys::signal::Signal::SIGTERM,
    )
    .unwrap();
    reader.end().await;
    assert!(process.wait().await.unwrap().success());
    assert!(stopped.elapsed() < Duration::from_secs(4), "open streams held it up: {:?}", stopped.elapsed());
}

#[tokio::test]
async fn photos_pass_by_and_leave_nothing() {
    const SIZE: usize = 15 << 20;
    let house = House::new();
    let opencode = Opencode::start().await;
    opencode.add_session("ses_1", None);
    let process = start(&house, &opencode);
    let socket = house.socket("event-relay");
    until_up(&socket).await;
    let mut reader = Client::open(&socket, "", &[]).await;
    reader.next().await.unwrap();
    let before = held(&process);
    let url = format!("data:image/png;base64,{}", "AAAA".repeat(SIZE / 3));
    let photo = |id: &str| json!({"id": id, "sessionID": "ses_1", "messageID": "msg_1", "type": "file", "mime": "image/png", "url": url});
    let at = |part: &str| format!("/admin/transcripts/ses_1/files/msg_1/{part}");
    for part in ["prt_1", "prt_2"] {
        opencode.send("message.part.updated", &json!({"part": photo(part)}));
        let seen = reader.until(|it| it.event["properties"]["part"]["url"] == at(part));
        tokio::time::timeout(PATIENCE, seen).await.unwrap();
        let now = held(&process);
        println!("{} KB before, {} KB with {part}", before >> 10, now >> 10);
        assert!(now - before <= 20 * MEGABYTE, "{} KB before, {} KB with {part}", before >> 10, now >> 10);
    }
    let message =
        json!({"info": {"id": "msg_1", "sessionID": "ses_1"}, "parts": [photo("prt_1"), photo("prt_2")]});
    opencode.script().messages.insert("ses_1".into(), json!([message]));
    for part in ["prt_1", "prt_2", "prt_2"] {
        let answer = http(&socket).get(format!("http://relay{}", at(part))).send().await.unwrap();
        assert_eq!(answer.bytes().await.unwrap().len(), SIZE);
    }
    let mut now = 0;
    let given_back = eventually(async || {
        now = held(&process);
        (now <= before + 20 * MEGABYTE).then_some(())
    });
    assert!(given_back.await.is_some(), "{} KB before, {} KB after reading", before >> 10, now >> 10);
    println!("{} KB before, {} KB after reading", before >> 10, now >> 10);
}
