//! From the relay's stream to each receiver.

use std::time::{Duration, Instant};

use crate::support::{
    Bench, asking, chat, ended, permission, question,
    receiver::{Device, Receiver, Reply},
    until,
};
use reqwest::Method;
use serde_json::{Value, json};

fn ntfy_settings(receiver: &Receiver) -> Value {
    json!({
        "public_url": "https://ocweb.example",
        "ntfy": { "enabled": true, "server": receiver.url, "topic": "my-topic" },
    })
}

#[tokio::test]
async fn ntfy_gets_what_it_takes_with_buttons() {
    let (bench, ntfy) = (Bench::new(), Receiver::ntfy(Some("tk_s3cret")).await);
    let notifier = bench.notifier_with(ntfy_settings(&ntfy)).await;
    notifier.change(json!({ "ntfy": { "token": "tk_s3cret" } })).await;

    bench.relay.put(&asking("ses_1", "per_1"));
    let [message] = ntfy.receive(1).await.try_into().unwrap();
    let body = &message.body;
    assert_eq!((&body["topic"], &body["title"]), (&json!("my-topic"), &json!("Fix the parser")));
    assert_eq!(body["message"], "Asks for permission: bash: git push");
    assert_eq!((&body["priority"], &body["tags"]), (&json!(4), &json!(["lock"])));
    assert_eq!(body["click"], "https://ocweb.example/chat/ses_1");
    let buttons = body["actions"].as_array().unwrap();
    let labels: Vec<_> = buttons.iter().map(|button| button["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["Allow once", "Reject"]);
    assert!(buttons.iter().all(|button| button["url"] == "https://ocweb.example/admin/notifications/act"));
    assert_ne!(buttons[0]["body"], buttons[1]["body"]);

    // Texts that are too long are cut, whatever they are made of.
    let long = "\u{1F600}\n\"é".repeat(5000);
    let mut request = question("ses_2", "que_1", &[&long, "Second", "Third"]);
    request["summary"] = long.clone().into();
    bench.relay.put(&chat("ses_2", &json!({ "state": "needs_you", "title": long, "requests": [request] })));
    let body = &ntfy.receive(2).await[1].body;
    assert_eq!(body["actions"].as_array().unwrap().len(), 3);

    // Without buttons, and without an address to link to.
    notifier.change(json!({ "ntfy": { "actions": false } })).await;
    bench.relay.put(&asking("ses_3", "per_3"));
    assert!(ntfy.receive(3).await[2].body["actions"].is_null());
    notifier.change(json!({ "public_url": null, "ntfy": { "actions": true } })).await;
    bench.relay.put(&asking("ses_4", "per_4"));
    let body = &ntfy.receive(4).await[3].body;
    assert!(body["actions"].is_null() && body["click"].is_null());

    let entry = notifier.entry("ses_1", "sent").await;
    assert_eq!((&entry["channel"], &entry["event"]), (&json!("ntfy"), &json!("permission")));
    assert_eq!((&entry["attempts"], &entry["detail"]), (&json!(1), &json!("Sent.")));
    assert!(!notifier.log().contains("s3cret"), "no secret is logged");
}

#[tokio::test]
async fn from_the_event_to_the_post_it_takes_half_a_second_at_most() {
    let (bench, ntfy) = (Bench::new(), Receiver::ntfy(None).await);
    let _notifier = bench.notifier_with(ntfy_settings(&ntfy)).await;
    let mut took = Vec::new();
    for number in 0..5 {
        let begun = Instant::now();
        bench.relay.put(&asking(&format!("ses_{number}"), &format!("per_{number}")));
        took.push(ntfy.receive(number + 1).await[number].at - begun);
    }
    took.sort();
    println!("from the event to the POST: {took:?}");
    assert!(took[0] >= Duration::from_millis(250), "the grace period was not kept: {took:?}");
    // The others may have met a busy machine.
    assert!(took[0] <= Duration::from_millis(500), "{took:?}");
}

#[tokio::test]
async fn discord_is_left_alone_for_as_long_as_it_says() {
    let (bench, discord) = (Bench::new(), Receiver::discord().await);
    discord.script(|number| match number {
        0 => {
            let said =
                json!({ "message": "You are being rate limited.", "retry_after": 1.5, "global": false });
            Reply::Status(429, vec![("retry-after", "1".into())], said)
        }
        _ => Reply::Take,
    });
    let webhook = format!("{}/api/webhooks/1/s3cret-webhook", discord.url);
    let settings = json!({ "public_url": "https://ocweb.example", "discord": { "enabled": true, "webhook_url": webhook } });
    let notifier = bench.notifier_with(settings).await;

    let long = "@everyone é\u{1F600}".repeat(1000);
    let mut failed = ended("ses_1", "failed", "failed");
    failed["title"] = long.clone().into();
    failed["error"] = json!({ "title": "Failed", "detail": long });
    bench.relay.put(&failed);
    let retrying = notifier.entry("ses_1", "retrying").await;
    let detail = retrying["detail"].as_str().unwrap();
    assert_eq!(detail, "Discord answered 429 (You are being rate limited.). Next attempt in 2 s.");
    // The whole webhook is left alone, not only this notification.
    bench.relay.put(&ended("ses_2", "completed", "unread"));
    let received = discord.receive(3).await;
    for later in &received[1..] {
        assert!(later.at - received[0].at >= Duration::from_millis(1500));
    }
    let embeds = received[1..].iter().map(|one| &one.body["embeds"][0]);
    let mut first = embeds.filter(|embed| embed["url"] == "https://ocweb.example/chat/ses_1");
    let embed = first.next().unwrap();
    assert_eq!(embed["fields"][0]["value"], "Failed");
    assert_eq!(embed["fields"][1]["value"], "octocat/hello");
    assert_eq!(notifier.entry("ses_1", "sent").await["attempts"], 2);
    let entries = notifier.entries().await;
    assert_eq!(
        entries.iter().filter(|entry| entry["chat_id"] == "ses_1").count(),
        1,
        "one line for each delivery"
    );
    assert!(!notifier.log().contains("s3cret"), "no secret is logged");
}

#[tokio::test]
async fn a_device_decrypts_what_was_pushed_to_it() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let settings = notifier.get("/admin/notifications/settings").await;
    let server_key = settings["web_push"]["public_key"].as_str().unwrap();
    let device = Device::new(7);
    let push = Receiver::push_service(device.clone(), server_key).await;
    let id = notifier.subscribe(device.subscription(&format!("{}/push/1", push.url))).await;
    bench.relay.followed().await;

    let long = "\"\u{1F600}\u{1}".repeat(3000);
    let mut request = question("ses_1", "que_1", &["Yes", &long, "No"]);
    request["summary"] = long.clone().into();
    let asks = json!({ "state": "needs_you", "title": long, "requests": [request] });
    bench.relay.put(&chat("ses_1", &asks));
    bench.relay.put(&asking("ses_2", "per_2"));
    let received = push.receive(2).await;
    let of = |chat: &str| {
        let url = format!("/chat/{chat}");
        received.iter().find(|one| one.body["url"] == url.as_str()).unwrap()
    };
    let (asked, permission) = (of("ses_1"), of("ses_2"));
    assert_eq!(permission.body["title"], "Fix the parser");
    assert_eq!(permission.body["body"], "Asks for permission: bash: git push");
    assert_eq!((&permission.body["tag"], &permission.body["badge"]), (&json!("per_2"), &json!(2)));
    assert_eq!(permission.headers["urgency"], "high");
    let names = |one: &Value| -> Vec<String> {
        let actions = one["actions"].as_array().unwrap();
        assert!(actions.iter().all(|action| action["capability"].as_str().unwrap().len() == 43));
        actions.iter().map(|action| format!("{} {}", action["action"], action["title"])).collect()
    };
    assert_eq!(names(&permission.body), ["\"once\" \"Allow once\"", "\"reject\" \"Reject\""]);
    assert_eq!(names(&asked.body).len(), 3);

    bench.relay.put(&chat("ses_put_away", &json!({ "state": "unread", "archived": true })));
    bench.relay.put(&ended("ses_2", "completed", "unread"));
    let done = &push.receive(3).await[2];
    assert_eq!(done.body["body"], "Done: The run is done after 1 min.");
    assert_eq!(done.body["actions"], json!([]));
    assert_eq!(done.body["badge"], 2, "as many as the page shows: one waits, and one is unread");
    assert_eq!(
        (done.headers["urgency"].to_str().unwrap(), done.body["tag"].as_str().unwrap()),
        ("normal", "ses_2")
    );
    assert_ne!(done.headers["topic"], permission.headers["topic"]);

    let sent = notifier.entry("ses_2", "sent").await;
    assert_eq!((&sent["channel"], &sent["detail"]), (&json!("web_push"), &json!("Sent to Pixel.")));
    let list = notifier.get("/admin/notifications/subscriptions").await;
    assert!(list["subscriptions"][0]["last_sent_at"].is_string() && list["subscriptions"][0]["id"] == id);

    // While the relay does not know all, there is no number to show.
    bench.relay.stop();
    bench.relay.forget();
    let before = bench.relay.streams().len();
    bench.relay.serve();
    until("a new stream", async || (bench.relay.streams().len() > before).then_some(())).await;
    bench.relay.put(&asking("ses_3", "per_3"));
    assert_eq!(push.receive(4).await[3].body.get("badge"), None);
}

#[tokio::test]
async fn a_device_that_is_gone_is_forgotten() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let settings = notifier.get("/admin/notifications/settings").await;
    let server_key = settings["web_push"]["public_key"].as_str().unwrap();
    for (place, status) in [404, 410].into_iter().enumerate() {
        let device = Device::new(9);
        let push = Receiver::push_service(device.clone(), server_key).await;
        push.script(move |_| Reply::Status(status, Vec::new(), Value::Null));
        notifier.subscribe(device.subscription(&push.url)).await;
        until("a reader", async || (bench.relay.streams().len() > place).then_some(())).await;
        bench.relay.put(&asking(&format!("ses_{status}"), &format!("per_{status}")));
        let entry = notifier.entry(&format!("ses_{status}"), "failed").await;
        assert_eq!(
            entry["detail"],
            format!(
                "The push service answered {status}. The device is not subscribed any more, and was removed."
            )
        );
        assert_eq!(notifier.get("/admin/notifications/subscriptions").await["subscriptions"], json!([]));
    }
}

#[tokio::test]
async fn a_device_that_was_logged_out_is_told_nothing_any_more() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let settings = notifier.get("/admin/notifications/settings").await;
    let server_key = settings["web_push"]["public_key"].as_str().unwrap();
    let (own, stolen) = (Device::new(7), Device::new(8));
    let own_push = Receiver::push_service(own.clone(), server_key).await;
    let stolen_push = Receiver::push_service(stolen.clone(), server_key).await;
    let stolen = stolen.subscription(&stolen_push.url);
    assert_eq!(notifier.subscribe_with_login(&stolen, "no login").await, 400);
    assert_eq!(notifier.subscribe_with_login(&stolen, "login-2").await, 201);
    assert_eq!(notifier.subscribe_with_login(&own.subscription(&own_push.url), "login-1").await, 201);
    bench.relay.followed().await;

    // An auth that is away or does not work ends no login.
    let sockets = ["auth/socket", "auth/away"].map(|name| bench.folder.path().join(name));
    std::fs::rename(&sockets[0], &sockets[1]).unwrap();
    bench.relay.put(&asking("ses_1", "per_1"));
    stolen_push.receive(1).await;
    std::fs::rename(&sockets[1], &sockets[0]).unwrap();
    bench.auth.fail();
    bench.relay.put(&asking("ses_2", "per_2"));
    stolen_push.receive(2).await;
    bench.auth.recover();
    bench.relay.put(&asking("ses_3", "per_3"));
    stolen_push.receive(3).await;

    bench.auth.end("login-2");
    bench.relay.put(&asking("ses_4", "per_4"));
    let entry = notifier.entry("ses_4", "failed").await;
    assert_eq!(entry["detail"], "The device was logged out, so its subscription was removed.");
    notifier.entry("ses_4", "sent").await;
    assert_eq!((own_push.receive(4).await.len(), stolen_push.received().len()), (4, 3));
    let devices = async || {
        let list = notifier.get("/admin/notifications/subscriptions").await;
        list["subscriptions"].as_array().unwrap().len()
    };
    assert_eq!(devices().await, 1);

    // Logged in again, it subscribes again; what it subscribed with last is what counts.
    assert_eq!(notifier.subscribe_with_login(&stolen, "login-3").await, 201);
    assert_eq!(notifier.subscribe_with_login(&stolen, "login-4").await, 200);
    bench.auth.end("login-3");
    bench.relay.put(&asking("ses_5", "per_5"));
    stolen_push.receive(4).await;
    assert_eq!(devices().await, 2);
}

#[tokio::test]
async fn a_webhook_is_signed_and_follows_no_redirect() {
    let bench = Bench::new();
    let (webhook, elsewhere) = (Receiver::webhook("s3cret").await, Receiver::webhook("s3cret").await);
    let settings = json!({
        "public_url": "https://ocweb.example/",
        "webhook": { "enabled": true, "url": format!("{}/hook?a=b", webhook.url), "secret": "s3cret" },
    });
    let notifier = bench.notifier_with(settings).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    let [one] = webhook.receive(1).await.try_into().unwrap();
    assert_eq!(one.path, "/hook");
    let mut body = one.body;
    assert_eq!(body["id"], one.headers["x-ocweb-delivery"].to_str().unwrap());
    for name in ["id", "at"] {
        assert!(body.as_object_mut().unwrap().remove(name).unwrap().is_string());
    }
    assert_eq!(
        body,
        json!({
            "event": "permission", "title": "Fix the parser", "text": "bash: git push", "repo": "octocat/hello",
            "chat_id": "ses_1", "request_id": "per_1", "url": "https://ocweb.example/chat/ses_1",
        })
    );
    let target = elsewhere.url.clone();
    webhook.script(move |_| Reply::Status(302, vec![("location", target.clone())], Value::Null));
    bench.relay.put(&ended("ses_2", "interrupted", "interrupted"));
    assert_eq!(notifier.entry("ses_2", "failed").await["detail"], "The webhook answered 302.");
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn every_reason_to_hold_back_is_in_the_log() {
    let (bench, ntfy) = (Bench::new(), Receiver::ntfy(None).await);
    let mut settings = ntfy_settings(&ntfy);
    settings["muted_chats"] = json!(["ses_muted"]);
    settings["events"] = json!({ "failed": false });
    settings["done_after_seconds"] = 61.into();
    let notifier = bench.notifier_with(settings).await;

    bench.relay.put(&asking("ses_muted", "per_1"));
    bench.relay.put(&ended("ses_off", "failed", "failed"));
    bench.relay.put(&ended("ses_short", "completed", "unread"));
    let mut viewed = asking("ses_viewed", "per_2");
    viewed["viewers"] = 1.into();
    bench.relay.put(&viewed);
    let mut next = ended("ses_next", "interrupted", "queued");
    next["prompts"] = json!([{ "id": "msg_2", "state": "waiting" }]);
    bench.relay.put(&next);
    bench.relay.put(&asking("ses_quick", "per_3"));
    bench.relay.put(&chat("ses_quick", &json!({})));
    for (chat, reason) in [
        ("ses_muted", "The chat is muted."),
        ("ses_off", "Notifications of \"failed\" are switched off."),
        ("ses_short", "The run took 60 s; only those of 61 s and more are told."),
        ("ses_viewed", "Somebody was looking at the chat."),
        ("ses_next", "The chat goes on by itself."),
    ] {
        let entry = notifier.entry(chat, "held_back").await;
        assert_eq!((&entry["detail"], &entry["channel"]), (&json!(reason), &Value::Null), "{chat}");
    }
    // Whether it was seen at all depends on how the two frames came; told it must not be.
    for entry in notifier.entries().await.iter().filter(|entry| entry["chat_id"] == "ses_quick") {
        assert_eq!(entry["detail"], "It was answered within a moment.");
    }

    notifier.change(json!({ "done_after_seconds": 60 })).await;
    bench.relay.put(&ended("ses_read", "completed", "done"));
    assert_eq!(notifier.entry("ses_read", "held_back").await["detail"], "It was read already.");
    notifier.change(json!({ "quiet_hours": quiet_now() })).await;
    bench.relay.put(&ended("ses_quiet", "completed", "unread"));
    bench.relay.put(&asking("ses_night", "per_4"));
    for chat in ["ses_quiet", "ses_night"] {
        let entry = notifier.entry(chat, "held_back").await;
        assert_eq!(entry["detail"], "It is within the quiet hours.", "{chat}");
    }
    assert!(ntfy.received().is_empty());
    // The request still waits; how the run ended was ruled on.
    notifier.change(json!({ "quiet_hours": null })).await;
    let [told] = ntfy.receive(1).await.try_into().unwrap();
    assert_eq!(told.body["click"], "https://ocweb.example/chat/ses_night");
    bench.nothing_but(1, &ntfy).await;
}

/// Quiet hours around this moment.
fn quiet_now() -> Value {
    let now = time::OffsetDateTime::now_utc();
    let written = |at: time::OffsetDateTime| format!("{:02}:{:02}", at.hour(), at.minute());
    let hour = time::Duration::hours(1);
    json!({ "from": written(now - hour), "to": written(now + hour), "utc_offset_minutes": 0 })
}

#[tokio::test]
async fn a_receiver_that_is_down_is_tried_again_and_what_was_answered_meanwhile_is_not_sent() {
    let (bench, ntfy) = (Bench::new(), Receiver::ntfy(None).await);
    let notifier = bench.notifier_with(ntfy_settings(&ntfy)).await;
    ntfy.script(|_| Reply::Status(503, Vec::new(), Value::Null));
    bench.relay.put(&asking("ses_1", "per_1"));
    assert_eq!(
        notifier.entry("ses_1", "retrying").await["detail"].as_str().unwrap()[..19],
        *"ntfy answered 503. "
    );
    bench.relay.put(&chat("ses_1", &json!({})));
    let entry = notifier.entry("ses_1", "held_back").await;
    assert_eq!(entry["detail"], "It was answered before it could be sent.");

    bench.relay.put(&asking("ses_2", "per_2"));
    notifier.entry("ses_2", "retrying").await;
    ntfy.script(|_| Reply::Take);
    let entry = notifier.entry("ses_2", "sent").await;
    assert!(entry["attempts"].as_u64().unwrap() >= 2);

    ntfy.script(|_| Reply::Status(403, Vec::new(), json!({ "error": "forbidden" })));
    bench.relay.put(&asking("ses_3", "per_3"));
    let entry = notifier.entry("ses_3", "failed").await;
    assert_eq!((&entry["detail"], &entry["attempts"]), (&json!("ntfy answered 403 (forbidden)."), &json!(1)));

    // Nobody listens there.
    notifier.change(json!({ "ntfy": { "server": "http://127.0.0.1:1" } })).await;
    bench.relay.put(&asking("ses_4", "per_4"));
    let entry = notifier.entry("ses_4", "retrying").await;
    assert!(entry["detail"].as_str().unwrap().starts_with("ntfy could not be reached: "), "{entry}");
    notifier.change(json!({ "ntfy": { "enabled": false } })).await;
    assert!(notifier.entry("ses_4", "failed").await["detail"].as_str().unwrap().contains("switched off"));
}

#[tokio::test]
async fn a_stream_that_breaks_is_taken_up_again() {
    let (bench, ntfy) = (Bench::new(), Receiver::ntfy(None).await);
    let notifier = bench.notifier_with(ntfy_settings(&ntfy)).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    ntfy.receive(1).await;

    // Cut: what happened meanwhile follows.
    bench.relay.cut();
    bench.relay.put(&asking("ses_2", "per_2"));
    ntfy.receive(2).await;
    assert_eq!(bench.relay.streams().last().unwrap(), "resumed");

    // Restarted: a snapshot, of which only what is new is told.
    bench.relay.stop();
    bench.relay.put(&asking("ses_3", "per_3"));
    bench.relay.serve();
    ntfy.receive(3).await;
    assert_eq!(bench.relay.streams().last().unwrap(), "snapshot");

    // Silent, without an end: it is noticed by the heartbeats that do not come.
    let before = bench.relay.streams().len();
    bench.relay.stall();
    bench.relay.put(&asking("ses_4", "per_4"));
    until("a new stream", async || (bench.relay.streams().len() > before).then_some(())).await;
    bench.relay.stop_stalling();
    ntfy.receive(4).await;

    // What means nothing here passes by.
    let delta = json!({ "type": "message.part.delta", "properties": { "delta": "x".repeat(100_000) } });
    bench.relay.emit(delta);
    bench.relay.remove("ses_1");
    bench.relay.put(&asking("ses_5", "per_5"));
    ntfy.receive(5).await;
    bench.nothing_but(5, &ntfy).await;
    notifier.entry("ses_last", "sent").await;
    assert_eq!(notifier.entries().await.len(), 6);
}

#[tokio::test]
async fn requests_of_one_chat_are_told_one_by_one() {
    let (bench, ntfy) = (Bench::new(), Receiver::ntfy(None).await);
    let notifier = bench.notifier_with(ntfy_settings(&ntfy)).await;
    let both = json!([permission("ses_1", "per_1"), question("ses_1", "que_1", &["A", "B"])]);
    bench.relay.put(&chat("ses_1", &json!({ "state": "needs_you", "requests": both })));
    let received = ntfy.receive(2).await;
    let mut messages: Vec<_> = received.iter().map(|one| one.body["message"].as_str().unwrap()).collect();
    messages.sort_unstable();
    assert_eq!(messages, ["Asks a question: Which one?", "Asks for permission: bash: git push"]);
    let (status, _) =
        notifier.send(Method::PUT, "/admin/notifications/chats/ses_1", Some(json!({ "muted": true }))).await;
    assert_eq!(status, 204);
    let more = json!([permission("ses_1", "per_2")]);
    bench.relay.put(&chat("ses_1", &json!({ "state": "needs_you", "requests": more })));
    assert_eq!(notifier.entry("ses_1", "held_back").await["detail"], "The chat is muted.");
    bench.nothing_but(2, &ntfy).await;
}
