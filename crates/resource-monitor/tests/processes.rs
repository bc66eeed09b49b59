//! Orphans: listed, told apart from everything else, and ended.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, path::Path, process::Command};

use reqwest::Method;
use serde_json::json;
use support::{Instance, Orphan, start_time};

#[tokio::test]
async fn an_orphan_is_listed_with_its_chat_and_ended_by_term() {
    let instance = Instance::start().await;
    let directory = instance.worktree("demo__data__pipe__ses_1a").join("deep");
    fs::create_dir(&directory).unwrap();
    let orphan = Orphan::sleeping(&directory, Some(&instance.run()));

    let entry = instance.until_listed(orphan.0).await;
    assert_eq!(entry["start_time"], start_time(orphan.0));
    assert_eq!(entry["command"], "sleep 1000");
    assert_eq!(entry["directory"], directory.to_str().unwrap());
    assert_eq!(entry["repo"], "demo/data__pipe");
    assert_eq!(entry["session_id"], "ses_1a");
    assert!(entry["memory_bytes"].as_u64().unwrap() > 100_000, "{entry}");
    assert!((2..600).contains(&entry["age_seconds"].as_u64().unwrap()), "{entry}");
    assert!(entry["started_at"].as_str().unwrap().ends_with('Z'), "{entry}");

    let answer = instance.kill(orphan.0, start_time(orphan.0)).await;
    assert_eq!(answer, (200, json!({"pid": orphan.0, "ended_by": "term"})));
    assert!(!orphan.is_running());
    assert_eq!(instance.listed(orphan.0).await, None);
}

#[tokio::test]
async fn an_orphan_that_ignores_term_is_ended_by_kill() {
    let instance = Instance::start().await;
    let script = "trap : TERM; exec >&-; while :; do sleep 0.1; done";
    let orphan = Orphan::start(&instance.data(), Some(&instance.run()), script);
    let entry = instance.until_listed(orphan.0).await;
    assert_eq!((&entry["repo"], &entry["session_id"]), (&json!(null), &json!(null)));
    let answer = instance.kill(orphan.0, start_time(orphan.0)).await;
    assert_eq!(answer, (200, json!({"pid": orphan.0, "ended_by": "kill"})));
    assert!(!orphan.is_running());
    assert_eq!(instance.kill(orphan.0, start_time(orphan.0)).await.0, 404);
}

#[tokio::test]
async fn only_orphans_of_this_instance_are_listed() {
    let instance = Instance::start().await;
    let worktree = instance.worktree("demo__hello__ses_1");
    let elsewhere = tempfile::tempdir().unwrap();
    let others_mark = elsewhere.path().join("run");

    // Its mark was taken away, and its directory deleted: it still works in our worktree.
    let unmarked = Orphan::sleeping(&worktree, None);
    let strangers =
        [Orphan::sleeping(elsewhere.path(), None), Orphan::sleeping(elsewhere.path(), Some(&others_mark))];
    let supervised = Orphan::sleeping(&worktree, Some(&instance.run()));
    instance.list_as_supervised(&[instance.service_pid(), supervised.0]);
    let marked = Orphan::sleeping(elsewhere.path(), Some(&instance.run()));
    // Has a child, which has a parent.
    let parent = Orphan::start(&worktree, None, "exec >&-; sleep 1000 & wait");
    let child = parent.until_child();

    instance.until_listed(marked.0).await;
    instance.until_listed(parent.0).await;
    fs::remove_dir(&worktree).unwrap();
    assert_eq!(instance.listed(unmarked.0).await.unwrap()["session_id"], "ses_1");
    for stranger in &strangers {
        assert_eq!(instance.listed(stranger.0).await, None);
        assert_eq!(instance.kill(stranger.0, start_time(stranger.0)).await.0, 404);
        assert!(stranger.is_running());
    }
    assert_eq!(instance.listed(supervised.0).await, None);
    assert_eq!(instance.kill(supervised.0, start_time(supervised.0)).await.0, 403);
    assert!(supervised.is_running());
    assert_eq!(instance.listed(child.0).await, None);
    assert_eq!(instance.kill(parent.0, start_time(parent.0)).await.0, 200);
    instance.until_listed(child.0).await;
}

#[tokio::test]
async fn all_processes_are_listed_with_what_they_are() {
    let instance = Instance::start().await;
    let worktree = instance.worktree("demo__hello__ses_1");
    let orphan = Orphan::start(&worktree, None, "exec >&-; cd /; sleep 1000 & cd - >/dev/null; wait");
    let child = orphan.until_child();
    let stranger = Orphan::sleeping(Path::new("/"), None);
    instance.until_listed(orphan.0).await;

    let list = instance.get("/admin/processes?all=true").await;
    let entry = |pid: i32| list["processes"].as_array().unwrap().iter().find(|entry| entry["pid"] == pid);
    let facts = |pid: i32| {
        let entry = entry(pid)?;
        Some([&entry["orphan"], &entry["service"], &entry["session_id"], &entry["repo"]].map(Clone::clone))
    };
    let supervisor = i32::try_from(std::process::id()).unwrap();
    assert_eq!(facts(instance.service_pid()), Some([json!(false), json!("x"), json!(null), json!(null)]));
    assert_eq!(facts(supervisor), Some([json!(false), json!("supervisor"), json!(null), json!(null)]));
    let chat = [json!("ses_1"), json!("demo/hello")];
    assert_eq!(facts(orphan.0), Some([json!(true), json!(null), chat[0].clone(), chat[1].clone()]));
    // It works elsewhere, but for the chat of who started it.
    let [id, repo] = chat;
    assert_eq!(entry(child.0).unwrap()["directory"], "/");
    assert_eq!(facts(child.0), Some([json!(false), json!(null), id, repo]));
    assert_eq!(facts(stranger.0), None);
    // Being on this list does not make it one that may be ended.
    assert_eq!(instance.kill(child.0, start_time(child.0)).await.0, 404);
    assert!(child.is_running());
    let (status, _) = instance.call(Method::GET, "/admin/processes?all=perhaps", None).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_may_not_be_ended_is_not() {
    let instance = Instance::start().await;
    let worktree = instance.worktree("demo__hello__ses_1");
    let orphan = Orphan::sleeping(&worktree, Some(&instance.run()));
    instance.until_listed(orphan.0).await;

    let (status, problem) = instance.kill(orphan.0, start_time(orphan.0) + 1).await;
    assert_eq!((status, &problem["type"]), (409, &json!("process-changed")));
    assert!(orphan.is_running());

    for pid in ["0", "-1", "2147483648", "99999999999999999999", "abc", "1.5", "%20"] {
        let (status, problem) = instance.kill(pid, 1).await;
        assert_eq!(status, 400, "{pid}: {problem}");
    }
    let supervisor = i32::try_from(std::process::id()).unwrap();
    for pid in [1, instance.service_pid(), supervisor] {
        let (status, problem) = instance.kill(pid, start_time(pid)).await;
        assert_eq!((status, &problem["type"]), (403, &json!("protected-process")), "{pid}");
    }
    // A child of ours is not an orphan, but it carries no mark either; a free number is nobody.
    let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let (status, _) = instance.kill(pid, start_time(pid)).await;
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(status, 404);
    assert_eq!(instance.kill(4_194_304, 1).await.0, 404);

    let path = format!("/admin/processes/{}/kill", orphan.0);
    let (status, _) = instance.call(Method::POST, &path, Some(json!({"start_time": "soon"}))).await;
    assert_eq!(status, 422);
    assert!(orphan.is_running());
}

#[tokio::test]
async fn without_the_supervisors_list_nothing_is_called_an_orphan() {
    let instance = Instance::start().await;
    let list = instance.run().join("processes.json");
    fs::remove_file(&list).unwrap();
    let (status, _) = instance.call(Method::GET, "/admin/processes", None).await;
    assert_eq!(status, 503);
    fs::write(&list, "[{").unwrap();
    let (status, _) = instance.call(Method::GET, "/admin/processes", None).await;
    assert_eq!(status, 503);
}
