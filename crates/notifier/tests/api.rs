//! The settings and the devices, as the page sees them.

use std::os::unix::fs::PermissionsExt;

use crate::support::{
    Bench,
    receiver::{Device, Receiver, Reply},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const SETTINGS: &str = "/admin/notifications/settings";
const SUBSCRIPTIONS: &str = "/admin/notifications/subscriptions";

#[tokio::test]
async fn a_fresh_installation_has_settings_and_costs_next_to_nothing() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let mut settings = notifier.get(SETTINGS).await;
    let key = settings["web_push"].as_object_mut().unwrap().remove("public_key").unwrap();
    assert_eq!(key.as_str().unwrap().len(), 87, "65 bytes in base64url");
    assert_eq!(
        settings,
        json!({
            "public_url": null,
            "events": { "permission": true, "question": true, "done": true, "failed": true, "interrupted": true },
            "done_after_seconds": 30, "quiet_hours": null, "muted_chats": [],
            "ntfy": { "enabled": false, "server": "https://ntfy.sh", "topic": null, "token_set": false, "actions": true },
            "discord": { "enabled": false, "webhook_set": false },
            "webhook": { "enabled": false, "url": null, "secret_set": false },
            "web_push": { "enabled": true },
        })
    );
    assert_eq!(notifier.entries().await, [json!(null); 0]);
    assert_eq!(bench.relay.streams(), [""; 0], "nobody to tell, so nothing is followed");

    // What is its own; the pages of its file are shared, and many in a debug build.
    let status = std::fs::read_to_string(format!("/proc/{}/status", notifier.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kilobytes <= 4096, "{line}");
}

#[tokio::test]
async fn settings_change_in_parts_outlive_a_restart_and_keep_their_secrets() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let changed = notifier
        .change(json!({
            "public_url": "https://ocweb.example/",
            "events": { "done": false },
            "quiet_hours": { "from": "22:00", "to": "07:00", "utc_offset_minutes": 60 },
            "muted_chats": ["ses_1"],
            "ntfy": { "topic": "my-topic", "token": "tk_s3cret" },
            "discord": { "webhook_url": "https://discord.example/api/webhooks/1/s3cret" },
            "webhook": { "url": "https://hook.example/in", "secret": "s3cret" },
        }))
        .await;
    assert_eq!(changed["public_url"], "https://ocweb.example");
    assert_eq!(changed["events"]["done"], false);
    assert_eq!(changed["events"]["failed"], true);
    assert!(!changed.to_string().contains("s3cret"), "{changed}");
    assert_eq!(
        (
            &changed["ntfy"]["token_set"],
            &changed["discord"]["webhook_set"],
            &changed["webhook"]["secret_set"]
        ),
        (&json!(true), &json!(true), &json!(true))
    );

    // What was read can be sent back, and changes nothing.
    assert_eq!(notifier.change(changed.clone()).await, changed);
    let mute = async |chat: &str, muted: bool| {
        let path = format!("/admin/notifications/chats/{chat}");
        notifier.send(Method::PUT, &path, Some(json!({ "muted": muted }))).await.0
    };
    assert_eq!(mute("ses_2", true).await, StatusCode::NO_CONTENT);
    assert_eq!(mute("ses_1", false).await, StatusCode::NO_CONTENT);
    assert_eq!(mute("no-chat", true).await, StatusCode::BAD_REQUEST);

    for name in ["settings.json", "vapid.key"] {
        let mode = std::fs::metadata(bench.own().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
    assert_eq!(std::fs::metadata(bench.own()).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(!notifier.log().contains("s3cret"), "no secret is logged");
    assert!(notifier.stop().await);
    let notifier = bench.notifier().await;
    let mut expected = changed;
    expected["muted_chats"] = json!(["ses_2"]);
    assert_eq!(notifier.get(SETTINGS).await, expected, "the public key too");

    let removed = json!({ "ntfy": { "token": null }, "discord": { "webhook_url": null }, "webhook": { "secret": null } });
    let removed = notifier.change(removed).await;
    assert_eq!(
        (
            &removed["ntfy"]["token_set"],
            &removed["discord"]["webhook_set"],
            &removed["webhook"]["secret_set"]
        ),
        (&json!(false), &json!(false), &json!(false))
    );
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_in_a_sentence_and_changes_nothing() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let before = notifier.get(SETTINGS).await;
    for change in [
        json!({ "done_after_seconds": 5, "ntfy": { "enabled": true } }),
        json!({ "done_after_seconds": 5, "public_url": "javascript:alert(1)" }),
        json!({ "done_after_seconds": 5, "webhook": { "url": "http://user:s3cret@hook.example" } }),
    ] {
        let (status, problem) = notifier.send(Method::PUT, SETTINGS, Some(change.clone())).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::BAD_REQUEST, &json!("invalid-setting")),
            "{change}"
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(" cannot be used: ") && detail.ends_with('.') && !detail.contains("s3cret"));
    }
    for change in
        [json!({ "done_after_seconds": -1 }), json!({ "events": [] }), json!({ "ntfy": null }), json!(1)]
    {
        let status = notifier.send(Method::PUT, SETTINGS, Some(change.clone())).await.0;
        // No ntfy is no change of it.
        let expected = if change == json!({ "ntfy": null }) { 200 } else { 422 };
        assert_eq!(status, expected, "{change}");
    }
    assert_eq!(notifier.get(SETTINGS).await, before);
}

#[tokio::test]
async fn devices_come_and_go() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let endpoint = "https://push.example/s3cret";
    let add = async |body: Value| notifier.post(SUBSCRIPTIONS, body).await;
    let (status, first) = add(Device::new(1).subscription(endpoint)).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, again) = add(Device::new(2).subscription(endpoint)).await;
    assert_eq!((status, &again), (StatusCode::OK, &first));
    let list = notifier.get(SUBSCRIPTIONS).await;
    let [device] = list["subscriptions"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!((&device["id"], &device["device"]), (&first["id"], &json!("Pixel")));
    assert!(device["last_sent_at"].is_null() && device["last_error"].is_null());
    assert!(!list.to_string().contains("s3cret"), "whoever knows the endpoint can push to it");

    let mut wrong_key = Device::new(1).subscription(endpoint);
    wrong_key["keys"]["p256dh"] = "AAAA".into();
    for wrong in [wrong_key, Device::new(1).subscription("file:///etc/passwd")] {
        let (status, problem) = add(wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    }
    let path = format!("{SUBSCRIPTIONS}/{}", first["id"].as_str().unwrap());
    assert_eq!(notifier.send(Method::DELETE, &path, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(notifier.send(Method::DELETE, &path, None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(notifier.get(SUBSCRIPTIONS).await, json!({ "subscriptions": [] }));
}

#[tokio::test]
async fn each_channel_can_be_tried_out() {
    let bench = Bench::new();
    let notifier = bench.notifier().await;
    let test = async |channel: &str| {
        let (status, result) =
            notifier.post("/admin/notifications/test", json!({ "channel": channel })).await;
        assert_eq!(status, StatusCode::OK);
        let text = |name: &str| result[name].as_str().unwrap().to_owned();
        (text("outcome"), text("detail"))
    };
    let failed = |detail: &str| ("failed".to_owned(), detail.to_owned());
    let sent = |detail: &str| ("sent".to_owned(), detail.to_owned());
    assert_eq!(test("ntfy").await, failed("It is not set up: ntfy has no topic."));
    assert_eq!(test("discord").await, failed("It is not set up: Discord has no webhook_url."));
    assert_eq!(test("webhook").await, failed("It is not set up: the webhook has no url."));
    assert_eq!(test("web_push").await, failed("No device is subscribed."));
    let (status, _) = notifier.post("/admin/notifications/test", json!({ "channel": "email" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);

    let (ntfy, discord) = (Receiver::ntfy(None).await, Receiver::discord().await);
    let webhook = Receiver::webhook("s3cret").await;
    let key = notifier.get(SETTINGS).await["web_push"]["public_key"].as_str().unwrap().to_owned();
    let device = Device::new(3);
    let push = Receiver::push_service(device.clone(), &key).await;
    notifier
        .change(json!({
            "public_url": "https://ocweb.example",
            "ntfy": { "server": ntfy.url, "topic": "my-topic" },
            "discord": { "webhook_url": format!("{}/api/webhooks/1/s3cret-webhook", discord.url) },
            "webhook": { "url": webhook.url, "secret": "s3cret" },
        }))
        .await;
    notifier.subscribe(device.subscription(&push.url)).await;
    assert_eq!(test("ntfy").await, sent("Sent."), "although it is not switched on");
    assert_eq!(test("discord").await, sent("Sent."));
    assert_eq!(test("webhook").await, sent("Sent."));
    assert_eq!(test("web_push").await, sent("Sent to 1 of 1 devices."));
    assert_eq!(ntfy.received()[0].body["message"], "Test: This is a test: notifications arrive.");
    assert_eq!(push.received()[0].body["url"], "/");

    push.script(|_| Reply::Status(410, Vec::new(), Value::Null));
    let gone = "The push service answered 410. The device is not subscribed any more, and was removed.";
    assert_eq!(test("web_push").await, failed(gone));
    assert_eq!(notifier.get(SUBSCRIPTIONS).await, json!({ "subscriptions": [] }));
}

#[test]
fn every_route_is_described() {
    let document = serde_json::to_value(ocweb_notifier::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert_eq!(operation["tags"], json!(["notifier"]), "{method} {path}");
            assert!(
                operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()),
                "{method} {path}"
            );
            let is_open = operation["security"] == json!([{}]);
            assert_eq!(is_open, path == "/admin/notifications/act", "{method} {path}");
            operations.push(format!("{method} {path} {}", operation["operationId"].as_str().unwrap()));
        }
    }
    operations.sort();
    assert_eq!(
        operations,
        [
            "delete /admin/notifications/subscriptions/{id} remove_push_subscription",
            "get /admin/notifications/log list_notification_log",
            "get /admin/notifications/settings show_notification_settings",
            "get /admin/notifications/subscriptions list_push_subscriptions",
            "options /admin/notifications/act preflight_act_on_notification",
            "post /admin/notifications/act act_on_notification",
            "post /admin/notifications/subscriptions add_push_subscription",
            "post /admin/notifications/test test_notification_channel",
            "put /admin/notifications/chats/{id} mute_chat",
            "put /admin/notifications/settings change_notification_settings",
        ]
    );
    let schemas = document["components"]["schemas"].as_object().unwrap().keys().collect::<Vec<_>>();
    let expected = [
        "ChatMuting",
        "DiscordSettings",
        "DiscordSettingsChange",
        "NewPushSubscription",
        "NotificationActionResult",
        "NotificationCapability",
        "NotificationChannel",
        "NotificationEvent",
        "NotificationEvents",
        "NotificationEventsChange",
        "NotificationLog",
        "NotificationLogEntry",
        "NotificationOutcome",
        "NotificationSettings",
        "NotificationSettingsChange",
        "NotificationTest",
        "NotificationTestResult",
        "NtfySettings",
        "NtfySettingsChange",
        "Problem",
        "PushSubscriptionEntry",
        "PushSubscriptionId",
        "PushSubscriptionList",
        "QuietHours",
        "WebPushSettings",
        "WebPushSettingsChange",
        "WebhookSettings",
        "WebhookSettingsChange",
    ];
    assert_eq!(schemas, expected, "their names tell them from other services'");
}
