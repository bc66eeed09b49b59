//! Killed at any moment: at most one notification for each request, and nothing forgotten in silence.

use std::{collections::BTreeMap, time::Duration};

use crate::support::{
    Bench, asking, ended,
    receiver::{Received, Receiver, Reply},
    until,
};
use serde_json::{Value, json};

fn settings(receiver: &Receiver) -> Value {
    json!({
        "public_url": "https://ocweb.example",
        "webhook": { "enabled": true, "url": receiver.url, "secret": "s3cret" },
    })
}

/// How often each request was told of.
fn told(received: &[Received]) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for one in received {
        *told.entry(one.body["request_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    told
}

#[tokio::test]
async fn killed_at_any_moment_it_tells_each_request_once_at_most_and_says_what_it_does_not_know() {
    let (bench, webhook) = (Bench::new(), Receiver::webhook("s3cret").await);
    let mut notifier = bench.notifier_with(settings(&webhook)).await;
    // From before the grace period is over to after the delivery, the moments around the sending closely.
    let moments = [0, 200, 248, 250, 252, 254, 256, 258, 260, 262, 265, 270, 280, 300, 350];
    let mut unknown = Vec::new();
    for (number, milliseconds) in moments.into_iter().enumerate() {
        let (chat, request) = (format!("ses_{number}"), format!("per_{number}"));
        bench.relay.put(&asking(&chat, &request));
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        notifier.kill();
        notifier = bench.notifier().await;
        // What was not begun is told now; what was begun is not, and the log says so.
        let is_unknown = until(&format!("what became of {request}"), async || {
            let entries = notifier.entries().await;
            let entry = entries.into_iter().find(|entry| entry["chat_id"] == chat.as_str())?;
            (entry["outcome"] != "retrying").then(|| entry["outcome"] == "failed")
        })
        .await;
        if is_unknown {
            unknown.push(milliseconds);
        }
    }
    let told = told(&webhook.received());
    println!("killed while sending at {unknown:?} ms; told {told:?}");
    assert!(told.values().all(|&times| times == 1), "{told:?}");
    assert_eq!(told.get("per_0"), Some(&1), "nothing was begun yet");
    assert!(told.len() + unknown.len() >= moments.len(), "none is forgotten in silence: {told:?}");
    bench.nothing_but(webhook.received().len(), &webhook).await;
}

#[tokio::test]
async fn killed_while_it_sends_it_does_not_send_again() {
    let (bench, webhook) = (Bench::new(), Receiver::webhook("s3cret").await);
    webhook.script(|number| if number == 0 { Reply::Hang } else { Reply::Take });
    let mut notifier = bench.notifier_with(settings(&webhook)).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    webhook.receive(1).await;
    notifier.kill();
    let notifier = bench.notifier().await;
    let entry = notifier.entry("ses_1", "failed").await;
    assert_eq!(
        entry["detail"],
        "ocweb ended while it was being sent. It may have arrived, so it is not sent a second time."
    );
    bench.nothing_but(1, &webhook).await;
}

#[tokio::test]
async fn what_is_to_be_tried_again_is_tried_after_a_restart() {
    let (bench, webhook) = (Bench::new(), Receiver::webhook("s3cret").await);
    webhook.script(|number| match number {
        0 => Reply::Status(503, vec![("retry-after", "2".into())], Value::Null),
        _ => Reply::Take,
    });
    let mut notifier = bench.notifier_with(settings(&webhook)).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    notifier.entry("ses_1", "retrying").await;
    notifier.kill();
    let notifier = bench.notifier().await;
    let received = webhook.receive(2).await;
    assert!(received[1].at - received[0].at >= Duration::from_secs(2), "Retry-After holds over the restart");
    let delivery = |place: usize| received[place].headers["x-ocweb-delivery"].clone();
    assert_eq!(delivery(0), delivery(1), "a second copy can be told from a second notification");
    assert_eq!(notifier.entry("ses_1", "sent").await["attempts"], 2);
    bench.nothing_but(2, &webhook).await;
}

#[tokio::test]
async fn what_was_over_at_the_first_start_is_no_news_and_what_ends_while_it_is_away_is() {
    let (bench, webhook) = (Bench::new(), Receiver::webhook("s3cret").await);
    bench.relay.put(&ended("ses_1", "completed", "unread"));
    bench.relay.put(&asking("ses_2", "per_2"));
    let notifier = bench.notifier_with(settings(&webhook)).await;
    let received = webhook.receive(1).await;
    assert_eq!(received[0].body["request_id"], "per_2", "what waits is told, whenever it began");
    assert!(notifier.stop().await, "TERM ends it well");

    bench.relay.put(&ended("ses_3", "interrupted", "interrupted"));
    let notifier = bench.notifier().await;
    let received = webhook.receive(2).await;
    assert_eq!(
        (&received[1].body["event"], &received[1].body["chat_id"]),
        (&json!("interrupted"), &json!("ses_3"))
    );
    notifier.entry("ses_3", "sent").await;

    // Switched off for a while: what ended meanwhile is no news when it is switched on.
    notifier.change(json!({ "webhook": { "enabled": false } })).await;
    bench.relay.put(&ended("ses_4", "completed", "unread"));
    notifier.change(json!({ "webhook": { "enabled": true } })).await;
    bench.nothing_but(2, &webhook).await;
    notifier.entry("ses_last", "sent").await;
    assert_eq!(notifier.entries().await.len(), 3, "and the log was kept");
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_brings_no_flood() {
    let (bench, webhook) = (Bench::new(), Receiver::webhook("s3cret").await);
    bench.relay.put(&ended("ses_1", "completed", "unread"));
    let mut notifier = bench.notifier_with(settings(&webhook)).await;
    notifier.kill();
    std::fs::write(bench.own().join("ledger.json"), "{\"handled\":").unwrap();
    let _notifier = bench.notifier().await;
    bench.nothing_but(0, &webhook).await;
    assert!(bench.own().join("ledger.json.damaged").exists());
}
