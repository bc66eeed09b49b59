//! The same with the real opencode: what it really takes, and that it takes it once.

use crate::support::{Bench, deleted_anyway, eventually, real_opencode::RealOpencode, reasons, refused};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_task_reaches_the_real_opencode_and_is_cleaned_up() {
    let mut bench = Bench::new().await;
    let opencode = RealOpencode::start(&bench).await;
    bench.set("OCWEB_OPENCODE_URL", &opencode.url);
    let service = bench.service().await;
    let chat = json!({"repo": "demo/hello-web", "prompt": "stall", "title": "A title", "model": "demo/demo", "agent": "build"});
    let id = service.create_chat(chat).await;
    let chat = service.settled(&id).await;
    assert_eq!(chat["state"], "ready", "{chat}");
    let directory = chat["directory"].as_str().unwrap();
    let (_, session) = opencode.call(Method::GET, &format!("session/{id}")).await;
    assert_eq!((&session["directory"], &session["title"]), (&chat["directory"], &json!("A title")));
    let (_, messages) = opencode.call(Method::GET, &format!("session/{id}/message")).await;
    assert_eq!(messages[0]["info"]["role"], "user");
    let texts: Vec<_> =
        messages[0]["parts"].as_array().unwrap().iter().filter(|part| part["synthetic"] != true).collect();
    assert_eq!((texts.len(), &texts[0]["text"]), (1, &json!("stall")), "{messages}");
    let (_, project) = opencode.call(Method::GET, &format!("project/current?directory={directory}")).await;
    assert_eq!(
        project["worktree"],
        json!(bench.clone_path("demo/hello-web")),
        "the clone is the project's root"
    );

    // It is at work: refused, then stopped.
    let path = format!("/admin/chats/{id}");
    eventually("it is busy", async || {
        let (_, busy) = opencode.call(Method::GET, &format!("session/status?directory={directory}")).await;
        busy[&id].is_object().then_some(())
    })
    .await;
    // A fork lives in the same folder.
    let path_of_fork = format!("session/{id}/fork?directory={directory}");
    let (status, fork) = opencode.send(&path_of_fork, &json!({})).await;
    assert_eq!(status, 200, "{fork}");
    // opencode's own git, with which it begins, is a process in the folder too.
    eventually("only the run and the fork speak against it", async || {
        let told = reasons(&service, &path).await;
        let told: Vec<_> =
            told.iter().map(|reason| (reason["kind"].as_str().unwrap(), &reason["count"])).collect();
        (told == [("chat-running", &json!(1)), ("folder-shared", &json!(1))]).then_some(())
    })
    .await;
    let shared = refused(&service, &path, "folder-shared").await;
    assert!(shared["detail"].as_str().unwrap().contains("(fork #1)"), "{shared}");
    deleted_anyway(&service, &path).await;
    assert_eq!(opencode.call(Method::GET, &format!("session/{id}")).await.0, 404);
    assert!(!std::path::Path::new(directory).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_on_the_way_to_the_real_opencode_the_prompt_arrives_once() {
    let mut bench = Bench::new().await;
    let opencode = RealOpencode::start(&bench).await;
    bench.set("OCWEB_OPENCODE_URL", &opencode.url);
    let mut service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    for round in 0..6 {
        let id = service.create_chat(json!({"repo": "demo/hello-web", "prompt": "say hello"})).await;
        for kill in 0..4_u64 {
            tokio::time::sleep(std::time::Duration::from_millis(20 + 37 * ((round + kill) % 6))).await;
            service.kill();
            service = bench.service().await;
        }
        assert_eq!(service.settled(&id).await["state"], "ready");
        let said = opencode.said(&id).await;
        let texts: Vec<_> = said.iter().flat_map(|(_, parts)| parts).map(|part| &part["text"]).collect();
        assert_eq!(texts, ["say hello"], "round {round}");
    }
}
