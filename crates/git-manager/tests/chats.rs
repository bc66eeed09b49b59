//! Chats from a typed task to a delivered prompt, and all that can come in between.

use std::path::Path;

use crate::support::{Bench, deleted_anyway, entries, eventually, git, refused};
use ocweb_demo::faults::{Fault, Part};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_task_becomes_a_chat() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (status, chat) = service
        .post(
            "/admin/chats",
            json!({"repo": "demo/weather-log", "prompt": "Fix the units!\nAll.", "title": "Units", "base": "units",
                   "model": "demo/org/thinker", "agent": "plan"}),
        )
        .await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let prompt = &chat["prompts"][0];
    assert_eq!((&prompt["text"], &prompt["state"]), (&json!("Fix the units!\nAll."), &json!("waiting")));
    assert_eq!((&prompt["model"], &prompt["agent"]), (&json!("demo/org/thinker"), &json!("plan")));
    assert_eq!(chat["error"], json!(null));
    let id = chat["id"].as_str().unwrap();
    let done = service.settled(id).await;
    assert_eq!(done["state"], "ready", "{done}");
    assert_eq!(
        (&done["prompts"], &done["progress"], &done["base"]),
        (&json!([]), &json!(null), &json!("units"))
    );
    let directory = done["directory"].as_str().unwrap();
    assert!(directory.ends_with(&format!("projects/worktrees/demo__weather-log__{id}")));
    assert_eq!(git(Path::new(directory), &["branch", "--show-current"]), done["branch"].as_str().unwrap());
    assert!(done["branch"].as_str().unwrap().starts_with("ocweb/units-"), "{done}");
    assert_eq!(git(Path::new(directory), &["config", "--local", "user.name"]), "demo");

    let memory = bench.opencode.memory();
    assert_eq!(memory.sessions[id], (directory.to_owned(), Some("Units".to_owned())));
    assert_eq!(memory.texts(id), [["Fix the units!\nAll."]]);
    assert_eq!(memory.prompts[0]["model"], json!({"providerID": "demo", "modelID": "org/thinker"}));
    assert_eq!(memory.prompts[0]["agent"], "plan");
    let clone = bench.clone_path("demo/weather-log").display().to_string();
    assert_eq!(memory.opened, [clone, directory.to_owned()], "the clone is opened before the worktree");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_in_an_empty_repository_without_a_prompt() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/empty"})).await;
    let chat = service.settled(&id).await;
    assert_eq!(chat["state"], "ready", "{chat}");
    assert!(Path::new(chat["directory"].as_str().unwrap()).join(".git").exists());
    assert!(bench.opencode.memory().prompts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_an_opencode_that_is_not_there_yet() {
    let bench = Bench::new().await;
    bench.opencode.memory().mute = true;
    let mut service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/dotfiles", "prompt": "go"})).await;
    let path = format!("/admin/chats/{id}");
    let waiting = async || (service.get(&path).await["state"] == "creating_session").then_some(());
    eventually("everything else is done", waiting).await;
    // A restart while it waits changes nothing.
    service.kill();
    bench.opencode.memory().mute = false;
    let service = bench.service().await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    assert_eq!(bench.opencode.memory().prompts.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_undone_and_said_and_can_be_retried() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    bench.opencode.memory().refuse_session = true;
    let id = service.create_chat(json!({"repo": "demo/hello-web", "prompt": "go"})).await;
    let chat = service.settled(&id).await;
    assert_eq!(
        (&chat["state"], &chat["error"]["type"]),
        (&json!("failed"), &json!("opencode-error")),
        "{chat}"
    );
    assert_eq!((&chat["prompts"][0]["text"], &chat["directory"]), (&json!("go"), &json!(null)));
    assert_eq!(entries(&bench.data().join("projects/worktrees")), [""; 0]);
    assert_eq!(git(&bench.clone_path("demo/hello-web"), &["branch", "--list", "ocweb/*"]), "");

    bench.opencode.memory().refuse_session = false;
    let (status, chat) = service.post(&format!("/admin/chats/{id}/retry"), json!({})).await;
    assert_eq!(
        (status, &chat["state"], &chat["error"]),
        (StatusCode::ACCEPTED, &json!("queued"), &json!(null))
    );
    let chat = service.settled(&id).await;
    assert_eq!((&chat["state"], &chat["id"]), (&json!("ready"), &json!(id)));
    assert_eq!(bench.opencode.memory().texts(&id), [["go"]], "its prompt waited for the retry");
    assert_eq!(service.post(&format!("/admin/chats/{id}/retry"), json!({})).await.0, StatusCode::CONFLICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_at_the_remote_fails_the_chat_with_its_reason() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/not-there", "prompt": "go"})).await;
    assert_eq!(service.settled(&id).await["error"]["type"], "repository-not-found");
    let id = service.create_chat(json!({"repo": "demo/tally", "prompt": "go", "base": "no/such"})).await;
    assert_eq!(service.settled(&id).await["error"]["type"], "not-found");
    // A fetch that fails once is tried again; one that keeps failing fails the chat.
    bench.world.faults().add(Fault::status(Part::Git, 500));
    let id = service.create_chat(json!({"repo": "demo/tally", "prompt": "go"})).await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    // Of a repository that no other chat has fetched just now.
    service.clone_repository("demo/dotfiles").await;
    bench.world.faults().add(Fault::status(Part::Git, 403).times(100));
    let id = service.create_chat(json!({"repo": "demo/dotfiles", "prompt": "go"})).await;
    assert_eq!(service.settled(&id).await["error"]["type"], "github-forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_begins_at_the_commits_of_a_pull_request_of_a_fork() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let fork = json!({"kind": "fork", "repository": "demo/hello-web", "author": "ada", "title": "x", "body": "", "path": "theirs", "content": "x"});
    let client = ocweb_service::client_builder().build().unwrap();
    let opened =
        client.post(format!("{}/control/github", bench.world.url())).json(&fork).send().await.unwrap();
    assert_eq!(opened.status(), 200);
    let new = |number: u32| json!({"repo": "demo/hello-web", "base": format!("pull/{number}/head")});
    let id = service.create_chat(new(1)).await;
    let chat = service.settled(&id).await;
    assert_eq!((&chat["state"], &chat["base"]), (&json!("ready"), &json!("pull/1/head")), "{chat}");
    let folder = std::path::PathBuf::from(chat["directory"].as_str().unwrap());
    assert!(folder.join("theirs").exists());
    // The fetch of another chat prunes branches, and leaves these commits known as ones that are at GitHub.
    let other = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    assert_eq!(service.settled(&other).await["state"], "ready");
    let stat = service.get(&format!("/admin/chats/{id}/git")).await;
    assert_eq!((&stat["ahead"], &stat["state"]), (&json!(0), &json!("clean")), "{stat}");
    let (status, _) = service.delete(&format!("/admin/chats/{id}")).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "nothing of it is lost");
    let id = service.create_chat(new(99)).await;
    assert_eq!(service.settled(&id).await["error"]["type"], "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_is_deleted_whole_unless_work_would_be_lost() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/hello-web", "prompt": "go"})).await;
    let chat = service.settled(&id).await;
    let directory = Path::new(chat["directory"].as_str().unwrap()).to_owned();
    let path = format!("/admin/chats/{id}");
    std::fs::write(directory.join("new"), "").unwrap();
    refused(&service, &path, "uncommitted-changes").await;
    bench.opencode.memory().busy.insert(id.clone(), directory.display().to_string());
    refused(&service, &path, "chat-running").await;
    assert!(directory.exists() && bench.opencode.memory().sessions.contains_key(&id));

    // Its worktree alone: the chat stays, honestly without a directory.
    deleted_anyway(&service, &format!("/admin/worktrees/demo/hello-web/{id}")).await;
    let chat = service.get(&path).await;
    assert_eq!((&chat["state"], &chat["directory"]), (&json!("ready"), &json!(null)));
    assert_eq!(service.delete(&path).await.0, StatusCode::NO_CONTENT);
    assert!(bench.opencode.memory().sessions.is_empty());
    assert_eq!(service.delete(&path).await.0, StatusCode::NOT_FOUND);
    assert_eq!(service.get("/admin/chats").await, json!({"chats": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_chat_does_not_come_back() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let new = json!({"id": "ses_a", "repo": "demo/hello-web", "prompt": {"id": "msg_1", "text": "go"}});
    service.create_chat(new.clone()).await;
    service.settled("ses_a").await;
    assert_eq!(service.delete("/admin/chats/ses_a").await.0, StatusCode::NO_CONTENT);
    for _ in 0..2 {
        let prompt = json!({"id": "msg_2", "text": "more"});
        for (path, body) in [("/admin/chats", new.clone()), ("/admin/chats/ses_a/prompts", prompt)] {
            let (status, problem) = service.post(path, body).await;
            assert_eq!((status, &problem["type"]), (StatusCode::GONE, &json!("chat-deleted")), "{path}");
        }
        service.kill();
        service = bench.service().await;
    }
    assert_eq!(service.get("/admin/chats").await, json!({"chats": []}));
    assert_eq!(entries(&bench.data().join("ocweb/git-manager/prompts/ledgers")), [""; 0]);
    assert!(bench.opencode.memory().sessions.is_empty());
    assert_eq!(service.delete("/admin/chats/ses_a").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_is_being_created_can_be_deleted() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/slow-assets", "prompt": "go"})).await;
    eventually("its clone is on the way, and seen", async || {
        let chat = service.get(&format!("/admin/chats/{id}")).await;
        (chat["state"] == "cloning" && chat["progress"]["bytes"].as_u64()? > 0).then_some(())
    })
    .await;
    refused(&service, "/admin/repos/demo/slow-assets", "chat-being-created").await;
    // What was typed would be lost.
    refused(&service, &format!("/admin/chats/{id}"), "prompts-waiting").await;
    deleted_anyway(&service, &format!("/admin/chats/{id}")).await;
    // The clone goes on: it is of use to the next chat. Deleting the repository ends it.
    assert_eq!(service.get("/admin/repos").await["repos"][0]["state"], "cloning");
    assert_eq!(service.delete("/admin/repos/demo/slow-assets").await.0, StatusCode::NO_CONTENT);
    assert_eq!(service.get("/admin/repos").await, json!({"repos": []}));
    eventually("nothing is left of it", async || {
        entries(&bench.data().join("projects/repos")).is_empty().then_some(())
    })
    .await;
    assert!(bench.opencode.memory().sessions.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_repository_anyway_fails_its_chats_and_keeps_their_prompts() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let id = service.create_chat(json!({"repo": "demo/slow-assets", "prompt": "go"})).await;
    eventually("its clone is on the way", async || {
        (service.get(&format!("/admin/chats/{id}")).await["state"] == "cloning").then_some(())
    })
    .await;
    deleted_anyway(&service, "/admin/repos/demo/slow-assets").await;
    let chat = service.settled(&id).await;
    assert_eq!((&chat["state"], &chat["prompts"][0]["text"]), (&json!("failed"), &json!("go")), "{chat}");
    assert_eq!(chat["error"]["type"], "cancelled");
}
