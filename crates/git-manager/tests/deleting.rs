//! What speaks against deleting is told at once and in numbers, and nobody overrides what they were not told.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::support::{
    Bench, Service, accepting, commit, deleted, deleted_anyway, eventually, git, reasons, refused,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The kinds and numbers of reasons.
fn told(reasons: &[Value]) -> Vec<(&str, u64)> {
    reasons
        .iter()
        .map(|reason| (reason["kind"].as_str().unwrap(), reason["count"].as_u64().unwrap()))
        .collect()
}

/// A program that an agent left running, ended when this is dropped.
struct Left(Child);

impl Left {
    async fn running_in(folder: &Path, seconds: &str) -> Self {
        // As opencode's tools do, in a session of its own; and ready once it has it.
        let child =
            Command::new("setsid").args(["sleep", seconds]).current_dir(folder).stdin(Stdio::null()).spawn();
        let left = Self(child.unwrap());
        let name = format!("/proc/{}/comm", left.0.id());
        eventually("it runs", async || (fs::read_to_string(&name).ok()? == "sleep\n").then_some(())).await;
        left
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn chat(service: &Service) -> (String, PathBuf) {
    let id = service.create_chat(json!({"repo": "demo/hello-web"})).await;
    let chat = service.settled(&id).await;
    (id, chat["directory"].as_str().unwrap().into())
}

/// Everything that can speak against deleting a chat.
async fn make_precious(bench: &Bench, service: &Service, id: &str, directory: &Path) -> Left {
    commit(directory, "committed");
    fs::write(directory.join("one"), "").unwrap();
    fs::write(directory.join("two"), "").unwrap();
    let left = Left::running_in(directory, "600").await;
    let folder = directory.to_str().unwrap().to_owned();
    bench.opencode.memory().busy.insert(id.into(), folder.clone());
    let fork = (folder, Some("The other way".into()));
    bench.opencode.memory().sessions.insert(format!("{id}f"), fork);
    service.prompt(id, "msg_1", "later").await;
    left
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_deletes_with_force() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    let _left = make_precious(&bench, &service, &id, &directory).await;
    let path = format!("/admin/chats/{id}");
    assert_eq!(service.delete(&path).await.0, StatusCode::CONFLICT);
    assert_eq!(service.delete(&format!("{path}?force=maybe")).await.0, StatusCode::BAD_REQUEST);
    deleted(&service, &format!("{path}?force=true")).await;
    assert!(!directory.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_about_to_end_is_waited_for_and_not_told() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    let path = format!("/admin/chats/{id}");
    let stays = Left::running_in(&directory, "600").await;
    let _passes = Left::running_in(&directory, "1").await;
    let shown = reasons(&service, &path).await;
    assert_eq!(told(&shown), [("processes-running", 1)]);
    drop(stays);
    let _passes = Left::running_in(&directory, "1").await;
    deleted(&service, &path).await;
    assert!(!directory.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_is_told_and_what_is_new_is_refused_again() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    let _left = make_precious(&bench, &service, &id, &directory).await;
    let path = format!("/admin/chats/{id}");
    let all = [
        ("uncommitted-changes", 2),
        ("unpushed-commits", 1),
        ("chat-running", 1),
        ("prompts-waiting", 1),
        ("processes-running", 1),
        ("folder-shared", 1),
    ];
    let shown = reasons(&service, &path).await;
    assert_eq!(told(&shown), all);
    let details: Vec<_> = shown.iter().map(|reason| reason["detail"].as_str().unwrap()).collect();
    assert_eq!(details[0], "2 files are not committed");
    assert!(details[4].contains("“sleep”") && details[5].contains("“The other way”"), "{details:?}");
    // The worktree alone, and the clone, have the same and more.
    let worktree = format!("/admin/worktrees/demo/hello-web/{id}");
    assert_eq!(told(&reasons(&service, &worktree).await), all);
    let of_clone = reasons(&service, "/admin/repos/demo/hello-web").await;
    assert_eq!(told(&of_clone), [&all[..], &[("worktrees-exist", 1)]].concat());

    // Since it was shown, one more of something, and something else.
    fs::write(directory.join("three"), "").unwrap();
    let again = reasons(&service, &format!("{path}{}", accepting(&shown))).await;
    assert_eq!(again[0]["count"], 3);
    let without = accepting(&again[1..]);
    assert_eq!(told(&reasons(&service, &format!("{path}{without}")).await).len(), all.len());
    assert_eq!(bench.opencode.memory().busy.len(), 1, "nothing was stopped");
    assert!(directory.join("three").exists());
    deleted(&service, &format!("{path}{}", accepting(&again))).await;
    assert!(!directory.exists() && bench.opencode.memory().busy.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_goes_with_all_that_was_told_of_its_worktrees() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (first, directory) = chat(&service).await;
    let (_, other) = chat(&service).await;
    let _left = make_precious(&bench, &service, &first, &directory).await;
    fs::write(other.join("three"), "").unwrap();
    fs::write(bench.clone_path("demo/hello-web").join("four"), "").unwrap();
    let address = "/admin/repos/demo/hello-web";
    let shown = reasons(&service, address).await;
    assert_eq!(
        told(&shown),
        [
            ("uncommitted-changes", 4),
            ("unpushed-commits", 1),
            ("chat-running", 1),
            ("prompts-waiting", 1),
            ("processes-running", 1),
            ("folder-shared", 1),
            ("worktrees-exist", 2),
        ]
    );
    commit(&other, "five");
    assert_eq!(reasons(&service, &format!("{address}{}", accepting(&shown))).await[1]["count"], 2);
    assert!(directory.exists() && other.exists());
    deleted_anyway(&service, address).await;
    assert!(!directory.exists() && !other.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_remote_at_github_counts() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "mine");
    git(&directory, &["init", "--quiet", "--bare", "backup.git"]);
    git(&directory, &["remote", "add", "backup", "./backup.git"]);
    git(&directory, &["push", "--quiet", "backup", "HEAD"]);
    assert_eq!(git(&directory, &["rev-list", "HEAD", "--not", "--remotes"]), "");
    let refused = refused(&service, &format!("/admin/chats/{id}"), "unpushed-commits").await;
    assert_eq!(refused["count"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_goes_with_the_commits_of_a_submodule_in_a_worktree() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (_, directory) = chat(&service).await;
    let inside = directory.join("inside");
    fs::create_dir(&inside).unwrap();
    git(&inside, &["init", "--quiet"]);
    commit(&inside, "one");
    commit(&directory, "with a submodule");
    commit(&inside, "two");
    let shown = reasons(&service, "/admin/repos/demo/hello-web").await;
    let expected = [("uncommitted-changes", 1), ("unpushed-commits", 3), ("worktrees-exist", 1)];
    assert_eq!(told(&shown), expected);
    deleted(&service, &format!("/admin/repos/demo/hello-web{}", accepting(&shown))).await;
    assert!(!directory.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_no_reason_deletes_nothing() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    fs::write(directory.join("one"), "").unwrap();
    for query in ["accept=true", "accept=uncommitted-changes", "accept=uncommitted-changes:-1"] {
        let (status, problem) = service.delete(&format!("/admin/chats/{id}?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    }
    assert!(directory.exists());
}
