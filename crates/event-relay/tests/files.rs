//! Photos and other files of a conversation, over the real opencode: addresses in its place, the bytes at the address.

use crate::support::{client::Client, real::Stage};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

/// A picture of one dot that carries some kilobytes of a comment, which opencode passes on as it is.
fn picture(size: usize) -> Vec<u8> {
    let dot =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let mut picture = STANDARD.decode(dot).unwrap();
    let text = vec![b'x'; size];
    let mut chunk = u32::try_from(text.len() + 2).unwrap().to_be_bytes().to_vec();
    let body: Vec<u8> = [&b"tEXta\0"[..], &text].concat();
    let mut crc = flate2::Crc::new();
    crc.update(&body);
    chunk.extend_from_slice(&body);
    chunk.extend_from_slice(&crc.sum().to_be_bytes());
    // Behind the signature and the header.
    picture.splice(33..33, chunk);
    picture
}

async fn get(stage: &Stage, path: &str) -> Response {
    stage.relay.http().get(format!("http://relay{path}")).send().await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers()[name].to_str().unwrap()
}

/// Every address of a file in some JSON.
fn addresses(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(url) = members.get("url").and_then(Value::as_str) {
                found.push(url.to_owned());
            }
            members.values().for_each(|value| addresses(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| addresses(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn a_photo_is_an_address_in_events_and_transcripts_and_its_bytes_there() {
    let stage = Stage::set().await;
    let session = stage.session().await;
    let photo = picture(200_000);
    std::fs::write(stage.directory.join("photo.png"), &photo).unwrap();
    let url = |kind: &str, bytes: &[u8]| format!("data:{kind};base64,{}", STANDARD.encode(bytes));
    let page = b"<script>alert(1)</script>".repeat(1000);
    let mut client = Client::open(&stage.relay.socket, "", &[]).await;
    client.next().await.unwrap();
    let body = json!({"messageID": "msg_1", "model": {"providerID": "demo", "modelID": "demo"}, "parts": [
        {"id": "prt_100", "type": "text", "text": "read photo.png\nsay: seen"},
        {"id": "prt_101", "type": "file", "mime": "image/png", "filename": "my photo.png", "url": url("image/png", &photo)},
        {"id": "prt_102", "type": "file", "mime": "text/html", "filename": "a.html", "url": url("text/html", &page)},
        {"id": "prt_103", "type": "file", "mime": "image/png", "filename": "small.png", "url": url("image/png", &picture(10))},
    ]});
    stage.call(Method::POST, &format!("/session/{session}/prompt_async"), Some(body)).await;
    let received =
        client.until(|it| it.event["properties"]["part"]["state"]["attachments"][0]["url"].is_string()).await;
    let mut told = Vec::new();
    for it in &received {
        let text = it.event.to_string();
        assert!(text.len() < 20_000, "{} bytes: {}", text.len(), &text[..500]);
        addresses(&it.event["properties"]["part"], &mut told);
    }
    let of = |part: &str| format!("/admin/transcripts/{session}/files/msg_1/{part}");
    assert!(told.contains(&of("prt_101")) && told.contains(&of("prt_102")), "{told:?}");
    assert!(told.iter().any(|url| url.starts_with("data:image/png")), "small ones stay");
    let read = told.last().unwrap().clone();
    assert!(read.ends_with("/0") && read.contains(&format!("/admin/transcripts/{session}/files/")), "{read}");

    stage.relay.until_chat(&session, |chat| chat["run"]["outcome"] == "completed").await;
    let transcript = stage.relay.get(&format!("/admin/transcripts/{session}")).await;
    assert!(transcript.to_string().len() < 40_000, "{}", transcript.to_string().len());
    let mut shown = Vec::new();
    addresses(&transcript["messages"], &mut shown);
    assert!(shown.contains(&of("prt_101")) && shown.contains(&read), "{shown:?}");

    for path in [of("prt_101"), read.clone()] {
        let answer = get(&stage, &path).await;
        assert_eq!(
            (answer.status(), header(&answer, "content-type")),
            (StatusCode::OK, "image/png"),
            "{path}"
        );
        assert_eq!(header(&answer, "cache-control"), "private, max-age=31536000, immutable");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        assert!(header(&answer, "content-security-policy").contains("sandbox"));
        assert!(header(&answer, "content-disposition").starts_with("inline"));
        assert!(answer.bytes().await.unwrap() == photo, "{path}");
    }
    let answer = get(&stage, &of("prt_102")).await;
    assert_eq!(header(&answer, "content-type"), "application/octet-stream");
    assert_eq!(header(&answer, "content-disposition"), "attachment; filename*=UTF-8''a.html");
    assert!(answer.bytes().await.unwrap() == page);
    assert!(get(&stage, &of("prt_103")).await.bytes().await.unwrap() == picture(10));
    for path in [
        of("prt_100"),
        of("prt_9"),
        format!("{}/0", of("prt_101")),
        format!("/admin/transcripts/{session}/files/msg_9/prt_101"),
        format!("/admin/transcripts/{session}/files/..%2F..%2Fx/prt_101"),
        "/admin/transcripts/ses_none/files/msg_1/prt_101".to_owned(),
        "/admin/transcripts/x/files/msg_1/prt_101".to_owned(),
    ] {
        let answer = get(&stage, &path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(header(&answer, "content-type").starts_with("application/problem+json"), "{path}");
    }
}

/// The largest prompt that we take: the relay still tells everything, and gives its bytes.
#[tokio::test]
async fn thirty_megabytes_of_photos_break_nothing() {
    let stage = Stage::set().await;
    let session = stage.session().await;
    let photo = picture(15 << 20);
    let file = |id: &str| {
        let url = format!("data:application/zip;base64,{}", STANDARD.encode(&photo));
        json!({"id": id, "type": "file", "mime": "application/zip", "filename": "a.zip", "url": url})
    };
    let mut client = Client::open(&stage.relay.socket, "", &[]).await;
    client.next().await.unwrap();
    let text = json!({"id": "prt_100", "type": "text", "text": "say: well"});
    let body =
        json!({"messageID": "msg_1", "noReply": true, "parts": [text, file("prt_101"), file("prt_102")]});
    stage.call(Method::POST, &format!("/session/{session}/prompt_async"), Some(body)).await;
    let of = |part: &str| format!("/admin/transcripts/{session}/files/msg_1/{part}");
    client.until(|it| it.event["properties"]["part"]["url"] == of("prt_102")).await;
    let transcript = stage.relay.get(&format!("/admin/transcripts/{session}")).await;
    assert_eq!(transcript["messages"][0]["parts"][1]["url"], of("prt_101"));
    assert!(transcript.to_string().len() < 10_000);
    let answer = get(&stage, &of("prt_102")).await;
    assert_eq!(header(&answer, "content-length"), photo.len().to_string());
    assert!(answer.bytes().await.unwrap() == photo);
}
