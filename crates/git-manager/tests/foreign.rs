//! Sessions that were begun on opencode's own page or in a terminal: they take prompts as chats do.

use std::path::PathBuf;

use crate::support::{Bench, Service, entries, eventually, real_opencode::RealOpencode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PATH: &str = "/admin/chats/ses_f/prompts";

/// Begins the session `ses_f` in opencode, and gives its folder.
fn begin(bench: &Bench) -> PathBuf {
    let folder = bench.folder.path().join("elsewhere");
    std::fs::create_dir_all(&folder).unwrap();
    bench.opencode.memory().sessions.insert("ses_f".into(), (folder.to_str().unwrap().into(), None));
    folder
}

fn set_busy(bench: &Bench) {
    let folder = bench.folder.path().join("elsewhere").to_str().unwrap().to_owned();
    bench.opencode.memory().busy.insert("ses_f".into(), folder);
}

/// What the feed of changes begins with.
async fn told(service: &Service) -> Vec<Value> {
    let mut feed = service.client.get("http://service/chats/changes").send().await.unwrap();
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        line.extend_from_slice(&feed.chunk().await.unwrap().unwrap());
    }
    serde_json::from_slice::<Value>(&line).unwrap()["chats"].as_array().unwrap().clone()
}

/// Waits until no prompt waits any more.
async fn delivered(service: &Service) {
    eventually("nothing waits", async || told(service).await.is_empty().then_some(())).await;
}

fn kept(bench: &Bench, folder: &str) -> Vec<String> {
    entries(&bench.data().join("ocweb/git-manager").join(folder))
}

#[tokio::test(flavor = "multi_thread")]
async fn its_prompts_wait_are_told_and_arrive_once_and_in_order() {
    let bench = Bench::new().await;
    let folder = begin(&bench);
    set_busy(&bench);
    let mut service = bench.service().await;
    for (id, text) in [("msg_3", "first"), ("msg_2", "second"), ("msg_1", "third")] {
        assert_eq!(service.prompt("ses_f", id, text).await["state"], "waiting");
    }
    service.kill();
    let service = bench.service().await;
    assert_eq!(service.prompt("ses_f", "msg_2", "again").await["text"], "second");
    let told = told(&service).await;
    let [session] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&session["id"], &session["repo"]), (&json!("ses_f"), &json!(null)));
    assert_eq!((&session["state"], &session["directory"]), (&json!("ready"), &json!(folder)));
    assert_eq!(session["created_at"], "2023-11-14T22:13:20Z");
    let ids: Vec<_> = session["prompts"].as_array().unwrap().iter().map(|prompt| &prompt["id"]).collect();
    assert_eq!(ids, ["msg_3", "msg_2", "msg_1"]);
    assert_eq!(service.get("/admin/chats").await, json!({"chats": []}));
    assert_eq!(bench.opencode.memory().prompts.len(), 0, "it is busy");

    let (status, prompt) = service.delete(&format!("{PATH}/msg_2")).await;
    assert_eq!((status, &prompt["text"]), (StatusCode::OK, &json!("second")));
    let (status, _) = service.send(Method::POST, &format!("{PATH}/msg_3/send"), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let sent = async || (bench.opencode.memory().texts("ses_f").concat() == ["first"]).then_some(());
    eventually("the first is delivered at once", sent).await;
    bench.opencode.memory().busy.clear();
    delivered(&service).await;
    assert_eq!(service.prompt("ses_f", "msg_1", "again").await["state"], "delivered");
    let memory = bench.opencode.memory();
    assert_eq!(
        (memory.texts("ses_f").concat(), memory.prompts.len()),
        (vec!["first".into(), "third".into()], 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_opencode_does_not_know_is_not_found_and_leaves_nothing() {
    let mut bench = Bench::new().await;
    begin(&bench);
    let prompt = json!({"id": "msg_1", "text": "go"});
    {
        let service = bench.service().await;
        assert_eq!(
            service.post("/admin/chats/ses_none/prompts", prompt.clone()).await.0,
            StatusCode::NOT_FOUND
        );
        bench.opencode.memory().mute = true;
        let (status, problem) = service.post(PATH, prompt.clone()).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::SERVICE_UNAVAILABLE, &json!("opencode-unavailable"))
        );
    }
    let free = ocweb_service::free_port(ocweb_service::BACKEND_PORTS).unwrap();
    bench.set("OCWEB_OPENCODE_URL", &format!("http://127.0.0.1:{free}/"));
    let service = bench.service().await;
    assert_eq!(service.post(PATH, prompt).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((kept(&bench, "foreign"), kept(&bench, "prompts/ledgers")), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_had_a_prompt_before_takes_the_next_while_opencode_is_away() {
    let bench = Bench::new().await;
    begin(&bench);
    let service = bench.service().await;
    service.prompt("ses_f", "msg_1", "first").await;
    delivered(&service).await;
    bench.opencode.memory().mute = true;
    service.prompt("ses_f", "msg_2", "second").await;
    bench.opencode.memory().mute = false;
    delivered(&service).await;
    assert_eq!(bench.opencode.memory().texts("ses_f").concat(), ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_the_views_of_the_working_copy_that_it_is_in() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let chat = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let worktree = PathBuf::from(service.settled(&chat).await["directory"].as_str().unwrap());
    let clone = bench.clone_path("demo/hello-web");
    for (folder, name) in [(&worktree, "in-worktree.txt"), (&clone, "in-clone.txt")] {
        std::fs::write(folder.join(name), "needle\n").unwrap();
    }
    std::fs::create_dir(worktree.join("below")).unwrap();
    begin(&bench);
    for (folder, name) in [
        (worktree.clone(), Some("in-worktree.txt")),
        (worktree.join("below"), Some("in-worktree.txt")),
        (clone, Some("in-clone.txt")),
        (bench.folder.path().join("elsewhere"), None),
        (bench.data().join("projects/worktrees"), None),
    ] {
        bench.opencode.memory().sessions.insert("ses_f".into(), (folder.to_str().unwrap().into(), None));
        let Some(name) = name else {
            let (status, _) = service.send(Method::GET, "/admin/chats/ses_f/git", None).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{folder:?}");
            continue;
        };
        let view = async |path: &str| service.get(&format!("/admin/chats/ses_f/{path}")).await;
        let stat = view("git").await;
        assert_eq!(
            (&stat["id"], &stat["base"], &stat["files"]),
            (&json!("ses_f"), &json!("main"), &json!(1))
        );
        assert_eq!(view("diff").await["files"][0]["path"], name);
        assert_eq!(view("log").await["commits"], json!([]));
        assert_eq!(view(&format!("file?path={name}")).await["text"], "needle\n");
        assert!(view("files").await["entries"].to_string().contains(name));
        for query in ["in=text&query=needle", &format!("query={name}")] {
            assert_eq!(view(&format!("search?{query}")).await["matches"][0]["path"], name);
        }
    }
    // The chat's numbers are its own, though the working copy is one. When each was measured may differ.
    bench.opencode.memory().sessions.insert("ses_f".into(), (worktree.to_str().unwrap().into(), None));
    service.prompt("ses_f", "msg_1", "go").await;
    let all = service.get("/admin/chats/git").await;
    let ids: Vec<_> = all["chats"].as_array().unwrap().iter().map(|stat| stat["id"].clone()).collect();
    assert_eq!(ids, [json!(chat), json!("ses_f")]);
    let numbers = |answer: &Value| {
        let mut chats = answer["chats"].as_array().unwrap().clone();
        for chat in &mut chats {
            chat.as_object_mut().unwrap().remove("measured_at");
        }
        chats
    };
    assert_eq!(numbers(&service.get("/admin/chats/git?known=true").await), numbers(&all));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_it_goes_when_it_is_gone() {
    let bench = Bench::new().await;
    begin(&bench);
    let service = bench.service().await;
    service.prompt("ses_f", "msg_1", "first").await;
    delivered(&service).await;
    let collect = async || service.post("/admin/gc", json!({})).await.0;
    assert_eq!((collect().await, kept(&bench, "foreign").len()), (StatusCode::OK, 1));
    bench.opencode.memory().sessions.clear();
    assert_eq!(service.post(PATH, json!({"id": "msg_2", "text": "x"})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(collect().await, StatusCode::OK);
    assert_eq!((kept(&bench, "foreign"), kept(&bench, "prompts/ledgers")), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_real_opencode_answers() {
    let mut bench = Bench::new().await;
    let opencode = RealOpencode::start(&bench).await;
    bench.set("OCWEB_OPENCODE_URL", &opencode.url);
    let service = bench.service().await;
    let folder = bench.folder.path().join("elsewhere");
    std::fs::create_dir_all(&folder).unwrap();
    let (_, session) = opencode.call(Method::POST, &format!("session?directory={}", folder.display())).await;
    let id = session["id"].as_str().unwrap();
    let prompt = json!({"id": "msg_a001", "text": "say: hello", "model": "demo/demo"});
    let (status, answer) = service.post(&format!("/admin/chats/{id}/prompts"), prompt).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    delivered(&service).await;
    assert_eq!(opencode.said(id).await.len(), 1);
    eventually("it is answered in its folder", async || {
        let (_, messages) = opencode.call(Method::GET, &format!("session/{id}/message")).await;
        let done = |message: &&Value| message["info"]["finish"] == "stop";
        let answer = messages.as_array()?.iter().find(done)?;
        assert_eq!(answer["info"]["path"]["cwd"], json!(folder));
        Some(())
    })
    .await;
}
