//! What is deleted all the same is saved first, and comes back.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::support::{
    Bench, Delays, Service, accepting, commit, deleted, entries, git, push, reasons, refused,
    restoring::{chat, restored, saved},
    working_copy::Contents,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn folder_of_saved(bench: &Bench) -> PathBuf {
    bench.data().join("ocweb/git-manager/saved")
}

/// What the button at GitHub does, after which the branch is deleted there.
fn squash_merge(bench: &Bench, worktree: &Path, branch: &str) {
    push(bench, worktree);
    let bare = bench.folder.path().join("github/repositories/demo/hello-web.git");
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["clone", "--quiet", bare.to_str().unwrap(), "w"]);
    let work = folder.path().join("w");
    // The base has moved on, also in a file that the branch changes.
    fs::write(work.join("README.md"), "# Before\n\n\n\n").unwrap();
    git(&work, &["commit", "--quiet", "-am", "somebody else"]);
    git(&work, &["merge", "--quiet", "--squash", &format!("origin/{branch}")]);
    git(&work, &["commit", "--quiet", "-m", "squashed"]);
    commit(&work, "later");
    git(&work, &["push", "--quiet", "origin", "HEAD:main", &format!(":{branch}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_chat_comes_back_in_one_step() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "committed");
    fs::write(directory.join("new"), "new").unwrap();
    let before = Contents::of(&directory);
    let path = format!("/admin/chats/{id}");
    let works = saved(&service, &path).await;
    assert!(!directory.exists());
    let [work] = &works[..] else { panic!("{works:?}") };
    let told =
        ["kind", "repo", "session_id", "title", "commits", "files", "stashes"].map(|name| work[name].clone());
    let expected = [
        json!("chat"),
        json!("demo/hello-web"),
        json!(id),
        json!("The button"),
        json!(1),
        json!(1),
        json!(0),
    ];
    assert_eq!(told, expected);
    assert_eq!(service.get("/admin/saved").await["saved"], json!(works));

    assert_eq!(restored(&service, work).await["branch"], work["branch"]);
    let chat = service.settled(&id).await;
    assert_eq!(
        (&chat["state"], &chat["title"], &chat["branch"]),
        (&json!("ready"), &json!("The button"), &work["branch"])
    );
    assert_eq!(Contents::of(&directory), before);
    assert!(bench.opencode.memory().sessions.contains_key(&id), "opencode has it again");
    assert_eq!(service.get("/admin/saved").await["saved"], json!([]));
    let (status, _) =
        service.post(&format!("/admin/saved/{}/restore", work["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // And takes prompts like any other.
    service.prompt(&id, "msg_1", "go on").await;
    service.settled(&id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn line_ends_come_back_as_they_lay_there_whatever_git_would_make_of_them() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    let files = [
        (".gitattributes", "* text=auto\n*.txt eol=crlf\n"),
        ("mixed.txt", "one\ntwo\r\nthree"),
        ("plain.txt", "one\ntwo\n"),
        ("as-checked-out.txt", "one\r\n"),
        ("windows.md", "one\r\ntwo\r\n"),
    ];
    for (name, content) in files {
        fs::write(directory.join(name), content).unwrap();
        // Older than the index: git takes a file for unchanged by its time alone.
        let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
        File::options().write(true).open(directory.join(name)).unwrap().set_modified(an_hour_ago).unwrap();
    }
    git(&directory, &["add", "."]);
    git(&directory, &["commit", "--quiet", "-m", "line ends"]);
    assert_eq!(git(&directory, &["status", "--porcelain"]), "");
    let before = Contents::of(&directory);
    let works = saved(&service, &format!("/admin/chats/{id}")).await;
    restored(&service, &works[0]).await;
    service.settled(&id).await;
    assert_eq!(Contents::of(&directory), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_back_beside_what_has_its_branch_by_now_and_after_the_clone_is_gone() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "committed");
    let work = saved(&service, &format!("/admin/chats/{id}")).await.remove(0);
    deleted(&service, "/admin/repos/demo/hello-web").await;
    service.clone_repository("demo/hello-web").await;
    let branch = work["branch"].as_str().unwrap();
    git(&bench.clone_path("demo/hello-web"), &["branch", branch]);
    let answer = restored(&service, &work).await;
    assert_eq!(answer["branch"], format!("{branch}-restored-1"));
    assert_eq!(git(&directory, &["log", "-1", "--format=%s"]), "committed");
    assert_eq!(git(&directory, &["branch", "--show-current"]), format!("{branch}-restored-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_pull_request_is_no_reason_and_is_saved_all_the_same() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    let branch = git(&directory, &["branch", "--show-current"]);
    fs::write(directory.join("README.md"), "# Hello\n\nfrom the chat\n").unwrap();
    git(&directory, &["add", "README.md"]);
    commit(&directory, "one");
    commit(&directory, "two");
    push(&bench, &directory);
    // One that takes something back again is recognised with the others.
    git(&directory, &["checkout", "--quiet", "HEAD~2", "--", "README.md"]);
    git(&directory, &["commit", "--quiet", "-m", "three", "--allow-empty"]);
    squash_merge(&bench, &directory, &branch);
    // As any new chat fetches.
    let _ = chat(&service).await;
    assert_eq!(git(&directory, &["rev-list", "--count", "HEAD", "--not", "--remotes"]), "3");
    let (status, answer) = service.delete(&format!("/admin/chats/{id}")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["saved"][0]["commits"], 3, "{answer}");
    restored(&service, &answer["saved"][0]).await;
    assert_eq!(git(&directory, &["log", "-1", "--format=%s"]), "three");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_was_undone_again_is_in_no_pull_request() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    commit(&directory, "one");
    git(&directory, &["revert", "--no-edit", "HEAD"]);
    assert_eq!(refused(&service, &format!("/admin/chats/{id}"), "unpushed-commits").await["count"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_base_really_has_counts_as_merged() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    // The same but for white space, which is everything in some languages.
    let (id, directory) = chat(&service).await;
    fs::write(directory.join("run.py"), "if a:\n    b()\n    c()\n").unwrap();
    git(&directory, &["add", "run.py"]);
    git(&directory, &["commit", "--quiet", "-m", "run"]);
    bench.push_content("demo/hello-web", "main", "run.py", b"if a:\n    b()\nc()\n");
    // Each of two commits, rebased onto what came meanwhile.
    let (rebased, other) = chat(&service).await;
    commit(&other, "one");
    commit(&other, "two");
    bench.push_to_remote("demo/hello-web", "main", "elsewhere");
    let bare = bench.folder.path().join("github/repositories/demo/hello-web.git");
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["clone", "--quiet", bare.to_str().unwrap(), "w"]);
    let work = folder.path().join("w");
    git(&work, &["fetch", "--quiet", other.to_str().unwrap(), "HEAD"]);
    git(&work, &["cherry-pick", "FETCH_HEAD~2..FETCH_HEAD"]);
    commit(&work, "later");
    git(&work, &["push", "--quiet", "origin", "HEAD:main"]);
    let (status, fetched) = service.post("/admin/repos/demo/hello-web/fetch", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{fetched}");
    assert_eq!(refused(&service, &format!("/admin/chats/{id}"), "unpushed-commits").await["count"], 1);
    let (status, answer) = service.delete(&format!("/admin/chats/{rebased}")).await;
    assert_eq!((status, &answer["saved"][0]["commits"]), (StatusCode::OK, &json!(2)), "{answer}");
}

/// What deleting a chat without a word about it saved, which was pushed.
async fn saved_unasked(service: &Service, id: &str) -> Value {
    let (status, answer) = service.delete(&format!("/admin/chats/{id}")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let [work] = &answer["saved"].as_array().unwrap()[..] else { panic!("{answer}") };
    assert_eq!((&work["commits"], &work["files"]), (&json!(2), &json!(0)), "{work}");
    work.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_remote_had_once_is_saved_unless_it_says_that_it_has_it() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    let bare = bench.folder.path().join("github/repositories/demo/hello-web.git");
    let pushed = async || {
        let (id, directory) = chat(&service).await;
        let branch = git(&directory, &["branch", "--show-current"]);
        // Words of its own: the same ones on the same base in the same second are the same commit.
        commit(&directory, &format!("one of {id}"));
        commit(&directory, &format!("two of {id}"));
        push(&bench, &directory);
        (id, directory, branch)
    };
    // It has it, also under another name; and what is on the base has moved on meanwhile.
    let (id, ..) = pushed().await;
    bench.push_to_remote("demo/hello-web", "main", "elsewhere");
    assert_eq!(service.delete(&format!("/admin/chats/{id}")).await.0, StatusCode::NO_CONTENT);
    let (id, _, branch) = pushed().await;
    git(&bare, &["branch", "-M", &branch, "renamed"]);
    assert_eq!(service.delete(&format!("/admin/chats/{id}")).await.0, StatusCode::NO_CONTENT);

    // The branch is deleted there, and comes back after a fetch that forgets it.
    let (id, directory, branch) = pushed().await;
    git(&bare, &["branch", "-D", &branch]);
    let work = saved_unasked(&service, &id).await;
    let (status, fetched) = service.post("/admin/repos/demo/hello-web/fetch", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{fetched}");
    restored(&service, &work).await;
    let told = format!("two of {id}\none of {id}");
    assert_eq!(git(&directory, &["log", "-2", "--format=%s"]), told);
    // It is written over from elsewhere.
    let (id, _, branch) = pushed().await;
    git(&bare, &["branch", "-f", &branch, "main"]);
    bench.push_to_remote("demo/hello-web", &branch, "another");
    saved_unasked(&service, &id).await;
    // It cannot be asked.
    let (id, ..) = pushed().await;
    fs::rename(&bare, bare.with_extension("away")).unwrap();
    saved_unasked(&service, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_saved_is_not_deleted() {
    let mut bench = Bench::new().await;
    bench.set("OCWEB_SAVED_LIMIT_MB", "1");
    let service = bench.service().await;
    let (id, directory) = chat(&service).await;
    fs::write(directory.join("small"), "small").unwrap();
    fs::write(directory.join("large"), vec![7; 2 << 20]).unwrap();
    let path = format!("/admin/chats/{id}");
    let terms = accepting(&reasons(&service, &path).await);
    let (status, problem) = service.delete(&format!("{path}{terms}")).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::INSUFFICIENT_STORAGE, &json!("not-saved")),
        "{problem}"
    );
    assert!(problem["detail"].as_str().unwrap().contains("the largest is large"), "{problem}");
    assert!(directory.join("large").exists());
    assert_eq!(service.get(&path).await["state"], "ready");
    assert_eq!(entries(&folder_of_saved(&bench)), [""; 0]);
    let (status, problem) = service.delete(&format!("{path}{terms}&unsaved=true")).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{problem}");
    assert!(!directory.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_keeps_everything_where_it_is() {
    let bench = Bench::new().await;
    // As on a disk without room: a file may not grow beyond 256 kB.
    let service = Service::start(&bench, Some(&["sh", "-c", "ulimit -f 512; exec \"$0\""])).await;
    let (id, directory) = chat(&service).await;
    let mut delays = Delays(1);
    let noise: Vec<_> = (0..600_000).map(|_| delays.next(10).subsec_micros().to_le_bytes()[0]).collect();
    fs::write(directory.join("large"), &noise).unwrap();
    let path = format!("/admin/chats/{id}");
    let terms = accepting(&reasons(&service, &path).await);
    let (status, problem) = service.delete(&format!("{path}{terms}")).await;
    assert_eq!(
        (status, &problem["type"]),
        (StatusCode::INSUFFICIENT_STORAGE, &json!("not-saved")),
        "{problem}"
    );
    assert_eq!(fs::read(directory.join("large")).unwrap(), noise);
    assert_eq!(entries(&folder_of_saved(&bench)), [""; 0]);
    assert_eq!(entries(&bench.data().join("ocweb/git-manager/home/workshops")), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_removed_on_request_and_when_its_time_is_over() {
    let bench = Bench::new().await;
    let mut service = bench.service().await;
    let mut works = Vec::new();
    for _ in 0..2 {
        let (id, directory) = chat(&service).await;
        commit(&directory, "committed");
        works.extend(saved(&service, &format!("/admin/chats/{id}")).await);
    }
    let ids: Vec<_> = works.iter().map(|work| work["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(service.delete(&format!("/admin/saved/{}", ids[0])).await.0, StatusCode::NO_CONTENT);
    assert_eq!(service.delete(&format!("/admin/saved/{}", ids[0])).await.0, StatusCode::NOT_FOUND);
    for id in ["..", "saved_", "saved_%2e%2e", "saved_x%2F.."] {
        assert_eq!(service.delete(&format!("/admin/saved/{id}")).await.0, StatusCode::NOT_FOUND, "{id}");
    }

    let record = folder_of_saved(&bench).join(&ids[1]).join("record.json");
    let mut written: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    written["work"]["until"] = json!("2001-01-01T00:00:00Z");
    fs::write(&record, written.to_string()).unwrap();
    let half = folder_of_saved(&bench).join(".making-saved_1");
    fs::create_dir(&half).unwrap();
    service.post("/admin/gc", json!({"dry_run": true})).await;
    assert!(record.exists());
    service.post("/admin/gc", json!({})).await;
    assert!(!record.exists() && half.exists());
    assert_eq!(service.get("/admin/saved").await["saved"], json!([]));
    // What a killed run left half-made goes at the next start.
    service.kill();
    let _service = bench.service().await;
    assert!(!half.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_tag_holds_work_and_the_remotes_tags_do_not() {
    let bench = Bench::new().await;
    let service = bench.service().await;
    // A release that is on no branch.
    let bare = bench.folder.path().join("github/repositories/demo/hello-web.git");
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["clone", "--quiet", bare.to_str().unwrap(), "w"]);
    let work = folder.path().join("w");
    commit(&work, "released");
    git(&work, &["tag", "-a", "-m", "release", "v1"]);
    git(&work, &["push", "--quiet", "origin", "v1"]);
    service.clone_repository("demo/hello-web").await;
    let clone = bench.clone_path("demo/hello-web");
    assert_eq!(git(&clone, &["tag"]), "v1");
    deleted(&service, "/admin/repos/demo/hello-web").await;
    service.clone_repository("demo/hello-web").await;
    commit(&clone, "kept");
    git(&clone, &["tag", "mine"]);
    git(&clone, &["reset", "--quiet", "--hard", "HEAD~1"]);
    let [work] = &saved(&service, "/admin/repos/demo/hello-web").await[..] else { panic!() };
    assert_eq!((&work["kind"], &work["commits"]), (&json!("clone"), &json!(1)));
    restored(&service, work).await;
    assert_eq!(git(&clone, &["log", "-1", "--format=%s", "mine"]), "kept");
}
