//! The demo's model over plain HTTP, where opencode does not look: whole answers, keys and faults.

use crate::support::{TestWorld, client};
use ocweb_demo::faults::{Fault, Part};
use serde_json::{Value, json};

async fn complete(test: &TestWorld, key: &str, stream: bool, prompt: &str) -> reqwest::Response {
    let body = json!({
        "model": "demo", "stream": stream, "tools": [{}],
        "messages": [{"role": "user", "content": prompt}],
    });
    let address = format!("{}/v1/chat/completions", test.world.url());
    client().post(address).bearer_auth(key).json(&body).send().await.unwrap()
}

#[tokio::test]
async fn an_answer_can_be_had_whole() {
    let test = TestWorld::start().await;
    let answer = complete(&test, test.world.model_key(), false, "think 2 words\nsay: Hi\nrun: ls").await;
    let answer: Value = answer.json().await.unwrap();
    let choice = &answer["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], "Hi");
    assert_eq!(choice["message"]["reasoning_content"], "river1 stone2");
    let call = &choice["message"]["tool_calls"][0]["function"];
    assert_eq!((&call["name"], &call["arguments"]), (&json!("bash"), &json!(r#"{"command":"ls"}"#)));
    assert_eq!(answer["usage"]["completion_tokens_details"]["reasoning_tokens"], 2);
}

#[tokio::test]
async fn a_wrong_key_and_a_wrong_body_are_refused() {
    let test = TestWorld::start().await;
    assert_eq!(complete(&test, "wrong", true, "say: Hi").await.status(), 401);
    let address = format!("{}/v1/chat/completions", test.world.url());
    let body = json!({"model": "demo"});
    let refused =
        client().post(address).bearer_auth(test.world.model_key()).json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.json::<Value>().await.unwrap()["error"]["message"].is_string());
}

#[tokio::test]
async fn a_stream_ends_with_usage_and_can_be_cut_or_fail_on_the_way() {
    let test = TestWorld::start().await;
    let key = test.world.model_key();
    let whole = complete(&test, key, true, "say 50 words at 1000 per second").await.text().await.unwrap();
    assert!(whole.ends_with("data: [DONE]\n\n"), "{whole}");
    assert!(whole.contains(r#""completion_tokens":50"#), "{whole}");

    let failed = complete(&test, key, true, "say: well\nfail 500").await.text().await.unwrap();
    assert!(
        failed.contains("well") && failed.contains("server_error") && !failed.contains("[DONE]"),
        "{failed}"
    );

    test.world.faults().add(Fault::cut(Part::Model, 500));
    let cut = complete(&test, key, true, "say 50 words at 1000 per second").await;
    assert_eq!(cut.status(), 200);
    cut.bytes().await.expect_err("the connection was to be cut");
}
