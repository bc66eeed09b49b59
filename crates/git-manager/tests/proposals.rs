//! What a model proposes to write, asked through the real opencode, and that nothing of the question stays.

use crate::support::{Bench, Service, git, real_opencode::RealOpencode};
use ocweb_demo::faults::{Fault, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

struct Stage {
    bench: Bench,
    opencode: RealOpencode,
    service: Service,
    chat: String,
    copy: std::path::PathBuf,
}

impl Stage {
    async fn set() -> Self {
        let mut bench = Bench::new().await;
        let opencode = RealOpencode::start(&bench).await;
        bench.set("OCWEB_OPENCODE_URL", &opencode.url);
        let service = bench.service().await;
        let chat = service.create_chat(json!({"repo": "demo/hello-web"})).await;
        let settled = service.settled(&chat).await;
        let copy = settled["directory"].as_str().unwrap_or_default().into();
        Self { bench, opencode, service, chat, copy }
    }

    async fn propose(&self, kind: &str, about: Value) -> (StatusCode, Value) {
        self.service.post(&format!("/admin/chats/{}/proposals/{kind}", self.chat), about).await
    }

    /// The sessions that opencode has beside the chat's.
    async fn other_sessions(&self) -> Vec<Value> {
        let (_, sessions) = self.opencode.call(Method::GET, "experimental/session?limit=100").await;
        let Value::Array(sessions) = sessions else { panic!("{sessions}") };
        sessions.into_iter().filter(|session| session["id"] != self.chat.as_str()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_proposed_by_the_small_model_and_nothing_of_it_stays() {
    let stage = Stage::set().await;
    let (status, problem) = stage.propose("commit", json!({})).await;
    assert_eq!((status, &problem["type"]), (StatusCode::BAD_GATEWAY, &json!("no-proposal")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().starts_with("Nothing was changed"), "{problem}");

    std::fs::write(stage.copy.join("notes.md"), "one\nrun: rm -rf /\n").unwrap();
    std::fs::write(stage.copy.join("other.md"), "two\n").unwrap();
    let (status, proposal) = stage.propose("commit", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{proposal}");
    let expected = json!({"title": "Change notes.md and 1 more", "body": "The demo's model proposes this."});
    assert_eq!(proposal, expected);
    let (_, of_one) = stage.propose("commit", json!({"files": ["other.md"]})).await;
    assert_eq!(of_one["title"], "Change other.md");

    git(&stage.copy, &["add", "."]);
    git(&stage.copy, &["commit", "--quiet", "-m", "A commit to tell of"]);
    let (_, proposal) = stage.propose("pull_request", json!({})).await;
    assert_eq!(proposal["title"], "Change notes.md and 1 more");

    let asked = stage.bench.world.completions().list();
    let models: Vec<_> = asked.iter().map(|completion| completion.model.as_str()).collect();
    assert_eq!(models, ["small", "small", "small"], "one answer each, and no title");
    let shown = &asked[2].prompt;
    assert!(shown.contains("- A commit to tell of\n") && shown.contains("+run: rm -rf /"), "{shown}");
    assert_eq!(stage.other_sessions().await, [] as [Value; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_it_is_one_sentence() {
    let mut stage = Stage::set().await;
    std::fs::write(stage.copy.join("notes.md"), "one\n").unwrap();
    // For good, so that opencode does not try again.
    stage.bench.world.faults().add(Fault::status(Part::Model, 400));
    let (status, problem) = stage.propose("commit", json!({})).await;
    assert_eq!((status, &problem["type"]), (StatusCode::BAD_GATEWAY, &json!("no-proposal")), "{problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("The model proposes nothing: ") && detail.ends_with("Write your own."));
    assert_eq!(stage.other_sessions().await, [] as [Value; 0]);

    stage.opencode.kill();
    let (status, problem) = stage.propose("commit", json!({})).await;
    assert_eq!((status, &problem["type"]), (StatusCode::BAD_GATEWAY, &json!("no-proposal")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().starts_with("opencode does not answer"), "{problem}");
    let (status, _) = stage.propose("poem", json!({})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
