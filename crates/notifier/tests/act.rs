//! Buttons: what a capability can do, and what it cannot.

use crate::support::{
    Bench, Notifier, asking, chat, question,
    receiver::{Device, Receiver},
    until,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn follow(bench: &Bench) -> (Notifier, Receiver) {
    let ntfy = Receiver::ntfy(None).await;
    let settings = json!({
        "public_url": "https://ocweb.example",
        "ntfy": { "enabled": true, "server": ntfy.url, "topic": "my-topic" },
    });
    (bench.notifier_with(settings).await, ntfy)
}

/// The capabilities on the buttons of the n-th notification (from 0).
async fn buttons(ntfy: &Receiver, number: usize) -> Vec<String> {
    let received = ntfy.receive(number + 1).await;
    let actions = received[number].body["actions"].as_array().unwrap();
    actions.iter().map(|action| action["body"].as_str().unwrap().to_owned()).collect()
}

fn is_gone((status, problem): &(StatusCode, Value)) -> bool {
    let detail = "This button does nothing any more: it was used, has expired, or the request is gone. Open the chat instead.";
    *status == 410 && problem["detail"] == detail
}

#[tokio::test]
async fn a_button_answers_once_and_the_others_of_its_request_die() {
    let bench = Bench::new();
    let (notifier, ntfy) = follow(&bench).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    let first = buttons(&ntfy, 0).await;
    bench.relay.put(&asking("ses_2", "per_2"));
    let second = buttons(&ntfy, 1).await;

    assert_eq!(notifier.act(&first[0]).await, (StatusCode::OK, json!({ "outcome": "approved" })));
    assert_eq!(bench.relay.answers(), [("per_1".to_owned(), json!({ "reply": "once" }))]);
    assert!(is_gone(&notifier.act(&first[0]).await), "used twice");
    assert!(is_gone(&notifier.act(&first[1]).await), "the other verdict on what is answered");

    // As JSON, said to be whatever it is.
    let body = json!({ "capability": second[1] }).to_string();
    let request = notifier.client.post("http://notifier/admin/notifications/act").body(body);
    let answer = request.header("content-type", "application/json").send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "outcome": "rejected" }));
    assert_eq!(bench.relay.answers()[1], ("per_2".to_owned(), json!({ "reply": "reject" })));
    assert_eq!(bench.relay.answers().len(), 2);
}

#[tokio::test]
async fn a_question_is_answered_by_the_whole_label() {
    let bench = Bench::new();
    let (notifier, ntfy) = follow(&bench).await;
    let label = "The second option, with a label that is longer than a button is wide";
    let requests = [question("ses_1", "que_1", &["First", label])];
    bench.relay.put(&chat("ses_1", &json!({ "state": "needs_you", "requests": requests })));
    let buttons = buttons(&ntfy, 0).await;
    assert_eq!(
        notifier.act(&format!(" {}\n", buttons[1])).await,
        (StatusCode::OK, json!({ "outcome": "answered" }))
    );
    assert_eq!(bench.relay.answers(), [("que_1".to_owned(), json!({ "answers": [[label]] }))]);
}

#[tokio::test]
async fn what_does_not_fit_is_told_nothing_more_and_changes_nothing() {
    let bench = Bench::new();
    let (notifier, ntfy) = follow(&bench).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    let buttons = buttons(&ntfy, 0).await;
    notifier.entry("ses_1", "sent").await;
    let ledger = bench.own().join("ledger.json");
    let kept = until("the ledger", async || {
        let text = std::fs::read_to_string(&ledger).unwrap();
        text.contains("\"outcome\":\"sent\"").then_some(text)
    })
    .await;
    for capability in &buttons {
        assert!(!kept.contains(capability.as_str()), "the disk does not know what the button is worth");
    }
    let hash =
        serde_json::from_str::<Value>(&kept).unwrap()["grants"][0]["hash"].as_str().unwrap().to_owned();
    let mut altered = buttons[0].clone();
    altered.replace_range(..1, if altered.starts_with('A') { "B" } else { "A" });
    for forged in [
        "",
        "x",
        &altered,
        &buttons[0][1..],
        &buttons[0].repeat(2),
        &hash,
        "{",
        "{}",
        "[]",
        "{\"capability\":1}",
        "null",
        "../../etc/passwd",
        "per_1",
        "\u{0}",
        "é",
    ] {
        assert!(is_gone(&notifier.act(forged).await), "{forged:?}");
    }
    let (status, _) = notifier.act(&"a".repeat(2049)).await;
    assert_eq!(status, 413);
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH] {
        let url = format!("http://notifier/admin/notifications/act?capability={}", buttons[0]);
        let request = notifier.client.request(method.clone(), url).body(buttons[0].clone());
        assert_eq!(request.send().await.unwrap().status(), 405, "{method}");
    }
    assert_eq!(bench.relay.answers(), []);
    assert_eq!(std::fs::read_to_string(&ledger).unwrap(), kept, "nothing was even written");
    assert_eq!(notifier.act(&buttons[0]).await.0, 200, "and the button still works");
}

#[tokio::test]
async fn a_browser_on_another_origin_may_post() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let preflight = notifier
        .client
        .request(Method::OPTIONS, "http://notifier/admin/notifications/act")
        .header("origin", "https://ntfy.sh")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 204);
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "content-type"),
    ] {
        assert_eq!(preflight.headers()[name], value);
    }
    // Everything else here needs the login, and its cookie never leaves its own origin.
    let settings = notifier.client.get("http://notifier/admin/notifications/settings").send().await.unwrap();
    assert!(!settings.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_capability_outlives_a_restart_and_not_its_day() {
    let bench = Bench::new();
    let (mut notifier, ntfy) = follow(&bench).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    let buttons = buttons(&ntfy, 0).await;
    notifier.entry("ses_1", "sent").await;
    notifier.kill();
    let path = bench.own().join("ledger.json");
    let mut ledger: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let valid = ledger.clone();
    for grant in ledger["grants"].as_array_mut().unwrap() {
        grant["expires_at"] = "2026-01-01T00:00:00Z".into();
    }
    std::fs::write(&path, ledger.to_string()).unwrap();
    let mut notifier = bench.notifier().await;
    assert!(is_gone(&notifier.act(&buttons[0]).await), "expired");
    notifier.kill();
    std::fs::write(&path, valid.to_string()).unwrap();
    let notifier = bench.notifier().await;
    assert_eq!(notifier.act(&buttons[0]).await.0, 200);
}

#[tokio::test]
async fn a_relay_that_does_not_know_the_chats_yet_kills_no_button() {
    let bench = Bench::new();
    let (notifier, ntfy) = follow(&bench).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    let first = buttons(&ntfy, 0).await;
    bench.relay.put(&asking("ses_2", "per_2"));
    let second = buttons(&ntfy, 1).await;
    bench.relay.stop();
    bench.relay.forget();
    let before = bench.relay.streams().len();
    bench.relay.serve();
    until("a new stream", async || (bench.relay.streams().len() > before).then_some(())).await;
    // This comes after the snapshot that knew nothing, so that was reviewed.
    bench.relay.put(&asking("ses_3", "per_3"));
    ntfy.receive(3).await;
    assert_eq!(notifier.act(&first[0]).await, (StatusCode::OK, json!({ "outcome": "approved" })));
    // Once it knows all, what is not asked any more is not asked.
    bench.relay.remove("ses_2");
    bench.relay.learn();
    bench.nothing_but(3, &ntfy).await;
    assert!(is_gone(&notifier.act(&second[0]).await));
}

#[tokio::test]
async fn a_request_that_is_gone_makes_its_buttons_worthless() {
    let bench = Bench::new();
    let (notifier, ntfy) = follow(&bench).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    let answered_elsewhere = buttons(&ntfy, 0).await;
    bench.relay.put(&chat("ses_1", &json!({})));
    bench.relay.put(&asking("ses_2", "per_2"));
    let first = buttons(&ntfy, 1).await;
    assert!(is_gone(&notifier.act(&answered_elsewhere[0]).await));

    bench.relay.put(&chat("ses_2", &json!({})));
    assert!(is_gone(&notifier.act(&first[0]).await));
    assert_eq!(bench.relay.answers(), []);
}

#[tokio::test]
async fn a_button_on_a_device_goes_with_the_login_of_that_device() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let settings = notifier.get("/admin/notifications/settings").await;
    let server_key = settings["web_push"]["public_key"].as_str().unwrap();
    let device = Device::new(7);
    let push = Receiver::push_service(device.clone(), server_key).await;
    let subscription = device.subscription(&push.url);
    assert_eq!(notifier.subscribe_with_login(&subscription, "login-1").await, 201);
    bench.relay.followed().await;
    let buttons = async |number: usize| -> Vec<String> {
        let received = push.receive(number + 1).await;
        let actions = received[number].body["actions"].as_array().unwrap();
        actions.iter().map(|action| action["capability"].as_str().unwrap().to_owned()).collect()
    };
    bench.relay.put(&asking("ses_1", "per_1"));
    let first = buttons(0).await;
    bench.relay.put(&asking("ses_2", "per_2"));
    let second = buttons(1).await;

    // Whoever cannot tell whether it holds neither answers nor takes the button away.
    bench.auth.fail();
    assert_eq!(notifier.act(&first[0]).await.0, 503);
    bench.auth.recover();
    assert_eq!(notifier.act(&first[0]).await.0, 200);

    // Logged in anew, and subscribed by the new login: it is the same device.
    bench.auth.end("login-1");
    assert_eq!(notifier.subscribe_with_login(&subscription, "login-2").await, 200);
    bench.relay.put(&asking("ses_3", "per_3"));
    let third = buttons(2).await;
    assert_eq!(notifier.act(&second[0]).await.0, 200);

    bench.auth.end("login-2");
    assert!(is_gone(&notifier.act(&third[0]).await), "logged out");
    assert!(is_gone(&notifier.act(&third[1]).await));

    // A device that was removed takes its buttons along, whatever its login.
    assert_eq!(notifier.subscribe_with_login(&subscription, "login-3").await, 200);
    bench.relay.put(&asking("ses_4", "per_4"));
    let fourth = buttons(3).await;
    let list = notifier.get("/admin/notifications/subscriptions").await;
    let path =
        format!("/admin/notifications/subscriptions/{}", list["subscriptions"][0]["id"].as_str().unwrap());
    assert_eq!(notifier.send(Method::DELETE, &path, None).await.0, 204);
    assert!(is_gone(&notifier.act(&fourth[0]).await));
    let answered: Vec<_> = bench.relay.answers().into_iter().map(|(request, _)| request).collect();
    assert_eq!(answered, ["per_1", "per_2"]);
}

#[tokio::test]
async fn a_button_on_ntfy_ends_when_everybody_else_is_logged_out() {
    let bench = Bench::new();
    let (notifier, ntfy) = follow(&bench).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    let first = buttons(&ntfy, 0).await;
    bench.auth.fail();
    assert_eq!(notifier.act(&first[0]).await.0, 503);
    // Nothing binds a button now, so there is none; that somebody waits is told all the same.
    bench.relay.put(&asking("ses_2", "per_2"));
    assert!(ntfy.receive(2).await[1].body["actions"].is_null());
    bench.auth.recover();
    bench.auth.begin_era();
    assert!(is_gone(&notifier.act(&first[0]).await));
    bench.relay.put(&asking("ses_3", "per_3"));
    let third = buttons(&ntfy, 2).await;
    assert_eq!(notifier.act(&third[0]).await.0, 200);
    assert_eq!(bench.relay.answers(), [("per_3".to_owned(), json!({ "reply": "once" }))]);
}

#[tokio::test]
async fn a_button_that_reaches_nobody_still_works_later_and_one_of_unknown_fate_does_not() {
    let bench = Bench::new();
    let (mut notifier, ntfy) = follow(&bench).await;
    bench.relay.put(&asking("ses_1", "per_1"));
    let first = buttons(&ntfy, 0).await;
    bench.relay.put(&asking("ses_2", "per_2"));
    let second = buttons(&ntfy, 1).await;
    let detail = |(status, problem): (StatusCode, Value)| {
        (status.as_u16(), problem["detail"].as_str().unwrap_or_default().to_owned())
    };
    let not_now = "ocweb cannot pass the answer on right now. The button still works: try again in a moment, or open the chat.";
    bench.relay.refuse_answers(503);
    assert_eq!(detail(notifier.act(&first[0]).await), (503, not_now.into()), "opencode is restarted");
    bench.relay.stop();
    assert_eq!(detail(notifier.act(&first[0]).await), (503, not_now.into()), "the relay is away");
    bench.relay.serve();
    bench.relay.refuse_answers(500);
    let unknown = "The answer was passed on, but nobody said that it arrived. Open the chat to see.";
    assert_eq!(detail(notifier.act(&second[0]).await), (502, unknown.into()));

    // Also over a restart.
    notifier.kill();
    bench.relay.take_answers();
    let notifier = bench.notifier().await;
    assert!(is_gone(&notifier.act(&second[0]).await), "it may have answered");
    assert_eq!(notifier.act(&first[0]).await, (StatusCode::OK, json!({ "outcome": "approved" })));
    assert!(is_gone(&notifier.act(&first[0]).await), "used twice");
    assert_eq!(bench.relay.answers(), [("per_1".to_owned(), json!({ "reply": "once" }))]);
}
