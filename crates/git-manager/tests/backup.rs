//! What a backup takes of the clones and working copies, and how it comes back where nothing of them is there.

use std::{fs, path::PathBuf};

use crate::support::{
    Bench, Service, commit, deleted, eventually, git, push,
    restoring::{chat, restored},
    working_copy::Contents,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn take(service: &Service) -> Value {
    let (status, held) = service.post("/internal/backup", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{held}");
    held
}

/// What `ocweb restore` leaves behind: the records, the work beside them, and nothing of the clones.
fn restore_elsewhere(bench: &Bench, held: &Value) {
    let own = bench.data().join("ocweb/git-manager");
    fs::rename(held["folder"].as_str().unwrap(), own.join("restored")).unwrap();
    fs::remove_dir_all(bench.data().join("projects")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn chats_come_back_with_pushed_unpushed_and_uncommitted_work_and_their_conversations() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "pushed");
    push(&bench, &directory);
    commit(&directory, "not pushed");
    fs::write(directory.join("main.js"), "staged").unwrap();
    git(&directory, &["add", "main.js"]);
    fs::write(directory.join("main.js"), "changed again").unwrap();
    fs::write(directory.join("new"), "new").unwrap();
    let (idle, untouched) = chat(&service).await;
    let clone = bench.clone_path("demo/hello-web");
    git(&clone, &["branch", "--no-track", "mine", "origin/main"]);
    let (before, clean) = (Contents::of(&directory), Contents::of(&untouched));

    let held = take(&service).await;
    assert_eq!(held["clones"][0]["repo"], "demo/hello-web");
    assert_eq!(held["clones"][0]["default_branch"], "main");
    assert_eq!(held["not_held"], json!([]));
    assert_eq!(held["work"].as_array().unwrap().len(), 2, "the clone has nothing of its own: {held}");
    assert_eq!(Contents::of(&directory), before, "nothing changes where it is taken");
    service.kill();
    restore_elsewhere(&bench, &held);

    let service = bench.service().await;
    for (id, directory, before) in [(&id, &directory, &before), (&idle, &untouched, &clean)] {
        let chat = service.settled(id).await;
        assert_eq!(chat["state"], "ready", "{chat}");
        assert_eq!(PathBuf::from(chat["directory"].as_str().unwrap()), *directory);
        assert_eq!(Contents::of(directory), *before);
    }
    assert_eq!(bench.opencode.memory().sessions.len(), 2);
    git(&clone, &["fsck", "--connectivity-only"]);
    eventually("the restored backup is forgotten", async || {
        (!bench.data().join("ocweb/git-manager/restored").exists()).then_some(())
    })
    .await;
    drop(service);
    let service = bench.service().await;
    assert_eq!(service.settled(&id).await["state"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_of_a_chat_whose_working_copy_was_there_is_kept_for_who_asks_for_it() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let (id, directory) = chat(&service).await;
    fs::write(directory.join("new"), "good").unwrap();
    let before = Contents::of(&directory);
    let held = take(&service).await;
    fs::write(directory.join("new"), "ruined").unwrap();
    service.kill();
    // As where only the volume of the data was restored.
    let own = bench.data().join("ocweb/git-manager");
    fs::rename(held["folder"].as_str().unwrap(), own.join("restored")).unwrap();

    let service = bench.service().await;
    eventually("nothing is left to bring", async || (!own.join("restored").exists()).then_some(())).await;
    assert_eq!(fs::read_to_string(directory.join("new")).unwrap(), "ruined");
    let work = service.get("/admin/saved").await["saved"][0].clone();
    assert_eq!(work["session_id"], id.as_str(), "{work}");
    deleted(&service, &format!("/admin/chats/{id}?force=true&unsaved=true")).await;
    restored(&service, &work).await;
    assert_eq!(Contents::of(&directory), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_has_the_work_of_a_chat_twice_brings_it_once() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "committed");
    let before = Contents::of(&directory);
    // As of one that was made while the chat came out of another.
    let first = bench.folder.path().join("first");
    fs::rename(PathBuf::from(take(&service).await["folder"].as_str().unwrap()).join("work"), &first).unwrap();
    let held = take(&service).await;
    for entry in fs::read_dir(&first).unwrap().flatten() {
        let work = PathBuf::from(held["folder"].as_str().unwrap()).join("work");
        fs::rename(entry.path(), work.join(entry.file_name())).unwrap();
    }
    service.kill();
    restore_elsewhere(&bench, &held);
    let service = bench.service().await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    assert_eq!(Contents::of(&directory), before);
    eventually("nothing is left to bring", async || {
        (!bench.data().join("ocweb/git-manager/restored").exists()).then_some(())
    })
    .await;
    assert_eq!(service.get("/admin/saved").await["saved"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn working_copies_of_a_clone_that_is_none_are_named() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, _) = chat(&service).await;
    let clone = bench.clone_path("demo/hello-web");
    fs::rename(clone.join(".git"), clone.join(".git-away")).unwrap();
    let held = take(&service).await;
    assert_eq!(held["not_held"][0]["session_id"], id.as_str(), "{held}");
    assert!(held["not_held"][0]["reason"].as_str().unwrap().contains(".git"), "{held}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_no_chat_comes_back_too() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    service.post("/admin/repos/clone", json!({"repo": "demo/tally", "extent": "latest_only"})).await;
    service.post("/admin/repos/clone", json!({"repo": "demo/hello-web"})).await;
    let clone = bench.clone_path("demo/hello-web");
    git(&clone, &["checkout", "--quiet", "-b", "mine"]);
    commit(&clone, "in the clone");
    fs::write(clone.join("new"), "new").unwrap();
    let worktree = service.add_worktree("demo/hello-web", "by_hand").await;
    commit(&worktree, "in a worktree");
    let (before, by_hand) = (Contents::of(&clone), Contents::of(&worktree));
    let held = take(&service).await;
    service.kill();
    restore_elsewhere(&bench, &held);

    let service = bench.service().await;
    eventually("all is back", async || {
        (!bench.data().join("ocweb/git-manager/restored").exists()).then_some(())
    })
    .await;
    assert_eq!((Contents::of(&clone), Contents::of(&worktree)), (before, by_hand));
    let repositories = service.get("/admin/repos").await;
    let extent = |name: &str| {
        let all = repositories["repos"].as_array().unwrap().iter();
        all.filter(|repository| repository["name"] == name).map(|it| it["extent"].clone()).next()
    };
    assert_eq!(
        (extent("demo/tally"), extent("demo/hello-web")),
        (Some("latest_only".into()), Some("full".into()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_outlives_a_remote_that_is_gone_and_a_retry_brings_the_work() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "not pushed");
    fs::write(directory.join("new"), "new").unwrap();
    let before = Contents::of(&directory);
    let held = take(&service).await;
    service.kill();
    restore_elsewhere(&bench, &held);
    let bare = bench.folder.path().join("github/repositories/demo/hello-web.git");
    let away = bare.with_extension("away");
    fs::rename(&bare, &away).unwrap();

    let service = bench.service().await;
    assert_eq!(service.settled(&id).await["state"], "failed");
    assert!(bench.opencode.memory().sessions.contains_key(&id), "its conversation is not deleted");
    fs::rename(&away, &bare).unwrap();
    let (status, _) = service.post(&format!("/admin/chats/{id}/retry"), json!({})).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(service.settled(&id).await["state"], "ready");
    assert_eq!(Contents::of(&directory), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_named_and_the_rest_is_taken() {
    let mut bench = Bench::new().await;
    bench.set("OCWEB_SAVED_LIMIT_MB", "1");
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    fs::write(directory.join("large"), vec![7; 2 << 20]).unwrap();
    let (_, other) = chat(&service).await;
    fs::write(other.join("small"), "small").unwrap();
    let held = take(&service).await;
    assert_eq!(held["work"].as_array().unwrap().len(), 1, "{held}");
    assert_eq!(held["not_held"][0]["session_id"], id.as_str());
    assert!(held["not_held"][0]["reason"].as_str().unwrap().contains("large"), "{held}");
    let (status, _) = service.send(Method::DELETE, "/internal/backup", None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(!PathBuf::from(held["folder"].as_str().unwrap()).exists());
}
