//! What was saved comes back whatever has become of the remote and the clone since, and however often it breaks off.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::support::{
    self, Bench, accepting, commit, deleted, entries, eventually, git, push, reasons,
    restoring::{chat, restore, restored, saved},
    working_copy::Contents,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const REPOSITORY: &str = "/admin/repos/demo/hello-web";

fn of_git_manager(bench: &Bench, path: &str) -> PathBuf {
    bench.data().join("ocweb/git-manager").join(path)
}

fn bare(bench: &Bench, name: &str) -> PathBuf {
    bench.folder.path().join(format!("github/repositories/{name}.git"))
}

/// Deletes branches at the remote, and all that only they led to.
fn forget_at_remote(bare: &Path, branches: &[&str]) {
    for branch in branches {
        git(bare, &["branch", "--quiet", "-D", branch]);
    }
    git(bare, &["gc", "--quiet", "--prune=now"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_that_are_gone_at_the_remote_since_keep_nothing_from_coming_back() {
    let bench = Bench::new().await;
    for branch in ["one-more", "another"] {
        bench.push_to_remote("demo/hello-web", branch, branch);
    }
    let bare = bare(&bench, "demo/hello-web");
    git(&bare, &["tag", "-a", "-m", "released", "released", "another"]);
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "pushed");
    push(&bench, &directory);
    commit(&directory, "committed");
    git(&directory, &["merge", "--quiet", "--no-edit", "origin/another"]);
    fs::write(directory.join("new"), "new").unwrap();
    let (before, history) = (Contents::of(&directory), git(&directory, &["rev-list", "HEAD"]));
    let work = saved(&service, &format!("/admin/chats/{id}")).await.remove(0);
    // And with the clone one that has nothing to do with the chat.
    let clone = bench.clone_path("demo/hello-web");
    git(&clone, &["branch", "--no-track", "mine", "origin/one-more"]);
    git(&clone, &["tag", "theirs", "origin/one-more"]);
    commit(&clone, "in the clone");
    let whole = saved(&service, REPOSITORY).await.remove(0);
    let branch = work["branch"].as_str().unwrap();
    git(&bare, &["tag", "-d", "released"]);
    forget_at_remote(&bare, &["one-more", "another", branch]);

    assert_eq!(restored(&service, &work).await["branch"], work["branch"]);
    assert_eq!(Contents::of(&directory), before);
    assert_eq!(git(&directory, &["rev-list", "HEAD"]), history);
    restored(&service, &whole).await;
    assert_eq!(git(&clone, &["log", "-1", "--format=%s", "mine"]), "one-more");
    assert_eq!(git(&clone, &["log", "-1", "--format=%s"]), "in the clone");
    assert_eq!(git(&clone, &["tag"]), "theirs");
    git(&clone, &["fsck", "--connectivity-only"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_that_held_less_than_everything_does_so_again() {
    let bench = Bench::new().await;
    for text in ["one\n", "one\ntwo\n", "one\ntwo\nthree\n"] {
        bench.push_content("demo/tally", "main", "versions", text.as_bytes());
    }
    let service = bench.service().await;
    for extent in ["without_old_files", "latest_only"] {
        let id = service.create_chat(json!({"repo": "demo/tally", "extent": extent})).await;
        let directory = PathBuf::from(service.settled(&id).await["directory"].as_str().unwrap());
        commit(&directory, "committed");
        fs::write(directory.join("versions"), "mine").unwrap();
        let before = Contents::of(&directory);
        let work = saved(&service, &format!("/admin/chats/{id}")).await.remove(0);
        deleted(&service, "/admin/repos/demo/tally").await;
        // What the work builds on is not among the latest any more.
        bench.push_content("demo/tally", "main", "versions", extent.as_bytes());
        restored(&service, &work).await;
        service.settled(&id).await;
        assert_eq!(Contents::of(&directory), before, "{extent}");
        assert_eq!(service.get("/admin/repos").await["repos"][0]["extent"], extent);
        let clone = bench.clone_path("demo/tally");
        let is_shallow = git(&clone, &["rev-parse", "--is-shallow-repository"]);
        assert_eq!(is_shallow == "true", extent == "latest_only");
        let listed = git(&clone, &["rev-list", "--objects", "--all", "--quiet", "--missing=print"]);
        assert_eq!(listed.contains('?'), extent == "without_old_files", "{listed}");
        deleted(&service, &format!("/admin/chats/{id}?force=true&unsaved=true")).await;
        deleted(&service, "/admin/repos/demo/tally?force=true&unsaved=true").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_broke_off_on_its_way_back_goes_on_when_it_is_asked_for_again() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let (id, directory) = chat(&service).await;
    fs::write(directory.join("main.js"), "stashed").unwrap();
    git(&directory, &["stash", "push", "--quiet"]);
    commit(&directory, "committed");
    let before = Contents::of(&directory);
    let work = saved(&service, &format!("/admin/chats/{id}")).await.remove(0);

    let clone = bench.clone_path("demo/hello-web");
    git(&clone, &["stash", "drop", "--quiet"]);

    // Where it fails before the working copy is whole, nothing of that stays.
    let lock = clone.join(".git/refs/stash.lock");
    File::create(&lock).unwrap();
    let (status, problem) = restore(&service, &work).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{problem}");
    assert!(!directory.exists());
    fs::remove_file(lock).unwrap();

    // Later it stays, also over the end of the service, and is not made a second time.
    let record = of_git_manager(&bench, &format!("chats/{id}.json"));
    fs::create_dir(&record).unwrap();
    let (status, problem) = restore(&service, &work).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{problem}");
    assert!(directory.exists());
    service.kill();
    fs::remove_dir(record).unwrap();
    let service = bench.service().await;
    assert_eq!(restored(&service, &work).await["branch"], work["branch"]);
    assert_eq!(service.settled(&id).await["state"], "ready");
    assert_eq!(Contents::of(&directory), before);
    assert_eq!(git(&directory, &["stash", "list"]).lines().count(), 1);
    assert_eq!(service.get("/admin/saved").await["saved"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_that_broke_off_on_its_way_back_overwrites_nothing() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    service.clone_repository("demo/hello-web").await;
    let clone = bench.clone_path("demo/hello-web");
    git(&clone, &["checkout", "--quiet", "-b", "topic"]);
    commit(&clone, "committed");
    fs::write(clone.join("new"), "new").unwrap();
    let before = Contents::of(&clone);
    let work = saved(&service, REPOSITORY).await.remove(0);
    service.clone_repository("demo/hello-web").await;
    // Its own changes are in the way.
    fs::write(clone.join("other"), "other").unwrap();
    assert_eq!(restore(&service, &work).await.0, StatusCode::CONFLICT);
    fs::remove_file(clone.join("other")).unwrap();

    let lock = clone.join(".git/refs/heads/topic.lock");
    File::create(&lock).unwrap();
    let (status, problem) = restore(&service, &work).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{problem}");
    fs::remove_file(lock).unwrap();
    fs::write(clone.join("meanwhile"), "meanwhile").unwrap();
    restored(&service, &work).await;
    assert_eq!(Contents::of(&clone), before);
    // What lay there has been saved in turn.
    let left = service.get("/admin/saved").await["saved"].clone();
    git(&clone, &["stash", "push", "--quiet", "--include-untracked"]);
    restored(&service, &left[0]).await;
    assert_eq!(fs::read_to_string(clone.join("meanwhile")).unwrap(), "meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_lacks_something_is_found_out_before_anything_is_deleted() {
    let mut bench = Bench::new().await;
    // A git that leaves a commit out of bundles.
    let folder = tempfile::tempdir().unwrap();
    let (path, left_out) = (std::env::var("PATH").unwrap(), folder.path().join("left-out"));
    let real = std::env::split_paths(&path).map(|folder| folder.join("git")).find(|git| git.exists());
    let words = format!(
        "#!/bin/sh\ncase \" $* \" in\n*' bundle create '*) {{ cat; cat {}; }} | {real} \"$@\" ;;\n*) exec {real} \"$@\" ;;\nesac\n",
        left_out.display(),
        real = real.unwrap().display(),
    );
    fs::write(folder.path().join("git"), words).unwrap();
    fs::set_permissions(folder.path().join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    bench.set("PATH", &format!("{}:{path}", folder.path().display()));
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "one");
    fs::write(&left_out, format!("^{}\n", git(&directory, &["rev-parse", "HEAD"]))).unwrap();
    commit(&directory, "two");
    let path = format!("/admin/chats/{id}");
    let terms = accepting(&reasons(&service, &path).await);
    let (status, problem) = service.delete(&format!("{path}{terms}")).await;
    assert_eq!((status, &problem["type"]), (StatusCode::INSUFFICIENT_STORAGE, &json!("not-saved")));
    assert!(problem["detail"].as_str().unwrap().contains("lacks"), "{problem}");
    assert_eq!(git(&directory, &["log", "-1", "--format=%s"]), "two");
    assert_eq!(entries(&of_git_manager(&bench, "saved")), [""; 0]);
    // With a git that does as it is told it is saved.
    fs::write(&left_out, "").unwrap();
    saved(&service, &path).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_and_repositories_within_count_for_the_limit() {
    let mut bench = Bench::new().await;
    bench.set("OCWEB_SAVED_LIMIT_MB", "1");
    let service = bench.service().await;
    let mut delays = support::Delays(7);
    let mut noise =
        || (0..2 << 20).map(|_| delays.next(10).subsec_micros().to_le_bytes()[0]).collect::<Vec<_>>();
    let (own, directory) = chat(&service).await;
    fs::write(directory.join("large"), noise()).unwrap();
    commit(&directory, "committed");
    let (within, directory) = chat(&service).await;
    let inside = directory.join("inside");
    fs::create_dir(&inside).unwrap();
    git(&inside, &["init", "--quiet"]);
    fs::write(inside.join("large"), noise()).unwrap();
    commit(&inside, "committed");
    git(&inside, &["rm", "--quiet", "large"]);
    git(&inside, &["commit", "--quiet", "-m", "removed"]);
    for id in [own, within] {
        let path = format!("/admin/chats/{id}");
        let terms = accepting(&reasons(&service, &path).await);
        let (status, problem) = service.delete(&format!("{path}{terms}")).await;
        assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("its commits have 2 MB"), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_comes_back_is_set_up_again() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let settings = json!({"files": [{"path": ".env", "text": "KEY=1"}], "copy": [], "command": "touch made",
        "follow_repository": true});
    let path = format!("{REPOSITORY}/setup");
    assert_eq!(service.send(Method::PUT, &path, Some(settings)).await.0, StatusCode::NO_CONTENT);
    let (id, directory) = chat(&service).await;
    fs::write(directory.join(".gitignore"), ".env\nmade\n").unwrap();
    commit(&directory, "committed");
    let work = saved(&service, &format!("/admin/chats/{id}")).await.remove(0);
    restored(&service, &work).await;
    assert_eq!(service.settled(&id).await["state"], "ready");
    assert_eq!(fs::read_to_string(directory.join(".env")).unwrap(), "KEY=1");
    assert!(directory.join("made").exists());
    assert_eq!(service.get(&format!("/admin/chats/{id}/setup")).await["setup"]["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_read_is_shown_and_its_time_ends() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (id, directory) = chat(&service).await;
        commit(&directory, "committed");
        let work = saved(&service, &format!("/admin/chats/{id}")).await.remove(0);
        ids.push(work["id"].as_str().unwrap().to_owned());
    }
    let folder = |id: &str| of_git_manager(&bench, "saved").join(id);
    let record = folder(&ids[0]).join("record.json");
    let mut written: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    written["contents"]["copies"] = json!("of another version");
    fs::write(&record, written.to_string()).unwrap();
    fs::write(folder(&ids[1]).join("record.json"), "{").unwrap();
    let list = service.get("/admin/saved").await;
    assert_eq!(
        (&list["saved"][0]["id"], &list["saved"][0]["commits"]),
        (&json!(ids[0]), &json!(1)),
        "{list}"
    );
    assert_eq!(list["unreadable"][0]["id"], ids[1], "{list}");
    assert!(list["unreadable"][0]["size_bytes"].as_u64().unwrap() > 0, "{list}");
    for id in &ids {
        let (status, problem) = restore(&service, &json!({"id": id})).await;
        assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("unreadable")), "{problem}");
    }
    assert_eq!(service.delete(&format!("/admin/saved/{}", ids[0])).await.0, StatusCode::NO_CONTENT);
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::open(folder(&ids[1])).unwrap().set_modified(long_ago).unwrap();
    service.post("/admin/gc", json!({})).await;
    assert!(!folder(&ids[1]).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restoration_that_clones_keeps_nobody_waiting() {
    let mut bench = Bench::new().await;
    let mut service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "committed");
    let work = saved(&service, &format!("/admin/chats/{id}")).await.remove(0);
    deleted(&service, REPOSITORY).await;
    service.kill();
    // A way to GitHub on which nothing is ever answered.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    bench.set("OCWEB_GATEWAY_URL", &format!("http://{}", silent.local_addr().unwrap()));
    bench.set("OCWEB_REMOTE_STALL_SECONDS", "600");
    let service = bench.service().await;
    let restoring = tokio::spawn({
        let (client, path) =
            (service.client.clone(), format!("/admin/saved/{}/restore", work["id"].as_str().unwrap()));
        async move { client.post(format!("http://service{path}")).json(&json!({})).send().await }
    });
    eventually("it is cloned", async || {
        let repositories = service.get("/admin/repos").await;
        (repositories["repos"][0]["state"] == "cloning").then_some(())
    })
    .await;
    let (status, problem) = service.delete(&format!("/admin/saved/{}", work["id"].as_str().unwrap())).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    assert_eq!(restore(&service, &work).await.0, StatusCode::CONFLICT);
    assert_eq!(service.post("/admin/gc", json!({})).await.0, StatusCode::OK);
    assert!(!restoring.is_finished());
    restoring.abort();
}
